package guard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
)

// The guard and the sandbox are written apart, from the same contract, and share
// no code. Here every thing that has states is put into each of them in the
// sandbox, and every tool that may be called then is checked by the guard and
// sent to the sandbox: what the guard refuses, the sandbox must refuse too, and
// what the sandbox refuses for a state, the guard must have refused, or
// unguarded says why it does not.

// unguarded says why the guard lets pass what the sandbox refuses, by the tool
// (* for any) and the error code.
var unguarded = map[string]string{
	"* project_not_initialized":      "the reads of the rules get the same answer: there is nothing yet that the call could harm",
	"* rbm_has_not_been_used":        "the same for RCS",
	"* account_not_found":            notThere,
	"* sender_not_found":             notThere,
	"* sender_changes_not_found":     notThere,
	"* template_not_found":           notThere,
	"* user_is_not_tester_for_agent": notThere,

	"* sender_already_deleted":                           "no answer shows that a thing is marked for removal",
	"* resource_locked":                                  "no answer shows that another operation is running",
	"* account_is_in_progress":                           "no answer shows it: the guard warns",
	"whatsapp_sender_register sender-already-registered": "no answer shows that the right code was submitted: the state is still PENDING_VERIFICATION",
	"whatsapp_sender_verify wrong_otp":                   "it depends on the code, not on a state: no answer shows whether Meta asks for one",

	"whatsapp_sender_update no_fields_to_update":  submitAlone,
	"kakaotalk_sender_update no_fields_to_update": submitAlone,

	"whatsapp_sender_update sender_username_update_not_available": "the contract does not say what an update does before a sender is live: the sandbox takes one, but for the username",

	"* no_google_supplier":                                          "that a DRAFT has none is the sandbox's own choice, beyond the contract",
	"* blocked_because_the_recipient_declined":                      "the owner of the phone may have thought better of it: the guard warns",
	"rcs_test_number_capabilities_get user_has_not_accepted_invite": "it only reads",
}

const (
	notThere    = "there is no such thing, and the API says so immediately"
	submitAlone = "what a status SUBMIT alone does where nothing is pending is for the API to say (rule empty_update)"
)

// jsonObject is an object of the sandbox's dump, or arguments of a call.
type jsonObject = map[string]any

// kind is a kind of thing that has states.
type kind struct {
	resource string // the catalog's name
	states   string // the contract's enum of its states
	statuses string // that of the status of its pending changes; "" where it has none
	// none is whether it may be without a state, and without pending changes:
	// a thing that never was live.
	none bool
	// set puts it into a state, in the project of a dump.
	set func(project jsonObject, state, status string)
	// more are facts besides its state that decide.
	more map[string]func(project jsonObject)
	// calls are the tools to try, each with sets of arguments.
	calls map[string][]jsonObject
}

func TestTheGuardAndTheSandboxAgree(t *testing.T) {
	w := newWorld(t)
	used := map[string]bool{}
	combinations := 0
	for _, k := range w.kinds() {
		allowed := map[string]bool{}
		places := w.places(k)
		for _, place := range slices.Sorted(maps.Keys(places)) {
			w.load(places[place])
			for _, tool := range slices.Sorted(maps.Keys(k.calls)) {
				for i, args := range k.calls[tool] {
					combinations++
					name := fmt.Sprintf("%s %s: %s %s", k.resource, place, tool, written(args))
					refusal := w.verdict(tool, args) // which only reads
					code := w.answer(tool, args)
					if code == "" {
						w.load(places[place])
					}
					switch {
					case refusal != "" && code == "":
						t.Errorf("%s: the guard refuses (%s), the sandbox does it: the contract decides which is wrong", name, refusal)
					case refusal == "" && code == "":
						allowed[fmt.Sprint(tool, i)] = true
					case refusal == "":
						exception := tool + " " + code
						if unguarded[exception] == "" {
							exception = "* " + code
						}
						if unguarded[exception] == "" {
							t.Errorf("%s: the sandbox refuses (%s), the guard does not: add a precondition to the resource, or to unguarded why there is none", name, code)
						}
						used[exception] = true
					}
				}
			}
		}
		for tool, all := range k.calls {
			for i := range all {
				if !allowed[fmt.Sprint(tool, i)] {
					t.Errorf("%s: %s %s works in no state: nothing is tried with it", k.resource, tool, written(all[i]))
				}
			}
		}
	}
	for exception := range unguarded {
		if !used[exception] {
			t.Errorf("unguarded: nothing needs %q any more", exception)
		}
	}
	t.Logf("%d combinations", combinations)
}

