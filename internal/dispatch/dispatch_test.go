package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// scripted is an API that answers each request as the script says: one answer
// a request, in order.
type scripted struct {
	t      *testing.T
	script []reply
	sent   []string // METHOD path
	date   time.Time
}

type reply struct {
	want   string // METHOD and the end of the path
	answer any
	err    error
}

func (s *scripted) Do(ctx context.Context, r *papi.Request) (*papi.Response, error) {
	path, err := r.URLPath()
	if err != nil {
		s.t.Fatal(err)
	}
	sent := r.Operation.Method + " " + strings.TrimPrefix(path, "/v1/projects/p")
	s.sent = append(s.sent, sent)
	if len(s.script) == 0 {
		s.t.Fatalf("one request too many: %s", sent)
	}
	if r.Read && ctx.Err() != nil { // as the client does; a write that was sent continues
		return nil, &papi.Error{Code: errorcode.Cancelled, Message: "the caller disconnected"}
	}
	next := s.script[0]
	s.script = s.script[1:]
	if next.want != sent {
		s.t.Fatalf("sent %s, want %s", sent, next.want)
	}
	if next.err != nil {
		return nil, next.err
	}
	body, err := json.Marshal(next.answer)
	if err != nil {
		s.t.Fatal(err)
	}
	return &papi.Response{Status: 200, Body: body, Date: s.date}, nil
}

func (s *scripted) All(ctx context.Context, r *papi.Request, _ string, _ func([]json.RawMessage) bool) (*papi.Response, error) {
	return s.Do(ctx, r)
}

type fields = map[string]any

func lost() error {
	return &papi.Error{Code: errorcode.OutcomeUnknown, Message: "connection lost", Unknown: true}
}
func failed500() error {
	return &papi.Error{Status: 500, Code: "internal_error", Message: "m", Unknown: true}
}
func conflict(code string) error {
	return &papi.Error{Status: 409, Code: code, Message: "m"}
}
func notFound() error {
	return &papi.Error{Status: 404, Code: "not_found", Message: "m"}
}

