package guard

import (
	"context"
	"fmt"
	"slices"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
)

// The API returns template_name_recently_used then, or template_language_recently_deleted.
var ruleTemplateNameLocked = Rule{
	Code:       "guard_whatsapp_template_name_locked",
	About:      "A WhatsApp template's name was not deleted in its language here within the last 30 days, together with the template at Meta.",
	Tools:      []string{"whatsapp_template_create"},
	Source:     "createTemplate, deleteTemplateByNameAndLanguage, deleteTemplatesByName, 1.2.117",
	checkGuard: templateNameLocked,
}

func templateNameLocked(ctx context.Context, g *Guard, c *Call) *Refusal {
	name, language := jsonvalue.Text(c.Args, "name"), jsonvalue.Text(c.Args, "language")
	found, until, err := g.lockedTemplateName(ctx, c.ProjectID, name, language)
	if err == nil && !until.IsZero() { // the API's time of its last answer may be old, or that of this machine
		c.readAll(ctx, []*Read{readWhatsappLanguages})
		found, until, err = g.lockedTemplateName(ctx, c.ProjectID, name, language)
	}
	if err != nil {
		return storeFailed(err)
	}
	if found == nil {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("the name %s was deleted here, and is locked in %s until %s", name, language, until.UTC().Format(time.RFC3339)),
		Resolution: fmt.Sprintf("give another name, such as %s, or wait", found.Corrected),
		Info:       map[string]any{"findings": []lint.Finding{*found}},
		Next:       []catalog.Next{nextCall("create it under another name", "whatsapp_template_create", jsonvalue.With(c.Args, "name", found.Corrected))},
	}
}

// LockedTemplateName returns the finding that the name of a WhatsApp template was deleted
// here in a language of a project, nil where it is free. Its error is the store's.
func (g *Guard) LockedTemplateName(ctx context.Context, project, name, language string) (*lint.Finding, error) {
	found, _, err := g.lockedTemplateName(ctx, project, name, language)
	return found, err
}

func (g *Guard) lockedTemplateName(ctx context.Context, project, name, language string) (found *lint.Finding, until time.Time, _ error) {
	var last time.Time
	for _, key := range []string{g.templateNameKey(project, name, ""), g.templateNameKey(project, name, language)} {
		value, ok, err := g.opts.Store.Get(ctx, key)
		if err != nil {
			return nil, time.Time{}, err
		}
		if deleted, err := time.Parse(time.RFC3339, string(value)); ok && err == nil && deleted.After(last) {
			last = deleted
		}
	}
	if last.IsZero() {
		return nil, time.Time{}, nil
	}
	for _, one := range lint.Locked(lint.Template{Name: name, Language: language}, last, g.opts.APINow()) {
		found = &one
	}
	return found, last.Add(lint.LockedFor), nil
}

// templateNameKey is where the store has when a name was deleted in a language, in all of
// them where that is "".
func (g *Guard) templateNameKey(project, name, language string) string {
	return fmt.Sprintf("guard/template-name/%s/%s/%s/%s", g.opts.Realm, project, name, language)
}

// templateDeleted records the lock of a name in one language.
func (g *Guard) templateDeleted(ctx context.Context, c *Call, _ map[string]any) error {
	if c.Args["deleteSubmitted"] != true || !wasSubmitted(c.made(readWhatsappTemplate)) {
		return nil
	}
	return g.lockTemplateName(ctx, c, jsonvalue.Text(c.Args, "languageCode"))
}

// templatesDeleted records the lock of a name in all languages.
func (g *Guard) templatesDeleted(ctx context.Context, c *Call, _ map[string]any) error {
	if !slices.ContainsFunc(jsonvalue.Objects(c.made(readWhatsappLanguages), "templates"), wasSubmitted) {
		return nil
	}
	return g.lockTemplateName(ctx, c, "")
}

func (g *Guard) lockTemplateName(ctx context.Context, c *Call, language string) error {
	deleted := g.opts.APINow().UTC().Format(time.RFC3339)
	return g.opts.Store.Put(ctx, g.templateNameKey(c.ProjectID, jsonvalue.Text(c.Args, "templateName"), language), []byte(deleted), lint.LockedFor)
}

// wasSubmitted reports whether a template that was read is known to Meta: the name of
// one that only ever was a draft is not locked. Where it could not be read the API
// decides.
func wasSubmitted(template map[string]any) bool {
	changes := pending(template)
	return template != nil && (jsonvalue.Text(template, "state") != "" || changes != "" && changes != catalog.AsDraft)
}