// Every tool that changes something of a kind is among its calls, and every
// resource of the catalog that has a state is a kind.
func TestTheDriftTestTriesEveryTool(t *testing.T) {
	w := newWorld(t)
	tried, kinds := map[string]bool{}, map[string]bool{}
	for _, k := range w.kinds() {
		kinds[k.resource] = true
		for tool := range k.calls {
			tried[tool] = true
		}
	}
	for _, r := range catalog.Resources() {
		if r.State != "" && !kinds[r.Name] {
			t.Errorf("the states of %s are not tried: add it to kinds in drift_kinds_test.go", r.Name)
		}
	}
	for _, row := range catalog.Rows() {
		if row.Writes() && !tried[row.Tool] && !slices.Contains(stateless, row.Toolset) && !row.Deprecated {
			t.Errorf("%s is not tried: add a call to its kind in drift_kinds_test.go", row.Tool)
		}
	}
}

// stateless are the toolsets whose things have no states.
var stateless = []string{"webhooks", "conversation"}

// world is a sandbox with a thing of each kind, and a guard before it.
type world struct {
	t      *testing.T
	box    *sandbox.Sandbox
	client *papi.Client
	base   []byte // its state
	ids    jsonObject
}

func newWorld(t *testing.T) *world {
	box := sandbox.New(sandbox.Options{Seed: 1, Manual: true})
	t.Cleanup(box.Close)
	client, err := papi.New(papi.Config{BaseURL: "http://sandbox.localhost", AccessToken: sandbox.StaticToken, Transport: box.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, box: box, client: client, ids: jsonObject{}}
	w.build()
	var b bytes.Buffer
	if err := box.Dump(&b); err != nil {
		t.Fatal(err)
	}
	w.base = b.Bytes()
	return w
}

// do makes a call that must go well, and returns the answer.
func (w *world) do(tool string, args jsonObject) jsonObject {
	w.t.Helper()
	sent, err := dispatch.Send(context.Background(), w.client, catalog.Lookup(tool), sandbox.DefaultProject, args)
	if err != nil {
		w.t.Fatalf("%s: %v", tool, err)
	}
	answer, _ := sent.Answer.(map[string]any)
	return answer
}

// build makes a thing of each kind, live.
func (w *world) build() {
	w.do("whatsapp_solution_create", jsonObject{"accessToken": "t", "businessManager": "SINCH_UK", "details": jsonObject{"name": "One"}})
	w.do("whatsapp_account_create", accountBody)
	for _, name := range []string{"popular_offer", "popular_other"} {
		w.box.Advance(time.Hour)
		w.do("whatsapp_template_create", templateBody(name))
	}
	w.do("kakaotalk_sender_create", jsonObject{"plusFriendId": "shop", "details": kakaoDetails})
	w.box.Advance(time.Hour)
	w.ids["templateCode"] = w.do("kakaotalk_template_create", jsonObject{"plusFriendId": "shop", "details": kakaoTemplate("Welcome")})["code"]
	w.ids["rcsSender"] = w.do("rcs_sender_create", rcsBody)["id"]
	w.ids["smsApp"] = w.do("sms_app_create", jsonObject{"name": "Alerts", "region": "EU"})["id"]
	w.ids["bundle"] = w.do("bundle_create", jsonObject{"name": "Example", "region": "EU", "smsApp": true})["id"]
	w.box.Advance(10 * 24 * time.Hour)
	senders, _ := w.do("whatsapp_sender_list", nil)["senders"].([]any)
	w.ids["sender"] = senders[0].(map[string]any)["id"]
	solutions, _ := w.do("whatsapp_solution_list", nil)["solutions"].([]any)
	w.ids["solution"] = solutions[0].(map[string]any)["id"]
}

func templateBody(name string) jsonObject {
	return jsonObject{"name": name, "language": "EN", "category": "UTILITY", "details": jsonObject{"components": body("Hello from " + name + ".")}}
}

func body(text string) []any { return []any{jsonObject{"type": "BODY", "text": text}} }

var kakaoDetails = jsonObject{
	"adminPhoneNo": "+15550100", "name": "Example", "topLevelCategoryCode": "019", "midLevelCategoryCode": "0006", "subLevelCategoryCode": "0001",
}

func kakaoTemplate(name string) jsonObject {
	return jsonObject{"name": name, "language": "KO", "content": "Hello", "categoryCode": "001001"}
}

const testNumber = "+15550123"

// rcsBody is a sender that has all that a launch needs.
var rcsBody = jsonObject{
	"region": "EU", "billingCategory": "CONVERSATIONAL", "useCase": "MULTIUSE",
	"details": jsonObject{
		"brand": jsonObject{
			"name": "Example", "description": "An example", "bannerUrl": "https://example.com/b.png", "logoUrl": "https://example.com/l.png",
			"privacyPolicyUrl": "https://example.com/p", "termsOfServiceUrl": "https://example.com/t",
			"emails": []any{jsonObject{"address": "help@example.com", "label": "Help"}},
		},
		"countries": []any{"SE"}, "testNumbers": []any{testNumber},
		"questionnaire": jsonObject{
			"general":      jsonObject{"answers": jsonObject{"optInDescription": "By a form", "triggerDescription": "A purchase", "interactionsDescription": "Orders", "optOutDescription": "STOP", "videoUris": []any{"https://example.com/v"}}},
			"verification": jsonObject{"answers": jsonObject{"name": "Ann", "email": "ann@example.com", "website": "https://example.com", "phone": "+15550100"}},
		},
	},
}

// verdict is the code of the guard's refusal, "" where it lets the call pass.
// What it can't see in the API is given: a registration before a verify.
func (w *world) verdict(tool string, args jsonObject) string {
	g := guard.New(guard.Options{Default: sandbox.DefaultProject, Mode: guard.Off, Store: store.NewMemory(), Reader: dispatch.Reader{API: w.client}})
	p := g.Preview(context.Background(), &guard.Call{Row: catalog.Lookup(tool), Principal: "drift", Args: clone(args), RegisteredElsewhere: true})
	if p.Refusal == nil {
		return ""
	}
	return p.Refusal.Code
}

// answer is the code of the sandbox's error, "" where it does the call.
func (w *world) answer(tool string, args jsonObject) string {
	_, err := dispatch.Send(context.Background(), w.client, catalog.Lookup(tool), sandbox.DefaultProject, clone(args))
	var e *papi.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e) && e.Code != "internal_error":
		return e.Code
	}
	w.t.Errorf("%s %s: %v", tool, written(args), err)
	return "internal_error"
}