// Each reconcile rule of the rows: what is read, what is compared, whether the
// create is sent again.
func TestLostCreatesAreReconciled(t *testing.T) {
	date := time.Now().UTC().Truncate(time.Second)
	now, old := date.Format(time.RFC3339), date.Add(-time.Hour).Format("2006-01-02t15:04:05.000Z")
	const (
		made    = "made"    // found by reading, and reported
		unknown = "unknown" // outcome_unknown
	)
	for _, tt := range []struct {
		name, tool string
		args       fields
		script     []reply
		want       string
		candidates int
	}{
		{"webhook: found by its target", "webhook_create", fields{"target": "https://example.com/1"}, []reply{
			{"POST /webhooks", nil, lost()},
			{"GET /webhooks", fields{"webhooks": []any{fields{"id": "w0", "target": "https://example.com/0"}, fields{"id": "w1", "target": "https://example.com/1"}}}, nil},
		}, made, 0},
		{"webhook: not found, so sent again", "webhook_create", fields{"target": "https://example.com/1"}, []reply{
			{"POST /webhooks", nil, failed500()},
			{"GET /webhooks", fields{"webhooks": []any{fields{"id": "w0", "target": "https://example.com/0"}}}, nil},
			{"POST /webhooks", fields{"id": "w1"}, nil},
		}, made, 0},
		{"webhook: the second is refused since the first took effect late", "webhook_create", fields{"target": "https://example.com/1"}, []reply{
			{"POST /webhooks", nil, lost()},
			{"GET /webhooks", fields{"webhooks": []any{}}, nil},
			{"POST /webhooks", nil, conflict("webhook_exists")},
			{"GET /webhooks", fields{"webhooks": []any{fields{"id": "w1", "target": "https://example.com/1"}}}, nil},
		}, made, 0},
		{"webhook: never more than three", "webhook_create", fields{"target": "https://example.com/1"}, []reply{
			{"POST /webhooks", nil, lost()}, {"GET /webhooks", fields{"webhooks": []any{}}, nil},
			{"POST /webhooks", nil, lost()}, {"GET /webhooks", fields{"webhooks": []any{}}, nil},
			{"POST /webhooks", nil, lost()}, {"GET /webhooks", fields{"webhooks": []any{}}, nil},
		}, unknown, 0},
		{"webhook: the read fails", "webhook_create", fields{"target": "https://example.com/1"}, []reply{
			{"POST /webhooks", nil, lost()}, {"GET /webhooks", nil, failed500()},
		}, unknown, 0},
		{"account: there is one for each project", "whatsapp_account_create", fields{"wabaName": "Example"}, []reply{
			{"POST /whatsapp", nil, lost()}, {"GET /whatsapp", fields{"state": "ONBOARDED"}, nil},
		}, made, 0},
		{"account: none, so sent again", "whatsapp_account_create", fields{"wabaName": "Example"}, []reply{
			{"POST /whatsapp", nil, lost()}, {"GET /whatsapp", nil, notFound()}, {"POST /whatsapp", fields{}, nil},
		}, made, 0},
		{"WhatsApp sender: by its number", "whatsapp_sender_create", fields{"details": fields{"phoneNumber": "5550100", "countryCode": "1"}}, []reply{
			{"POST /whatsapp/senders", nil, lost()},
			{"GET /whatsapp/senders", fields{"senders": []any{fields{"id": "s", "phoneNumber": "5550100", "countryCode": "1"}}}, nil},
		}, made, 0},
		{"WhatsApp sender: not found, and never sent again", "whatsapp_sender_create", fields{"details": fields{"phoneNumber": "5550100", "countryCode": "1"}}, []reply{
			{"POST /whatsapp/senders", nil, lost()}, {"GET /whatsapp/senders", fields{"senders": []any{}}, nil},
		}, unknown, 0},
		{"WhatsApp sender: a signup code is valid once", "whatsapp_sender_create", fields{"wabaId": "1", "phoneNumberId": "2"}, []reply{
			{"POST /whatsapp/senders", nil, lost()}, {"GET /whatsapp/senders", fields{"senders": []any{fields{"id": "s"}}}, nil},
		}, unknown, 0},
		{"template: by name and language", "whatsapp_template_create", fields{"name": "a_b", "language": "DE"}, []reply{
			{"POST /whatsapp/templates", nil, lost()},
			{"GET /whatsapp/templates/a_b/languages/DE", fields{"name": "a_b", "state": "PENDING"}, nil},
		}, made, 0},
		{"template: none, so sent again", "whatsapp_template_create", fields{"name": "a_b", "language": "DE"}, []reply{
			{"POST /whatsapp/templates", nil, lost()}, {"GET /whatsapp/templates/a_b/languages/DE", nil, notFound()},
			{"POST /whatsapp/templates", fields{"name": "a_b"}, nil},
		}, made, 0},
		{"KakaoTalk sender: by its id", "kakaotalk_sender_create", fields{"plusFriendId": "@f"}, []reply{
			{"POST /kakaotalk/senders", nil, lost()}, {"GET /kakaotalk/senders/@f", fields{"plusFriendId": "@f"}, nil},
		}, made, 0},
		{"KakaoTalk template: by its name, pending or live", "kakaotalk_template_create", fields{"plusFriendId": "@f", "details": fields{"name": "n"}}, []reply{
			{"POST /kakaotalk/senders/@f/templates", nil, lost()},
			{"GET /kakaotalk/senders/@f/templates", fields{"templates": []any{fields{"code": "c", "changes": fields{"details": fields{"name": "n"}}}}}, nil},
		}, made, 0},
		{"comment: made since the call", "whatsapp_sender_comment_add", fields{"senderId": "s", "comment": "c"}, []reply{
			{"POST /whatsapp/senders/s/comments", nil, lost()},
			{"GET /whatsapp/senders/s/activities", fields{"notifications": []any{fields{"comment": "c", "created": now}, fields{"comment": "c", "created": old}}}, nil},
		}, made, 0},
		{"comment: only an older one", "whatsapp_sender_comment_add", fields{"senderId": "s", "comment": "c"}, []reply{
			{"POST /whatsapp/senders/s/comments", nil, lost()},
			{"GET /whatsapp/senders/s/activities", fields{"notifications": []any{fields{"comment": "c", "created": old}}}, nil},
		}, unknown, 0},
		{"RCS sender: by brand name, made since the call", "rcs_sender_create", fields{"details": fields{"brand": fields{"name": "Example"}}}, []reply{
			{"POST /rcs/senders", nil, failed500()},
			{"GET /rcs/senders", fields{"senders": []any{fields{"id": "r", "created": now, "details": fields{"brand": fields{"name": "Example"}}}}}, nil},
		}, made, 0},
		{"RCS sender: without a brand nothing to recognize it by", "rcs_sender_create", fields{"region": "EU"}, []reply{
			{"POST /rcs/senders", nil, lost()}, {"GET /rcs/senders", fields{"senders": []any{}}, nil},
		}, unknown, 0},
		{"bundle: the same name may be an older one", "bundle_create", fields{"name": "b"}, []reply{
			{"POST /bundles", nil, lost()}, {"GET /bundles", fields{"bundles": []any{fields{"id": "1", "name": "b"}}}, nil},
		}, unknown, 1},
		{"SMS app: the same name may be an older one", "sms_app_create", fields{"name": "n"}, []reply{
			{"POST /sms/smsApps", nil, failed500()}, {"GET /sms/smsApps", fields{"smsApps": []any{fields{"id": "1", "name": "n"}, fields{"id": "2", "name": "n"}}}, nil},
		}, unknown, 2},
		{"solution: the same name may be an older one", "whatsapp_solution_create", fields{"details": fields{"name": "n"}}, []reply{
			{"POST /whatsapp/solutions", nil, lost()}, {"GET /whatsapp/solutions", fields{"solutions": []any{fields{"id": "1", "details": fields{"name": "n"}}}}, nil},
		}, unknown, 1},
		{"access token: nothing shows it", "whatsapp_access_token_create", fields{"facebookToken": "t"}, []reply{
			{"POST /whatsapp/longLivedAccessToken", nil, lost()},
		}, unknown, 0},
		{"register is never sent again", "whatsapp_sender_register", fields{"senderId": "s"}, []reply{
			{"POST /whatsapp/senders/s/register", nil, failed500()},
		}, unknown, 0},
		{"launch is never sent again", "rcs_sender_launch", fields{"senderId": "r"}, []reply{
			{"POST /rcs/senders/r/launch", nil, lost()},
		}, unknown, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := &scripted{t: t, script: tt.script, date: date}
			sent, err := Send(context.Background(), api, catalog.Lookup(tt.tool), "p", tt.args)
			if len(api.script) > 0 {
				t.Errorf("not sent: %+v", api.script)
			}
			var e *papi.Error
			switch {
			case tt.want == made && (err != nil || sent.Answer == nil):
				t.Fatalf("got %v, %v", sent, err)
			case tt.want == unknown && (!errors.As(err, &e) || e.Code != errorcode.OutcomeUnknown || !e.Unknown):
				t.Fatalf("got %v, %v", sent, err)
			}
			if e != nil {
				if found, _ := e.Info["candidates"].([]any); len(found) != tt.candidates {
					t.Errorf("candidates %v", e.Info["candidates"])
				}
			}
		})
	}
}

