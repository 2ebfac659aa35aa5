package guard

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

var ruleBundleServices = Rule{
	Code:   "guard_bundle_services",
	About:  "A bundle requests at least one of subproject, smsApp and convApp.",
	Tools:  []string{"bundle_create"},
	Source: "create, 1.2.117",
	check:  bundleServices,
}

func bundleServices(c *Call, _ answers) *Refusal {
	for _, p := range bundleParts {
		if wanted, _ := part(c.Args, p.field); wanted {
			return nil
		}
	}
	return &Refusal{
		Message:    "the bundle requests nothing: none of subproject, convApp and smsApp is given",
		Resolution: "ask the person what to create, and give true or an object for each; to create only a webhook, use webhook_create",
		Info:       map[string]any{"services": []string{"subproject", "convApp", "smsApp"}},
		Next:       []catalog.Next{again("request what the person wants", c, c.Args, "subproject", "convApp", "smsApp")},
	}
}

// bundleParts are the services that a bundle creates, for a reader.
var bundleParts = []struct{ field, noun string }{
	{"subproject", "a subproject"}, {"convApp", "a Conversation app"}, {"smsApp", "an SMS app"},
}

// part reads a service of a bundle: true, or an object.
func part(args map[string]any, field string) (wanted bool, input map[string]any) {
	switch v := args[field].(type) {
	case bool:
		return v, nil
	case map[string]any:
		return true, v
	}
	return false, nil
}

// sameBundle writes the services of a bundle in one way: the contract says that
// false is none, and true one that has the bundle's own name.
func sameBundle(args map[string]any) {
	for _, p := range bundleParts {
		wanted, input := part(args, p.field)
		if !wanted {
			delete(args, p.field)
			continue
		}
		named := map[string]any{"name": args["name"]}
		maps.Copy(named, input)
		args[p.field] = named
	}
}

var ruleBundleNames = Rule{
	Code:   "guard_bundle_names",
	About:  "A bundle has a name, or each of its services has one.",
	Tools:  []string{"bundle_create"},
	Source: "create, BundlesInputBundlesDto, 1.2.117",
	check:  bundleNames,
}

func bundleNames(c *Call, _ answers) *Refusal {
	if jsonvalue.Text(c.Args, "name") != "" {
		return nil
	}
	var unnamed []string
	for _, p := range bundleParts {
		if wanted, input := part(c.Args, p.field); wanted && jsonvalue.Text(input, "name") == "" {
			unnamed = append(unnamed, p.field)
		}
	}
	if len(unnamed) == 0 {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("the bundle has no name, and neither does %s", strings.Join(unnamed, ", ")),
		Resolution: "give name for the bundle, which names all its services, or a name for each",
		Info:       map[string]any{"unnamed": unnamed},
		Next:       []catalog.Next{again("ask the person for a name", c, c.Args, "name")},
	}
}

var ruleBundleTargets = Rule{
	Code:   "guard_bundle_targets",
	About:  "Each webhook of a bundle has a target of its own.",
	Tools:  []string{"bundle_create"},
	Source: "BundlesInputBundlesDto, 1.2.117",
	check:  bundleTargets,
}

func bundleTargets(c *Call, _ answers) *Refusal {
	twice := repeats(jsonvalue.Objects(c.Args, "webhooks"), "target")
	if twice == nil {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("webhooks[%d] and webhooks[%d] have the same target %s", twice[0].first, twice[0].at, twice[0].value),
		Resolution: "give each webhook its own target, or give one webhook the triggers of both",
		Info:       map[string]any{"target": twice[0].value},
	}
}

var ruleBundleWebhooks = Rule{
	Code:       "guard_bundle_webhooks",
	About:      fmt.Sprintf("Where a bundle creates no subproject, its webhooks join those of the project: no target twice, and %d at most.", catalog.MaxWebhooks),
	Tools:      []string{"bundle_create"},
	Source:     "create, 1.2.117",
	When:       "it has webhooks and creates no subproject",
	applies:    joinsWebhooks,
	Reads:      []*Read{readWebhooks},
	FailClosed: true,
	check:      bundleWebhooks,
}

