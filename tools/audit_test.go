package tools

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/audit"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
)

// auditLines are the lines of a log, without what changes from run to run. An
// outcome must follow the intent of its call directly.
func auditLines(t *testing.T, path string) []string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	var begun any
	for text := range strings.SplitSeq(strings.TrimSpace(string(raw)), "\n") {
		var l map[string]any
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"seq", "time", "prev", "hash", "project", "principal"} {
			if l[name] == nil {
				t.Errorf("no %s in %s", name, text)
			}
			delete(l, name)
		}
		switch l["phase"] {
		case audit.Intent:
			begun = l["call"]
		case audit.Outcome:
			if begun == nil || l["call"] != begun {
				t.Errorf("the outcome of %v follows the intent of %v", l["call"], begun)
			}
			begun = nil
		}
		delete(l, "call")
		lines = append(lines, string(encode(l)))
	}
	return lines
}

// Each write leaves a line, and each verdict other than allow; reads leave none.
func TestAuditLines(t *testing.T) {
	const canary = "canary-5c1f-canary"
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	status := http.StatusCreated
	set, _ := newSet(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodDelete:
			w.WriteHeader(http.StatusOK)
		case status == http.StatusCreated:
			answerJSON(status, map[string]any{"id": "w-1", "target": "https://example.com/a", "triggers": []any{"ALL"}, "webhooks": []any{}})(w, r)
		default:
			answerJSON(status, map[string]any{"errorCode": "webhook_exists", "message": "m", "resolution": "r"})(w, r)
		}
	}, func(o *guard.Options) { o.Mode, o.Rules, o.Projects = guard.Auto, nil, []string{project} })
	set.opts.Audit = audit.File(path)
	set.opts.Now = func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

	create := map[string]any{"target": "https://example.com/a", "secret": canary, "triggers": []any{"ALL"}}
	do(t, set, "webhook_list", nil)                                                // a read
	do(t, set, "webhook_create", create)                                           // the project is not confirmed
	do(t, set, "project_confirm", map[string]any{"projectId": project})            //
	do(t, set, "webhook_create", create)                                           // done
	do(t, set, "webhook_list", map[string]any{"projectId": "foreign"})             // a read that is refused
	do(t, set, "project_confirm", map[string]any{"projectId": "foreign"})          // refused too
	do(t, set, "project_overview", map[string]any{"projectId": "foreign"})         //
	asked := do(t, set, "webhook_delete", map[string]any{"webhookId": "w-1"})      // a token is given
	token := asked.Structured.(*Error).Confirmation.Token                          //
	remove := map[string]any{"webhookId": "w-1", "confirm": token}                 //
	do(t, set, "webhook_delete", remove)                                           // done by the token
	do(t, set, "webhook_delete", remove)                                           // the token is used
	do(t, set, "webhook_create", map[string]any{"target": "no", "dryRun": true})   // wrong arguments: the guard was not asked
	do(t, set, "webhook_delete", map[string]any{"webhookId": "w", "dryRun": true}) // a dry run
	status = http.StatusConflict
	do(t, set, "webhook_create", create) // the API refuses

	got := strings.Join(auditLines(t, path), "\n")
	want := strings.Join([]string{
		`{"arguments":{"secret":"***","target":"https://example.com/a","triggers":["ALL"]},"rule":"guard_project_unconfirmed","tool":"webhook_create","verdict":"refuse"}`,
		`{"arguments":{"projectId":"` + project + `"},"confirmed":"named","tool":"project_confirm","verdict":"allow"}`,
		`{"arguments":{"secret":"***","target":"https://example.com/a","triggers":["ALL"]},"phase":"intent","tool":"webhook_create","verdict":"allow"}`,
		`{"arguments":{"secret":"***","target":"https://example.com/a","triggers":["ALL"]},"ids":{"webhookId":"w-1"},"phase":"outcome","status":201,"tool":"webhook_create","verdict":"allow"}`,
		`{"arguments":{},"rule":"guard_project_not_allowed","tool":"webhook_list","verdict":"refuse"}`,
		`{"arguments":{"projectId":"foreign"},"rule":"guard_project_not_allowed","tool":"project_confirm","verdict":"refuse"}`,
		`{"arguments":{"projectId":"foreign"},"rule":"guard_project_not_allowed","tool":"project_overview","verdict":"refuse"}`,
		`{"arguments":{"webhookId":"w-1"},"rule":"confirmation_required","tool":"webhook_delete","verdict":"confirm"}`,
		`{"arguments":{"webhookId":"w-1"},"confirmed":"token","phase":"intent","tool":"webhook_delete","verdict":"allow"}`,
		`{"arguments":{"webhookId":"w-1"},"confirmed":"token","ids":{"webhookId":"w-1"},"phase":"outcome","status":200,"tool":"webhook_delete","verdict":"allow"}`,
		`{"arguments":{"webhookId":"w-1"},"rule":"confirmation_invalid","tool":"webhook_delete","verdict":"confirm"}`,
		`{"arguments":{"secret":"***","target":"https://example.com/a","triggers":["ALL"]},"phase":"intent","tool":"webhook_create","verdict":"allow"}`,
		`{"arguments":{"secret":"***","target":"https://example.com/a","triggers":["ALL"]},"errorCode":"webhook_exists","phase":"outcome","status":409,"tool":"webhook_create","verdict":"allow"}`,
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	raw, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(raw), canary) || strings.Contains(string(raw), token) {
		t.Errorf("a secret is in the log (%v)", err)
	}
	if report, err := set.opts.Audit.Verify(context.Background()); err != nil || report.Lines != 13 || len(report.Open) != 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

// A write that could not be logged is not sent, and no person is asked about it,
// whatever prevents its line.
func TestNoWriteWithoutItsLine(t *testing.T) {
	file := func(t *testing.T, text string) *audit.Log {
		path := filepath.Join(t.TempDir(), "audit.jsonl")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return audit.File(path)
	}
	for name, log := range map[string]func(t *testing.T) *audit.Log{
		"no folder":        func(t *testing.T) *audit.Log { return audit.File(filepath.Join(t.TempDir(), "no", "audit.jsonl")) },
		"a folder":         func(t *testing.T) *audit.Log { return audit.File(t.TempDir()) },
		"a truncated line": func(t *testing.T) *audit.Log { return file(t, `{"seq":1,"time":`) },
		"no line of ours":  func(t *testing.T) *audit.Log { return file(t, "hello\n") },
		"a broken store":   func(t *testing.T) *audit.Log { return audit.InStore(failingStore{store.NewMemory(), 0}) },
		"no room for one":  func(t *testing.T) *audit.Log { return audit.InStore(failingStore{store.NewMemory(), 1}) },
		"an altered store": func(t *testing.T) *audit.Log { return alteredStore(t) },
	} {
		t.Run(name, func(t *testing.T) {
			set, api := newSet(t, answerJSON(http.StatusOK, map[string]any{}), func(o *guard.Options) { o.Mode = guard.Auto })
			set.opts.Audit = log(t)
			person := &witness{says: guard.Accepted}
			for tool, args := range map[string]string{"whatsapp_template_sync": "{}", "webhook_delete": `{"webhookId":"w"}`, "webhook_create": `{"target":"https://example.com/a","secret":"sixteen-or-more-signs"}`} {
				out := set.Call(t.Context(), Caller{Principal: "test", Elicitor: person}, tool, json.RawMessage(args))
				if e, ok := out.Structured.(*Error); !ok || e.Code != "guard_audit_unavailable" {
					t.Errorf("%s: %s", tool, encode(out.Structured))
				}
			}
			for _, r := range api.requests {
				if r.method != http.MethodGet {
					t.Errorf("sent %s %s", r.method, r.path)
				}
			}
			// That there is no room shows when the line is written.
			if asked := len(person.asked) > 0; asked != (name == "no room for one") {
				t.Errorf("the person was asked: %q", person.asked)
			}
			if out := do(t, set, "webhook_list", nil); out.IsError {
				t.Errorf("a read needs no line: %s", encode(out.Structured))
			}
		})
	}
}

// failingStore fails to read (0), or to add (1), as on a full disk.
type failingStore struct {
	store.Store
	at int
}

func (s failingStore) Get(ctx context.Context, key string) ([]byte, bool, error) {
	if s.at == 0 {
		return nil, false, errors.New("broken")
	}
	return s.Store.Get(ctx, key)
}

func (s failingStore) Add(context.Context, string, []byte, time.Duration) (bool, error) {
	return false, errors.New("no space left on device")
}

// alteredStore has a log whose last line was altered.
func alteredStore(t *testing.T) *audit.Log {
	s := store.NewMemory()
	log := audit.InStore(s)
	if err := log.Add(t.Context(), audit.Entry{Tool: "webhook_create", Verdict: "allow"}); err != nil {
		t.Fatal(err)
	}
	key := "audit/line/00000000000000000001"
	line, ok, err := s.Get(t.Context(), key)
	if err != nil || !ok {
		t.Fatal("no line: ", err)
	}
	if err := s.Put(t.Context(), key, bytes.Replace(line, []byte("webhook_create"), []byte("webhook_delete"), 1), 0); err != nil {
		t.Fatal(err)
	}
	return log
}

func TestDryRun(t *testing.T) {
	set, api := newSet(t, answerJSON(http.StatusOK, map[string]any{"id": "a", "name": "Alerts", "status": "ACTIVE"}), func(o *guard.Options) { o.Rules = nil })
	data := func(out Outcome) map[string]any {
		t.Helper()
		return result(t, out)["data"].(map[string]any)
	}
	create := data(do(t, set, "webhook_create", map[string]any{"target": "https://example.com/a%20b", "secret": "canary-5c1f-canary", "dryRun": true}))
	sameJSON(t, "a write", create, json.RawMessage(`{"dryRun": true, "verdict": "allow", "request": {
		"method": "POST", "path": "/v1/projects/`+project+`/webhooks",
		"body": {"target": "https://example.com/a%20b", "secret": "***", "triggers": ["ALL"]}}}`))
	update := data(do(t, set, "rcs_sender_update", map[string]any{"senderId": "S 1", "usQuestionnaireVersion": "v2", "details": map[string]any{"brand": map[string]any{"name": "Example"}}, "dryRun": true}))
	if request := update["request"].(map[string]any); request["path"] != "/v1/projects/"+project+"/rcs/senders/S%201" || len(request["query"].(map[string]any)) != 1 {
		t.Errorf("request %v", request)
	}
	refusal := data(do(t, set, "webhook_create", map[string]any{"target": "https://example.com/a", "secret": "sixteen-or-more-signs", "triggers": []any{"ALL", "BUNDLE_DONE"}, "dryRun": true}))
	if e, _ := refusal["refusal"].(map[string]any); refusal["verdict"] != "refuse" || e["errorCode"] != "guard_all_alone" {
		t.Errorf("a refusal: %v", refusal)
	}
	for _, r := range api.requests {
		if r.method != http.MethodGet {
			t.Errorf("sent %s %s", r.method, r.path)
		}
	}

	// What a person would be asked.
	asking, api := newSet(t, answerJSON(http.StatusOK, map[string]any{"id": "a", "name": "Alerts", "status": "ACTIVE"}), func(o *guard.Options) { o.Mode, o.Rules = guard.Auto, nil })
	do(t, asking, "project_confirm", map[string]any{"projectId": project})
	before := api.count()
	remove := data(do(t, asking, "sms_app_delete", map[string]any{"smsAppId": "a", "dryRun": true}))
	if _, given := jsonvalue.Object(remove, "request")["body"]; given {
		t.Errorf("a request without a body: %v", remove)
	}
	if summary, _ := remove["summary"].(string); remove["verdict"] != "confirm" || !strings.Contains(summary, "Alerts") {
		t.Errorf("a confirmation: %v", remove)
	}
	if n := api.count() - before; n != 1 {
		t.Errorf("%d requests for a dry run whose summary reads once", n)
	}
}

// A line contains what the call said of itself, and no code.
func TestAuditTellsOfAWordAndOfARevealedSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	set, _ := newSet(t, answerJSON(http.StatusOK, map[string]any{"id": "s", "state": "PENDING_VERIFICATION"}), func(o *guard.Options) { o.Mode, o.Rules = guard.Auto, nil })
	set.opts.Audit = audit.File(path)
	do(t, set, "project_confirm", map[string]any{"projectId": project})
	do(t, set, "whatsapp_sender_verify", map[string]any{"senderId": "s", "code": "424242", "registeredElsewhere": true})
	do(t, set, "rcs_sender_get", map[string]any{"senderId": "s", "reveal": true})
	got := strings.Join(auditLines(t, path)[1:], "\n")
	want := strings.Join([]string{
		`{"arguments":{"code":"***","registeredElsewhere":true,"senderId":"s"},"phase":"intent","tool":"whatsapp_sender_verify","verdict":"allow"}`,
		`{"arguments":{"code":"***","registeredElsewhere":true,"senderId":"s"},"ids":{"senderId":"s"},"phase":"outcome","status":200,"tool":"whatsapp_sender_verify","verdict":"allow"}`,
		`{"arguments":{"reveal":true,"senderId":"s"},"rule":"confirmation_required","tool":"rcs_sender_get","verdict":"confirm"}`,
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// No line, of an intent, an outcome or a refusal, holds a secret, whatever the
// tool that takes it.
func TestNoAuditLineHoldsASecret(t *testing.T) {
	const canary = "c4n4ry"
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	calls := 0
	for _, mode := range []guard.Mode{guard.Off, guard.Auto} { // sent, and refused: the project is not confirmed
		set, _ := newSet(t, answerJSON(http.StatusOK, map[string]any{"id": "x"}), func(o *guard.Options) { o.Mode = mode })
		set.opts.Audit = audit.File(path)
		for _, row := range catalog.Rows() {
			for _, body := range row.Op().Variants() {
				args, hidden := hide(sampleBody(row, body, true), canary)
				if !hidden || !row.Writes() {
					continue
				}
				given := args.(map[string]any)
				for _, p := range row.Op().Parameters {
					if p.In == "path" && p.Name != argProject {
						given[p.Name] = pathValue(p)
					}
				}
				out := do(t, set, row.Tool, given)
				if e, ok := out.Structured.(*Error); ok && e.Code == "invalid_arguments" {
					t.Errorf("%s: %s", row.Tool, encode(e))
				}
				calls++
			}
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(raw, []byte("\n")); calls < 10 || lines < calls*3/2 {
		t.Errorf("%d calls left %d lines", calls, lines)
	}
	if bytes.Contains(raw, []byte(canary)) {
		t.Error("a secret is in the log")
	}
}

// Nor does one hold the password or the token of a URL, whether the call was
// sent or refused.
func TestNoAuditLineHoldsTheSecretOfAURL(t *testing.T) {
	const canary = "c4n4ry"
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	for _, mode := range []guard.Mode{guard.Off, guard.Auto} {
		set, _ := newSet(t, answerJSON(http.StatusOK, map[string]any{"id": "x"}), func(o *guard.Options) { o.Mode = mode })
		set.opts.Audit = audit.File(path)
		do(t, set, "webhook_create", map[string]any{"target": "https://user:" + canary + "@example.com/hook?token=" + canary, "secret": "sixteen-or-more-signs"})
	}
	raw, err := os.ReadFile(path)
	if err != nil || bytes.Count(raw, []byte("https://***@example.com/hook?token=***")) < 2 || bytes.Contains(raw, []byte(canary)) {
		t.Errorf("%v: %s", err, raw)
	}
}

// hide puts a secret into the fields that hold one, as far as their form lets it.
func hide(value any, secret string) (hidden any, found bool) {
	switch v := value.(type) {
	case map[string]any:
		for name, field := range v {
			if _, text := field.(string); text && papi.RequestSecrets[name] {
				v[name], found = secret, true
			} else if f, ok := hide(field, secret); ok {
				v[name], found = f, true
			}
		}
	case []any:
		for i, item := range v {
			if f, ok := hide(item, secret); ok {
				v[i], found = f, true
			}
		}
	}
	return value, found
}
