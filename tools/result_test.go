package tools

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
)

// propertiesOf are the arguments of a tool of an operation, or of one of the server's own
// that belongs to a toolset; nil where there is none.
func propertiesOf(tool string) map[string]*papi.Schema {
	if row := catalog.Lookup(tool); row != nil {
		return newArguments(row, true).advertised.Properties
	}
	set := New(Options{Rows: catalog.Rows(), Guard: guard.New(guard.Options{Store: store.NewMemory()})})
	if c := set.coreTool(tool); c != nil && catalog.OwnToolset(tool) != "" {
		return c.schema().Properties
	}
	return nil
}

// What an agent is to do next must exist, and every state has an answer.
func TestNextActionsHoldTogether(t *testing.T) {
	check := func(where string, s catalog.Step) {
		if s.Do == "" {
			t.Errorf("%s: a step that says nothing", where)
		}
		if s.Tool == "" || s.Tool == "project_confirm" || s.Tool == "project_overview" || catalog.OwnToolset(s.Tool) != "" {
			return
		}
		known := propertiesOf(s.Tool)
		if known == nil {
			t.Errorf("%s: no tool %s", where, s.Tool)
			return
		}
		for name := range s.Args {
			if known[name] == nil {
				t.Errorf("%s: %s takes no %s", where, s.Tool, name)
			}
		}
		for _, name := range s.Needs {
			if known[name] == nil {
				t.Errorf("%s: %s takes no %s", where, s.Tool, name)
			}
		}
	}
	for _, row := range catalog.Rows() {
		if row.Resource == nil {
			continue
		}
		states := slices.Concat(row.Resource.States, row.Resource.Changes)
		for _, part := range row.Resource.Parts {
			states = append(states, part.States...)
		}
		for _, state := range states {
			for _, s := range state.Next {
				check(row.Resource.Name+" "+state.Name, s)
			}
		}
	}
	for where, steps := range afterError {
		for _, s := range steps {
			check(where, s)
		}
	}
	for _, row := range catalog.Rows() {
		for _, s := range row.Next {
			check(row.Tool, s)
		}
	}
	for _, resource := range catalog.Resources() {
		if resource.Empty.Do != "" {
			check(resource.List, resource.Empty)
		}
	}
	for key := range afterError {
		code := key[strings.IndexByte(key, '/')+1:]
		if papi.ErrorCodes()[code] == nil {
			t.Errorf("the API has no error code %s", code)
		}
	}
}

// After each error that an operation documents, an agent is led to tools of the
// same channel.
func TestAnErrorLeadsToItsOwnFamily(t *testing.T) {
	elsewhere := map[string]string{"Bundles": "Webhook Sms", "Conversation": "Sms"}
	for _, row := range catalog.Rows() {
		from := row.Op().Family()
		for status, codes := range row.Op().Errors {
			for _, code := range codes {
				for _, next := range nextAfterError(row, nil, &papi.Error{Status: status, Code: code}) {
					to := catalog.Lookup(next.Tool)
					if to != nil && to.Op().Family() != from && !strings.Contains(elsewhere[from], to.Op().Family()) {
						t.Errorf("%s, %s: leads to %s", row.Tool, code, next.Tool)
					}
				}
			}
		}
	}
}

// No error of a create leads to a thing that is not there, and "none here" leads
// to making one.
func TestErrorsLeadToWhatThereIs(t *testing.T) {
	for _, test := range []struct {
		tool string
		args map[string]any
		code string
		next string // the first action's tool
		want map[string]any
	}{
		{"whatsapp_sender_create", nil, "waba_id_used", "", map[string]any{}},
		{"bundle_create", nil, "more_than_one_sms_app", "sms_app_list", map[string]any{}},
		{"whatsapp_template_create", map[string]any{"name": "a_b", "language": "DE"}, "template_exists", "whatsapp_template_language_list", map[string]any{"templateName": "a_b"}},
		{"whatsapp_account_get", nil, "account_not_found", "whatsapp_account_create", map[string]any{}},
		{"sms_app_list", nil, "sms_service_not_found", "sms_app_create", map[string]any{}},
		{"rcs_sender_list", nil, "rbm_has_not_been_used", "rcs_sender_create", map[string]any{}},
		{"whatsapp_sender_register", map[string]any{"senderId": "S"}, "sender-already-registered", "whatsapp_sender_get", map[string]any{"senderId": "S"}},
	} {
		row := catalog.Lookup(test.tool)
		next := nextAfterError(row, test.args, &papi.Error{Status: statusOf(row, test.code), Code: test.code})
		switch {
		case statusOf(row, test.code) == 0:
			t.Errorf("%s does not document %s", test.tool, test.code)
		case len(next) == 0 && test.next == "":
		case len(next) == 0 || next[0].Tool != test.next || !reflect.DeepEqual(next[0].Args, test.want):
			t.Errorf("%s, %s: next %+v", test.tool, test.code, next)
		}
	}
}

