package tools

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/events"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// toolEventSubscribe is the tool that brings a project's events to this server.
const toolEventSubscribe = "event_subscribe"

// The tools of the webhooks that it uses, or that end or break what it made.
const (
	webhookList    = "webhook_list"
	webhookCreate  = "webhook_create"
	webhookUpdate  = "webhook_update"
	webhookReplace = "webhook_replace"
	webhookDelete  = "webhook_delete"
)

type eventSubscribeArgs struct {
	Triggers  []string `json:"triggers,omitempty" jsonschema:"description=triggers\\, or families of them: whatsapp\\, rcs\\, whatsapp_template; default ALL\\, or those it has"`
	ProjectID string   `json:"projectId,omitempty"`
	DryRun    bool     `json:"dryRun,omitempty" jsonschema:"description=send nothing; show what would be sent"`
	Confirm   string   `json:"confirm,omitempty" jsonschema:"description=token of the person's confirmation for exactly this call"`
}

func (s *Set) newEventSubscribe() *coreTool {
	return newCoreTool(coreTool{
		name: toolEventSubscribe, annotations: hints("Subscribe to events", false, true),
		about:   "Have this server receive the project's events by a webhook of its own, for event_list and wait. Again: other triggers, a new secret. End it with webhook_delete.",
		phrases: []string{"receive events here", "have changes reported to this server", "let the server listen for events", "get events without an endpoint of my own"},
		example: map[string]any{"triggers": []any{"whatsapp_template"}},
		check: func(given map[string]any) []papi.Violation {
			_, violations := triggersOf("triggers", jsonvalue.Texts(given, "triggers"))
			return violations
		},
	}, s.eventSubscribe)
}

// triggersOf returns the triggers that are given by their names, or by those of families.
func triggersOf(at string, given []string) (triggers []string, violations []papi.Violation) {
	for i, name := range given {
		found := catalog.TriggersOf(strings.ToLower(name))
		if trigger := strings.ToUpper(name); slices.Contains(catalog.Triggers(), trigger) {
			found = []string{trigger}
		}
		if found == nil {
			violations = append(violations, papi.Violation{
				Path: fmt.Sprintf("%s[%d]", at, i), Given: papi.Echo(name), Allowed: "a trigger, or a family of them, such as whatsapp, whatsapp_template, rcs; papi://triggers has all",
				Nearest: papi.Nearest(strings.ToUpper(name), catalog.Triggers()),
			})
		}
		for _, trigger := range found {
			if !slices.Contains(triggers, trigger) {
				triggers = append(triggers, trigger)
			}
		}
	}
	return triggers, violations
}

// eventSubscribe registers a webhook of a project whose target is this server, or changes
// the one that there is: by a call of webhook_create or webhook_update, which the guard and
// the audit treat as any other. A webhook with another target is never changed.
func (s *Set) eventSubscribe(ctx context.Context, caller Caller, args eventSubscribeArgs) Outcome {
	project, refusal := s.opts.Guard.Project(ctx, caller.Principal, args.ProjectID)
	if refusal != nil {
		return s.refuseProject(ctx, caller, toolEventSubscribe, project, refusal)
	}
	claim, err := s.opts.Events.Registrations.Claim(ctx, s.opts.Tenant, project)
	if err != nil {
		if ctx.Err() == nil {
			err = registrationsFailed(err)
		} else {
			err = errSubscribing
		}
		return failed(catalog.Lookup(webhookList), nil, err).outcome()
	}
	defer claim.Release(ctx)
	sub, err := s.subscription(ctx, project, claim)
	if err != nil {
		e := failed(catalog.Lookup(webhookList), nil, err)
		e.Next = s.offered(e.Next, args.ProjectID)
		return e.outcome()
	}
	triggers, _ := triggersOf("triggers", args.Triggers) // which were checked
	c := &call{args: sub.args(triggers), own: callOptions{project: args.ProjectID, dryRun: args.DryRun, confirm: args.Confirm}, complete: sub.complete}
	out := s.send(ctx, caller, catalog.Lookup(sub.tool()), c)
	switch end := out.Structured.(type) {
	case *Error:
		end.Next = asSubscription(end.Next, sub.tool())
		sub.failed(ctx, end)
	case *Result:
		end.Tool, end.Next = toolEventSubscribe, asSubscription(end.Next, sub.tool())
		if !args.DryRun {
			sub.done(ctx, end, jsonvalue.Texts(c.args, "triggers"))
			end.Next = s.offered([]catalog.Next{{Do: "read the events that have come", Tool: EventList, Args: map[string]any{}}}, args.ProjectID)
			end.Data = subscribed{sub.target(), briefTriggers(args.Triggers, c.args)}
		}
	}
	return out
}

