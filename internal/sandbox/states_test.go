package sandbox

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// stateful is a resource that a test can put into each of its states.
type stateful struct {
	path     string // of the resource, as in the contract, below the project
	states   string // the contract's enum of its states
	statuses string // that of the status of its pending changes; "" where it has none
	event    string // how its events begin, and their id
	id       string
	set      func(p *project, state, status string, noDetails bool)
}

// eachState has what can be put into states, all in one project.
func (w *harness) eachState() []stateful {
	w.onboarded()
	sender := w.activeSender("5550160")
	w.approved("offer", "EN")
	w.kakaoActive("shop")
	code := w.post("/kakaotalk/senders/shop/templates", kakaoTemplateBody("Welcome")).ok().str("code")
	w.s.Advance(kakaoReview)
	rcs := w.post("/rcs/senders", rcsBody("Example", "SE")).ok().str("id")
	w.s.Advance(rcsSetup)
	sms := w.post("/sms/smsApps", smsBody).ok().str("id")
	bundle := w.post("/bundles", clone(smsBody, obj{"smsApp": true})).ok().str("id")
	return []stateful{
		{"/whatsapp", "WhatsappAccountStateEnum", "WhatsappAccountChangeStateEnum", "whatsapp_account", "", func(p *project, state, status string, noDetails bool) {
			setDoc(p.Account.Doc, state, status, noDetails)
		}},
		{"/whatsapp/senders/" + sender, "WhatsappSenderStatesEnum", "WhatsappSenderStatusesEnum", "whatsapp_sender", sender, func(p *project, state, status string, noDetails bool) {
			one, _ := p.Senders.get(sender)
			setDoc(one.Doc, state, status, noDetails)
			p.Senders.put(sender, one)
		}},
		{templatePath("offer", "EN"), "WhatsappTemplateStatesEnum", "WhatsappTemplateStatusesEnum", "whatsapp_template", "offer/EN", func(p *project, state, status string, noDetails bool) {
			one, _ := p.Templates.get("offer/EN")
			one.State, one.Status = state, status
			if noDetails {
				one.Details = nil
			}
			if state == "" {
				one.Details, one.Changes = nil, one.Details
			} else if status != "" {
				one.Changes = clone(one.Details, nil)
			}
			p.Templates.put("offer/EN", one)
		}},
		{"/kakaotalk/senders/shop", "KakaotalkSenderStatesEnum", "KakaotalkSenderStatusesEnum", "kakaotalk_sender", "shop", func(p *project, state, status string, _ bool) {
			one, _ := p.KakaoSenders.get("shop")
			setDoc(one.Doc, state, status, false)
			p.KakaoSenders.put("shop", one)
		}},
		{"/kakaotalk/senders/shop/templates/" + code, "KakaotalkTemplateStatesEnum", "KakaotalkTemplateStatusesEnum", "kakaotalk_template", "shop/" + code, func(p *project, state, status string, _ bool) {
			one, _ := p.KakaoSenders.items["shop"].Templates.get(code)
			setDoc(one.Doc, state, status, false)
			p.KakaoSenders.items["shop"].Templates.put(code, one)
		}},
		{"/rcs/senders/" + rcs, "RcsSenderStatesEnum", "", "rcs_", rcs, func(p *project, state, _ string, _ bool) {
			one, _ := p.RcsSenders.get(rcs)
			one.State = state
			p.RcsSenders.put(rcs, one)
		}},
		{"/sms/smsApps/" + sms, "SmsProvisioningStatesEnum", "", "sms_app", sms, func(p *project, state, _ string, _ bool) {
			one, _ := p.SmsApps.get(sms)
			one.Doc["status"] = state
		}},
		{"/bundles/" + bundle, "BundlesBundleServicesStateEnum", "", "bundle", bundle, func(p *project, state, _ string, _ bool) {
			one, _ := p.Bundles.get(bundle)
			one.State = state
			p.Bundles.put(bundle, one)
		}},
	}
}

// setDoc puts a document into a state. Without one it was never live, without a
// status nothing is pending.
// With noDetails it has none, which the contract allows for WhatsApp.
func setDoc(doc map[string]any, state, status string, noDetails bool) {
	details := jsonvalue.Object(doc, "details")
	if status != "" {
		doc["changes"] = map[string]any{"status": status, "details": details}
	}
	if noDetails {
		delete(doc, "details")
		delete(jsonvalue.Object(doc, "changes"), "details")
	}
	doc["state"] = state
	if state == "" {
		delete(doc, "state")
		delete(doc, "details")
	}
}

