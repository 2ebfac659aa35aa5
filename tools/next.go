package tools

import (
	"maps"
	"net/http"
	"slices"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

// step is something to do next: a tool, or "" where a person must act. The
// path parameters of the tool are filled in from the ids that are known.
type step struct {
	do    string
	tool  string
	args  map[string]any // known beside the ids
	needs []string       // what only a person knows
}

// byState has the steps of a resource by its state, or by "changes.status="
// and the status of what pends.
type byState map[string][]step

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

// nextOfTool has the steps after tools whose answers show no state.
var nextOfTool = map[string][]step{
	"whatsapp_sender_register":           {verifyWhatsappSender},
	"whatsapp_sender_verify":             {{do: "see whether the sender has become ACTIVE; it takes a minute or more", tool: "whatsapp_sender_get"}},
	"whatsapp_template_sync":             {{do: "look at the templates", tool: "whatsapp_template_list"}},
	"whatsapp_template_analytics_enable": {{do: "read a template's analytics", tool: "whatsapp_template_list"}},
	"whatsapp_solution_create":           {{do: "see which solution is assigned", tool: "whatsapp_solution_list"}},
	"whatsapp_solution_assign":           {{do: "onboard a sender by Embedded Signup", tool: "whatsapp_sender_create", needs: []string{"wabaId", "phoneNumberId", "authenticationCode"}}},
	"whatsapp_sender_username_suggest":   {{do: "ask the person which username to take, and set it", tool: "whatsapp_sender_update", args: map[string]any{"status": "SUBMIT"}, needs: []string{"details"}}},
	"whatsapp_sender_delete":             {{do: "tell the person: it works for 30 more days, then it is gone; until then nothing shows it"}},
	"whatsapp_sender_changes_discard":    {{do: "look at the sender", tool: "whatsapp_sender_get"}},
	"whatsapp_flow_list":                 {{do: "see the screens of a flow", tool: "whatsapp_flow_screen_list", needs: []string{"flowId"}}},
	"kakaotalk_sender_delete":            {{do: "tell the person: it works for 60 more days, then it is gone; until then nothing shows it"}},
	"kakaotalk_sender_changes_discard":   {{do: "look at the sender", tool: "kakaotalk_sender_get"}, {do: "if it never was live, it may be gone: hand in a corrected one", tool: "kakaotalk_sender_create", needs: []string{"plusFriendId", "details"}}},
	"kakaotalk_template_category_list":   {{do: "create a template with a categoryCode of this list", tool: "kakaotalk_template_create", needs: []string{"details"}}},
	"kakaotalk_sender_category_list":     {{do: "give three codes of this list to the draft that is there", tool: "kakaotalk_sender_update", needs: []string{"plusFriendId", "details"}}, {do: "or create a sender with them", tool: "kakaotalk_sender_create", needs: []string{"plusFriendId", "details"}}},
	"rcs_questionnaire_get":              {{do: "give the answers to the sender", tool: "rcs_sender_update", needs: []string{"senderId", "details"}}},
	"rcs_test_number_add":                {{do: "when a phone's owner has accepted the invitation, see its state", tool: "rcs_test_number_get", needs: []string{"testNumber"}}},
	"webhook_create":                     {{do: "see all webhooks of the project", tool: "webhook_list"}},
}

// createOf is the tool that makes the first thing where a list is empty, with
// what it needs.
var createOf = map[string]step{
	"webhook_list":            {do: "there is none: register one", tool: "webhook_create", needs: []string{"target", "secret"}},
	"whatsapp_sender_list":    {do: "there is none: create one", tool: "whatsapp_sender_create", needs: []string{"details"}},
	"whatsapp_template_list":  {do: "there is none: create one", tool: "whatsapp_template_create", needs: []string{"name", "language", "category", "details"}},
	"rcs_sender_list":         {do: "there is none: create one", tool: "rcs_sender_create", needs: []string{"region", "billingCategory", "useCase"}},
	"kakaotalk_sender_list":   {do: "there is none: choose categories, then create one", tool: "kakaotalk_sender_category_list"},
	"kakaotalk_template_list": {do: "there is none: choose a category, then create one", tool: "kakaotalk_template_category_list"},
	"sms_app_list":            {do: "there is none: create one", tool: "sms_app_create", needs: []string{"name", "region"}},
	"bundle_list":             {do: "there is none: create one, with what the person wants of subproject, convApp and smsApp", tool: "bundle_create", needs: []string{"name", "region", "subproject", "convApp", "smsApp"}},
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
func judge(resource *catalog.Resource, state, pending string) []step {
	states := nextOf[resource.Name]
	if steps, ok := states["changes.status="+pending]; ok && pending != "" {
		return steps
	}
	if steps, ok := states[state]; ok || state == "" {
		return steps
	}
	return states[otherState]
}

// fill makes a step an action, with the ids that are known as arguments. It
// fails where one is neither known nor asked for.
func fill(s step, ids map[string]string) (next catalog.Next, ok bool) {
	next = catalog.Next{Do: s.do, Tool: s.tool, Args: map[string]any{}, Needs: []string{}}
	maps.Copy(next.Args, s.args)
	next.Needs = append(next.Needs, s.needs...)
	row := catalog.Lookup(s.tool)
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
			if given := text(catalog.Field(args, field)); given != nil {
				ids[id] = *given
			}
		}
	}
	return fillAll(stepsAfterError(row, e), ids)
}

func stepsAfterError(row *catalog.Row, e *papi.Error) []step {
	steps, own := afterError[row.Op().Family()+"/"+e.Code]
	if !own {
		steps = afterError[e.Code]
	}
	switch {
	case e.Unknown:
		steps = []step{lookAt(row)}
	case steps == nil && e.Status == http.StatusConflict && row.Resource != nil && row.Effect != catalog.Create:
		steps = []step{{do: "look at its state", tool: readerOf[row.Resource.Name]}}
	case steps == nil && e.Code == "sender_not_found":
		steps = []step{{do: "see which senders exist", tool: listOfSenders[row.Op().Family()]}}
	}
	return steps
}

var listOfSenders = map[string]string{
	"Whatsapp": "whatsapp_sender_list", "Kakaotalk": "kakaotalk_sender_list", "Rcs": "rcs_sender_list",
}

// lookAt is the read that shows whether a call took effect.
func lookAt(row *catalog.Row) step {
	s := step{do: "see whether it took effect"}
	switch {
	case row.Reconcile != nil && row.Reconcile.Read != "":
		s.tool = row.Reconcile.Read
	case row.Wait != nil:
		s.tool = row.Wait.Read
	case row.Resource != nil:
		s.tool = readerOf[row.Resource.Name]
	default:
		s.do = "ask the person to look: nothing here shows it"
		return s
	}
	for _, p := range catalog.Lookup(s.tool).Op().Parameters {
		if p.In == "path" && p.Name != argProject {
			s.needs = append(s.needs, p.Name)
		}
	}
	return s
}

// fillAll makes actions of the steps. One about a thing whose id is not known,
// and that no person is asked for, is left out.
func fillAll(steps []step, ids map[string]string) []catalog.Next {
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