func (w *world) load(dump []byte) {
	if err := w.box.Load(bytes.NewReader(dump)); err != nil {
		w.t.Fatal(err)
	}
}

// places are dumps with the thing in each of its states, by what distinguishes
// them.
func (w *world) places(k kind) map[string][]byte {
	dumps := map[string][]byte{}
	edit := func(name string, edits ...func(project jsonObject)) {
		var dump jsonObject
		if err := json.Unmarshal(w.base, &dump); err != nil {
			w.t.Fatal(err)
		}
		state := in(dump, "state")
		state["queue"] = []any{} // nothing happens on its own
		for _, edit := range edits {
			edit(in(state, "projects", sandbox.DefaultProject))
		}
		raw, err := json.Marshal(dump)
		if err != nil {
			w.t.Fatal(err)
		}
		dumps[name] = raw
	}
	for _, state := range enum(k.states, k.none) {
		for _, status := range enum(k.statuses, true) {
			if state == "" && status == "" {
				continue // there is no such thing
			}
			edit(state+"/"+status, func(p jsonObject) { k.set(p, state, status) })
		}
	}
	for name, more := range k.more {
		edit(name, more)
	}
	return dumps
}

// enum are the values of an enum of the contract, with none for "".
func enum(name string, none bool) []string {
	var all []string
	if none {
		all = []string{""}
	}
	if name == "" {
		return all
	}
	for _, value := range papi.LookupSchema(name).Enum {
		if text, ok := value.(string); ok && text != "UNRECOGNIZED" {
			all = append(all, text)
		}
	}
	return all
}

// in is the object at the end of the names, which must be there.
func in(o jsonObject, names ...string) jsonObject {
	for _, name := range names {
		inner, ok := o[name].(map[string]any)
		if !ok {
			panic("the dump has no " + name + " in " + strings.Join(names, "."))
		}
		o = inner
	}
	return o
}

func clone(args jsonObject) jsonObject {
	var out jsonObject
	if err := json.Unmarshal([]byte(written(args)), &out); err != nil {
		panic(err)
	}
	return out
}

func written(args jsonObject) string {
	raw, err := json.Marshal(args)
	if err != nil {
		panic(err)
	}
	return string(raw)
}
