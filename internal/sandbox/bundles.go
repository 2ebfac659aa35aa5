package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/papi"
)

// bundle is a set of resources that are created together.
type bundle struct {
	ID      string `json:"id"`
	Number  int    `json:"number"`
	Name    string `json:"name"`
	Region  string `json:"region"`
	State   string `json:"state"`
	Project string `json:"project"` // of the resources: the subproject, where there is one

	Subproject map[string]any `json:"subproject"`
	SmsApp     string         `json:"smsApp"`
	ConvApp    string         `json:"convApp"`
	Webhooks   []string       `json:"webhooks"`
}

// Bundles are listed oldest first.
func (b *bundle) sortKey() string { return fmt.Sprintf("%09d", b.Number) }
func (b *bundle) facet() string   { return b.State }

const kindBundleFinish = "bundle_finish"

var bundleHandlers = map[string]handler{
	"BundlesBundlesController_list_v1":   listBundles,
	"BundlesBundlesController_create_v1": createBundle,
	"BundlesBundlesController_get_v1":    withResource(findBundle, "bundleId", "bundle_not_found", getBundle),
}

var bundleEvents = map[string]eventHandler{
	kindBundleFinish: onEvent(findBundle, []string{"DONE", "FAILED"}, magic(func(b *bundle) string { return b.Name }, "fail", "FAILED", "DONE"), finishBundle),
}

func findBundle(p *project, id string) (*bundle, bool) { return p.Bundles.get(id) }

var isBundleID = lazyregexp.New(`^[0-9a-f]{24}$`).MatchString

func listBundles(c *call) answer {
	sms, conv := c.queryList("filterSmsAppIds"), c.queryList("filterConvAppIds")
	if !isUUID(c.project.ID) || !all(sms, isHex) || !all(conv, isULID) {
		return c.fail("invalid_id_format")
	}
	chosen := c.project.Bundles
	if len(sms)+len(conv) > 0 {
		chosen = newTable[*bundle]()
		for _, b := range c.project.Bundles.all() {
			if (len(sms) == 0 || slices.Contains(sms, b.SmsApp)) && (len(conv) == 0 || slices.Contains(conv, b.ConvApp)) {
				chosen.put(b.ID, b)
			}
		}
	}
	return listPage(c, chosen, "bundles", 10, c.stateFilter(), c.renderBundle)
}

func all(ids []string, valid func(string) bool) bool {
	return !slices.ContainsFunc(ids, func(id string) bool { return !valid(id) })
}

func getBundle(c *call, b *bundle) answer {
	if b.ConvApp != "" && c.Sandbox.project(b.Project).ConvApps[b.ConvApp] == nil {
		return c.fail("conversation_app_not_found")
	}
	return c.ok(c.renderBundle(b))
}

func (s *Sandbox) renderBundle(b *bundle) map[string]any {
	p := s.project(b.Project)
	doc := map[string]any{"id": b.ID, "projectId": b.Project, "state": b.State, "region": b.Region}
	if b.Name != "" {
		doc["name"] = b.Name
	}
	if b.Subproject != nil {
		doc["subproject"] = b.Subproject
	}
	if app, ok := p.SmsApps.get(b.SmsApp); ok {
		doc["smsApp"] = clone(app.Doc, map[string]any{"numberVerified": false})
	}
	if app := p.ConvApps[b.ConvApp]; app != nil {
		conv := clone(only(app.Input, "retentionPolicy", "consentManagerSettings"), map[string]any{
			"id": app.ID, "name": app.Name, "processingMode": cmp.Or(jsonvalue.Text(app.Input, "processingMode"), "DISPATCH"),
		})
		if app.Input["webhooks"] != nil {
			conv["webhooks"] = renderConvWebhooks(app)
		}
		if sms := p.smsAppOf(app.ID); sms != nil {
			conv["smsChannelStatus"] = smsChannel(sms)
		}
		doc["convApp"] = conv
	}
	s.addBundleWebhooks(p, b, doc)
	return doc
}

// renderConvWebhooks returns the Conversation API's own webhooks of an app.
func renderConvWebhooks(app *convApp) []any {
	hooks := []any{}
	for i, hook := range jsonvalue.Objects(app.Input, "webhooks") {
		hooks = append(hooks, clone(only(hook, "target", "triggers", "secret"), map[string]any{"id": fmt.Sprintf("%s-%d", app.ID, i+1)}))
	}
	return hooks
}

// addBundleWebhooks adds the bundle's webhooks, and the deliveries of BUNDLE_DONE to
// them.
func (s *Sandbox) addBundleWebhooks(p *project, b *bundle, doc map[string]any) {
	hooks, statuses := []any{}, []any{}
	for _, hook := range p.Webhooks {
		if slices.Contains(b.Webhooks, hook.ID) {
			hooks = append(hooks, map[string]any{"id": hook.ID, "projectId": p.ID, "target": hook.Target, "triggers": hook.Triggers})
		}
	}
	for _, d := range s.state.Deliveries {
		if d.Type != "BUNDLE_DONE" || d.Resource != "bundles/"+b.ID || d.Tries == 0 || !slices.Contains(b.Webhooks, d.WebhookID) {
			continue
		}
		status := map[string]any{"webhookId": d.WebhookID, "date": formatTime(d.Created), "httpStatusCode": http.StatusBadGateway}
		var code int
		if _, err := fmt.Sscanf(d.Outcome, "status %d", &code); err == nil {
			status["httpStatusCode"] = code
		}
		if d.State != deliveryDelivered {
			status["errorMessage"] = d.Outcome
		}
		statuses = append(statuses, status)
	}
	if len(hooks) > 0 {
		doc["webhooks"] = hooks
	}
	if len(statuses) > 0 {
		doc["webhookDeliveryStatuses"] = statuses
	}
}

