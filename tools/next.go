package tools

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/catalog"
)

// byState has the steps of a resource by its state, or by what pends, as
// catalog.Resource.Key writes it.
type byState map[string][]catalog.Step

// otherState has the steps for every state that is not listed.
const otherState = "*"

// nextOf has the steps of each resource.
var nextOf = map[string]byState{
	"whatsapp_account":   whatsappAccountNext,
	"whatsapp_sender":    whatsappSenderNext,
	"whatsapp_template":  whatsappTemplateNext,
	"rcs_sender":         rcsSenderNext,
	"rcs_test_number":    rcsTestNumberNext,
	"kakaotalk_sender":   kakaotalkSenderNext,
	"kakaotalk_template": kakaotalkTemplateNext,
	"sms_app":            smsAppNext,
	"bundle":             bundleNext,
}

// nextOfPart has the steps for a part of a resource that waits or was refused,
// by PART=STATUS; a * stands for every status that is not listed.
var nextOfPart = map[string]byState{
	"whatsapp_account": {
		"wabaBanState=*": {{Do: "{status}: Meta disables the account or will: the person appeals in Meta Business Manager, and asks Sinch support with the wabaId"}},
	},
	"whatsapp_sender": {
		"displayName=PENDING":  {{Do: "look again {again}: Meta reviews the display name{since}", Tool: "whatsapp_sender_get"}},
		"displayName=DEFERRED": {{Do: "look again {again}: Meta has deferred the review of the display name{since}", Tool: "whatsapp_sender_get"}},
		"displayName=*":        {{Do: "the display name {value} is {status}{reason}: choose another with the person, and submit it", Tool: "whatsapp_sender_update", Args: map[string]any{"status": "SUBMIT"}, Needs: []string{"details"}, States: senderUpdatable}},
		"username=PENDING":     {{Do: "look again {again}: the new username is under review{since}", Tool: "whatsapp_sender_get"}},
		"username=DEFERRED":    {{Do: "look again {again}: the review of the username is deferred{since}", Tool: "whatsapp_sender_get"}},
		"username=*": {
			{Do: "the username {value} is {status}{reason}: see which are free", Tool: "whatsapp_sender_username_suggest", States: senderUpdatable},
			{Do: "choose one with the person, and submit it", Tool: "whatsapp_sender_update", Args: map[string]any{"status": "SUBMIT"}, Needs: []string{"details"}, States: senderUpdatable},
		},
		"channelStatus=PENDING": {{Do: "look again {again}: its channel in the Conversation app is being set up{since}", Tool: "whatsapp_sender_get"}},
		"channelStatus=*":       channelFails,
	},
	"rcs_sender": {
		"brandDetails.registration=NEW":            rcsBrandWaits,
		"brandDetails.registration=PENDING":        rcsBrandWaits,
		"brandDetails.registration=PENDING_REVIEW": rcsBrandWaits,
		"brandDetails.registration=MANUAL_REVIEW":  rcsBrandWaits,
		"brandDetails.registration=*":              {{Do: "the registration of the US brand is {status}; an activity may say why. Ask those who handle it, for the person", Tool: "rcs_sender_comment_add", Needs: []string{"comment"}}},
		"channelStatus=PENDING":                    {{Do: "look again {again}: its channel in the Conversation app is being set up{since}", Tool: "rcs_sender_get"}},
		"channelStatus=*":                          channelFails,
	},
	"sms_app": {
		"channelStatus=PENDING": {{Do: "look again {again}: its channel in the Conversation app is being set up{since}", Tool: "sms_app_get"}},
		"channelStatus=*":       channelFails,
	},
}

// The states in which a thing can be updated, by the contract, beside things
// that never were live.
var (
	senderUpdatable            = []string{"ACTIVE", ""}
	whatsappTemplateUpdatable  = []string{"APPROVED", "DISABLED", "PAUSED", "REJECTED", ""}
	kakaotalkTemplateUpdatable = []string{"APPROVED", "REJECTED", ""}
)

var channelFails = []catalog.Step{{Do: "its channel in the Conversation app {value} is {status}: a person looks at it in the Sinch Dashboard"}}

// judge returns the steps for a state and what pends: what pends is judged
// first, as long as it says something.
func judge(resource *catalog.Resource, state, pending string) []catalog.Step {
	states := nextOf[resource.Name]
	if steps, ok := states[resource.Key(state, pending)]; ok && pending != "" {
		return steps
	}
	if steps, ok := states[state]; ok || state == "" {
		return steps
	}
	if steps, ok := states[otherState]; ok || states == nil {
		return steps
	}
	return []catalog.Step{{Do: "the state " + quoted(state) + " is not known here: look again {again}, and if it stays ask Sinch support what it means", Tool: resource.Get}}
}

