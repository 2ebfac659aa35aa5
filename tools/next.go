package tools

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

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

// steps are what to do about a thing: what its state asks for, and its parts
// that are under review or were refused. The state comes first where a call or a
// person has to move it on; where a part is under review and all else is well,
// that review is what to wait for.
func (st *standing) steps(project string, ids map[string]string, now time.Time) []catalog.Step {
	at, wording := st.resource.At(st.state, st.pending), st.wording(now)
	ofState := fillIn(st.possible(at.Next), wording)
	var ofParts []catalog.Step
	reviewed := st.resource.Pends(st.pending)
	if st.pending == "" || reviewed != nil { // else a change pends, and goes first
		if reviewed != nil {
			ofParts = fillIn(reviewed.Next, wording)
		}
		for _, part := range st.refused {
			ofParts = append(ofParts, fillIn(st.possible(part.status.Next), part.wording())...)
		}
	}
	all := slices.Concat(ofParts, ofState)
	switch {
	case at.Class == catalog.ActionRequired, at.Class == catalog.Failure:
		all = slices.Concat(ofState, ofParts)
	case reviewed != nil: // it is not as it should be yet
		all = ofParts
	}
	if st.overdue(now) {
		all = slices.Concat([]catalog.Step{st.escalation(project, ids, now)}, all)
	}
	return all
}

