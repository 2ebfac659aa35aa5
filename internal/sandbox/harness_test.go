package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// harness is a sandbox with a client that checks every answer against the
// contract.
type harness struct {
	t       *testing.T
	s       *Sandbox
	client  *http.Client
	project string
}

func manual(t *testing.T) *harness { return newHarness(t, Options{Seed: 1, Manual: true}) }

func newHarness(t *testing.T, o Options) *harness {
	t.Helper()
	o.Logger = slog.New(&defectLog{t: t})
	s := New(o)
	t.Cleanup(func() {
		s.Close()
		checkDeliveries(t, s)
	})
	return &harness{t: t, s: s, client: &http.Client{Transport: &contractChecker{t: t, s: s, next: s.Transport(), good: map[string]bool{}}}, project: DefaultProject}
}

// in is the same sandbox with another project.
func (w *harness) in(project string) *harness {
	other := *w
	other.project = project
	return &other
}

// result is an answer.
type result struct {
	t      *testing.T
	status int
	header http.Header
	body   map[string]any
}

// do sends a request below the project's path. A body is written as JSON, but
// for a string, which is sent as it is.
func (w *harness) do(method, path string, body any) result {
	w.t.Helper()
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			w.t.Fatal(err)
		}
		in = bytes.NewReader(raw)
	}
	url := "http://sandbox" + path
	if !strings.HasPrefix(path, "/_sandbox/") {
		url = "http://sandbox/v1/projects/" + w.project + path
	}
	r, err := http.NewRequest(method, url, in)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+StaticToken)
	resp, err := w.client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	out := result{t: w.t, status: resp.StatusCode, header: resp.Header}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &out.body); err != nil {
			w.t.Fatalf("%s %s: %v in %s", method, path, err, raw)
		}
	}
	return out
}

func (w *harness) get(path string) result             { w.t.Helper(); return w.do("GET", path, nil) }
func (w *harness) post(path string, body any) result  { w.t.Helper(); return w.do("POST", path, body) }
func (w *harness) patch(path string, body any) result { w.t.Helper(); return w.do("PATCH", path, body) }
func (w *harness) put(path string, body any) result   { w.t.Helper(); return w.do("PUT", path, body) }
func (w *harness) delete(path string) result          { w.t.Helper(); return w.do("DELETE", path, nil) }

// ok wants a successful answer.
func (r result) ok() result {
	r.t.Helper()
	if r.status/100 != 2 {
		r.t.Fatalf("%d %v, want success", r.status, r.body)
	}
	return r
}

// fails wants an error with the code.
func (r result) fails(code string) result {
	r.t.Helper()
	if r.status < 400 || r.body["errorCode"] != code {
		r.t.Fatalf("%d %v, want %s", r.status, r.body, code)
	}
	return r
}

// str is the string at a path in the answer.
func (r result) str(path string) string { return jsonvalue.Text(r.body, path) }

// is wants strings at paths.
func (r result) is(pairs ...string) result {
	r.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := jsonvalue.Text(r.body, pairs[i]); got != pairs[i+1] {
			r.t.Fatalf("%s is %q, want %q, in %v", pairs[i], got, pairs[i+1], r.body)
		}
	}
	return r
}

// items are the objects of a list in the answer.
func (r result) items(name string) []map[string]any {
	return jsonvalue.Objects(r.body, name)
}

// names are one field of the objects of a list in the answer.
func (r result) names(list, field string) []string {
	var out []string
	for _, item := range r.items(list) {
		out = append(out, jsonvalue.Text(item, field))
	}
	return out
}

// contractChecker validates every answer of an operation against the contract, and
// records the operations that succeeded.
type contractChecker struct {
	t    *testing.T
	s    *Sandbox
	next http.RoundTripper

	mu   sync.Mutex
	good map[string]bool // operations that were answered with success
}

func (c *contractChecker) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(raw))
	if resp.Header.Get(HeaderSandbox) != "true" {
		c.t.Errorf("%s %s: the answer does not say that it is the sandbox", r.Method, r.URL.Path)
	}
	if _, err := time.Parse(http.TimeFormat, resp.Header.Get("Date")); err != nil {
		c.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	_, pattern := c.s.mux.Handler(r)
	if op := operations()[pattern]; op != nil {
		if resp.StatusCode/100 == 2 {
			c.mu.Lock()
			c.good[op.ID] = true
			c.mu.Unlock()
		}
		if complaint := answerProblem(op, resp.StatusCode, raw); complaint != "" {
			c.t.Errorf("%s %s: %s", r.Method, r.URL.Path, complaint)
		}
	}
	return resp, nil
}

