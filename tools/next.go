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

// activitiesStep follows a list of activities: what to do about the thing stands
// with the thing, and those who review it can be asked.
func activitiesStep(comment string) []catalog.Step {
	return []catalog.Step{{Do: "tell the person what it shows: not each change of state is listed, and a refusal need not say why. Who reviews it can be asked by a comment", Tool: comment, Needs: []string{"comment"}}}
}

// nextOfTool has the steps after tools whose answers show no state.
var nextOfTool = map[string][]catalog.Step{
	"conversation_instagram_get":             channelSteps,
	"conversation_messenger_get":             channelSteps,
	"conversation_telegram_get":              channelSteps,
	"conversation_viber_get":                 channelSteps,
	"whatsapp_account_activity_list":         activitiesStep("whatsapp_account_comment_add"),
	"whatsapp_sender_activity_list":          activitiesStep("whatsapp_sender_comment_add"),
	"whatsapp_template_activity_list":        activitiesStep("whatsapp_template_comment_add"),
	"rcs_sender_activity_list":               activitiesStep("rcs_sender_comment_add"),
	"rcs_account_activity_list":              activitiesStep("rcs_account_comment_add"),
	"kakaotalk_sender_activity_list":         activitiesStep("kakaotalk_sender_comment_add"),
	"kakaotalk_template_activity_list":       activitiesStep("kakaotalk_template_comment_add"),
	"whatsapp_account_delete":                {{Do: "tell the person that the account is gone; see what is left in the project", Tool: "project_overview"}},
	"whatsapp_sender_register":               {verifyWhatsappSender},
	"whatsapp_sender_verify":                 {{Do: "see whether the sender has become ACTIVE, which it does by itself some time after the right code", Tool: "whatsapp_sender_get"}},
	"whatsapp_template_sync":                 {{Do: "look at the templates", Tool: "whatsapp_template_list"}},
	"whatsapp_template_analytics_enable":     {{Do: "read a template's analytics", Tool: "whatsapp_template_list"}},
	"whatsapp_template_delete":               {{Do: "see which templates are left", Tool: "whatsapp_template_list"}},
	"whatsapp_template_delete_all_languages": {{Do: "see which templates are left", Tool: "whatsapp_template_list"}},
	"whatsapp_solution_create":               {{Do: "see which solution is assigned", Tool: "whatsapp_solution_list"}},
	"whatsapp_solution_assign":               {{Do: "onboard a sender by Embedded Signup", Tool: "whatsapp_sender_create", Needs: []string{"wabaId", "phoneNumberId", "authenticationCode"}}},
	"whatsapp_sender_username_suggest":       {{Do: "ask the person which username to take, and set it", Tool: "whatsapp_sender_update", Args: map[string]any{"status": "SUBMIT"}, Needs: []string{"details"}}},
	"whatsapp_sender_delete":                 {{Do: "tell the person: it works for 30 more days, then it is gone; until then the list shows it as before", Tool: "whatsapp_sender_list"}},
	"whatsapp_sender_changes_discard":        {{Do: "see the senders that are left: one that never was live went with its changes", Tool: "whatsapp_sender_list"}},
	"whatsapp_flow_list":                     {{Do: "see the screens of a flow", Tool: "whatsapp_flow_screen_list", Needs: []string{"flowId"}}},
	"kakaotalk_sender_delete":                {{Do: "tell the person: it works for 60 more days, then it is gone; until then the list shows it as before", Tool: "kakaotalk_sender_list"}},
	"kakaotalk_sender_changes_discard":       {{Do: "see the senders that are left: one that never was live went with its changes, and a corrected one can be handed in", Tool: "kakaotalk_sender_list"}},
	"kakaotalk_template_changes_discard":     {{Do: "see the templates that are left: one that never was live went with its draft", Tool: "kakaotalk_template_list"}},
	"kakaotalk_template_delete":              {{Do: "see which templates are left", Tool: "kakaotalk_template_list"}},
	"kakaotalk_template_category_list":       {{Do: "create a template with a categoryCode of this list", Tool: "kakaotalk_template_create", Needs: []string{"details"}}},
	"kakaotalk_sender_category_list":         {{Do: "give three codes of this list to the draft that is there", Tool: "kakaotalk_sender_update", Needs: []string{"plusFriendId", "details"}}, {Do: "or create a sender with them", Tool: "kakaotalk_sender_create", Needs: []string{"plusFriendId", "details"}}},
	"rcs_questionnaire_get":                  {{Do: "give the answers to the sender", Tool: "rcs_sender_update", Needs: []string{"senderId", "details"}}},
	"rcs_test_number_add":                    {{Do: "when a phone's owner has accepted the invitation, see its state", Tool: "rcs_test_number_get", Needs: []string{"testNumber"}}},
	"rcs_test_number_delete":                 {{Do: "see which test numbers the sender has", Tool: "rcs_sender_get"}},
	"sms_app_delete":                         {{Do: "see which SMS apps are left", Tool: "sms_app_list"}},
	"webhook_create":                         {{Do: "see all webhooks of the project", Tool: "webhook_list"}},
	"webhook_delete":                         {{Do: "see which webhooks are left", Tool: "webhook_list"}},
}