// service reads one of subproject, smsApp and convApp, which are true or an object.
func (c *call) service(name string) (requested bool, input map[string]any) {
	switch given := c.body[name].(type) {
	case bool:
		return given, map[string]any{}
	case map[string]any:
		return true, given
	}
	return false, nil
}

// magicError returns the error code that a name asks for, as in
// "error:more_than_one_sms_app", if the operation documents it. So errors can be
// provoked whose causes the sandbox does not have: prices, carriers, suppliers.
func (c *call) magicError(name string) string {
	if _, code, found := strings.Cut(name, "error:"); found && c.documents(code) {
		return code
	}
	return ""
}

func createBundle(c *call) answer {
	name, region := jsonvalue.Text(c.body, "name"), jsonvalue.Text(c.body, "region")
	if code := c.magicError(name); code != "" {
		return c.fail(code)
	}
	sub, subInput := c.service("subproject")
	sms, smsInput := c.service("smsApp")
	conv, convInput := c.service("convApp")
	if !sub && !sms && !conv {
		return c.fail("no_services_to_create")
	}
	nameOf := func(input map[string]any) string { return cmp.Or(jsonvalue.Text(input, "name"), name) }
	if sub && nameOf(subInput) == "" || sms && nameOf(smsInput) == "" || conv && nameOf(convInput) == "" {
		return c.fail("missing_name")
	}
	if found := c.completeRetention(convInput); len(found) > 0 {
		return c.failBody("invalid_input", messages(found))
	}
	hooks := jsonvalue.Objects(c.body, "webhooks")
	target := c.project
	if code := c.bundleWebhookProblem(hooks, sub); code != "" {
		return c.fail(code)
	}
	b := &bundle{ID: c.hex(c.project.stream("bundles"), 24), Number: c.project.nextNumber(), Name: name, Region: region, State: "IN_PROGRESS"}
	if sub {
		target = c.Sandbox.project(c.uuid(c.project.stream("subprojects")))
		b.Subproject = map[string]any{"id": target.ID, "name": nameOf(subInput), "parentProjectId": c.project.ID, "status": "PENDING"}
		if labels := jsonvalue.Object(subInput, "labels"); labels != nil {
			b.Subproject["labels"] = labels
		}
	}
	b.Project = target.ID
	if conv {
		b.ConvApp = c.newConvApp(target, nameOf(convInput), region, convInput).ID
	}
	if sms {
		test, _ := smsInput["test"].(bool)
		app := c.newSmsApp(target, nameOf(smsInput), region, test)
		b.SmsApp, app.ConvApp = app.ID, b.ConvApp
	}
	for _, hook := range hooks {
		w := &webhook{ID: c.ulid(target.stream("webhooks")), Target: jsonvalue.Text(hook, "target"), Secret: jsonvalue.Text(hook, "secret"), Triggers: jsonvalue.Texts(hook, "triggers")}
		target.Webhooks = append(target.Webhooks, w)
		b.Webhooks = append(b.Webhooks, w.ID)
	}
	c.project.Bundles.put(b.ID, b)
	c.after(bundleTime, event{Kind: kindBundleFinish, Project: c.project.ID, ID: b.ID})
	return c.ok(c.renderBundle(b))
}

// retentionSchemas are the schemas of a Conversation app's retention policy, by
// its processing mode.
var retentionSchemas = map[string]string{
	"CONVERSATION": "BundlesConversationAppConversationRetentionPolicyInputDto",
	"DISPATCH":     "BundlesConversationAppDispatchRetentionPolicyInputDto",
}

// completeRetention validates the retention policy of a bundle's Conversation app
// by the schema of its mode, and sets its defaults. The schema of the body allows
// the policies of both modes.
func (c *call) completeRetention(app map[string]any) []papi.Violation {
	given, ok := jsonvalue.Object(c.rawBody, "convApp")["retentionPolicy"]
	if !ok {
		return nil
	}
	schema := papi.LookupSchema(retentionSchemas[jsonvalue.Text(app, "processingMode")])
	found := schema.Violations(given, papi.CheckOptions{})
	for i := range found {
		found[i].Path = "convApp.retentionPolicy." + found[i].Path
	}
	app["retentionPolicy"], _ = prune(schema, given, papi.CheckOptions{})
	return found
}

// bundleWebhookProblem is the error code for webhooks that the project can't have,
// or "". A subproject has no other webhooks.
func (c *call) bundleWebhookProblem(hooks []map[string]any, subproject bool) string {
	for i, hook := range hooks {
		target := jsonvalue.Text(hook, "target")
		if !subproject && c.targetUsed(target, nil) {
			return "webhook_exists"
		}
		if slices.ContainsFunc(hooks[:i], func(other map[string]any) bool { return other["target"] == target }) {
			return "webhook_exists"
		}
	}
	if !subproject && len(c.project.Webhooks)+len(hooks) > maxWebhooks {
		return "webhook_limit_reached"
	}
	return ""
}

// finishBundle ends a bundle. Its SMS app may still be pending then.
func finishBundle(s *Sandbox, p *project, b *bundle, outcome string) bool {
	if b.State != "IN_PROGRESS" {
		return false
	}
	b.State = outcome
	if b.Subproject != nil {
		b.Subproject["status"] = "READY"
	}
	p.Bundles.put(b.ID, b)
	if outcome == "DONE" {
		s.emit(s.project(b.Project), "bundles/"+b.ID, "BUNDLE_DONE", map[string]any{"payload": s.renderBundle(b)})
		if b.Project != p.ID {
			s.emit(p, "bundles/"+b.ID, "BUNDLE_DONE", map[string]any{"payload": s.renderBundle(b)})
		}
	}
	return true
}