func bundleWebhooks(c *Call, a answers) *Refusal {
	hooks := jsonvalue.Objects(c.Args, "webhooks")
	at := map[string]int{}
	for i, hook := range hooks {
		at[jsonvalue.Text(hook, "target")] = i
	}
	there := jsonvalue.Objects(a.of(readWebhooks), "webhooks")
	for _, hook := range there {
		if i, taken := at[jsonvalue.Text(hook, "target")]; taken {
			r := targetTaken(hook)
			r.Message = fmt.Sprintf("webhooks[%d]: %s", i, r.Message)
			return r
		}
	}
	return tooManyWebhooks(c, there, len(hooks))
}

// joinsWebhooks reports whether the bundle's webhooks join those of the project;
// a new subproject has none.
func joinsWebhooks(c *Call) bool {
	subproject, _ := part(c.Args, "subproject")
	return !subproject && len(jsonvalue.Objects(c.Args, "webhooks")) > 0
}

var ruleBundleConversation = Rule{
	Code:   "guard_bundle_conversation",
	About:  "A bundle's Conversation app sends no webhooks to conversation-api.*.sinch.com, and keeps messages as its processingMode allows: in DISPATCH, the default, for 0 to 7 days with the retentionPolicyType MESSAGE_EXPIRE_POLICY; in CONVERSATION for 1 to 3650 days with any type.",
	Tools:  []string{"bundle_create"},
	Source: "BundlesConversationAppInputDto, BundlesConversationAppWebhooksInputDto, 1.2.117",
	check:  bundleConversation,
}

func bundleConversation(c *Call, _ answers) *Refusal {
	_, app := part(c.Args, "convApp")
	for i, hook := range jsonvalue.Objects(app, "webhooks") {
		target, err := url.Parse(jsonvalue.Text(hook, "target"))
		if err != nil {
			continue // the API decides about what is not a URL
		}
		host := strings.ToLower(strings.TrimSuffix(target.Hostname(), "."))
		if strings.HasPrefix(host, "conversation-api.") && strings.HasSuffix(host, ".sinch.com") {
			return &Refusal{
				Message:    fmt.Sprintf("convApp.webhooks[%d]: %s is the Conversation API itself, which can't receive its own events", i, host),
				Resolution: "give the address of the server that should receive the events",
				Info:       map[string]any{"host": host},
			}
		}
	}
	return bundleRetention(app)
}

// retentions are what a Conversation app's processingMode allows: the types of
// its retention policy, and the days (retentionPolicy of
// BundlesConversationAppInputDto, 1.2.117).
var retentions = map[string]struct {
	types    []string
	from, to float64
}{
	"DISPATCH":     {[]string{"MESSAGE_EXPIRE_POLICY"}, 0, 7},
	"CONVERSATION": {[]string{"CONVERSATION_EXPIRE_POLICY", "MESSAGE_EXPIRE_POLICY", "PERSIST_RETENTION_POLICY"}, 1, 3650},
}

func bundleRetention(app map[string]any) *Refusal {
	policy := jsonvalue.Object(app, "retentionPolicy")
	mode := cmp.Or(jsonvalue.Text(app, "processingMode"), "DISPATCH")
	allowed, known := retentions[mode]
	if !known {
		return nil
	}
	var wrong []string
	if kind := jsonvalue.Text(policy, "retentionPolicyType"); kind != "" && !slices.Contains(allowed.types, kind) {
		wrong = append(wrong, fmt.Sprintf("convApp.retentionPolicy.retentionPolicyType is %s; processingMode %s allows %s", kind, mode, strings.Join(allowed.types, ", ")))
	}
	if days, given := jsonvalue.Number(policy, "ttl"); given && (days < allowed.from || days > allowed.to) {
		wrong = append(wrong, fmt.Sprintf("convApp.retentionPolicy.ttl is %v days; processingMode %s allows %.0f to %.0f", days, mode, allowed.from, allowed.to))
	}
	resolution := "give a value that it allows, or use the other processingMode"
	if jsonvalue.Text(app, "processingMode") == "" {
		resolution += "; DISPATCH is the default"
	}
	return refuseAll(wrong, Refusal{
		Resolution: resolution,
		Info:       map[string]any{"processingMode": mode, "retentionPolicyTypes": allowed.types, "ttl": fmt.Sprintf("%.0f to %.0f", allowed.from, allowed.to)},
	})
}

var bundleSummaries = []Summary{{Tool: "bundle_create", text: askBundle}}

