package tools

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// overview is what lives in a project.
type overview struct {
	// Looks says what in the project is live.
	Looks    string `json:"looks"`
	Webhooks []any  `json:"webhooks,omitempty"` // id, target and triggers of each
	// WebhooksMore is how many more there are, in a result.
	WebhooksMore int `json:"webhooksMore,omitempty"`
	// WhatsappAccount is the account's state, what is pending, or "none".
	WhatsappAccount string `json:"whatsappAccount"`
	// Counts has the things of each kind by state, with their total.
	Counts map[string]counts `json:"counts"`
	// Attention has what the counts hide; the first of each kind where there
	// are many, and AttentionMore how many more there are.
	Attention     []attention    `json:"attention,omitempty"`
	AttentionMore map[string]int `json:"attentionMore,omitempty"`
	// NotRead has the error of each kind that could not be read.
	NotRead map[string]string `json:"notRead,omitempty"`

	now time.Time // the API's
}

// noAccount is the state of a WhatsApp account that there is not.
const noAccount = "none"

// counts are the things of one kind by state. Where a list has more pages than
// the first, the states are those of its first page.
type counts struct {
	Total   int            `json:"total"`
	ByState map[string]int `json:"byState,omitempty"`
	Partly  bool           `json:"partly,omitempty"`
}

// readOverview reads what lives in a project, all kinds concurrently. Without
// its webhooks, which every project can list, there is no overview.
func (s *Set) readOverview(ctx context.Context, projectID string) (*overview, *Error) {
	o := &overview{Webhooks: []any{}, WhatsappAccount: noAccount, Counts: map[string]counts{}, NotRead: map[string]string{}}
	var mu sync.Mutex
	var all sync.WaitGroup
	var failure *Error
	var found []condition
	webhook, account := catalog.LookupResource("webhook"), catalog.LookupResource("whatsapp_account")
	read := func(name, tool string, args map[string]any, take func(answer any)) {
		all.Go(func() {
			row := catalog.Lookup(tool)
			sent, err := dispatch.Send(ctx, s.opts.API, row, projectID, args)
			mu.Lock()
			defer mu.Unlock()
			e, _ := errors.AsType[*papi.Error](err)
			switch {
			case err == nil:
				o.now = s.now(sent)
				take(sent.Answer)
			case e != nil && catalog.NoneHere(e.Code):
				take(nil)
			case name == webhook.Kind():
				failure = failed(row, args, err)
			default:
				o.NotRead[name] = err.Error()
			}
		})
	}
	read(webhook.Kind(), webhook.List, nil, func(answer any) {
		for _, hook := range jsonvalue.List(answer, "webhooks") {
			shown := onlyPaths(hook, []string{"id", "target", "triggers"})
			if triggers := jsonvalue.Texts(shown, "triggers"); len(triggers) > maxTriggers {
				shown = jsonvalue.With(jsonvalue.Object(shown, ""), "triggers", append(triggers[:maxTriggers:maxTriggers], fmt.Sprintf("%d more", len(triggers)-maxTriggers)))
			}
			o.Webhooks = append(o.Webhooks, shown)
		}
	})
	read(account.Kind(), account.Get, nil, func(answer any) {
		if state := stateOf(account, answer); state != "" {
			o.WhatsappAccount = state
			found = append(found, s.candidates(account, []any{answer})...)
		}
	})
	for _, resource := range counted() {
		row := catalog.Lookup(resource.List)
		args := map[string]any{}
		if size := row.Op().Parameter("pageSize"); size != nil {
			args["pageSize"] = int(*size.Schema.Resolve().Maximum)
		}
		read(resource.Kind(), resource.List, args, func(answer any) {
			o.Counts[resource.Kind()] = count(row, answer)
			found = append(found, s.candidates(resource, jsonvalue.List(answer, row.List()))...)
		})
	}
	all.Wait()
	o.Attention, o.AttentionMore = s.attend(ctx, projectID, found, o.now)
	o.Looks = o.looks()
	return o, failure
}

