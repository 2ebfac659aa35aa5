package guard

import (
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

var ruleAllAlone = Rule{
	Code:   "guard_all_alone",
	About:  "The trigger ALL is given alone: it includes all others.",
	Tools:  []string{"webhook_create", "webhook_update", "webhook_replace", "bundle_create"},
	Source: "createWebhook, 1.2.117",
	check:  allAlone,
}

func allAlone(c *Call, _ answers) *Refusal {
	var wrong, extra []string
	for _, hook := range hooksOf(c) {
		if others := besideAll(jsonvalue.Texts(hook.fields, "triggers")); len(others) > 0 {
			wrong = append(wrong, fmt.Sprintf("%striggers: ALL is given with other triggers (%s), which it includes already", hook.at, strings.Join(others, ", ")))
			extra = append(extra, others...)
		}
	}
	var next []catalog.Next
	if c.Row.Tool != "bundle_create" {
		next = []catalog.Next{
			again("subscribe to every event", c, jsonvalue.With(c.Args, "triggers", []any{catalog.EveryTrigger})),
			again("subscribe to the named events alone", c, jsonvalue.With(c.Args, "triggers", extra)),
		}
	}
	return refuseAll(wrong, Refusal{
		Resolution: "give ALL alone, or leave ALL out and name the triggers",
		Info:       map[string]any{"triggers": extra},
		Next:       next,
	})
}

// besideAll returns the triggers that are given with ALL, nil where ALL is
// missing or alone.
func besideAll(triggers []string) []string {
	others := slices.DeleteFunc(slices.Clone(triggers), func(trigger string) bool { return trigger == catalog.EveryTrigger })
	if len(others) == len(triggers) {
		return nil
	}
	return others
}

var ruleWebhookTarget = Rule{
	Code:    "guard_webhook_target",
	About:   "Each webhook of a project has a target of its own.",
	Tools:   []string{"webhook_create", "webhook_update", "webhook_replace"},
	Source:  "createWebhook, updateWebhook, replaceWebhook, 1.2.117",
	When:    "a target is given",
	applies: func(c *Call) bool { return jsonvalue.Text(c.Args, "target") != "" },
	Reads:   []*Read{readWebhooks},
	check:   webhookTarget,
}

func webhookTarget(c *Call, a answers) *Refusal {
	for _, hook := range jsonvalue.Objects(a.of(readWebhooks), "webhooks") {
		if hook["target"] != c.Args["target"] || hook["id"] == c.Args["webhookId"] {
			continue
		}
		r := targetTaken(hook)
		if c.Row.Tool == "webhook_create" {
			r.Next = append(r.Next, nextCall("or change the events that it receives", "webhook_update", map[string]any{"webhookId": hook["id"]}, "triggers"))
		}
		return r
	}
	return nil
}

// targetTaken refuses a target that a webhook has.
func targetTaken(hook map[string]any) *Refusal {
	return &Refusal{
		Message:    fmt.Sprintf("webhook %v of the project already has the target %v", hook["id"], hook["target"]),
		Resolution: "change that webhook's triggers if some are missing, or give another target",
		Info:       map[string]any{"target": hook["target"], "webhookId": hook["id"]},
		Next: []catalog.Next{
			nextCall("check the webhook that has the target", "webhook_get", map[string]any{"webhookId": hook["id"]}),
		},
	}
}

var ruleWebhookLimit = Rule{
	Code:   "guard_webhook_limit",
	About:  fmt.Sprintf("A project has %d webhooks at most.", catalog.MaxWebhooks),
	Tools:  []string{"webhook_create"},
	Source: "createWebhook, 1.2.117",
	Reads:  []*Read{readWebhooks},
	check:  webhookLimit,
}

func webhookLimit(c *Call, a answers) *Refusal {
	return tooManyWebhooks(c, jsonvalue.Objects(a.of(readWebhooks), "webhooks"), 1)
}

// tooManyWebhooks refuses more webhooks than a project may have.
func tooManyWebhooks(c *Call, there []map[string]any, more int) *Refusal {
	if len(there)+more <= catalog.MaxWebhooks {
		return nil
	}
	ids := make([]string, len(there))
	for i, hook := range there {
		ids[i] = jsonvalue.Text(hook, "id")
	}
	return &Refusal{
		Message:    fmt.Sprintf("the project has %s, the call would add %d, and the limit is %d", papi.Count(len(there), "webhook"), more, catalog.MaxWebhooks),
		Resolution: "ask the person which webhook to delete, or change an existing one",
		Info:       map[string]any{"webhookIds": ids},
		Next: []catalog.Next{
			readWebhooks.next(c, "see the existing webhooks, and ask the person which one to delete"),
			nextCall("delete that one, then make the call again", "webhook_delete", nil, "webhookId"),
		},
	}
}

var webhookSummaries = []Summary{{Tool: "webhook_delete", Reads: []*Read{readWebhook}, text: askWebhookDelete}}

func askWebhookDelete(_ map[string]any, a answers) sentences {
	hook := a.of(readWebhook)
	s := sentences{ask: "Delete the webhook", effect: "It stops receiving events."}
	if target := jsonvalue.Text(hook, "target"); target != "" {
		s.name = "to " + Address(target)
	}
	switch triggers := words(jsonvalue.Texts(hook, "triggers")); triggers {
	case "":
	case catalog.EveryTrigger:
		s.effect = "It stops receiving ALL events."
	default:
		s.effect = "It stops receiving these events: " + triggers + "."
	}
	return s
}
