package plan

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/papi/papitest"
)

// rounds is how many random projects a property is tried with.
func rounds(t testing.TB, usual int) int {
	t.Helper()
	given := os.Getenv("PAPI_TEST_ROUNDS")
	if given == "" {
		return usual
	}
	n, err := strconv.Atoi(given)
	if err != nil {
		t.Fatalf("PAPI_TEST_ROUNDS: %v", err)
	}
	return n
}

// randomProject fills a sandbox by calls with random arguments that the contract allows,
// of which some are refused, and puts what there is into random states.
func randomProject(t testing.TB, seed uint64) *guardedProject {
	t.Helper()
	p := newGuardedProject(t)
	if err := p.box.Seed("shop"); err != nil {
		t.Fatal(err)
	}
	g := papitest.New(seed)
	g.NoNull = true
	for range 60 {
		kind := Kinds[g.IntN(len(Kinds))]
		g.Draft = kind.Drafts && g.IntN(3) == 0
		tool := kind.Create
		if tool == "" || g.IntN(3) == 0 {
			tool = kind.Update
		}
		args := p.randomArguments(g, kind, tool)
		if args == nil {
			continue
		}
		if kind.Lints && refusedByContract(args) { // the guard would refuse it too
			continue
		}
		_, _ = p.do(tool, args) // the sandbox knows more than the contract's schemas
		p.box.Advance(time.Duration(g.IntN(40)) * time.Hour)
	}
	p.edit(func(project map[string]any) { randomStates(g, project) })
	return p
}

// refusedByContract reports whether a template breaks a rule of the contract.
func refusedByContract(args map[string]any) bool {
	found := lint.Check(lint.Template{Category: jsonvalue.Text(args, "category"), Details: jsonvalue.Object(args, fieldDetails)})
	return slices.ContainsFunc(found, func(f lint.Finding) bool {
		return f.Severity == lint.Refused && lint.Lookup(f.Rule).FromContract() || f.Rule == "wa_component_repeated"
	})
}

// randomArguments are those of a create, or of an update of something that there is.
func (p *sandboxProject) randomArguments(g *papitest.Generator, kind *Kind, tool string) map[string]any {
	variants := catalog.Lookup(tool).Op().Variants()
	args, _ := g.Value(variants[g.IntN(len(variants))]).(map[string]any)
	if args == nil {
		return nil
	}
	if kind.Drafts {
		args["status"] = "SUBMIT"
		if g.Draft {
			args["status"] = "DRAFT"
		}
	}
	if triggers := jsonvalue.Texts(args, "triggers"); slices.Contains(triggers, catalog.EveryTrigger) {
		args["triggers"] = []any{catalog.EveryTrigger}
	}
	pick := func(texts ...string) string { return texts[g.IntN(len(texts))] }
	if tool == kind.Update {
		var items []*Item
		for _, item := range p.items() {
			if item.Kind == kind {
				items = append(items, item)
			}
		}
		if len(items) == 0 {
			return nil
		}
		maps.Copy(args, items[g.IntN(len(items))].Target())
		return args
	}
	switch kind.Name {
	case "webhooks":
		args["target"] = fmt.Sprintf("https://example.com/%d?a=%s", g.IntN(20), pick("1", "ä", "'%22"))
	case "whatsappTemplates":
		args["name"], args["language"] = pick("hello", "order_update", "007", "null", "popular_one", "reject_two"), pick("EN", "DE", "NB", "ZH_CN")
	case "kakaotalkSenders":
		args["plusFriendId"] = pick("@shop", "123", "true", "exampleshop", "~")
	case "kakaotalkTemplates":
		args["plusFriendId"] = pick("exampleshop", "@shop", "123")
		details := jsonvalue.Object(args, fieldDetails)
		details["name"], details["categoryCode"] = pick("Welcome", "- a", "x: y", "#1", "${a}"), "001001"
	case "rcsSenders", "smsApps":
		if brand := jsonvalue.Object(args, "details.brand"); brand != nil {
			brand["name"] = pick("Example", "Other", "0x1F", "a\nb", " spaces ", "tab\tx", "quote\"'", "emoji 🎉")
			delete(brand, "logoUrl")
			delete(brand, "bannerUrl")
		}
		if kind.Name == "smsApps" {
			args["name"] = pick("News", "1e3", "No", "${var:X}", "multi\nline\n")
			delete(args, "convApiAppId")
		}
	}
	return args
}