// values are those of an enum of the contract, and "" for none.
func values(enum string) []string {
	if enum == "" {
		return []string{""}
	}
	return append([]string{""}, jsonvalue.Texts(papi.LookupSchema(enum).Enum, "")...)
}

// In every state of a resource, every operation with an empty, a small or a full
// body has an answer of the contract, and no defect. The same holds for every event,
// and for the events that follow.
func TestOperationsInEveryState(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	w := manual(t)
	var base bytes.Buffer
	all := w.eachState()
	if err := w.s.Dump(&base); err != nil {
		t.Fatal(err)
	}
	calls := 0
	tried := map[string][]any{} // by operation
	ops := papi.Operations()
	for _, op := range ops {
		tried[op.ID] = bodies(op)
	}
	for i, one := range append(all, all...) {
		noDetails := i >= len(all)
		if noDetails && !strings.HasPrefix(one.path, "/whatsapp") {
			continue
		}
		t.Run(one.path, func(t *testing.T) {
			w := manual(t)
			reset := func(state, status string) {
				if err := w.s.Load(bytes.NewReader(base.Bytes())); err != nil {
					t.Fatal(err)
				}
				w.s.state.Queue = nil // the state stays as it is set
				one.set(w.s.project(w.project), state, status, noDetails)
			}
			for _, state := range values(one.states) {
				if state == "" && one.statuses == "" {
					continue // it always has one
				}
				for _, status := range values(one.statuses) {
					for _, op := range ops {
						path, of := below(op, one.path)
						if !of || one.path == "/whatsapp" && strings.Count(path, "/") > 2 {
							continue // what is below has its own turn
						}
						reset(state, status)
						before := written(t, w)
						all := tried[op.ID]
						if noDetails {
							all = all[max(0, len(all)-2):] // the full ones
						}
						for _, body := range all {
							calls++
							if w.do(op.Method, path, body).status/100 != 2 || op.Method == "GET" {
								continue // the state is as it was
							}
							w.do(op.Method, path, body) // in the state that it left
							w.s.Advance(100 * day)
							reset(state, status)
						}
						if after := written(t, w); after != before && keptOnFailure[op.ID] == "" {
							t.Errorf("%s/%s: %s %s was refused and changed something:\n%s\n%s", state, status, op.Method, path, before, after)
						}
					}
					for _, kind := range w.s.eventKinds() {
						if strings.HasPrefix(kind, one.event) {
							reset(state, status)
							for _, value := range append(outcomes[kind].values, "nonsense") {
								w.do("POST", "/_sandbox/happen", obj{"event": kind, "id": one.id, "value": value})
							}
							w.s.Advance(100 * day)
						}
					}
				}
			}
		})
	}
	t.Logf("%d calls", calls)
}

// keptOnFailure are the operations that keep something of what they refuse, and
// what.
var keptOnFailure = map[string]string{
	"WhatsappTemplatesController_createTemplate_v1": "a draft, with saveDraftOnFailure",
	"WhatsappTemplatesController_updateTemplate_v1": "a draft",
	"WhatsappSendersController_createSender_v1":     "a draft, with saveDraftOnFailure",
	"WhatsappSendersController_verifySender_v1":     "how often a code was wrong",
}

// written is the present project as JSON.
func written(t *testing.T, w *harness) string {
	t.Helper()
	raw, err := json.Marshal(w.s.project(w.project))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// below is the path of an operation on a resource, or on something below it.
func below(op *papi.Operation, resource string) (path string, of bool) {
	want := strings.Split(resource, "/")
	parts := strings.Split(strings.TrimPrefix(op.Path, "/v1/projects/{projectId}"), "/")
	if len(parts) < len(want) || len(parts) > len(want)+2 {
		return "", false
	}
	for i, part := range parts {
		variable := strings.HasPrefix(part, "{")
		switch {
		case i < len(want) && (variable || part == want[i]):
			parts[i] = want[i]
		case i < len(want):
			return "", false
		case part == "{testNumber}":
			parts[i] = "+15550100"
		case variable: // something else, such as a template of a sender
			return "", false
		}
	}
	return strings.Join(parts, "/"), true
}

// bodies are what an operation is tried with.
func bodies(op *papi.Operation) []any {
	if op.Body == nil {
		return []any{nil}
	}
	out := []any{nil, obj{}, obj{"status": "SUBMIT"}, obj{"status": "SUBMIT", "details": obj{}}, obj{"details": obj{}}}
	for _, variant := range op.Variants() {
		out = append(out, variant.Sample(false), variant.Sample(true))
		if whole, ok := variant.Sample(true).(map[string]any); ok && whole["status"] != nil {
			out = append(out, clone(whole, obj{"status": "SUBMIT"}))
		}
	}
	return out
}