// subscribed is the data of a subscription.
type subscribed struct {
	Target   string   `json:"target"`
	Triggers []string `json:"triggers"` // as they were given
}

// briefTriggers are the triggers as the caller named them, or else those of the webhook.
func briefTriggers(given []string, args map[string]any) []string {
	if len(given) > 0 {
		return given
	}
	return jsonvalue.Texts(args, "triggers")
}

// subscription is the webhook by which a project's events come here, and its registration.
type subscription struct {
	set           *Set
	project       string
	hook          map[string]any      // nil: it is to be created
	reg           events.Registration // with an ID alone: there is none yet, or it is lost
	claim         *events.Claim
	before        []events.Registration // those of the project when it was looked for
	others        []string              // more webhooks of the project whose target is this server
	secret        string                // that the request has
	added, rotate bool                  // what complete has done to the registration
}

// subscription looks for the webhook and the registration of a project. A webhook whose
// target is this server's is its own: its registration is here, or is lost with the store,
// so that the webhook is adopted. One whose registration is another tenant's or project's is
// not. Errors are *papi.Error.
func (s *Set) subscription(ctx context.Context, project string, claim *events.Claim) (*subscription, error) {
	sent, err := dispatch.Send(ctx, s.opts.API, catalog.Lookup(webhookList), project, nil)
	if err != nil {
		return nil, err
	}
	before, err := s.registrationsOf(ctx, project)
	if err != nil {
		return nil, registrationsFailed(err)
	}
	sub := &subscription{set: s, project: project, claim: claim, before: before}
	if len(before) > 0 {
		sub.reg = before[0] // used again where its webhook is gone, or was never seen
	} else if sub.reg.ID, err = s.opts.Events.Registrations.IDFor(ctx, s.opts.Tenant, project); err != nil {
		return nil, registrationsFailed(err)
	}
	type found struct {
		hook map[string]any
		reg  events.Registration
	}
	var own, lost []found
	for _, hook := range jsonvalue.Objects(sent.Answer, "webhooks") {
		target := jsonvalue.Text(hook, "target")
		id, ok := s.opts.Events.Registrations.IDOf(target)
		if sub.reg.Target != "" && target == sub.reg.Target && hook["id"] == sub.reg.WebhookID {
			id, ok = sub.reg.ID, true // registered when this server had another public URL
		}
		if !ok {
			continue
		}
		reg, known, err := s.opts.Events.Registrations.Get(ctx, id)
		switch {
		case err != nil:
			return nil, registrationsFailed(err)
		case !known:
			lost = append(lost, found{hook, events.Registration{ID: id}})
		case reg.Tenant == s.opts.Tenant && reg.ProjectID == project:
			own = append(own, found{hook, reg})
		}
	}
	for i, f := range append(own, lost...) {
		if i == 0 {
			sub.hook, sub.reg = f.hook, f.reg
		} else {
			sub.others = append(sub.others, jsonvalue.Text(f.hook, "id"))
		}
	}
	return sub, nil
}

func registrationsFailed(err error) error {
	return &papi.Error{Code: errorcode.StoreUnavailable, Message: "what this server keeps of its webhooks can't be read or written: " + err.Error(), Err: err}
}

// tool is the tool whose call makes the subscription.
func (sub *subscription) tool() string {
	if sub.hook == nil {
		return webhookCreate
	}
	return webhookUpdate
}

// args are the arguments of the call that others may see. A new webhook has ALL unless
// triggers are given; one that exists keeps what it has.
func (sub *subscription) args(triggers []string) map[string]any {
	if sub.hook == nil && triggers == nil {
		triggers = []string{catalog.EveryTrigger}
	} else if triggers == nil {
		triggers = jsonvalue.Texts(sub.hook, "triggers")
	}
	list := make([]any, len(triggers))
	for i, trigger := range triggers {
		list[i] = trigger
	}
	if sub.hook == nil {
		return map[string]any{"target": sub.target(), "triggers": list}
	}
	args := map[string]any{"webhookId": sub.hook["id"], "triggers": list}
	if target := jsonvalue.Text(sub.hook, "target"); !strings.EqualFold(target, sub.target()) {
		args["target"] = sub.target()
	}
	return args
}

