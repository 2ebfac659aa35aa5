package sandbox

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/jsonvalue"
)

// stateRule is what the contract says of the states in which an operation may be
// called.
type stateRule struct {
	operation string // method and path, from the resource on
	of        string // the enum of the resource's states
	body      any
	// code is the error in a state and a status of pending changes, "" where it may
	// be called.
	code func(state, status string) string
}

// unless returns the code, or "" where the value is one of those allowed.
func unless(code, value string, allowed ...string) string {
	if slices.Contains(allowed, value) {
		return ""
	}
	return code
}

// The rules are those of the operations in the contract. A resource without a state
// was never live, and is updated as a draft (docs/sandbox.md).
var stateRules = []stateRule{
	{"PATCH ", "WhatsappAccountStateEnum", obj{"wabaName": "Other"}, func(state, status string) string {
		if state == "REJECTED" || status == "REJECTED" {
			return ""
		}
		return "account_not_updatable"
	}},
	{"PATCH ", "WhatsappSenderStatesEnum", obj{"details": obj{"about": "Other"}}, func(state, status string) string {
		return cmp.Or(unless("sender_not_updatable", state, "ACTIVE", ""), unless("sender_changes_not_updatable", status, "DRAFT", "REJECTED", ""))
	}},
	{"PATCH ", "WhatsappSenderStatesEnum", obj{"details": obj{"username": "other"}}, func(state, status string) string {
		return cmp.Or(unless("sender_username_update_not_available", state, "ACTIVE"), unless("sender_changes_not_updatable", status, "DRAFT", "REJECTED", ""))
	}},
	{"DELETE /changes", "WhatsappSenderStatesEnum", nil, func(_, status string) string {
		return cmp.Or(noChanges(status), unless("sender_changes_not_deletable", status, "DRAFT", "REJECTED", "ERROR"))
	}},
	{"DELETE ", "WhatsappSenderStatesEnum", nil, func(_, _ string) string { return "" }},
	{"POST /register", "WhatsappSenderStatesEnum", obj{"method": "SMS"}, func(state, _ string) string {
		return unless("not_allowed_register", state, "PENDING_VERIFICATION")
	}},
	{"POST /verify", "WhatsappSenderStatesEnum", obj{}, func(state, _ string) string { return unless("not_allowed_verify", state, "PENDING_VERIFICATION") }},
	{"PATCH ", "WhatsappTemplateStatesEnum", obj{"details": obj{"messageSendTtlSeconds": 60}}, func(state, status string) string {
		return cmp.Or(unless("template_not_updatable", state, "APPROVED", "REJECTED", "PAUSED", "DISABLED", ""), unless("template_changes_not_updatable", status, "DRAFT", "REJECTED", ""))
	}},
	{"DELETE ", "WhatsappTemplateStatesEnum", nil, func(state, status string) string {
		switch {
		case status == "" && (state == "REJECTED" || state == "DISABLED"):
			return "template_changes_not_found"
		case status == "" || status == "IN_PROGRESS":
			return "template_not_deletable_due_to_input_config"
		}
		return ""
	}},
	{"DELETE ?deleteSubmitted=true", "WhatsappTemplateStatesEnum", nil, func(_, _ string) string { return "" }},
	{"PATCH ", "KakaotalkSenderStatesEnum", obj{"details": obj{"name": "Other"}}, func(state, status string) string {
		return cmp.Or(unless("sender_not_updatable", state, "ACTIVE", ""), unless("sender_changes_not_updatable", status, "DRAFT", ""))
	}},
	{"DELETE /changes", "KakaotalkSenderStatesEnum", nil, func(_, status string) string {
		return cmp.Or(noChanges(status), unless("sender_changes_not_deletable", status, "DRAFT", "REJECTED"))
	}},
	{"POST /register", "KakaotalkSenderStatesEnum", nil, func(state, _ string) string {
		if state == "ACTIVE" {
			return "not_allowed_register"
		}
		return ""
	}},
	{"POST /verify", "KakaotalkSenderStatesEnum", obj{"code": 123456}, func(state, _ string) string { return unless("not_allowed_verify", state, "VERIFYING") }},
	{"PATCH ", "KakaotalkTemplateStatesEnum", obj{"details": obj{"content": "Other"}}, func(state, status string) string {
		if status == "IN_PROGRESS" && state == "" {
			return "template_not_updatable"
		}
		return unless("template_changes_not_updatable", status, "DRAFT", "REJECTED", "")
	}},
	{"DELETE /changes", "KakaotalkTemplateStatesEnum", nil, func(_, _ string) string { return "template_not_deletable" }}, // it was submitted once
	{"DELETE ", "KakaotalkTemplateStatesEnum", nil, func(_, _ string) string { return "" }},
	{"POST /launch", "RcsSenderStatesEnum", nil, func(state, _ string) string {
		return unless("launch_invalid_agent_state", state, "IN_TEST", "LAUNCHING", "LAUNCHED", "UNLAUNCHED")
	}},
	{"PATCH ", "RcsSenderStatesEnum", obj{"details": obj{"brand": obj{"description": "Other"}}}, func(state, _ string) string {
		if state == "LAUNCHING" || state == "LAUNCHED" {
			return "fields_not_updatable"
		}
		return ""
	}},
	{"PATCH ", "RcsSenderStatesEnum", obj{"details": obj{"countries": []any{"SE", "ES"}}}, func(_, _ string) string { return "" }},
}

func noChanges(status string) string {
	if status == "" {
		return "sender_changes_not_found"
	}
	return ""
}

func TestStateErrors(t *testing.T) {
	w := manual(t)
	all := w.eachState()
	var base bytes.Buffer
	if err := w.s.Dump(&base); err != nil {
		t.Fatal(err)
	}
	for _, rule := range stateRules {
		at := slices.IndexFunc(all, func(s stateful) bool { return s.states == rule.of })
		one := all[at]
		method, below, _ := strings.Cut(rule.operation, " ")
		t.Run(rule.operation+" of "+rule.of, func(t *testing.T) {
			for _, state := range values(one.states) {
				for _, status := range values(one.statuses) {
					if state == "" && status == "" {
						continue // there is no such thing
					}
					if err := w.s.Load(bytes.NewReader(base.Bytes())); err != nil {
						t.Fatal(err)
					}
					w.s.state.Queue = nil
					p := w.s.project(w.project)
					one.set(p, state, status, false)
					for _, sender := range p.Senders.items {
						sender.Verified, sender.KnownToMeta = false, true // needs no code
					}
					for _, sender := range p.KakaoSenders.items {
						sender.Code, sender.CodeEnds = "123456", w.s.now.Add(day)
					}
					got := w.do(method, one.path+below, rule.body)
					if code := jsonvalue.Text(got.body, "errorCode"); code != rule.code(state, status) {
						t.Errorf("%s/%s: %d %q, want %q", state, status, got.status, code, rule.code(state, status))
					}
				}
			}
		})
	}
}