// createOf is the tool that makes the first thing where a list is empty, with
// what it needs.
var createOf = map[string]catalog.Step{
	"webhook_list":            {Do: "there is none: register one", Tool: "webhook_create", Needs: []string{"target", "secret"}},
	"whatsapp_sender_list":    {Do: "there is none: create one", Tool: "whatsapp_sender_create", Needs: []string{"details"}},
	"whatsapp_template_list":  {Do: "there is none: create one", Tool: "whatsapp_template_create", Needs: []string{"name", "language", "category", "details"}},
	"rcs_sender_list":         {Do: "there is none: create one", Tool: "rcs_sender_create", Needs: []string{"region", "billingCategory", "useCase"}},
	"kakaotalk_sender_list":   {Do: "there is none: choose categories, then create one", Tool: "kakaotalk_sender_category_list"},
	"kakaotalk_template_list": {Do: "there is none: choose a category, then create one", Tool: "kakaotalk_template_category_list"},
	"sms_app_list":            {Do: "there is none: create one", Tool: "sms_app_create", Needs: []string{"name", "region"}},
	"bundle_list":             {Do: "there is none: create one, with what the person wants of subproject, convApp and smsApp", Tool: "bundle_create", Needs: []string{"name", "region", "subproject", "convApp", "smsApp"}},
}

// readerOf is the tool that shows a resource.
var readerOf = map[string]string{
	"webhook":            "webhook_get",
	"whatsapp_account":   "whatsapp_account_get",
	"whatsapp_sender":    "whatsapp_sender_get",
	"whatsapp_template":  "whatsapp_template_get",
	"whatsapp_solution":  "whatsapp_solution_list",
	"rcs_sender":         "rcs_sender_get",
	"rcs_test_number":    "rcs_sender_get",
	"kakaotalk_sender":   "kakaotalk_sender_get",
	"kakaotalk_template": "kakaotalk_template_get",
	"sms_app":            "sms_app_get",
	"bundle":             "bundle_get",
}

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
	return []catalog.Step{{Do: "the state " + quoted(state) + " is not known here: look again {again}, and if it stays ask Sinch support what it means", Tool: readerOf[resource.Name]}}
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

// listOf is the tool that shows what exists for the tools of a toolset.
var listOf = map[string]string{
	"webhooks": "webhook_list", "whatsapp_senders": "whatsapp_sender_list", "whatsapp_templates": "whatsapp_template_list",
	"whatsapp_flows": "whatsapp_flow_list", "whatsapp_solutions": "whatsapp_solution_list", "rcs": "rcs_sender_list",
	"kakaotalk": "kakaotalk_sender_list", "sms": "sms_app_list", "bundles": "bundle_list",
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