func TestEveryCreateHasAReconcileTest(t *testing.T) {
	// The comments share one rule; every other create is named above.
	tested := []string{
		"webhook_create", "whatsapp_account_create", "whatsapp_sender_create", "whatsapp_template_create", "kakaotalk_sender_create",
		"kakaotalk_template_create", "rcs_sender_create", "bundle_create", "sms_app_create", "whatsapp_solution_create", "whatsapp_access_token_create",
	}
	for _, row := range catalog.Rows() {
		if row.Reconcile == nil || strings.HasSuffix(row.Tool, "_comment_add") {
			continue
		}
		found := false
		for _, name := range tested {
			found = found || name == row.Tool
		}
		if !found {
			t.Errorf("%s", row.Tool)
		}
	}
}

// A thing that existed before the call, or is not what it asks for, does not make it
// a success: the caller gets it as a candidate.
func TestAnOldThingIsNotTakenForTheNewOne(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		tool  string
		args  fields
		reads reply
	}{
		"a webhook with other triggers": {"webhook_create", fields{"target": "https://example.com/a", "triggers": []any{"ALL"}},
			reply{want: "GET /webhooks", answer: fields{"webhooks": []any{fields{"id": "old", "target": "https://example.com/a", "triggers": []any{"BUNDLE_DONE"}}}}}},
		"a template with another text": {"whatsapp_template_create", fields{"name": "t", "language": "EN", "category": "UTILITY", "details": fields{"components": []any{fields{"type": "BODY", "text": "new"}}}},
			reply{want: "GET /whatsapp/templates/t/languages/EN", answer: fields{"name": "t", "language": "EN", "state": "APPROVED", "category": "UTILITY", "details": fields{"components": []any{fields{"type": "BODY", "text": "old"}}}}}},
		"a sender of long ago": {"kakaotalk_sender_create", fields{"plusFriendId": "@a", "details": fields{"name": "A"}},
			reply{want: "GET /kakaotalk/senders/@a", answer: fields{"plusFriendId": "@a", "state": "BLOCKED", "created": "2020-01-01T00:00:00.000Z"}}},
	} {
		t.Run(name, func(t *testing.T) {
			row := catalog.Lookup(test.tool)
			made := "POST " + strings.TrimPrefix(row.Op().Path, "/v1/projects/{projectId}")
			api := &scripted{t: t, date: now, script: []reply{{want: made, err: failed500()}, test.reads}}
			_, err := Send(t.Context(), api, row, "p", test.args)
			e, ok := errors.AsType[*papi.Error](err)
			if !ok || e.Code != errorcode.OutcomeUnknown || e.Info["candidates"] == nil {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestATemplateFoundAsADraftWasNotSubmitted(t *testing.T) {
	api := &scripted{t: t, script: []reply{
		{"POST /whatsapp/templates", nil, lost()},
		{"GET /whatsapp/templates/a_b/languages/DE", fields{"name": "a_b", "changes": fields{"status": "DRAFT"}}, nil},
	}}
	sent, err := Send(context.Background(), api, catalog.Lookup("whatsapp_template_create"), "p", fields{"name": "a_b", "language": "DE"})
	if err != nil || len(sent.Warnings) != 2 || !strings.Contains(sent.Warnings[1], "draft") {
		t.Errorf("got %+v, %v", sent, err)
	}
}

func TestARefusalIsNotReconciled(t *testing.T) {
	api := &scripted{t: t, script: []reply{{"POST /webhooks", nil, conflict("webhook_exists")}}}
	_, err := Send(context.Background(), api, catalog.Lookup("webhook_create"), "p", fields{"target": "https://example.com"})
	var e *papi.Error
	if !errors.As(err, &e) || e.Code != "webhook_exists" {
		t.Errorf("got %v", err)
	}
}

// A create is reconciled although the caller has gone away.
func TestReconciliationContinuesWithoutTheCaller(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	api := &scripted{t: t, script: []reply{
		{"POST /webhooks", nil, lost()},
		{"GET /webhooks", fields{"webhooks": []any{fields{"id": "w", "target": "https://example.com"}}}, nil},
	}}
	cancel()
	sent, err := Send(ctx, api, catalog.Lookup("webhook_create"), "p", fields{"target": "https://example.com"})
	if err != nil || jsonvalue.Field(sent.Answer, "id") != "w" {
		t.Errorf("got %+v, %v", sent, err)
	}
}

func TestRequests(t *testing.T) {
	for _, tt := range []struct {
		tool string
		want papi.RetryPolicy
		read bool
	}{
		{"webhook_list", papi.RetryAlways, true},
		{"whatsapp_template_compare", papi.RetryAlways, true},
		{"webhook_update", papi.RetryAlways, false},
		{"webhook_delete", papi.RetryDelete, false},
		{"webhook_create", papi.RetryNever, false},
		{"whatsapp_template_sync", papi.RetryAlways, false},
		{"whatsapp_sender_register", papi.RetryNever, false},
		{"whatsapp_sender_verify", papi.RetryNever, false},
		{"kakaotalk_sender_register", papi.RetryNever, false},
		{"rcs_sender_launch", papi.RetryNever, false},
		{"rcs_test_number_reinvite", papi.RetryNever, false},
		{"rcs_test_number_add", papi.RetryNever, false},
		{"whatsapp_solution_assign", papi.RetryNever, false},
		{"kakaotalk_sender_verify", papi.RetryNever, false},
	} {
		r := NewRequest(catalog.Lookup(tt.tool), "p", nil)
		if r.Retry != tt.want || r.Read != tt.read {
			t.Errorf("%s: retry %v, read %v", tt.tool, r.Retry, r.Read)
		}
	}
	r := NewRequest(catalog.Lookup("whatsapp_template_create"), "p", fields{"name": "n", "templateName": "no field of the body"})
	if len(r.Body) != 1 || r.Operation.Method != http.MethodPost {
		t.Errorf("body %v", r.Body)
	}
}