// randomStates puts what a project of a sandbox has into states of the contract.
func randomStates(g *papitest.Generator, project map[string]any) {
	enum := func(name string, none bool) string {
		values := papi.LookupSchema(name).Resolve().EnumTexts()
		if none && g.IntN(2) == 0 {
			return ""
		}
		return values[g.IntN(len(values))]
	}
	change := func(doc map[string]any, states, statuses string, pending map[string]any) {
		if g.IntN(2) == 0 || doc["details"] == nil {
			return
		}
		doc["state"] = enum(states, false)
		if status := enum(statuses, true); status != "" {
			doc["changes"] = map[string]any{"status": status, "details": pending}
		}
	}
	each := func(parts any) []map[string]any {
		var all []map[string]any
		table, _ := parts.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(table)) {
			one, _ := table[name].(map[string]any)
			all = append(all, one)
		}
		return all
	}
	for _, sender := range each(project["senders"]) {
		doc := jsonvalue.Object(sender, "doc")
		change(doc, "WhatsappSenderStatesEnum", "WhatsappSenderStatusesEnum", map[string]any{"about": "Hi"})
		for _, field := range []string{"displayName", "username"} {
			if g.IntN(2) == 0 {
				doc["metadata"] = map[string]any{field: map[string]any{"value": "other", "status": enum("WhatsappWhatsAppSenderFieldUpdateStatusEnum", false)}}
			}
		}
	}
	for _, template := range each(project["templates"]) {
		if template["details"] != nil && g.IntN(2) == 0 {
			template["state"] = enum("WhatsappTemplateStatesEnum", false)
			if template["status"] = enum("WhatsappTemplateStatusesEnum", true); template["status"] != "" {
				template["changes"] = map[string]any{"components": []any{map[string]any{"type": "BODY", "text": fmt.Sprintf("Changed to %d.", g.Uint32())}}}
			}
			template["metaGenerated"] = g.IntN(5) == 0
		}
	}
	for _, sender := range each(project["kakaoSenders"]) {
		change(jsonvalue.Object(sender, "doc"), "KakaotalkSenderStatesEnum", "KakaotalkSenderStatusesEnum", map[string]any{"name": "Other"})
		for _, template := range each(sender["templates"]) {
			change(jsonvalue.Object(template, "doc"), "KakaotalkTemplateStatesEnum", "KakaotalkTemplateStatusesEnum", map[string]any{"content": "Other"})
		}
	}
	for _, sender := range each(project["rcsSenders"]) {
		if g.IntN(2) == 0 {
			sender["state"] = enum("RcsSenderStatesEnum", false)
		}
	}
	for _, app := range each(project["smsApps"]) {
		if g.IntN(2) == 0 {
			jsonvalue.Object(app, "doc")["status"] = enum("SmsProvisioningStatesEnum", false)
		}
	}
}

// TestExportIsReadAsTheSame exports random projects: a file that is read again has the
// same items, is valid by lint and by the published schema, leaves nothing to do, and is
// the same for the same project.
func TestExportIsReadAsTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	schema := fileSchema(t)
	seen := map[string]int{}
	for seed := range uint64(rounds(t, 8)) {
		p := randomProject(t, seed)
		items := p.items()
		for _, portable := range []bool{false, true} {
			text := Export("p", items, portable)
			if again := Export("p", p.items(), portable); !bytes.Equal(text, again) {
				t.Fatalf("seed %d: a second export differs:\n%s\n%s", seed, text, again)
			}
			document, faults := Read(text, Options{File: "f.yaml", Secrets: anySecret})
			if portable { // two of one name are a fault there
				faults = slices.DeleteFunc(faults, func(f Fault) bool { return slices.Contains([]string{"rcsSenders", "smsApps"}, f.Path) })
			}
			if len(faults) > 0 {
				t.Fatalf("seed %d: %v in\n%s", seed, faults, text)
			}
			if err := checkBySchema(t, schema, string(text)); err != nil {
				t.Fatalf("seed %d: by the schema: %v in\n%s", seed, err, text)
			}
			if document == nil {
				continue
			}
			for _, note := range Check(document) {
				if note.Error && note.Path != fieldLaunch { // which a random state has it have
					t.Errorf("seed %d: %s: %s: %s (%s) in\n%s", seed, note.At, note.Path, note.Text, note.Code, text)
				}
			}
			compareItems(t, seed, document, items, portable)
			if portable { // by their names alone, some things are ambiguous
				continue
			}
			if made := p.plan(MakeOptions{}, document.Items); len(made.Steps)+len(made.Blocked) > 0 {
				t.Errorf("seed %d: there is something to do right after an export:\n%s\n%s", seed, made.Text(PrintOptions{}), text)
			}
		}
		for _, item := range items {
			seen[item.Kind.Name+" "+item.State+"/"+item.Pending]++
		}
	}
	t.Logf("%d kinds and states: %v", len(seen), seen)
}

// compareItems compares what was read with what was exported.
func compareItems(t *testing.T, seed uint64, document *Document, items []*Item, portable bool) {
	t.Helper()
	want := map[string]string{}
	describe := func(item *Item) string {
		fields := maps.Clone(item.Fields)
		for _, name := range item.Kind.Secret {
			delete(fields, name)
		}
		return fmt.Sprint(string(jsonvalue.Encode(fields)), item.Draft, item.Launch, item.ID)
	}
	for _, item := range items {
		if item.Unmanaged != "" {
			continue
		}
		if portable {
			if item = item.portable(); len(item.Identity) == 0 {
				continue
			}
		}
		want[item.Kind.Name+" "+item.Key] = describe(item)
	}
	for _, item := range document.Items {
		key := item.Kind.Name + " " + item.Key
		if got := describe(item); got != want[key] {
			t.Errorf("seed %d: %s\nread %s\nis   %s", seed, key, got, want[key])
		}
		delete(want, key)
	}
	for key := range want {
		t.Errorf("seed %d: %s is not in the file", seed, key)
	}
}
