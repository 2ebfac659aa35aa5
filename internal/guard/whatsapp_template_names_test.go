package guard

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/lint"
	"papi-mcp/internal/store"
)

// A name that was deleted at Meta can't be used for 30 days: the guard remembers that, in
// the store, for the project and the language.
func TestNamesOfDeletedTemplatesAreLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	ctx := context.Background()
	withFile := func(o *Options) { o.Store = store.NewFile(path) }
	live := map[string]any{"name": "order_shipped", "language": "EN_US", "category": "UTILITY", "state": "APPROVED"}

	deleting := newFixture(withFile).confirmed(t)
	deleting.opts.Mode = Off
	deleting.api["whatsapp_template_get"] = live
	c := call("whatsapp_template_delete", map[string]any{"templateName": "order_shipped", "languageCode": "EN_US", "deleteSubmitted": true})
	if got := deleting.check(c); got != "allowed" {
		t.Fatal(got)
	}
	if err := deleting.Done(ctx, c, nil); err != nil {
		t.Fatal(err)
	}

	create := func(f *fixture, name, language string) *Refusal {
		return f.Check(ctx, call("whatsapp_template_create", map[string]any{"name": name, "language": language, "category": "UTILITY", "status": "DRAFT"})).Refuse
	}
	later := newFixture(withFile).confirmed(t) // another process, with the same file
	later.now = deleting.now.Add(lint.LockedFor - time.Second)
	r := create(later, "order_shipped", "EN_US")
	if r == nil || r.Code != ruleTemplateNameLocked.Code {
		t.Fatalf("the name that was deleted: %+v", r)
	}
	if !strings.Contains(r.Message, "2026-01-31T00:00:00Z") || !strings.Contains(r.Resolution, "order_shipped_v2") || r.Next[0].Args["name"] != "order_shipped_v2" {
		t.Errorf("the refusal does not say from when the name is free, and which other one is: %+v", r)
	}
	for what, free := range map[string]*Refusal{
		"another language": create(later, "order_shipped", "FR"),
		"another name":     create(later, "order_shipped_v2", "EN_US"),
	} {
		if free != nil {
			t.Errorf("%s is refused: %+v", what, free)
		}
	}
	other := call("whatsapp_template_create", map[string]any{"name": "order_shipped", "language": "EN_US", "category": "UTILITY", "status": "DRAFT"})
	other.ProjectID = "11111111-1111-1111-1111-111111111111"
	later.opts.Mode = Off
	if r := later.Check(ctx, other).Refuse; r != nil {
		t.Errorf("another project is refused: %+v", r)
	}
	elsewhere := newFixture(func(o *Options) { withFile(o); o.Realm = "https://other.example.com" }).confirmed(t)
	if r := create(elsewhere, "order_shipped", "EN_US"); r != nil {
		t.Errorf("another API is refused: %+v", r)
	}
	later.now = deleting.now.Add(lint.LockedFor)
	if r := create(later, "order_shipped", "EN_US"); r != nil {
		t.Errorf("after 30 days: %+v", r)
	}
}

func TestWhatLocksTheNameOfATemplate(t *testing.T) {
	one := func(state, changes string) map[string]any {
		return map[string]any{"state": state, "changes": map[string]any{"status": changes}}
	}
	all := func(templates ...any) map[string]any { return map[string]any{"templates": templates} }
	const del, delAll = "whatsapp_template_delete", "whatsapp_template_delete_all_languages"
	for _, c := range []struct {
		name, tool   string
		submitted    bool // deleteSubmitted
		read         map[string]any
		locked, inFR bool
	}{
		{"an approved one", del, true, one("APPROVED", ""), true, false},
		{"one that is being processed", del, true, one("", "IN_PROGRESS"), true, false},
		{"a draft of a live one, with deleteSubmitted", del, true, one("APPROVED", "DRAFT"), true, false},
		{"only its draft", del, false, one("APPROVED", "DRAFT"), false, false},
		{"one that only was a draft", del, true, one("", "DRAFT"), false, false},
		{"one that could not be read", del, true, nil, false, false},
		{"all languages", delAll, false, all(one("", "DRAFT"), one("REJECTED", "")), true, true},
		{"all languages, only drafts", delAll, false, all(one("", "DRAFT")), false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, mode := range []Mode{Off, Auto} {
				f := newFixture(func(o *Options) { o.Mode = mode }).confirmed(t)
				f.api["whatsapp_template_get"], f.api["whatsapp_template_language_list"] = c.read, c.read
				args := map[string]any{"templateName": "n", "languageCode": "EN_US"}
				if c.submitted {
					args["deleteSubmitted"] = true
				}
				gc := call(c.tool, args)
				gc.Elicitor = &person{answer: Accepted}
				if got := f.check(gc); got != "allowed" {
					t.Fatal(got)
				}
				if err := f.Done(context.Background(), gc, nil); err != nil {
					t.Fatal(err)
				}
				for language, want := range map[string]bool{"EN_US": c.locked, "FR": c.inFR} {
					found, err := f.LockedTemplateName(context.Background(), project, "n", language)
					if err != nil || (found != nil) != want {
						t.Errorf("%s: in %s there is %+v, %v", mode, language, found, err)
					}
				}
			}
		})
	}
}

// The days are those of the API's clock: that of a sandbox can be moved.
func TestNameLocksFollowTheClockOfTheAPI(t *testing.T) {
	api := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	f := newFixture(func(o *Options) { o.Mode, o.APINow = Off, func() time.Time { return api } })
	f.api["whatsapp_template_get"] = map[string]any{"state": "APPROVED"}
	c := call("whatsapp_template_delete", map[string]any{"templateName": "n", "languageCode": "EN_US", "deleteSubmitted": true})
	f.check(c)
	if err := f.Done(context.Background(), c, nil); err != nil {
		t.Fatal(err)
	}
	locked := func() *lint.Finding {
		found, err := f.LockedTemplateName(context.Background(), project, "n", "EN_US")
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := locked(); found == nil || !strings.Contains(found.Message, "2030-01-31T00:00:00Z") {
		t.Errorf("%+v", found)
	}
	api = api.Add(lint.LockedFor)
	if found := locked(); found != nil {
		t.Errorf("still locked: %+v", found)
	}
}

// A process that has read nothing has this machine's time: a sandbox in the past still
// has the name locked.
func TestANameLockIsByTheTimeOfARead(t *testing.T) {
	api := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	f := newFixture(nil)
	f.opts.Mode = Off
	f.opts.APINow = func() time.Time {
		if len(f.reads) == 0 {
			return f.now
		}
		return api
	}
	f.api["whatsapp_template_get"] = map[string]any{"state": "APPROVED"}
	c := call("whatsapp_template_delete", map[string]any{"templateName": "n", "languageCode": "EN_US", "deleteSubmitted": true})
	f.check(c)
	if err := f.Done(context.Background(), c, nil); err != nil {
		t.Fatal(err)
	}
	f.reads = nil
	r := f.Check(context.Background(), call("whatsapp_template_create", map[string]any{"name": "n", "language": "EN_US", "category": "UTILITY", "status": "DRAFT"})).Refuse
	if r == nil || r.Code != ruleTemplateNameLocked.Code {
		t.Errorf("%+v", r)
	}
}

// The advice is a name that the contract allows.
func TestAdviceIsANameThatTheContractAllows(t *testing.T) {
	for given, want := range map[string]string{"a": "a_v2", strings.Repeat("x", 512): strings.Repeat("x", 509) + "_v2"} {
		if got := lint.OtherName(given); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
