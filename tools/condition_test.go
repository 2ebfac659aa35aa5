package tools

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
)

// thing returns a thing of the graph by its resource.
func thingOf(t *testing.T, name string) graphThing {
	t.Helper()
	things := graphThings()
	i := slices.IndexFunc(things, func(thing graphThing) bool { return thing.name == name })
	if i < 0 {
		t.Fatal("no " + name)
	}
	return things[i]
}

// steps are what the steps of an outcome say, one a line.
func steps(t *testing.T, out Outcome) string {
	t.Helper()
	var lines []string
	for _, n := range jsonvalue.List(result(t, out), "next") {
		lines = append(lines, n.(map[string]any)["do"].(string))
	}
	return strings.Join(lines, "\n")
}

// A name that Meta reviews is not a pending change, and an ACTIVE sender is not
// ready as long as it is.
func TestANameUnderReviewPends(t *testing.T) {
	g := newGraph(t)
	g.become(func(map[string]any) {})
	sender := thingOf(t, "whatsapp_sender")
	id := sender.read.Args["senderId"]
	updated := result(t, do(t, g.set, "whatsapp_sender_update", map[string]any{"senderId": id, "status": "SUBMIT", "details": map[string]any{"displayName": "Example reject"}}))
	if updated["pending"] != "displayName=PENDING" || strings.Contains(string(encode(updated["next"])), "ready") || !strings.HasPrefix(jsonvalue.List(updated, "next")[0].(map[string]any)["do"].(string), "wait") {
		t.Errorf("after the update: %s", encode(updated))
	}
	g.box.Advance(time.Hour)
	out := do(t, g.set, sender.read.Tool, sender.read.Args)
	if got := steps(t, out); !strings.Contains(got, "choose another display name") || result(t, out)["pending"] != nil {
		t.Errorf("after the review: %s", encode(out.Structured))
	}
	listed := steps(t, do(t, g.set, "whatsapp_sender_list", map[string]any{}))
	if !strings.Contains(listed, "ACTIVE, displayName=REJECTED") {
		t.Errorf("the list says: %s", listed)
	}
	overview := string(encode(do(t, g.set, "project_overview", map[string]any{}).Structured))
	if !strings.Contains(overview, `"condition":"ACTIVE, displayName=REJECTED"`) {
		t.Errorf("the overview says: %s", overview)
	}
	for _, field := range []string{"displayName", "username"} {
		for status, want := range map[string]any{"PENDING": field + "=PENDING", "DEFERRED": field + "=DEFERRED", "REJECTED": nil, "APPROVED": nil} {
			g.become(func(p map[string]any) {
				part(p, "senders", id.(string), "doc")["metadata"] = map[string]any{field: map[string]any{"status": status, "value": "Example", "rejectionReason": "it is another's"}}
			})
			out := do(t, g.set, sender.read.Tool, sender.read.Args)
			if got := result(t, out)["pending"]; got != want {
				t.Errorf("%s %s: pending is %v", field, status, got)
			}
			asks := map[string]string{"displayName": "choose another display name", "username": "see which usernames are free"}[field]
			if got := steps(t, out); (status == "REJECTED") != strings.Contains(got, asks) || strings.Contains(got, "another's") {
				t.Errorf("%s %s: next says %s", field, status, got)
			}
			if got := result(t, out)["data"]; status == "REJECTED" && jsonvalue.Text(got, "metadata."+field+".rejectionReason") != "it is another's" {
				t.Errorf("%s %s: the reason is missing: %s", field, status, encode(got))
			}
			got := string(encode(do(t, g.set, "project_overview", map[string]any{}).Structured))
			if strings.Contains(got, field+"="+status) != (status != "APPROVED") || strings.Contains(got, `"why":"it is another's"`) != (status == "REJECTED") {
				t.Errorf("%s %s: the overview says %s", field, status, got)
			}
		}
	}
	g.become(func(p map[string]any) { // a change goes before a name
		sender.edit(p, "ACTIVE", "IN_PROGRESS")
		part(p, "senders", id.(string), "doc")["metadata"] = map[string]any{"displayName": map[string]any{"status": "PENDING"}}
	})
	if got := result(t, do(t, g.set, sender.read.Tool, sender.read.Args))["pending"]; got != "IN_PROGRESS" {
		t.Errorf("with a change: pending is %v", got)
	}
}