// What a bundle made in a new subproject is looked up there.
func TestWhatABundleMadeIsInItsSubproject(t *testing.T) {
	const project, made = "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001"
	row := catalog.Lookup("bundle_get")
	c := &call{args: map[string]any{"bundleId": "b"}}
	for where, want := range map[string]any{project: nil, made: made} {
		r := resultOf(row, project, c, map[string]any{"id": "b", "state": "DONE", "projectId": where, "smsApp": map[string]any{"id": "s"}})
		if got := r.Next[0]; got.Tool != "sms_app_get" || got.Args["projectId"] != want || got.Args["smsAppId"] != "s" {
			t.Errorf("made in %s: next is %+v", where, got)
		}
	}
	pending := resultOf(row, project, c, map[string]any{"id": "b", "state": "IN_PROGRESS", "projectId": made})
	if got := pending.Next[0]; aboutTool(&got) != "bundle_get" || got.Args["projectId"] != nil {
		t.Errorf("the bundle itself is not in its subproject: %+v", got)
	}
}

// A person is not asked what the answer says.
func TestNextTakesParametersFromTheAnswer(t *testing.T) {
	r := resultOf(catalog.Lookup("rcs_sender_create"), "p", &call{}, map[string]any{"id": "s", "state": "DRAFT", "useCase": "OTP"})
	if got := r.Next[0]; got.Tool != catalog.RcsReadiness || got.Args["senderId"] != "s" {
		t.Errorf("next is %+v", got)
	}
	if got := r.Next[1]; got.Tool != "rcs_questionnaire_get" || got.Args["useCase"] != "OTP" || len(got.Needs) != 0 {
		t.Errorf("next is %+v", got)
	}
}

func TestEveryStateHasItsNext(t *testing.T) {
	enums := map[string][]string{ // resource: its states, what may be pending
		"whatsapp_account":   {"WhatsappAccountStateEnum", "WhatsappAccountChangeStateEnum"},
		"whatsapp_sender":    {"WhatsappSenderStatesEnum", "WhatsappSenderStatusesEnum"},
		"whatsapp_template":  {"WhatsappTemplateStatesEnum", "WhatsappTemplateStatusesEnum"},
		"rcs_sender":         {"RcsSenderStatesEnum", ""},
		"rcs_test_number":    {"RcsTestNumberStatesEnum", ""},
		"kakaotalk_sender":   {"KakaotalkSenderStatesEnum", "KakaotalkSenderStatusesEnum"},
		"kakaotalk_template": {"KakaotalkTemplateStatesEnum", "KakaotalkTemplateStatusesEnum"},
		"sms_app":            {"SmsProvisioningStatesEnum", ""},
		"bundle":             {"BundlesBundleServicesStateEnum", ""},
	}
	for _, row := range catalog.Rows() {
		if row.Resource == nil || row.Resource.States == nil {
			continue
		}
		if _, ok := enums[row.Resource.Name]; !ok {
			t.Errorf("no enum of the states of %s", row.Resource.Name)
		}
		for i, name := range enums[row.Resource.Name] {
			if name == "" {
				continue
			}
			enum := papi.LookupSchema(name)
			if enum == nil {
				t.Errorf("%s: no enum %s", row.Resource.Name, name)
				continue
			}
			for _, value := range enum.Enum {
				at := row.Resource.At(fmt.Sprint(value), "")
				if i == 1 {
					at = row.Resource.At("", fmt.Sprint(value))
				}
				if len(at.Next) == 0 && (at.Class != catalog.Success || at.Name == "") && value != "UNKNOWN" && value != "UNRECOGNIZED" {
					t.Errorf("%s: nothing to do in %v", row.Resource.Name, value)
				}
			}
		}
	}
}

