package tools

import (
	"maps"
	"net/http"
	"strings"
	"testing"
)

// An agent that copies an answer into a call does not write *** to the API.
func TestTheMaskIsNoValue(t *testing.T) {
	set, api := newSet(t, answerJSON(http.StatusOK, map[string]any{}), nil)
	for tool, args := range map[string]map[string]any{
		"webhook_replace": {"webhookId": "x", "target": "https://***@example.com/h", "secret": "sixteen-or-more-signs", "triggers": []any{"ALL"}},
		"webhook_update":  {"webhookId": "x", "secret": "***"},
		"bundle_create":   {"name": "x", "region": "EU", "webhooks": []any{map[string]any{"target": "https://***@example.com/h", "secret": "s", "triggers": []any{"ALL"}}}},
	} {
		if e := failure(t, do(t, set, tool, args)); e["errorCode"] != "invalid_arguments" || !strings.Contains(string(encode(e)), "as ***") {
			t.Errorf("%s: %s", tool, encode(e))
		}
	}
	if api.count() != 0 {
		t.Error("something was sent")
	}
}

// A refusal shows what was given, but for what holds a secret: the name decides,
// and not what it holds somewhere.
func TestRefusalsMaskWhatHoldsASecret(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	button := map[string]any{"type": "OTP", "otp_type": "COPY_CODE", "otpType": "COPY_CODE", "otp": "123456", "access-token": "EAAB-secret", "text": "Copy code"}
	head := map[string]any{"name": "case_x", "language": "EN_US", "category": "AUTHENTICATION"}
	given, raw := map[string]any{}, ""
	for _, wrong := range []map[string]any{
		{"api_key": "k-secret", "pageToken": "p-1", "details": map[string]any{"components": []any{map[string]any{"type": "BODY"}}}},
		{"details": map[string]any{"components": []any{map[string]any{"type": "BUTTONS", "buttons": []any{button}}}}},
	} {
		maps.Copy(wrong, head)
		e := failure(t, do(t, set, "whatsapp_template_create", wrong))
		raw += string(encode(e))
		for _, v := range e["additionalInformation"].(map[string]any)["violations"].([]any) {
			violation := v.(map[string]any)
			path := violation["path"].(string)
			given[path[strings.LastIndex(path, ".")+1:]] = violation["given"]
		}
	}
	for name, want := range map[string]any{"otp_type": "COPY_CODE", "pageToken": "p-1", "otp": "***", "access-token": "***", "api_key": "***"} {
		if given[name] != want {
			t.Errorf("%s: given is %v, want %v", name, given[name], want)
		}
	}
	if strings.Contains(raw, "123456") || strings.Contains(raw, "-secret") {
		t.Errorf("a secret is shown: %s", raw)
	}
}

// An error of the API repeats secrets under names of its own; they are masked,
// and what only sounds like one is not.
func TestErrorsOfTheAPIMaskWhatHoldsASecret(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusBadRequest, map[string]any{
		"errorCode": "invalid_input", "message": "m", "resolution": "r",
		"additionalInformation": map[string]any{"access_token": []any{"EAAB-secret"}, "otpType": []any{"ZERO_TAP"}, "supportedCodes": []any{"EN"}, "code": "T1"},
	}), nil)
	info := failure(t, do(t, set, "webhook_list", nil))["additionalInformation"]
	if got, want := string(encode(info)), `{"access_token":"***","code":"T1","otpType":["ZERO_TAP"],"supportedCodes":["EN"]}`; got != want {
		t.Errorf("got %s", got)
	}
}

// What a list was asked for with a secret is not repeated in what is next.
func TestNextRepeatsNoSecret(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, map[string]any{"details": []any{}, "nextPageToken": "p2"}), nil)
	r := result(t, do(t, set, "whatsapp_waba_list", map[string]any{"facebookToken": "EAAB-secret"}))
	if raw := string(encode(r)); strings.Contains(raw, "EAAB-secret") {
		t.Errorf("got %s", raw)
	}
}