// The longer a thing waits, the later is the next look, and after a time it is
// overdue: the agent learns whom a person should ask, and with what. All of it uses the
// API's clock.
func TestNextKnowsTime(t *testing.T) {
	g := newGraph(t)
	for _, thing := range graphThings() {
		resource := catalog.Lookup(thing.read.Tool).Resource
		for i, declared := range slices.Concat(resource.States, resource.Changes) {
			state, change, lasting := declared.Name, "", declared.Lasts
			if i >= len(resource.States) {
				state, change = "", declared.Name
			}
			key := resource.Key(state, change)
			if lasting.Overdue == 0 {
				continue
			}
			g.become(func(p map[string]any) { thing.edit(p, state, change) })
			g.box.Advance(lasting.Overdue + 30*24*time.Hour)
			out := do(t, g.set, thing.read.Tool, thing.read.Args)
			got := steps(t, out)
			switch since := result(t, out)["since"]; {
			case resource.Since == "" && resource.History == "":
				if usually := result(t, out)["usually"]; since != nil || usually != "minutes (after 1 day ask Sinch support)" {
					t.Errorf("%s %s: the API gives no time, and it usually takes %v", thing.name, key, usually)
				}
			case since == nil || strings.Contains(got, "in a minute") || !strings.Contains(got, "overdue: ") ||
				!strings.Contains(got, fmt.Sprintf("%s for ", key)) || !strings.Contains(got, fmt.Sprintf("days, usually %s: ask %s, with this id, project %s", lasting.Usual(1), lasting.Asked(), sandbox.DefaultProject)):
				t.Errorf("%s %s since %v: next says %s", thing.name, key, since, got)
			}
		}
	}
	for wait, want := range map[time.Duration]string{time.Minute: "in a minute", 10 * time.Minute: "in ten minutes", time.Hour: "in an hour", 2 * time.Hour: "in 2 hours", 9 * time.Hour: "tomorrow"} {
		if got := (catalog.Lasting{First: wait}).CheckAgain(0, 1); got != want {
			t.Errorf("after %s: %s, want %s", wait, got, want)
		}
	}
}

// Each state that ends without a call has its time, and no other has.
func TestEachStateThatEndsWithoutACallHasItsTime(t *testing.T) {
	for _, thing := range graphThings() {
		resource := catalog.Lookup(thing.read.Tool).Resource
		keys := append(enumOf(thing.states), enumOf(thing.changes)...)
		for i, key := range keys {
			state, pending := key, ""
			if i >= len(enumOf(thing.states)) {
				state, pending = "", key
			}
			_, lasts := resource.Lasting(state, pending)
			reads := slices.ContainsFunc(resource.At(state, pending).Next, func(s catalog.Step) bool { return strings.Contains(s.Do, "{since}") })
			if lasts != reads {
				t.Errorf("%s %s: has a time %v, says to check again %v", thing.name, resource.Key(state, pending), lasts, reads)
			}
		}
		for _, part := range resource.Parts {
			for _, status := range part.States {
				_, lasts := resource.Lasting("", part.Name+"="+status.Name)
				if lasts != (status.Class == catalog.Pending) {
					t.Errorf("%s %s=%s is %s, has a time: %v", thing.name, part.Name, status.Name, status.Class, lasts)
				}
				if status.Class != catalog.Success && status.Class != catalog.Unknown && len(status.Next) == 0 && resource.More == nil {
					t.Errorf("%s %s=%s has no step", thing.name, part.Name, status.Name)
				}
			}
		}
	}
}

// Lists of activities and the overview tell the API's time, which the sandbox's
// clock moves. A template that is PENDING for days is in the overview.
func TestTheTimeIsTold(t *testing.T) {
	g := newGraph(t)
	tmpl := thingOf(t, "whatsapp_template")
	g.become(func(p map[string]any) { tmpl.edit(p, "PENDING", "") })
	before := g.box.Now()
	g.box.Advance(9 * 24 * time.Hour)
	shown := 0
	for _, row := range catalog.Rows() {
		if !strings.HasSuffix(row.Tool, "_activity_list") {
			continue
		}
		args := map[string]any{}
		for _, thing := range graphThings() {
			for name, id := range thing.read.Args {
				if row.Op().Parameter(name) != nil && catalog.Lookup(thing.read.Tool).Toolset == row.Toolset {
					args[name] = id
				}
			}
		}
		r := result(t, do(t, g.set, row.Tool, args))
		switch got := r["now"]; {
		case got == stamp(before.Add(9*24*time.Hour)):
			shown++
		case got != nil, len(jsonvalue.List(r, "data.rows")) > 3: // fewer are shorter than the time
			t.Errorf("%s: now is %v", row.Tool, got)
		}
	}
	if shown == 0 {
		t.Error("no list shows the time")
	}
	r := result(t, do(t, g.set, "project_overview", map[string]any{}))
	if r["now"] != stamp(g.box.Now()) {
		t.Errorf("the overview's now is %v", r["now"])
	}
	got := string(encode(r))
	for _, want := range []string{`"kind":"whatsappTemplates"`, `"condition":"PENDING for `, `"templateName":"order_shipped"`, `"do":"overdue: PENDING for 10 days, usually minutes: ask Sinch support, with this id: EN, order_shipped"`} {
		if !strings.Contains(got, want) {
			t.Errorf("the overview lacks %s: %s", want, got)
		}
	}
}