func TestIDsStatePendingAndNext(t *testing.T) {
	for _, tt := range []struct {
		name, tool string
		args       map[string]any
		answer     map[string]any
		ids        map[string]any
		state      any
		pending    any
		next       string // the first action's tool
		nextArgs   map[string]any
	}{
		{"a created sender is under way", "whatsapp_sender_create", map[string]any{"wabaId": "1", "phoneNumberId": "2"},
			map[string]any{"id": "S1", "changes": map[string]any{"status": "IN_PROGRESS"}},
			map[string]any{"senderId": "S1"}, nil, "IN_PROGRESS", "whatsapp_sender_get", map[string]any{"senderId": "S1"}},
		{"a sender waits for its code", "whatsapp_sender_get", map[string]any{"senderId": "S1"},
			map[string]any{"id": "S1", "state": "PENDING_VERIFICATION"},
			map[string]any{"senderId": "S1"}, "PENDING_VERIFICATION", nil, "whatsapp_sender_register", map[string]any{"senderId": "S1"}},
		{"a pending change counts before the state", "whatsapp_template_get", map[string]any{"templateName": "a_b", "languageCode": "DE"},
			map[string]any{"name": "a_b", "language": "DE", "state": "APPROVED", "changes": map[string]any{"status": "DRAFT"}},
			map[string]any{"templateName": "a_b", "languageCode": "DE"}, "APPROVED", "DRAFT", "whatsapp_template_update", map[string]any{"templateName": "a_b", "languageCode": "DE", "status": "SUBMIT"}},
		{"a KakaoTalk sender is verified", "kakaotalk_sender_register", map[string]any{"plusFriendId": "@f"},
			map[string]any{"plusFriendId": "@f", "state": "VERIFYING"},
			map[string]any{"plusFriendId": "@f"}, "VERIFYING", nil, "kakaotalk_sender_verify", map[string]any{"plusFriendId": "@f"}},
		{"an SMS app is on its way", "sms_app_get", map[string]any{"smsAppId": "a"},
			map[string]any{"id": "a", "status": "PENDING_ADD"},
			map[string]any{"smsAppId": "a"}, "PENDING_ADD", nil, "sms_app_get", map[string]any{"smsAppId": "a"}},
		{"a bundle names what it made", "bundle_get", map[string]any{"bundleId": "b"},
			map[string]any{"id": "b", "state": "DONE", "smsApp": map[string]any{"id": "a"}, "convApp": map[string]any{"id": "c"}},
			map[string]any{"bundleId": "b", "smsAppId": "a", "conversationAppId": "c"}, "DONE", nil, "sms_app_get", map[string]any{"smsAppId": "a"}},
		{"an RCS sender in test", "rcs_sender_get", map[string]any{"senderId": "r"},
			map[string]any{"id": "r", "state": "IN_TEST"},
			map[string]any{"senderId": "r"}, "IN_TEST", nil, "rcs_test_number_add", map[string]any{"senderId": "r"}},
		{"a declined test number", "rcs_test_number_get", map[string]any{"senderId": "r", "testNumber": "+15550100001"},
			map[string]any{"number": "+15550100001", "state": "DECLINED"},
			map[string]any{"testNumber": "+15550100001"}, "DECLINED", nil, "rcs_test_number_add", map[string]any{"senderId": "r"}},
		{"one test number was added", "rcs_test_number_add", map[string]any{"senderId": "r", "testNumbers": []any{"+15550100001"}},
			map[string]any{"testNumberStates": []any{}},
			map[string]any{"senderId": "r"}, nil, nil, "rcs_test_number_get", map[string]any{"senderId": "r", "testNumber": "+15550100001"}},
		{"Meta knows the number", "whatsapp_sender_register", map[string]any{"senderId": "S1", "method": "SMS"},
			map[string]any{"verificationCodeSent": false},
			map[string]any{"senderId": "S1"}, nil, nil, "whatsapp_sender_verify", map[string]any{"senderId": "S1"}},
		{"a sender's change was rejected", "whatsapp_sender_get", map[string]any{"senderId": "S1"},
			map[string]any{"id": "S1", "state": "ACTIVE", "changes": map[string]any{"status": "REJECTED"}},
			map[string]any{"senderId": "S1"}, "ACTIVE", "REJECTED", "whatsapp_sender_activity_list", map[string]any{"senderId": "S1"}},
		{"a bundle without an SMS app", "bundle_get", map[string]any{"bundleId": "b"},
			map[string]any{"id": "b", "state": "DONE"},
			map[string]any{"bundleId": "b"}, "DONE", nil, "", nil},
		{"the last page, of an API that says so by an empty token", "webhook_list", map[string]any{},
			map[string]any{"webhooks": []any{map[string]any{"id": "w"}}, "nextPageToken": ""},
			map[string]any{}, nil, nil, "", nil},
		{"the next page, as the first was asked for", "webhook_list", map[string]any{"pageSize": 1, "fields": []any{"webhooks.id"}},
			map[string]any{"webhooks": []any{map[string]any{"id": "w"}}, "nextPageToken": "T"},
			map[string]any{}, nil, nil, "webhook_list", map[string]any{"pageSize": 1.0, "pageToken": "T", "fields": []any{"webhooks.id"}}},
		{"an account is rejected", "whatsapp_account_get", nil,
			map[string]any{"state": "REJECTED"}, map[string]any{}, "REJECTED", nil, "whatsapp_account_activity_list", map[string]any{}},
		{"the next page", "webhook_list", map[string]any{"pageSize": 1},
			map[string]any{"webhooks": []any{map[string]any{"id": "w"}}, "nextPageToken": "T"},
			map[string]any{}, nil, nil, "webhook_list", map[string]any{"pageSize": 1.0, "pageToken": "T"}},
		{"an empty list", "webhook_list", nil,
			map[string]any{"webhooks": []any{}}, map[string]any{}, nil, nil, "webhook_create", map[string]any{}},
		{"an approved template needs nothing", "whatsapp_template_get", map[string]any{"templateName": "a_b", "languageCode": "DE"},
			map[string]any{"name": "a_b", "language": "DE", "state": "APPROVED"},
			map[string]any{"templateName": "a_b", "languageCode": "DE"}, "APPROVED", nil, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			op := catalog.Lookup(tt.tool).Op()
			status, _ := sampleAnswer(op)
			set, _ := newSet(t, answerTo(op, status, tt.answer), nil)
			r := result(t, do(t, set, tt.tool, tt.args))
			if got := jsonvalue.Object(r, "ids"); len(got)+len(tt.ids) > 0 && !reflect.DeepEqual(got, tt.ids) || r["state"] != tt.state || r["pending"] != tt.pending {
				t.Errorf("ids %v, state %v, pending %v", r["ids"], r["state"], r["pending"])
			}
			next := jsonvalue.List(r, "next")
			if tt.next == "" {
				if len(next) != 0 {
					t.Errorf("next %s", encode(next))
				}
				return
			}
			first := withoutWait(next[0].(map[string]any))
			if first["tool"] != tt.next || len(jsonvalue.Object(first, "args"))+len(tt.nextArgs) > 0 && !reflect.DeepEqual(first["args"], any(tt.nextArgs)) {
				t.Errorf("next %s", encode(first))
			}
		})
	}
}

