package sandbox

import (
	"fmt"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
)

// smsApp is an SMS app.
type smsApp struct {
	ID      string         `json:"id"`
	Number  int            `json:"number"`
	Doc     map[string]any `json:"doc"` // the API's answer
	ConvApp string         `json:"convApp"`
}

// SMS apps are listed oldest first.
func (a *smsApp) sortKey() string { return fmt.Sprintf("%09d", a.Number) }
func (a *smsApp) facet() string   { return "" }

const kindSmsAppProvision = "sms_app_provision"

var smsHandlers = map[string]handler{
	"SmsSmsAppsController_listSmsApps_v1":  listSmsApps,
	"SmsSmsAppsController_createSmsApp_v1": createSmsApp,
	"SmsSmsAppsController_getSmsApp_v1":    onSmsApp(func(c *call, a *smsApp) answer { return c.ok(c.renderSmsApp(a)) }),
	"SmsSmsAppsController_updateSmsApp_v1": onSmsApp(updateSmsApp),
	"SmsSmsAppsController_deleteSmsApp_v1": onSmsApp(deleteSmsApp),
}

var smsEvents = map[string]eventHandler{
	kindSmsAppProvision: onEvent(findSmsApp, []string{"ACTIVE", "BLOCKED", smsFailed}, magic((*smsApp).name, "fail", smsFailed, "ACTIVE"), provisionSmsApp),
}

func findSmsApp(p *project, id string) (*smsApp, bool) { return p.SmsApps.get(id) }

func (a *smsApp) name() string { return jsonvalue.Text(a.Doc, "name") }

var (
	isUUID = lazyregexp.New(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString
	isHex  = lazyregexp.New(`(?i)^[0-9a-f]{32}$`).MatchString
)

func onSmsApp(do func(*call, *smsApp) answer) handler {
	return withResource(findSmsApp, "smsAppId", "sms_app_not_found", do)
}

// renderSmsApp is an SMS app with the Conversation app that it is connected to.
func (c *call) renderSmsApp(a *smsApp) map[string]any {
	app := c.project.ConvApps[a.ConvApp]
	if app == nil {
		return a.Doc
	}
	return clone(a.Doc, map[string]any{"conversationApiAppDetails": map[string]any{
		"id": app.ID, "projectId": c.project.ID, "region": app.Region, "channelStatus": smsChannel(a),
	}})
}

// smsChannel is the state of the SMS channel of an app's Conversation app.
func smsChannel(a *smsApp) string {
	switch jsonvalue.Text(a.Doc, "status") {
	case "ACTIVE":
		return "ACTIVE"
	case smsFailed:
		return "FAILING"
	}
	return "PENDING"
}

const smsFailed = "PROVISIONING_FAILED"

// listSmsApps fails before the project has had an app: it has no SMS service then.
func listSmsApps(c *call) answer {
	if !isUUID(c.project.ID) {
		return c.fail("invalid_id_format")
	}
	if c.project.SmsService == "" {
		return c.fail("sms_service_not_found")
	}
	return listPage(c, c.project.SmsApps, "smsApps", 50, filter{}, c.renderSmsApp)
}

// newSmsApp creates an SMS app and begins its provisioning.
func (s *Sandbox) newSmsApp(p *project, name, region string, test bool) *smsApp {
	if p.SmsService == "" {
		p.SmsService = s.hex(p.stream("smsServices"), 32)
	}
	a := &smsApp{ID: s.hex(p.stream("smsApps"), 32), Number: p.nextNumber()}
	a.Doc = map[string]any{
		"id": a.ID, "smsServiceId": p.SmsService, "name": name,
		"status": "PENDING_ADD", "regions": []any{region}, "test": test,
	}
	p.SmsApps.put(a.ID, a)
	s.after(smsProvisioning, event{Kind: kindSmsAppProvision, Project: p.ID, ID: a.ID})
	return a
}

// provisionSmsApp ends the provisioning.
func provisionSmsApp(_ *Sandbox, _ *project, a *smsApp, status string) bool {
	a.Doc["status"] = status
	return true
}

func createSmsApp(c *call) answer {
	convApp, problem := jsonvalue.Text(c.body, "convApiAppId"), ""
	switch {
	case convApp == "":
	case c.body["convApiApp"] == true:
		problem = "convApiApp and convApiAppId can't be given together"
	case c.project.ConvApps[convApp] == nil:
		problem = "convApiAppId: the project has no such Conversation app"
	case c.project.smsAppOf(convApp) != nil:
		problem = "convApiAppId: the Conversation app has an SMS app already"
	}
	if problem != "" {
		return c.failBody("invalid_input", []string{problem})
	}
	test, _ := c.body["test"].(bool)
	a := c.newSmsApp(c.project, jsonvalue.Text(c.body, "name"), jsonvalue.Text(c.body, "region"), test)
	a.ConvApp = convApp
	if c.body["convApiApp"] == true {
		a.ConvApp = c.newConvApp(c.project, jsonvalue.Text(c.body, "name"), jsonvalue.Text(c.body, "region"), nil).ID
	}
	return c.ok(c.renderSmsApp(a))
}

func updateSmsApp(c *call, a *smsApp) answer {
	name := jsonvalue.Text(c.body, "name")
	if name == "" {
		return c.fail("no_fields_to_update")
	}
	a.Doc["name"] = name
	return c.ok(c.renderSmsApp(a))
}

func deleteSmsApp(c *call, a *smsApp) answer {
	c.project.SmsApps.remove(a.ID)
	return c.ok(nil)
}

// smsAppOf is the SMS app that is connected to a Conversation app, or nil.
func (p *project) smsAppOf(convApp string) *smsApp {
	for _, a := range p.SmsApps.items {
		if a.ConvApp == convApp {
			return a
		}
	}
	return nil
}