// A draft that is kept because status was left out says so, and how it is
// submitted.
func TestADraftSaysThatItIsOne(t *testing.T) {
	g := newGraph(t)
	g.become(func(map[string]any) {})
	for tool, args := range map[string]map[string]any{
		"whatsapp_sender_update":    {"senderId": thingOf(t, "whatsapp_sender").read.Args["senderId"], "details": map[string]any{"about": "Open"}},
		"whatsapp_template_update":  {"templateName": "order_shipped", "languageCode": "EN", "details": map[string]any{"components": []any{map[string]any{"type": "BODY", "text": "Sent."}}}},
		"kakaotalk_sender_update":   {"plusFriendId": "exampleshop", "details": map[string]any{"name": "Example Outlet"}},
		"kakaotalk_template_update": {"plusFriendId": "exampleshop", "templateCode": thingOf(t, "kakaotalk_template").read.Args["templateCode"], "details": map[string]any{"content": "Hello again"}},
	} {
		out := do(t, g.set, tool, args)
		r := result(t, out)
		if r["pending"] != "DRAFT" || !strings.Contains(string(encode(r["warnings"])), "status was left out: "+tool+" with status SUBMIT alone submits it") {
			t.Errorf("%s: %s", tool, encode(r))
		}
		next := jsonvalue.List(r, "next")[0].(map[string]any)
		if next["tool"] != tool || jsonvalue.Object(next, "args")["status"] != "SUBMIT" || len(jsonvalue.List(next, "needs")) > 0 {
			t.Errorf("%s: next is %s", tool, encode(next))
		}
		submitted := result(t, do(t, g.set, tool, next["args"]))
		if submitted["pending"] != "IN_PROGRESS" || strings.Contains(string(encode(submitted["warnings"])), "draft") {
			t.Errorf("%s, submitted by status alone: %s", tool, encode(submitted))
		}
		if about := catalog.Lookup(tool).About; !strings.Contains(about, "Without status") || !strings.Contains(about, "SUBMIT") {
			t.Errorf("%s does not say that it keeps a draft: %s", tool, about)
		}
	}
}

// A draft that lacks what a submit needs asks for it; a complete one does not.
func TestADraftThatLacksDetailsAsksForThem(t *testing.T) {
	for tool, schema := range map[string]string{
		"whatsapp_sender_update":    "WhatsappInputSenderPartnerInitiatedDetailsDto",
		"whatsapp_template_update":  "WhatsappTemplateDetailsInputDto",
		"kakaotalk_sender_update":   "KakaotalkInputSenderDetailsDto",
		"kakaotalk_template_update": "KakaotalkInputTemplateDetailsDto",
	} {
		row := catalog.Lookup(tool)
		details := map[string]any{}
		for _, name := range papi.LookupSchema(schema).Required {
			details[name] = "x"
		}
		for missing := range details {
			part := maps.Clone(details)
			delete(part, missing)
			for _, test := range []struct {
				details map[string]any
				state   any
				needs   int
			}{{details, nil, 0}, {part, nil, 1}, {part, "ACTIVE", 0}} {
				answer := map[string]any{"changes": map[string]any{"status": "DRAFT", "details": test.details}}
				if test.state != nil {
					answer["state"] = liveState[row.Resource.Name]
				}
				next := resultOf(row, project, &call{args: pathSample(row)}, answer).Next
				want := 1
				if test.needs > 0 && strings.HasSuffix(missing, "LevelCategoryCode") {
					want = 2 // the list of the categories comes first
				}
				if last := next[len(next)-1]; len(next) != want || last.Tool != tool || len(last.Needs) != test.needs {
					t.Errorf("%s without %s (live: %v): next is %+v", tool, missing, test.state, next)
				}
			}
		}
	}
}