func askBundle(args map[string]any, _ answers) sentences {
	var forGood []string
	for _, p := range bundleParts {
		if wanted, _ := part(args, p.field); wanted && p.field != "smsApp" {
			forGood = append(forGood, p.noun)
		}
	}
	s := sentences{ask: "Create the bundle", name: nameOf(args, "name"), facts: bundleFacts(args, hookLines), brief: bundleFacts(args, briefHooks)}
	if s.name == "" {
		s.ask = "Create a bundle"
	}
	if len(forGood) > 0 {
		s.effect = fmt.Sprintf("This API has no call to remove %s.", strings.Join(forGood, " or "))
	}
	return s
}

// bundleFacts say what a bundle creates, its webhooks as they are shown by a function.
func bundleFacts(args map[string]any, hooks func(noun string, of any) []string) string {
	var creates []string
	for _, p := range bundleParts {
		wanted, input := part(args, p.field)
		if !wanted {
			continue
		}
		line := fmt.Sprintf("- %s named %s", p.noun, Name(cmp.Or(jsonvalue.Text(input, "name"), jsonvalue.Text(args, "name"))))
		if labels := jsonvalue.Object(input, "labels"); len(labels) > 0 {
			line += " with " + papi.Count(len(labels), "label")
		}
		creates = append(append(creates, line), hooks("  - its webhook", input["webhooks"])...)
	}
	creates = append(creates, hooks("- a webhook", args["webhooks"])...)
	facts := "It creates:"
	if region := jsonvalue.Text(args, "region"); region != "" {
		facts = fmt.Sprintf("In region %s it creates:", Word(region))
	}
	if subproject, _ := part(args, "subproject"); subproject && len(creates) > 1 {
		facts = "Everything is created in the new subproject.\n" + facts
	}
	return strings.Join(append([]string{facts}, creates...), "\n")
}

// hookLines are webhooks for a reader, a line each.
func hookLines(noun string, of any) []string {
	var lines []string
	hooks := jsonvalue.Objects(of, "")
	for _, hook := range hooks[:min(len(hooks), catalog.MaxWebhooks)] {
		line := fmt.Sprintf("%s to %s", noun, Address(jsonvalue.Text(hook, "target")))
		if triggers := words(jsonvalue.Texts(hook, "triggers")); triggers != "" {
			line += " for " + triggers
		}
		lines = append(lines, line)
	}
	if more := len(hooks) - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("%s to each of %s", noun, papi.Count(more, "more target")))
	}
	return lines
}

// briefHooks are webhooks in one line: how many, and to which hosts.
func briefHooks(noun string, of any) []string {
	hooks := jsonvalue.Objects(of, "")
	var hosts []string
	for _, hook := range hooks {
		host := jsonvalue.Text(hook, "target")
		if target, err := url.Parse(host); err == nil && target.Host != "" {
			host = target.Host
		}
		if host = Word(host); !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	switch {
	case len(hooks) == 0:
		return nil
	case len(hooks) == 1:
		return hookLines(noun, of)
	}
	indent := strings.HasPrefix(noun, " ")
	line := fmt.Sprintf("- %s to %s", papi.Count(len(hooks), "webhook"), listed(hosts, maxBrief))
	if indent {
		line = "  - its " + line[2:]
	}
	return []string{line}
}

// bundleCreated allows the principal the subproject that its bundle made, though
// the allowlist does not name it. The answer may come before the subproject
// exists: then the bundle is remembered, and a later bundle_get shows the
// subproject.
func (g *Guard) bundleCreated(ctx context.Context, c *Call, answer map[string]any) error {
	id := jsonvalue.Text(answer, "id")
	if id == "" || jsonvalue.Text(answer, "subproject.id") != "" {
		return g.allowSubproject(ctx, c, answer)
	}
	return g.opts.Store.Put(ctx, g.bundleKey(c, id), []byte("made"), 0)
}

func (g *Guard) bundleShown(ctx context.Context, c *Call, answer map[string]any) error {
	if _, mine, err := g.opts.Store.Get(ctx, g.bundleKey(c, jsonvalue.Text(answer, "id"))); err != nil || !mine {
		return err
	}
	return g.allowSubproject(ctx, c, answer)
}

func (g *Guard) allowSubproject(ctx context.Context, c *Call, answer map[string]any) error {
	id := jsonvalue.Text(answer, "subproject.id")
	if id == "" {
		return nil
	}
	return g.opts.Store.Put(ctx, g.subprojectKey(c.Principal, id), []byte(c.ProjectID), 0)
}

func (g *Guard) bundleKey(c *Call, id string) string {
	return "guard/bundle/" + g.opts.Realm + "/" + c.Principal + "/" + c.ProjectID + "/" + id
}