// operations are those of the contract, by their pattern.
var operations = sync.OnceValue(func() map[string]*papi.Operation {
	all := map[string]*papi.Operation{}
	for _, op := range papi.Operations() {
		all[op.Method+" "+op.Path] = op
	}
	return all
})

// payloadSchemas are the schemas of the payloads of webhooks, by the beginning of
// their type.
var payloadSchemas = map[string]string{
	"BUNDLE_": "BundlesBundlesDto", "KAKAOTALK_SENDER_": "KakaotalkSenderDto", "KAKAOTALK_TEMPLATE_": "KakaotalkTemplateDto",
	"RCS_": "RcsSenderDto", "WHATSAPP_ACCOUNT_": "WhatsappAccountDto", "WHATSAPP_WABA_": "WhatsappAccountDto",
	"WHATSAPP_SENDER_": "WhatsappSenderDto", "WHATSAPP_TEMPLATE_": "WhatsappTemplateDto",
}

// checkDeliveries validates the body of every delivery.
func checkDeliveries(t *testing.T, s *Sandbox) {
	triggers := papi.LookupSchema("WebhookWebhookTriggersEnum").Enum
	for _, d := range s.state.Deliveries {
		var body map[string]any
		if err := json.Unmarshal(d.Body, &body); err != nil {
			t.Errorf("%s: %v", d.Type, err)
		}
		if body["type"] != d.Type || !slices.Contains(triggers, any(d.Type)) {
			t.Errorf("%s: type %v", d.Type, body["type"])
		}
		if wrong := extraFieldProblems(d.Type, body); len(wrong) > 0 {
			t.Errorf("%s: %v", d.Type, wrong)
		}
		payload, given := body["payload"]
		if !given {
			if d.Type != "WHATSAPP_TEMPLATE_DELETED" && d.Type != "RCS_ACCOUNT_COMMENT_ADDED" {
				t.Errorf("%s has no payload", d.Type)
			}
			continue
		}
		for begin, schema := range payloadSchemas {
			if !strings.HasPrefix(d.Type, begin) {
				continue
			}
			if found := papi.LookupSchema(schema).Violations(payload, papi.CheckOptions{Closed: true}); len(found) > 0 {
				t.Errorf("%s: %v", d.Type, messages(found))
			}
		}
	}
}

// dateProblems are the texts that the contract calls dates of ISO 8601 and that are
// none.
func dateProblems(schema *papi.Schema, value any) []string {
	schema = schema.Variant(value)
	var wrong []string
	switch v := value.(type) {
	case string:
		if _, err := time.Parse(time.RFC3339, v); err != nil && strings.Contains(schema.Description, "ISO 8601") {
			wrong = append(wrong, v+" is no date of ISO 8601")
		}
	case []any:
		for _, item := range v {
			if schema.Items != nil {
				wrong = append(wrong, dateProblems(schema.Items, item)...)
			}
		}
	case map[string]any:
		for name, inner := range v {
			if p := schema.Properties[name]; p != nil {
				wrong = append(wrong, dateProblems(p, inner)...)
			}
		}
	}
	return wrong
}

// answerProblem describes how an answer violates the contract; "" if it does not.
func answerProblem(op *papi.Operation, status int, raw []byte) string {
	var body any
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &body); err != nil {
			return err.Error()
		}
	}
	if schema, documented := op.Answers[status]; documented {
		if schema == nil {
			if body != nil {
				return "a body where the contract has none"
			}
			return ""
		}
		if found := schema.Violations(body, papi.CheckOptions{Closed: true}); len(found) > 0 {
			return strings.Join(messages(found), "; ") + " in " + string(raw)
		}
		if wrong := dateProblems(schema, body); len(wrong) > 0 {
			return strings.Join(wrong, "; ") + " in " + string(raw)
		}
		return ""
	}
	failed, _ := body.(map[string]any)
	code := jsonvalue.Text(failed, "errorCode")
	if strings.HasPrefix(code, "sandbox_") {
		return ""
	}
	if !slices.Contains(op.Errors[status], code) {
		return "undocumented: " + http.StatusText(status) + " " + code
	}
	for _, name := range []string{"message", "resolution"} {
		if jsonvalue.Text(failed, name) == "" {
			return "an error without " + name
		}
	}
	for name := range failed {
		if !slices.Contains([]string{"errorCode", "message", "resolution", "additionalInformation"}, name) {
			return "an error with " + name
		}
	}
	if info, given := failed["additionalInformation"]; given {
		return errorInfoProblem(op, code, info)
	}
	return ""
}