// counted are the resources whose things an overview counts by their state.
var counted = sync.OnceValue(func() []*catalog.Resource {
	return slices.DeleteFunc(slices.Clone(catalog.Resources()), func(r *catalog.Resource) bool { return !r.Counted() })
})

// empty reports whether all of the project was read, and nothing is in it.
func (o *overview) empty() bool {
	things := len(o.Webhooks) + len(o.NotRead)
	for _, c := range o.Counts {
		things += c.Total
	}
	return things == 0 && o.WhatsappAccount == noAccount
}

// firstSetUp is what to do in an empty project.
var firstSetUp = catalog.Step{Do: "ask the person which channel to set up first; papi://guides/whatsapp, rcs, kakaotalk and sms say how"}

// looks says what is live.
func (o *overview) looks() string {
	reaching := []string{}
	for _, resource := range counted() {
		c := o.Counts[resource.Kind()]
		for _, state := range resource.States {
			switch n := c.ByState[state.Name]; {
			case !state.Production || n == 0:
			case n == 1:
				reaching = append(reaching, fmt.Sprintf("1 %s is %s", resource.Called(1), state.Name))
			default:
				reaching = append(reaching, fmt.Sprintf("%d %s are %s", n, resource.Called(n), state.Name))
			}
		}
	}
	looks := "nothing in it is live"
	switch {
	case len(reaching) > 0:
		looks = "production: " + strings.Join(reaching, ", ")
	case o.empty():
		return "an empty project: nothing is set up yet"
	}
	if len(o.NotRead) > 0 {
		looks += " (not all of it could be read)"
	}
	return looks
}

// count counts the things of a list by their state.
func count(row *catalog.Row, answer any) counts {
	c := counts{ByState: map[string]int{}}
	items := jsonvalue.List(answer, row.List())
	for _, item := range items {
		c.ByState[stateOf(row.Resource, item)]++
	}
	c.Total = len(items)
	if n, err := strconv.Atoi(jsonvalue.Text(answer, "totalSize")); err == nil && n > c.Total {
		c.Total, c.Partly = n, true
	}
	return c
}

// stateOf is a thing's state, or what is pending where it has none yet.
func stateOf(resource *catalog.Resource, thing any) string {
	if state := jsonvalue.Text(thing, resource.State); state != "" {
		return state
	}
	return resource.Key("", jsonvalue.Text(thing, resource.Pending))
}

func (o *overview) warnings() []string {
	if len(o.NotRead) == 0 {
		return nil
	}
	return []string{strings.Join(slices.Sorted(maps.Keys(o.NotRead)), ", ") + " could not be read: notRead says why"}
}

// maxHooks is how many webhooks a result shows; a person is shown the targets of all.
const maxHooks = 5

// shown is the overview as a result has it.
func (o *overview) shown() *overview {
	short := *o
	if more := len(o.Webhooks) - maxHooks; more > 0 {
		short.Webhooks, short.WebhooksMore = o.Webhooks[:maxHooks], more
	}
	return &short
}

// maxTriggers is how many triggers of a webhook an overview lists.
const maxTriggers = 5

// maxStates is how many states of a kind the question about a project lists.
const maxStates = 10

// stateText is what stateOf found, for a person.
func stateText(state string) string {
	if pending, ok := strings.CutPrefix(state, "changes.status="); ok {
		return "not live yet (" + guard.Word(pending) + ")"
	}
	return guard.Word(state)
}

// describe says how many are in which state, the first states where there are
// many.
func (c *counts) describe() string {
	var states []string
	for _, state := range slices.Sorted(maps.Keys(c.ByState)) {
		states = append(states, fmt.Sprintf("%d %s", c.ByState[state], stateText(state)))
	}
	shown := strings.Join(states[:min(len(states), maxStates)], ", ")
	if c.Partly {
		shown = "of the first page: " + shown
	}
	return shown
}