func TestNextNamesOnlyWhatIsOffered(t *testing.T) {
	_, api := newSet(t, answerJSON(http.StatusOK, map[string]any{"id": "S", "state": "PENDING_VERIFICATION"}), nil)
	full, _ := newSet(t, api.answer, nil)
	rows, err := catalog.Select(catalog.Filter{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	reads := New(Options{Rows: rows, Guard: full.opts.Guard, API: full.opts.API})
	args := map[string]any{"senderId": "S", "projectId": project}
	if next := jsonvalue.List(result(t, do(t, reads, "whatsapp_sender_get", args)), "next"); len(next) != 1 || next[0].(map[string]any)["tool"] != "whatsapp_sender_get" {
		t.Errorf("a read-only server suggests %s", encode(next))
	}
	next := jsonvalue.List(result(t, do(t, full, "whatsapp_sender_get", args)), "next")
	if len(next) != 3 || next[0].(map[string]any)["args"].(map[string]any)["projectId"] != project {
		t.Errorf("the project that the call named is not in %s", encode(next))
	}
}

// Fields that are asked for come, bulky or not.
func TestFieldsWinOverConcise(t *testing.T) {
	answer := map[string]any{"details": map[string]any{"questionnaire": map[string]any{"general": map[string]any{"questions": "long"}}}}
	row, r := catalog.Lookup("rcs_sender_get"), &Result{}
	if shaped, _ := shape(row, callOptions{}, r, answer); strings.Contains(string(encode(shaped)), "long") {
		t.Errorf("concise: %s", encode(shaped))
	}
	shaped, warnings := shape(row, callOptions{fields: []string{"details.questionnaire.general.questions"}}, r, answer)
	if !strings.Contains(string(encode(shaped)), "long") || len(warnings) != 0 {
		t.Errorf("%s, %v", encode(shaped), warnings)
	}
}

func TestShape(t *testing.T) {
	sender := map[string]any{
		"id": "r", "authToken": "canary", "state": "IN_TEST", "newer": map[string]any{"questions": "kept"},
		"details": map[string]any{"brand": map[string]any{"name": "Example"}, "questionnaire": map[string]any{
			"general": map[string]any{"questions": map[string]any{"videoUris": map[string]any{"question": "long"}}, "answers": map[string]any{"q": "a"}},
		}},
	}
	set, _ := newSet(t, answerJSON(http.StatusOK, sender), nil)
	get := func(args map[string]any) any {
		args["senderId"] = "r"
		return result(t, do(t, set, "rcs_sender_get", args))["data"]
	}
	concise := get(map[string]any{})
	want := map[string]any{
		"authToken": papi.Masked, "newer": map[string]any{"questions": "kept"},
		"details": map[string]any{"brand": map[string]any{"name": "Example"}, "questionnaire": map[string]any{
			"general": map[string]any{"answers": map[string]any{"q": "a"}},
		}},
	}
	sameJSON(t, "concise drops the questions and masks the token, and nothing else", concise, want)
	sameJSON(t, "full and revealed", get(map[string]any{"detail": "full", "reveal": true}), sender)
	sameJSON(t, "fields", get(map[string]any{"fields": []any{"state", "details.brand.name"}}),
		map[string]any{"state": "IN_TEST", "details": map[string]any{"brand": map[string]any{"name": "Example"}}})

	r := result(t, do(t, set, "rcs_sender_get", map[string]any{"senderId": "r", "fields": []any{"stat", "id"}}))
	if !strings.Contains(string(encode(r["warnings"])), `fields: the answer has no \"stat\"`) || r["state"] != "IN_TEST" {
		t.Errorf("got %s", encode(r))
	}
}

func TestFieldsOfLists(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, map[string]any{
		"totalSize": 2, "webhooks": []any{map[string]any{"id": "1", "target": "a", "triggers": []any{"ALL"}}, map[string]any{"id": "2", "target": "b"}},
	}), nil)
	r := result(t, do(t, set, "webhook_list", map[string]any{"fields": []any{"webhooks.id", "webhooks.target"}}))
	sameJSON(t, "data", r["data"], map[string]any{"cols": []any{"id", "target"}, "rows": []any{[]any{"1", "a"}, []any{"2", "b"}}})
}

