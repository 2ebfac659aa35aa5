package guard

import (
	"context"
	"fmt"
	"slices"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

// nameLock is how long the name of a template that was deleted at Meta can't be used
// again: in that language, or in all of them where all were deleted.
const nameLock = 30 * 24 * time.Hour

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
	until, err := g.TemplateNameLocked(ctx, c.ProjectID, name, language)
	if err != nil {
		return storeFailed(err)
	}
	if until.IsZero() {
		return nil
	}
	free := OtherTemplateName(name)
	return &Refusal{
		Message:    fmt.Sprintf("the template %q was deleted in %s, and Meta locks its name there for 30 days: it can be used again from %s", name, language, lockEnd(until)),
		Resolution: fmt.Sprintf("give another name, such as %s, or wait until then", free),
		Info:       map[string]any{"name": name, "language": language, "lockedUntil": lockEnd(until)},
		Next:       []catalog.Next{nextCall("create it under another name", "whatsapp_template_create", jsonvalue.With(c.Args, "name", free))},
	}
}

// TemplateNameLocked returns until when the name of a WhatsApp template is locked in a
// language of a project, since it was deleted here; the zero time where it is not. Its
// error is the store's.
func (g *Guard) TemplateNameLocked(ctx context.Context, project, name, language string) (time.Time, error) {
	var last time.Time
	for _, key := range []string{g.templateNameKey(project, name, ""), g.templateNameKey(project, name, language)} {
		value, ok, err := g.opts.Store.Get(ctx, key)
		if err != nil {
			return time.Time{}, err
		}
		if until, err := time.Parse(time.RFC3339, string(value)); ok && err == nil && until.After(last) && g.opts.APINow().Before(until) {
			last = until
		}
	}
	return last, nil
}

// OtherTemplateName returns a name like that of a template, which is no longer than the
// contract allows.
func OtherTemplateName(name string) string {
	const suffix, most = "_v2", 512
	return name[:min(len(name), most-len(suffix))] + suffix
}

// lockEnd writes the end of a lock.
func lockEnd(until time.Time) string { return until.UTC().Format(time.RFC3339) }

// templateNameKey is where the store has until when a name is locked in a language, in
// all of them where that is "".
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
	until := g.opts.APINow().Add(nameLock).Truncate(time.Second)
	return g.opts.Store.Put(ctx, g.templateNameKey(c.ProjectID, jsonvalue.Text(c.Args, "templateName"), language), []byte(lockEnd(until)), nameLock)
}

// wasSubmitted reports whether a template that was read is known to Meta: the name of
// one that only ever was a draft is not locked. Where it could not be read the API
// decides.
func wasSubmitted(template map[string]any) bool {
	changes := pending(template)
	return template != nil && (jsonvalue.Text(template, "state") != "" || changes != "" && changes != catalog.AsDraft)
}