// possible leaves out the steps that can't be taken in the thing's state. Where
// that concerns a pending change, the state says what to do.
func (st *standing) possible(steps []catalog.Step) []catalog.Step {
	kept := slices.DeleteFunc(slices.Clone(steps), func(s catalog.Step) bool { return s.Requires != nil && !s.Requires.AllowsState(st.state) })
	if len(kept) < len(steps) && st.pending != "" && st.state != "" {
		kept = slices.Concat(st.resource.At(st.state, "").Next, kept)
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

// wording replaces what the steps of a refused part leave open.
func (part *refusedPart) wording() *strings.Replacer {
	reason, shown := "", ""
	if part.reason != "" {
		reason = " (" + quoted(part.reason) + ")"
	}
	if part.value != "" {
		shown = " " + quoted(part.value)
	}
	return strings.NewReplacer(" {value}", shown, "{status}", part.status.Name, "{reason}", reason)
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

// nextAfterError is what to do after an error of the API.
func nextAfterError(row *catalog.Row, args map[string]any, e *papi.Error) []catalog.Next {
	ids := pathIDs(row, args)
	if row.Effect == catalog.Create && row.Resource != nil {
		for id, field := range row.Resource.IDs { // what the call was to make
			if given := jsonvalue.Text(args, field); given != "" {
				ids[id] = given
			}
		}
	}
	if next := fillAll(stepsAfterError(row, e), ids); len(next) > 0 {
		return next
	}
	return fillAll([]catalog.Step{otherwise(row, args, e)}, ids)
}

// otherwise is the step after an error that has none of its own: no error is a
// dead end.
func otherwise(row *catalog.Row, args map[string]any, e *papi.Error) catalog.Step {
	switch {
	case e.Status == 0:
		return catalog.Step{Do: "do what the resolution says, then make the call again"}
	case e.Status == http.StatusBadRequest:
		if s := correct(row); len(s.Needs) > 0 {
			return s
		}
	case e.Status == http.StatusNotFound && listOf[row.Toolset] != "":
		return catalog.Step{Do: "see what exists", Tool: listOf[row.Toolset]}
	case e.Status == http.StatusTooManyRequests, e.Status >= http.StatusInternalServerError:
		if row.Effect == catalog.Read && row.Op().Body == nil { // a body may hold a secret
			return catalog.Step{Do: "make the same call again, after the time that retryAfterSeconds tells or in some minutes", Tool: row.Tool, Args: args}
		}
	}
	return catalog.Step{Do: lower(byStatus(e.Status))}
}

// correct is the call again, with what a person or the agent has to put right.
func correct(row *catalog.Row) catalog.Step {
	s := catalog.Step{Do: "put right what the message names, and make the call again", Tool: row.Tool}
	variants := row.Op().Variants()
	if len(variants) == 0 {
		return s
	}
	for _, name := range slices.Sorted(maps.Keys(variants[0].Properties)) { // the first is the usual one
		if name != "status" {
			s.Needs = append(s.Needs, name)
		}
	}
	return s
}

// nextAfterRefusal is what to do after a refusal of the guard that says no more
// than its resolution.
func nextAfterRefusal(row *catalog.Row, args map[string]any, code string) []catalog.Next {
	switch {
	case code == "guard_project_missing":
		return []catalog.Next{{Do: "ask the person which project it is", Tool: "project_confirm", Args: map[string]any{}, Needs: []string{argProject}}}
	case code == "guard_project_not_allowed":
		return []catalog.Next{{Do: "see which projects this server allows", Tool: "project_confirm", Args: map[string]any{}, Needs: []string{}}}
	case !strings.HasPrefix(code, "guard_"), row == nil:
		return nil
	}
	s := correct(row)
	s.Needs = slices.DeleteFunc(s.Needs, func(name string) bool { _, given := args[name]; return !given })
	if code == "guard_read_only" || code == "guard_store_unavailable" || len(s.Needs) == 0 {
		s = catalog.Step{Do: "do what the resolution says"}
	}
	return fillAll([]catalog.Step{s}, pathIDs(row, args))
}

// listOf is the tool that shows what exists for the tools of a toolset.
var listOf = map[string]string{
	"webhooks": "webhook_list", "whatsapp_senders": "whatsapp_sender_list", "whatsapp_templates": "whatsapp_template_list",
	"whatsapp_flows": "whatsapp_flow_list", "whatsapp_solutions": "whatsapp_solution_list", "rcs": "rcs_sender_list",
	"kakaotalk": "kakaotalk_sender_list", "sms": "sms_app_list", "bundles": "bundle_list",
}

// lower begins with a small letter, as what stands in do does.
func lower(sentence string) string {
	return strings.ToLower(sentence[:1]) + strings.TrimSuffix(sentence[1:], ".")
}

func stepsAfterError(row *catalog.Row, e *papi.Error) []catalog.Step {
	steps, own := afterError[row.Op().Family()+"/"+e.Code]
	if !own {
		steps = afterError[e.Code]
	}
	switch {
	case e.Unknown:
		return []catalog.Step{lookAt(row)}
	case steps != nil:
		return steps
	case e.Code == "sender_not_found":
		return []catalog.Step{{Do: "see which senders exist", Tool: listOfSenders[row.Op().Family()]}}
	case e.Status == http.StatusConflict && row.Resource != nil && row.Effect != catalog.Create:
		return []catalog.Step{{Do: "look at its state", Tool: readerOf[row.Resource.Name]}}
	}
	return nil
}

var listOfSenders = map[string]string{
	"Whatsapp": "whatsapp_sender_list", "Kakaotalk": "kakaotalk_sender_list", "Rcs": "rcs_sender_list",
}

// lookAt is the read that shows whether a call took effect.
func lookAt(row *catalog.Row) catalog.Step {
	s := catalog.Step{Do: "see whether it took effect"}
	switch {
	case row.Reconcile != nil && row.Reconcile.Read != "":
		s.Tool = row.Reconcile.Read
	case row.Wait != nil:
		s.Tool = row.Wait.Read
	case row.Resource != nil:
		s.Tool = readerOf[row.Resource.Name]
	default:
		s.Do = "ask the person to look: nothing here shows it"
		return s
	}
	for _, p := range catalog.Lookup(s.Tool).Op().Parameters {
		if p.In == "path" && p.Name != argProject {
			s.Needs = append(s.Needs, p.Name)
		}
	}
	return s
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
			ids[p.Name] = catalog.Text(value)
		}
	}
	return ids
}