// errorInfo has the names in an error's additionalInformation, by its code:
// those of texts, of lists of texts, and of objects. The contract documents no
// more.
var errorInfo = map[string]map[string]string{
	"invalid_input":                       {"validationErrors": "list"},
	"launch_precondition_failed":          {"validationErrors": "list"},
	"account_has_senders":                 {"projectId": "text", "senderIds": "list"},
	"account_has_sender_changes":          {"projectId": "text"},
	"invalid_filter_states":               {"supportedCodes": "text"},
	"invalid_filter_statuses":             {"supportedCodes": "text"},
	"invalid_fields":                      {"supportedCodes": "text"},
	"template_exists":                     {"supportedCodes": "text"},
	"template_invalid_language_code":      {"supportedCodes": "text"},
	"template_submit_error":               {"metaError": "object"},
	"template_kakaotalk_validation_error": {"templateCode": "text"},
	"questionnaire_invalid_country":       {"supportedValues": "text"},
	"questionnaire_invalid_use_case":      {"validUseCases": "text"},
}

func errorInfoProblem(op *papi.Operation, code string, info any) string {
	fields, ok := info.(map[string]any)
	if !ok {
		return code + ": additionalInformation is no object"
	}
	for name, value := range fields {
		form := ""
		switch v := value.(type) {
		case string:
			form = "text"
		case map[string]any:
			form = "object"
		case []any:
			if len(v) > 0 && !slices.ContainsFunc(v, func(one any) bool { _, text := one.(string); return !text }) {
				form = "list"
			}
		}
		want := errorInfo[code][name]
		if name == "validationErrors" && statusOf(op, "invalid_input") == 0 {
			want = "list" // there is no other place for it: docs/sandbox.md
		}
		if form == "" || form != want {
			return fmt.Sprintf("%s: additionalInformation has %s: %v", code, name, value)
		}
	}
	return ""
}

// defectLog is a log in which a defect of the sandbox fails the test.
type defectLog struct{ t *testing.T }

func (defectLog) Enabled(context.Context, slog.Level) bool { return true }
func (n defectLog) Handle(_ context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		r.Attrs(func(a slog.Attr) bool {
			n.t.Errorf("%s: %s", r.Message, a)
			return true
		})
	}
	return nil
}
func (n defectLog) WithAttrs([]slog.Attr) slog.Handler { return n }
func (n defectLog) WithGroup(string) slog.Handler      { return n }

// object is a JSON object of a test.
type obj = map[string]any

// onboarded is a project whose WhatsApp account is ready, with its first
// sender.
func (w *harness) onboarded() {
	w.t.Helper()
	w.post("/whatsapp", obj{
		"wabaName": "Example Shop", "clientBusinessManagerId": "1234567890",
		"senderDetails": obj{"displayName": "Example Shop", "businessCategory": "SHOPPING_AND_RETAIL"},
	}).ok()
	w.s.Advance(accountReview)
	w.get("/whatsapp").ok().is("state", "ONBOARDED")
}

// partnerSender is the body of a sender with a number.
func partnerSender(phone string) obj {
	return obj{"phoneNumberProvider": "CUSTOMER", "details": obj{
		"displayName": "Example Care", "vertical": "EDUCATION", "countryCode": "1", "phoneNumber": phone,
	}}
}

// activeSender onboards a sender to its end.
func (w *harness) activeSender(phone string) string {
	w.t.Helper()
	id := w.post("/whatsapp/senders", partnerSender(phone)).ok().str("id")
	w.s.Advance(senderProvisioning)
	code := w.post("/whatsapp/senders/"+id+"/register", obj{"method": "SMS"}).ok().header.Get(HeaderCode)
	w.post("/whatsapp/senders/"+id+"/verify", obj{"code": code}).ok()
	w.s.Advance(senderActivation)
	w.get("/whatsapp/senders/"+id).ok().is("state", "ACTIVE")
	return id
}

// template is the body of a template.
func template(name, language string) obj {
	return obj{"name": name, "language": language, "category": "UTILITY", "details": obj{
		"components": []any{obj{"type": "BODY", "text": "This is " + name + "."}},
	}}
}

func templatePath(name, language string) string {
	return "/whatsapp/templates/" + name + "/languages/" + language
}

// approved is a template that has passed its review.
func (w *harness) approved(name, language string) {
	w.t.Helper()
	w.post("/whatsapp/templates", template(name, language)).ok()
	w.s.Advance(templateSubmission + templateReview)
	w.get(templatePath(name, language)).ok().is("state", "APPROVED")
}