// target is the target of the webhook.
func (sub *subscription) target() string {
	return sub.set.opts.Events.Registrations.Target(sub.reg.ID)
}

// complete makes what the API must get: a registration, and a secret, from now on
// accepted besides those before. Its errors are *papi.Error.
func (sub *subscription) complete(ctx context.Context) (map[string]any, error) {
	registrations := sub.set.opts.Events.Registrations
	err := sub.stillAlone(ctx)
	switch {
	case err != nil:
		return nil, err
	case sub.reg.Created.IsZero():
		sub.reg, sub.secret, err = registrations.Add(ctx, events.Registration{ID: sub.reg.ID, Tenant: sub.set.opts.Tenant, ProjectID: sub.project})
		sub.added = err == nil
	default:
		sub.secret, err = registrations.Rotate(ctx, sub.reg.ID)
		sub.rotate = err == nil
	}
	if err != nil {
		return nil, registrationsFailed(err)
	}
	return map[string]any{"secret": sub.secret}, nil
}

// errSubscribing is the error of a call that another one, maybe of another replica,
// prevents from subscribing: two webhooks would bring each event twice.
var errSubscribing = &papi.Error{
	Code: errorcode.Cancelled, Message: "another call is subscribing to the same project, or did so meanwhile",
	Resolution: "make the call again, if what the other one did is not enough",
}

// stillAlone returns an error where another call may have registered a webhook since this
// one looked: it may have waited longer for a person than its claim lasts.
func (sub *subscription) stillAlone(ctx context.Context) error {
	held, err := sub.claim.Extend(ctx)
	if held {
		return nil
	}
	var now []events.Registration
	if err == nil {
		now, err = sub.set.registrationsOf(ctx, sub.project)
	}
	switch {
	case ctx.Err() != nil:
		return errSubscribing
	case err != nil:
		return registrationsFailed(err)
	case !reflect.DeepEqual(now, sub.before):
		return errSubscribing
	}
	return nil
}

// done notes that the webhook has the secret, and which triggers it has.
func (sub *subscription) done(ctx context.Context, r *Result, triggers []string) {
	registrations := sub.set.opts.Events.Registrations
	ctx = context.WithoutCancel(ctx)
	defer sub.set.opts.Events.changed(sub.set.opts.Tenant)
	err := registrations.SetWebhook(ctx, sub.reg.ID, r.IDs["webhookId"], triggers)
	if sub.rotate {
		err = errors.Join(err, registrations.Rotated(ctx, sub.reg.ID, sub.secret))
	}
	if err != nil { // both secrets are accepted meanwhile, and the next call finds the webhook by its target
		r.Warnings = append(r.Warnings, "what this server keeps of the webhook could not be updated, repeat the call: "+err.Error())
	}
	r.Done = "subscribed"
	switch {
	case sub.hook != nil && sub.added:
		r.Done = "adopted: this webhook had this server as its target; it has a new secret now"
	case sub.hook != nil:
		r.Done = "subscribed again, with a new secret"
	}
	if len(sub.others) > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the project has more webhooks with this server as their target, whose events are refused or come twice; delete them: %s", strings.Join(sub.others, ", ")))
	}
}

// failed ends a registration whose webhook was certainly not created. Where that is not
// certain it stays: the webhook may exist, and the next call finds it by its target.
func (sub *subscription) failed(ctx context.Context, e *Error) {
	if certain := e.Status >= 400 && e.Status < 500; sub.added && certain {
		if err := sub.set.opts.Events.Registrations.Remove(context.WithoutCancel(ctx), sub.reg.ID); err != nil {
			e.Warnings = append(e.Warnings, "no webhook was created, but what this server keeps of it could not be removed: "+err.Error())
		}
	}
}

// asSubscription makes the steps that repeat the call of a webhook's tool repeat the
// subscription: the rest of that call is its own.
func asSubscription(next []catalog.Next, tool string) []catalog.Next {
	next = slices.Clone(next)
	for i := range next {
		n := &next[i]
		if n.Tool != tool || n.Args["target"] == nil && n.Args["triggers"] == nil {
			continue
		}
		args := map[string]any{}
		for _, name := range []string{"triggers", argProject, argConfirm} {
			if n.Args[name] != nil {
				args[name] = n.Args[name]
			}
		}
		n.Tool, n.Args = toolEventSubscribe, args
		n.Needs = slices.DeleteFunc(slices.Clone(n.Needs), func(name string) bool { return name == "secret" || name == "target" })
	}
	return next
}