func TestSecretsAreMaskedUnlessRevealed(t *testing.T) {
	answer := map[string]any{"id": "S", "bearerToken": "canary-token", "state": "ACTIVE"}
	set, _ := newSet(t, answerJSON(http.StatusOK, answer), func(o *guard.Options) { o.Mode = guard.Auto })
	args := map[string]any{"senderId": "S"}
	if text := string(encode(result(t, do(t, set, "whatsapp_sender_get", args)))); strings.Contains(text, "canary") {
		t.Errorf("not masked: %s", text)
	}
	args["reveal"] = true
	e := failure(t, do(t, set, "whatsapp_sender_get", args))
	if e["errorCode"] != "confirmation_required" {
		t.Fatalf("got %s", encode(e))
	}
	args["confirm"] = e["confirmation"].(map[string]any)["token"]
	if r := result(t, do(t, set, "whatsapp_sender_get", args)); r["data"].(map[string]any)["bearerToken"] != "canary-token" {
		t.Errorf("not revealed: %s", encode(r))
	}
}

func TestRevealIsOnlyWhereSecretsAre(t *testing.T) {
	var have []string
	for _, row := range catalog.Rows() {
		if newArguments(row, true).advertised.Properties[argReveal] != nil {
			have = append(have, row.Tool)
		}
	}
	want := []string{
		"whatsapp_sender_list", "whatsapp_sender_get", "whatsapp_sender_create", "whatsapp_sender_update",
		"rcs_sender_list", "rcs_sender_get", "rcs_sender_create", "rcs_sender_update", "rcs_sender_launch",
		"bundle_list", "bundle_get", "bundle_create", "whatsapp_access_token_create",
	}
	if !slices.Equal(have, want) {
		t.Errorf("got %v", have)
	}
}

func TestErrorsAreCleanedToo(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusConflict, map[string]any{
		"errorCode": "webhook_exists", "message": "a\u202eb", "resolution": "c\x1bd", "additionalInformation": map[string]any{"name": "e\u2066f"},
	}), nil)
	e := failure(t, do(t, set, "webhook_create", map[string]any{"target": "https://example.com", "secret": "s"}))
	if e["message"] != "ab" || e["resolution"] != "cd" || e["additionalInformation"].(map[string]any)["name"] != "ef" {
		t.Errorf("got %s", encode(e))
	}
}