// steps are what to do about a thing: what its state asks for, and its parts
// that are under review or were refused. The state comes first where it needs
// somebody; where a part is under review and all else is well, that review is
// what to wait for.
func (st *standing) steps(project string, ids map[string]string, now time.Time) []catalog.Step {
	wording := st.wording(now)
	ofState := fillIn(st.possible(judge(st.resource, st.state, st.pending)), wording)
	var ofParts []catalog.Step
	if st.pending == "" || strings.Contains(st.pending, "=") { // else a change pends, and goes first
		if st.pending != "" {
			ofParts = append(ofParts, fillIn(partSteps(st.resource, st.pending), wording)...)
		}
		for _, part := range st.refused {
			ofParts = append(ofParts, fillIn(st.possible(partSteps(st.resource, part.name+"="+part.status)), part.wording())...)
		}
	}
	all := slices.Concat(ofParts, ofState)
	switch class := st.resource.Class(st.state, st.pending); {
	case class == catalog.NeedsAction, class == catalog.Failed:
		all = slices.Concat(ofState, ofParts)
	case strings.Contains(st.pending, "="): // it is not as it should be yet
		all = ofParts
	}
	if st.overdue(now) {
		all = slices.Concat([]catalog.Step{st.escalation(project, ids, now)}, all)
	}
	return all
}

// possible leaves out the steps that can't be taken in the thing's state. Where
// a change pends that can't be gone on with there, the state says what to do.
func (st *standing) possible(steps []catalog.Step) []catalog.Step {
	kept := slices.DeleteFunc(slices.Clone(steps), func(s catalog.Step) bool { return s.States != nil && !slices.Contains(s.States, st.state) })
	if len(kept) < len(steps) && st.pending != "" && st.state != "" {
		kept = slices.Concat(judge(st.resource, st.state, ""), kept)
	}
	return kept
}

// fillIn completes what steps leave open.
func fillIn(steps []catalog.Step, wording *strings.Replacer) []catalog.Step {
	filled := slices.Clone(steps)
	for i := range filled {
		filled[i].Do = wording.Replace(filled[i].Do)
	}
	return filled
}

// partSteps are the steps for a part in a status, PART=STATUS.
func partSteps(resource *catalog.Resource, key string) []catalog.Step {
	parts := nextOfPart[resource.Name]
	if steps, ok := parts[key]; ok {
		return steps
	}
	name, _, _ := strings.Cut(key, "=")
	return parts[name+"=*"]
}

// wording replaces what the steps of a refused part leave open.
func (part *refusedPart) wording() *strings.Replacer {
	reason, shown := "", ""
	if part.reason != "" {
		reason = " (" + quoted(part.reason) + ")"
	}
	if part.value != "" {
		shown = " " + quoted(part.value)
	}
	return strings.NewReplacer(" {value}", shown, "{status}", part.status, "{reason}", reason)
}

// fill makes a step an action, with the ids that are known as arguments. It
// fails where one is neither known nor asked for.
func fill(s catalog.Step, ids map[string]string) (next catalog.Next, ok bool) {
	next = catalog.Next{Do: s.Do, Tool: s.Tool, Args: map[string]any{}, Needs: []string{}}
	maps.Copy(next.Args, s.Args)
	next.Needs = append(next.Needs, s.Needs...)
	row := catalog.Lookup(s.Tool)
	if row == nil {
		return next, true
	}
	for _, p := range row.Op().Parameters {
		if p.In != "path" || p.Name == argProject {
			continue
		}
		if id, ok := ids[p.Name]; ok {
			next.Args[p.Name] = id
			next.Needs = slices.DeleteFunc(next.Needs, func(name string) bool { return name == p.Name })
		} else if !slices.Contains(next.Needs, p.Name) {
			return next, false
		}
	}
	return next, true
}

// fillAll makes actions of the steps. One about a thing whose id is not known,
// and that no person is asked for, is left out.
func fillAll(steps []catalog.Step, ids map[string]string) []catalog.Next {
	next := []catalog.Next{}
	for _, s := range steps {
		if n, ok := fill(s, ids); ok {
			next = append(next, n)
		}
	}
	return next
}

// pathIDs are the path parameters of a call.
func pathIDs(row *catalog.Row, args map[string]any) map[string]string {
	ids := map[string]string{}
	for _, p := range row.Op().Parameters {
		if value, ok := args[p.Name]; ok && p.In == "path" {
			ids[p.Name] = fmt.Sprint(value)
		}
	}
	return ids
}