// The description of each update says whether it merges or replaces.
func TestEachUpdateSaysWhatHappensToWhatIsLeftOut(t *testing.T) {
	for _, row := range catalog.Rows() {
		if row.Effect != catalog.Update {
			continue
		}
		if !strings.Contains(row.About, "left out keep their value") && !strings.Contains(row.About, "Replace ") && !strings.Contains(row.About, "changes nothing else") {
			t.Errorf("%s: %s", row.Tool, row.About)
		}
	}
	for _, row := range catalog.Rows() { // the contract's default says whether a draft is kept
		keeps, submits := false, false
		for _, body := range row.Op().Variants() {
			if status := body.Properties["status"]; status != nil {
				keeps, submits = keeps || status.Default == "DRAFT", submits || status.Default == "SUBMIT"
			}
		}
		if submits && !strings.Contains(row.About, "DRAFT") {
			t.Errorf("%s submits, and does not say how a draft is kept: %s", row.Tool, row.About)
		}
		if keeps != strings.Contains(row.About, "Without status the change is kept as a draft") {
			t.Errorf("%s keeps a draft %v, and says: %s", row.Tool, keeps, row.About)
		}
	}
}

// A sender that operators refused leads to the reviewers; the answer names the
// operators, with what they remarked.
func TestRefusedOperatorsAreNamed(t *testing.T) {
	g := newGraph(t)
	const id = "71417d8b-22ac-4cfd-affc-e489e79a0b1c"
	g.become(func(p map[string]any) {
		launchReady(part(p, "rcsSenders", id))
		part(p, "rcsSenders", id, "details", "brand")["description"] = "refuse Telia"
	})
	result(t, do(t, g.set, "rcs_sender_launch", map[string]any{"senderId": id}))
	g.box.Advance(48 * time.Hour)
	out := do(t, g.set, "rcs_sender_get", map[string]any{"senderId": id})
	if got := steps(t, out); result(t, out)["state"] != "LAUNCHED" || !strings.Contains(got, "1 operator refused it (countryStatus)") || !strings.Contains(string(encode(out.Structured)), "Telia") {
		t.Errorf("%s: next says %s", encode(result(t, out)["state"]), got)
	}
}

// Texts that an agent is shown name the states that answers have, and point to
// what it can find.
func TestNotesPointToWhatThereIs(t *testing.T) {
	set, _ := newSet(t, answerJSON(200, nil), nil)
	for _, row := range catalog.Rows() {
		shown := string(encode(result(t, do(t, set, "schema_get", map[string]any{"tool": row.Tool}))["data"].(map[string]any)["notes"]))
		for _, wrong := range []string{"see callbacks", "PENDING_LAUNCH"} {
			if strings.Contains(shown, wrong) {
				t.Errorf("%s: %q in %s", row.Tool, wrong, shown)
			}
		}
	}
	got := string(encode(result(t, do(t, set, "schema_get", map[string]any{"tool": "whatsapp_sender_update"}))))
	if !strings.Contains(got, "WHATSAPP_SENDER_DISPLAY_NAME_UPDATED") {
		t.Errorf("the events of an update are not named: %s", got)
	}
}

// A project that is not allowed leads to those that are, not to itself again.
func TestAProjectThatIsNotAllowedLeadsOn(t *testing.T) {
	set, _ := newSet(t, livedIn, func(o *guard.Options) { o.Projects = []string{project} })
	const other = "00000000-0000-0000-0000-0000000000aa"
	for _, tool := range []string{"webhook_list", "project_overview", "project_confirm"} {
		e := failure(t, do(t, set, tool, map[string]any{"projectId": other}))
		next := jsonvalue.List(e, "next")
		if e["errorCode"] != "guard_project_not_allowed" || !strings.Contains(e["resolution"].(string), "SINCH_PROJECT_ID") || !strings.Contains(e["resolution"].(string), "subproject") || len(next) != 1 {
			t.Fatalf("%s: %s", tool, encode(e))
		}
		n := next[0].(map[string]any)
		shown := result(t, do(t, set, n["tool"].(string), n["args"]))
		if !strings.Contains(string(encode(shown["data"])), project) {
			t.Errorf("%s leads to %s", tool, encode(shown))
		}
	}
}

// Where a list contains what needs attention, next says which; a delete leads to the
// list of what is left.
func TestListsAndDeletesLeadOn(t *testing.T) {
	g := newGraph(t)
	g.become(func(map[string]any) {})
	r := result(t, do(t, g.set, "whatsapp_template_list", map[string]any{}))
	if got := string(encode(r["next"])); !strings.Contains(got, "3 need attention") && !strings.Contains(got, "reject_winter_sale") {
		t.Errorf("next is %s", got)
	}
	for _, row := range catalog.Rows() {
		if row.Effect != catalog.Delete || row.Tool == "rcs_test_number_delete" || row.Tool == "whatsapp_account_delete" { // of which there is no list
			continue
		}
		steps := row.Next
		if len(steps) == 0 || steps[0].Tool != catalog.ListOf(row.Toolset) && steps[0].Tool != strings.TrimSuffix(strings.TrimSuffix(row.Tool, "_delete"), "_changes_discard")+"_list" {
			t.Errorf("%s leads to %+v", row.Tool, steps)
		}
	}
}