func TestErrorsOfTheAPIKeepTheirForm(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusConflict, map[string]any{
		"errorCode": "template_not_deletable_due_to_input_config", "message": "submitted", "resolution": "set it",
		"additionalInformation": map[string]any{"validationErrors": []any{"x"}},
	}), nil)
	e := failure(t, do(t, set, "whatsapp_template_delete", map[string]any{"templateName": "a_b", "languageCode": "DE"}))
	if e["errorCode"] != "template_not_deletable_due_to_input_config" || e["status"] != 409.0 || e["message"] != "submitted" || e["resolution"] != "set it" {
		t.Errorf("got %s", encode(e))
	}
	sameJSON(t, "next", e["next"], []any{map[string]any{
		"do": afterError["template_not_deletable_due_to_input_config"][0].Do, "tool": "whatsapp_template_delete",
		"args": map[string]any{"deleteSubmitted": true, "languageCode": "DE", "templateName": "a_b"},
	}})
}

func TestACreatedListOfFailures(t *testing.T) {
	args := map[string]any{"details": map[string]any{"name": "n"}, "accessToken": "t", "businessManager": "SINCH_UK"}
	failures := []any{map[string]any{"partnerAppId": "p", "errorCode": "X", "errorMessage": "why"}}
	partly := map[string]any{"solutions": []any{map[string]any{"id": "s"}}, "failedSolutions": failures}
	set, _ := newSet(t, answerJSON(http.StatusCreated, partly), nil)
	if r := result(t, do(t, set, "whatsapp_solution_create", args)); !strings.Contains(string(encode(r["warnings"])), "failedSolutions[0]") {
		t.Errorf("warnings %s", encode(r["warnings"]))
	}
	set, _ = newSet(t, answerJSON(http.StatusCreated, map[string]any{"solutions": []any{}, "failedSolutions": failures}), nil)
	if e := failure(t, do(t, set, "whatsapp_solution_create", args)); e["errorCode"] != "nothing_created" {
		t.Errorf("got %s", encode(e))
	}
}

func TestAllFollowsThePages(t *testing.T) {
	set, api := newSet(t, func(w http.ResponseWriter, r *http.Request) {
		page := r.URL.Query().Get("pageToken")
		answer := map[string]any{"totalSize": 3, "senders": []any{map[string]any{"id": "s" + page}}}
		if page != "2" {
			answer["nextPageToken"] = map[string]string{"": "1", "1": "2"}[page]
		}
		answerJSON(http.StatusOK, answer)(w, r)
	}, nil)
	r := result(t, do(t, set, "whatsapp_sender_list", map[string]any{"all": true}))
	if len(records(t, r)) != 3 || r["nextPageToken"] != nil || api.count() != 3 {
		t.Errorf("%d requests, got %s", api.count(), encode(r))
	}
}

func TestAnnotationsTellTheTruth(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	hints := map[string]string{}
	for _, tool := range set.Tools() {
		a := tool.Annotations
		hints[tool.Name] = fmt.Sprintf("read %v, destroys %v, idempotent %v, open %v", *a.ReadOnlyHint, *a.DestructiveHint, *a.IdempotentHint, *a.OpenWorldHint)
		if tool.Description == "" || a.Title == "" {
			t.Errorf("%s has no words", tool.Name)
		}
	}
	for name, want := range map[string]string{
		"webhook_list":              "read true, destroys false, idempotent true, open true",
		"whatsapp_template_compare": "read true, destroys false, idempotent true, open true",   // a POST that only reads
		"rcs_test_number_reinvite":  "read false, destroys false, idempotent false, open true", // a GET that does not
		"webhook_create":            "read false, destroys false, idempotent false, open true",
		"webhook_replace":           "read false, destroys true, idempotent true, open true",
		"webhook_delete":            "read false, destroys true, idempotent true, open true",
		"rcs_sender_launch":         "read false, destroys true, idempotent false, open true",
		"whatsapp_sender_register":  "read false, destroys false, idempotent false, open true",
		"schema_get":                "read true, destroys false, idempotent true, open false",
	} {
		if hints[name] != want {
			t.Errorf("%s: %s, want %s", name, hints[name], want)
		}
	}
}
