package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"papi-mcp/internal/jsonvalue"
)

// Faults of the API, through the complete call path. What may be sent again is; a
// create, a registration and a launch never are, blindly.

// hangUp ends the connection without an answer.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		conn.Close()
	}
}

func apiError(w http.ResponseWriter, r *http.Request, status int, code string) {
	answerJSON(status, map[string]any{"errorCode": code, "message": "m", "resolution": "r"})(w, r)
}

// writes counts the requests that are not reads.
type writes struct{ atomic.Int32 }

func (n *writes) count(r *http.Request) int32 {
	if r.Method == http.MethodGet && !strings.HasSuffix(r.URL.Path, "/retry") {
		return 0
	}
	return n.Add(1)
}

func TestActionsAreNeverSentTwice(t *testing.T) {
	calls := map[string]map[string]any{
		"whatsapp_sender_register":  {"senderId": "s", "method": "SMS"},
		"whatsapp_sender_verify":    {"senderId": "s", "code": "012345", "registeredElsewhere": true},
		"kakaotalk_sender_register": {"plusFriendId": "@f"},
		"kakaotalk_sender_verify":   {"plusFriendId": "@f", "code": 12345},
		"rcs_sender_launch":         {"senderId": "r"},
		"rcs_test_number_add":       {"senderId": "r", "testNumbers": []any{"+15550100001"}},
		"rcs_test_number_reinvite":  {"senderId": "r", "testNumber": "+15550100001"},
		"whatsapp_solution_assign":  {"solutionId": "s"},
	}
	faults := map[string]func(http.ResponseWriter, *http.Request){
		"500": func(w http.ResponseWriter, r *http.Request) {
			apiError(w, r, http.StatusInternalServerError, "internal_error")
		},
		"the connection is cut": func(w http.ResponseWriter, _ *http.Request) { hangUp(w) },
		"a proxy's page": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprint(w, "<html>Bad Gateway</html>")
		},
	}
	for tool, args := range calls {
		for fault, answer := range faults {
			t.Run(tool+", "+fault, func(t *testing.T) {
				var sent writes
				set, _ := newSet(t, func(w http.ResponseWriter, r *http.Request) {
					if sent.count(r) > 0 {
						answer(w, r)
						return
					}
					state := "PENDING_VERIFICATION"
					if strings.Contains(r.URL.Path, "kakaotalk") {
						state = "VERIFYING"
					}
					answerJSON(http.StatusOK, map[string]any{"state": state})(w, r)
				}, nil)
				e := failure(t, do(t, set, tool, args))
				if e["errorCode"] != "outcome_unknown" || sent.Load() != 1 {
					t.Errorf("sent %d times: %s", sent.Load(), encode(e))
				}
				if next := jsonvalue.List(e, "next"); len(next) == 0 || next[0].(map[string]any)["tool"] == "" {
					t.Errorf("no read to make: %s", encode(next))
				}
			})
		}
	}
}

func TestALostCreateIsFoundAndNotSentAgain(t *testing.T) {
	var sent writes
	set, _ := newSet(t, func(w http.ResponseWriter, r *http.Request) {
		if sent.count(r) > 0 {
			hangUp(w) // after the effect
			return
		}
		answerJSON(http.StatusOK, map[string]any{"webhooks": []any{map[string]any{"id": "made", "target": "https://example.com/h"}}})(w, r)
	}, nil)
	r := result(t, do(t, set, "webhook_create", map[string]any{"target": "https://example.com/h", "secret": "s"}))
	if sent.Load() != 1 || jsonvalue.Object(r, "ids")["webhookId"] != "made" || !strings.Contains(string(encode(r["warnings"])), "answer was lost") {
		t.Errorf("sent %d times: %s", sent.Load(), encode(r))
	}
}

func TestACreateThatMayNotBeRepeatedEndsWithItsCandidates(t *testing.T) {
	var sent writes
	set, _ := newSet(t, func(w http.ResponseWriter, r *http.Request) {
		if sent.count(r) > 0 {
			apiError(w, r, http.StatusInternalServerError, "internal_error")
			return
		}
		answerJSON(http.StatusOK, map[string]any{"smsApps": []any{map[string]any{"id": "1", "name": "n"}}})(w, r)
	}, nil)
	e := failure(t, do(t, set, "sms_app_create", map[string]any{"name": "n", "region": "EU"}))
	info := e["additionalInformation"].(map[string]any)
	if sent.Load() != 1 || e["errorCode"] != "outcome_unknown" || len(info["candidates"].([]any)) != 1 {
		t.Errorf("sent %d times: %s", sent.Load(), encode(e))
	}
}

func TestRetryAfterAnHourIsToldAtOnce(t *testing.T) {
	var sent writes
	set, _ := newSet(t, func(w http.ResponseWriter, r *http.Request) {
		sent.Add(1)
		w.Header().Set("Retry-After", "3600")
		apiError(w, r, http.StatusTooManyRequests, "too_many_requests")
	}, nil)
	e := failure(t, do(t, set, "webhook_list", nil))
	if e["status"] != 429.0 || sent.Load() != 1 || e["additionalInformation"].(map[string]any)["retryAfterSeconds"] != 3600.0 {
		t.Errorf("sent %d times: %s", sent.Load(), encode(e))
	}
}

func TestAPageOfAProxyIsAClearError(t *testing.T) {
	set, _ := newSet(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<html>Please sign in to the hotel's network</html>")
	}, nil)
	e := failure(t, do(t, set, "webhook_list", nil))
	if e["errorCode"] != "unexpected_answer" || e["status"] != 200.0 || !strings.Contains(string(encode(e["additionalInformation"])), "hotel") {
		t.Errorf("got %s", encode(e))
	}
}

// A write that was sent is completed when its caller leaves, and is remembered.
func TestAWriteOutlivesItsCaller(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	set, _ := newSet(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			answerJSON(http.StatusOK, map[string]any{"id": "s", "state": "PENDING_VERIFICATION"})(w, r)
			return
		}
		if strings.HasSuffix(r.URL.Path, "/register") {
			close(arrived)
			<-release
		}
		answerJSON(http.StatusOK, map[string]any{"id": "s", "method": "SMS", "accepted": "2026-01-01T00:00:00Z", "verificationCodeSent": true})(w, r)
	}, nil)
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan Outcome)
	go func() {
		ended <- set.Call(ctx, Caller{Principal: "test"}, "whatsapp_sender_register", json.RawMessage(`{"senderId":"s","method":"SMS"}`))
	}()
	<-arrived
	leave()
	close(release)
	result(t, <-ended)
	// The registration was remembered: a verify is allowed.
	if out := do(t, set, "whatsapp_sender_verify", map[string]any{"senderId": "s", "code": "012345"}); out.IsError {
		t.Errorf("got %s", encode(out.Structured))
	}
}

func TestAReadEndsWithItsCaller(t *testing.T) {
	arrived := make(chan struct{})
	set, _ := newSet(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}, nil)
	ctx, leave := context.WithTimeout(t.Context(), time.Minute)
	ended := make(chan Outcome)
	go func() { ended <- set.Call(ctx, Caller{Principal: "test"}, "webhook_list", nil) }()
	<-arrived
	leave()
	if e := failure(t, <-ended); e["errorCode"] != "cancelled" {
		t.Errorf("got %s", encode(e))
	}
}