// A bundle that is done leads to what its answer does not show, and its
// subproject is named. A channel that does not work leads to a person.
func TestFinishedBundlesAndChannels(t *testing.T) {
	for _, tool := range []string{"conversation_instagram_get", "conversation_messenger_get", "conversation_telegram_get", "conversation_viber_get"} {
		for _, status := range enumOf("ConversationChannelStatusEnum") {
			next := resultOf(catalog.Lookup(tool), project, &call{args: map[string]any{"conversationAppId": "c"}}, map[string]any{"status": status}).Next
			if want := status != "ACTIVE" && status != "UNRECOGNIZED"; (len(next) == 1) != want {
				t.Errorf("%s %s: next is %+v", tool, status, next)
			}
		}
	}
	row := catalog.Lookup("bundle_get")
	c := &call{args: map[string]any{"bundleId": "b"}}
	answer := func(status, channel string) map[string]any {
		return map[string]any{"id": "b", "state": "DONE", "projectId": "sub", "subproject": map[string]any{"id": "sub", "status": "READY"},
			"smsApp": map[string]any{"id": "s", "status": status}, "convApp": map[string]any{"id": "c", "smsChannelStatus": channel}}
	}
	for _, test := range []struct {
		status, channel string
		want            []string
	}{
		{"ACTIVE", "ACTIVE", []string{"project_confirm"}},
		{"PENDING_ADD", "PENDING", []string{"sms_app_get", "bundle_get", "project_confirm"}},
		{"ACTIVE", "PENDING", []string{"bundle_get", "project_confirm"}},
	} {
		r := resultOf(row, project, c, answer(test.status, test.channel))
		var got []string
		for _, n := range r.Next {
			got = append(got, n.Tool)
			if n.Tool == "project_confirm" && n.Args["projectId"] != "sub" {
				t.Errorf("confirms %v", n.Args)
			}
		}
		if !slices.Equal(got, test.want) || r.IDs["subprojectId"] != "sub" {
			t.Errorf("%s, %s: %v, ids %v", test.status, test.channel, got, r.IDs)
		}
	}
}

// A state that needs a person is reported, and comes first, whatever part of the
// thing is under review or was refused next to it.
func TestAStateComesBeforeItsParts(t *testing.T) {
	for _, resource := range []string{"whatsapp_account", "whatsapp_sender", "rcs_sender", "sms_app"} {
		row := catalog.Lookup(catalog.LookupResource(resource).Get)
		states := enumOf(map[string]string{"whatsapp_account": "WhatsappAccountStateEnum", "whatsapp_sender": "WhatsappSenderStatesEnum", "rcs_sender": "RcsSenderStatesEnum", "sms_app": "SmsProvisioningStatesEnum"}[resource])
		for _, part := range row.Resource.Parts {
			for _, declared := range part.States {
				status := declared.Name
				if declared.Class == catalog.Success || declared.Class == catalog.Unknown || part.Find != nil {
					continue
				}
				for _, state := range states {
					thing := map[string]any{}
					set(thing, row.Resource.State, state)
					set(thing, part.Field, status)
					st := conditionOf(row.Resource, thing)
					if label := st.label(time.Time{}); !strings.Contains(label, state) || !strings.Contains(label, part.Name+"="+status) {
						t.Errorf("%s %s, %s=%s is listed as %q", resource, state, part.Name, status, label)
					}
					class := row.Resource.At(st.state, st.pending).Class
					own := row.Resource.At(state, "").Next
					if steps := st.steps("", time.Time{}); (class == catalog.Failure || class == catalog.ActionRequired) && len(own) > 0 && steps[0].Tool != own[0].Tool {
						t.Errorf("%s %s, %s=%s: first %q, and not what the state asks for: %q", resource, state, part.Name, status, steps[0].Do, own[0].Do)
					}
				}
			}
		}
	}
}

// set sets a field of a thing by its path.
func set(thing map[string]any, path, value string) {
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		if thing[name] == nil {
			thing[name] = map[string]any{}
		}
		thing = thing[name].(map[string]any)
	}
	thing[names[len(names)-1]] = value
}
