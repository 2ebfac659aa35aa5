package guard

import (
	"context"
	"fmt"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

const all = "ALL"

// MaxWebhooks is how many webhooks a project has at most.
const MaxWebhooks = 15

var readWebhooks = Read{Tool: "webhook_list"}

var webhookRules = []Rule{
	{
		Name:  "all_alone",
		About: "The trigger ALL stands alone: it holds every other one.",
		Tools: []string{"webhook_create", "webhook_update", "webhook_replace", "bundle_create"},
		check: allAlone,
	},
	{
		Name:  "webhook_address",
		About: "A webhook's target is an https URL of the public internet. Where the API itself is on this machine (the sandbox), it may be on this machine too.",
		Tools: []string{"webhook_create", "webhook_update", "webhook_replace", "bundle_create"},
		check: webhookAddress,
	},
	{
		Name:  "webhook_secret",
		About: "A webhook's secret is hard to guess: 12 characters or more, 6 of them different, no common word. A good one is offered.",
		Tools: []string{"webhook_create", "webhook_update", "webhook_replace", "bundle_create"},
		check: webhookSecret,
	},
	{
		Name:  "webhook_target",
		About: "Each webhook of a project has a target of its own.",
		Tools: []string{"webhook_create", "webhook_update", "webhook_replace"},
		Reads: []Read{{Tool: "webhook_list", When: "a target is given", needed: givesTarget}},
		judge: webhookTarget,
	},
	{
		Name:  "webhook_limit",
		About: "A project has 15 webhooks at most.",
		Tools: []string{"webhook_create"},
		Reads: []Read{readWebhooks},
		judge: webhookLimit,
	},
}

func allAlone(_ context.Context, _ *Guard, c *Call) *Refusal {
	if c.Row.Tool != "bundle_create" {
		others := besideAll(c.Args["triggers"])
		if others == nil {
			return nil
		}
		args := jsonvalue.With(c.Args, "triggers", []any{all})
		delete(args, "secret")
		return &Refusal{
			Message:    fmt.Sprintf("ALL stands beside other triggers (%s), which it holds already", strings.Join(others, ", ")),
			Resolution: "give ALL alone, or leave ALL out and name the triggers",
			Info:       map[string]any{"triggers": others},
			Next: []catalog.Next{
				{Do: "subscribe to every event", Tool: c.Row.Tool, Args: args, Needs: secretNeeded(c)},
				{Do: "subscribe to the named events alone", Tool: c.Row.Tool, Args: jsonvalue.With(args, "triggers", others), Needs: secretNeeded(c)},
			},
		}
	}
	var wrong, extra []string
	for _, hook := range hooksOf(c) {
		if others := besideAll(hook.fields["triggers"]); others != nil {
			wrong = append(wrong, fmt.Sprintf("%s: ALL stands beside other triggers (%s), which it holds already", strings.TrimSuffix(hook.at, "."), strings.Join(others, ", ")))
			extra = append(extra, others...)
		}
	}
	if wrong == nil {
		return nil
	}
	return &Refusal{
		Message:    strings.Join(wrong, "; "),
		Resolution: "give each webhook ALL alone, or leave ALL out and name the triggers",
		Info:       map[string]any{"triggers": extra},
	}
}

func givesTarget(c *Call) bool { return jsonvalue.Text(c.Args, "target") != "" }

func webhookTarget(c *Call, s seen) *Refusal {
	for _, hook := range jsonvalue.Objects(s["webhook_list"], "webhooks") {
		if hook["target"] != c.Args["target"] || hook["id"] == c.Args["webhookId"] {
			continue
		}
		r := targetTaken(hook)
		if c.Row.Tool == "webhook_create" {
			r.Next = append(r.Next, catalog.Next{
				Do: "or change what it is told of", Tool: "webhook_update",
				Args: map[string]any{"webhookId": hook["id"]}, Needs: []string{"triggers"},
			})
		}
		return r
	}
	return nil
}

// targetTaken refuses a target that a webhook has.
func targetTaken(hook map[string]any) *Refusal {
	return &Refusal{
		Message:    fmt.Sprintf("webhook %v of the project has the target %v already", hook["id"], hook["target"]),
		Resolution: "change that webhook's triggers where they lack something, or give another target",
		Info:       map[string]any{"target": hook["target"], "webhookId": hook["id"]},
		Next: []catalog.Next{
			{Do: "look at the webhook that has the target", Tool: "webhook_get", Args: map[string]any{"webhookId": hook["id"]}, Needs: []string{}},
		},
	}
}

func webhookLimit(c *Call, s seen) *Refusal {
	return tooManyWebhooks(c, jsonvalue.Objects(s["webhook_list"], "webhooks"), 1)
}

// tooManyWebhooks refuses more webhooks than a project may have.
func tooManyWebhooks(c *Call, there []map[string]any, more int) *Refusal {
	if len(there)+more <= MaxWebhooks {
		return nil
	}
	ids := make([]string, len(there))
	for i, hook := range there {
		ids[i] = jsonvalue.Text(hook, "id")
	}
	return &Refusal{
		Message:    fmt.Sprintf("the project has %s, the call would add %d, and %d is the most", count(len(there), "webhook", "webhooks"), more, MaxWebhooks),
		Resolution: "ask the person which webhook may go, or change one that is there",
		Info:       map[string]any{"webhookIds": ids},
		Next: []catalog.Next{
			readWebhooks.next(c, "see the webhooks that are there, and ask the person which may go"),
			{Do: "delete that one, then make the call again", Tool: "webhook_delete", Args: map[string]any{}, Needs: []string{"webhookId"}},
		},
	}
}

// besideAll returns the triggers that stand beside ALL, nil where ALL is
// missing or alone.
func besideAll(triggers any) []string {
	list, _ := triggers.([]any)
	var others []string
	found := false
	for _, t := range list {
		if t == all {
			found = true
		} else {
			others = append(others, fmt.Sprint(t))
		}
	}
	if !found {
		return nil
	}
	return others
}

// secretNeeded names the secret where the tool needs one: a suggestion never
// repeats it.
func secretNeeded(c *Call) []string {
	if _, given := c.Args["secret"]; given {
		return []string{"secret"}
	}
	return []string{}
}

var readWebhook = Read{Tool: "webhook_get"}

var webhookSummaries = []Summary{{Tool: "webhook_delete", Reads: []Read{readWebhook}, text: askWebhookDelete}}

func askWebhookDelete(_ map[string]any, answers seen) sentences {
	hook := answers.of(readWebhook)
	s := sentences{ask: "Delete the webhook", effect: "It stops receiving events."}
	if target := jsonvalue.Text(hook, "target"); target != "" {
		s.name = "to " + Address(target)
	}
	switch triggers := words(jsonvalue.Texts(hook, "triggers")); triggers {
	case "":
	case all:
		s.effect = "It stops receiving ALL events."
	default:
		s.effect = "It stops receiving these events: " + triggers + "."
	}
	return s
}
