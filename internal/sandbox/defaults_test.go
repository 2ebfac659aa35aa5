package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/papi"
)

// defaultRow is a property that a request may leave out, and where the answer
// shows its default.
type defaultRow struct {
	operation string
	property  string // of the body
	shown     string // dotted, in the answer; "" where the answer has no place for it
	do        func(w *harness) result
}

var defaultRows = []defaultRow{
	{"BundlesBundlesController_create_v1", "convApp.processingMode", "convApp.processingMode", bundleWith(obj{})},
	{"BundlesBundlesController_create_v1", "convApp.retentionPolicy.retentionPolicyType", "convApp.retentionPolicy.retentionPolicyType", bundleWith(obj{"retentionPolicy": obj{"ttl": 3}})},
	{"BundlesBundlesController_create_v1", "convApp.retentionPolicy.ttl", "convApp.retentionPolicy.ttl", bundleWith(obj{"processingMode": "CONVERSATION", "retentionPolicy": obj{}})},
	{"BundlesBundlesController_create_v1", "convApp.webhooks[].targetType", "", nil},
	{"BundlesBundlesController_create_v1", "smsApp.test", "smsApp.test", bundleWith(obj{})},
	{"KakaotalkSendersController_createSender_v1", "saveDraftOnFailure", "", nil},
	{"KakaotalkSendersController_createSender_v1", "status", "", nil},
	{"KakaotalkSendersController_updateSender_v1", "status", "changes.status", func(w *harness) result {
		w.kakaoActive("example")
		return w.patch("/kakaotalk/senders/example", obj{"details": obj{"name": "Other"}})
	}},
	{"KakaotalkTemplatesController_createTemplate_v1", "details.categoryCode", "changes.details.categoryCode", kakaoDefault},
	{"KakaotalkTemplatesController_createTemplate_v1", "details.emphasizeType", "changes.details.emphasizeType", kakaoDefault},
	{"KakaotalkTemplatesController_createTemplate_v1", "details.messageType", "changes.details.messageType", kakaoDefault},
	{"KakaotalkTemplatesController_createTemplate_v1", "details.securityFlag", "changes.details.securityFlag", kakaoDefault},
	{"KakaotalkTemplatesController_createTemplate_v1", "saveDraftOnFailure", "", nil},
	{"KakaotalkTemplatesController_createTemplate_v1", "status", "", nil},
	{"KakaotalkTemplatesController_updateTemplate_v1", "status", "changes.status", func(w *harness) result {
		code := kakaoDefault(w).ok().str("code")
		w.s.Advance(kakaoReview)
		return w.patch("/kakaotalk/senders/example/templates/"+code, obj{"details": obj{"content": "Other"}})
	}},
	{"RcsSendersController_createSender_v1", "details.brand.color", "details.brand.color", rcsDefault},
	{"RcsSendersController_createSender_v1", "details.brand.name", "details.brand.name", rcsDefault},
	{"SmsSmsAppsController_createSmsApp_v1", "test", "test", func(w *harness) result {
		return w.post("/sms/smsApps", obj{"name": "Alerts", "region": "EU"})
	}},
	{"WhatsappSendersController_createSender_v1", "saveDraftOnFailure", "", nil},
	{"WhatsappSendersController_createSender_v1", "status", "", nil},
	{"WhatsappSendersController_update_v1", "status", "changes.status", func(w *harness) result {
		w.onboarded()
		return w.patch("/whatsapp/senders/"+w.activeSender("5550160"), obj{"details": obj{"about": "x"}})
	}},
	{"WhatsappTemplatesController_compareTemplates_v1", "timeframe", "", nil},
	{"WhatsappTemplatesController_createTemplate_v1", "allowCategoryChange", "changes.allowCategoryChange", templateDefault},
	{"WhatsappTemplatesController_createTemplate_v1", "details.components[].addSecurityRecommendation", "changes.details.components.0.addSecurityRecommendation", templateDefault},
	{"WhatsappTemplatesController_createTemplate_v1", "details.components[].hasExpiration", "changes.details.components.1.hasExpiration", templateDefault},
	{"WhatsappTemplatesController_createTemplate_v1", "saveDraftOnFailure", "", nil},
	{"WhatsappTemplatesController_createTemplate_v1", "status", "", nil},
	{"WhatsappTemplatesController_updateTemplate_v1", "details.components[].addSecurityRecommendation", "changes.details.components.0.addSecurityRecommendation", templateUpdateDefault},
	{"WhatsappTemplatesController_updateTemplate_v1", "details.components[].hasExpiration", "changes.details.components.1.hasExpiration", templateUpdateDefault},
	{"WhatsappTemplatesController_updateTemplate_v1", "status", "changes.status", templateUpdateDefault},
}

// submitsByDefault are the creates whose default status is SUBMIT, which no
// answer names: it shows by what the status of the changes is not.
var submitsByDefault = map[string]func(w *harness) result{
	"KakaotalkSendersController_createSender_v1":     func(w *harness) result { return w.post("/kakaotalk/senders", kakaoBody("example")) },
	"KakaotalkTemplatesController_createTemplate_v1": kakaoDefault,
	"WhatsappSendersController_createSender_v1": func(w *harness) result {
		w.onboarded()
		return w.post("/whatsapp/senders", partnerSender("5550161"))
	},
	"WhatsappTemplatesController_createTemplate_v1": templateDefault,
}

func bundleWith(app obj) func(w *harness) result {
	return func(w *harness) result {
		return w.post("/bundles", obj{"name": "Example", "region": "EU", "smsApp": obj{}, "convApp": app})
	}
}

func kakaoDefault(w *harness) result {
	w.kakaoActive("example")
	return w.post("/kakaotalk/senders/example/templates", obj{"details": obj{"name": "Hello", "language": "KO", "content": "Hello"}})
}

func rcsDefault(w *harness) result {
	return w.post("/rcs/senders", obj{"region": "EU", "billingCategory": "CONVERSATIONAL", "useCase": "MULTIUSE", "details": obj{"brand": obj{"description": "x"}}})
}

var defaultComponents = obj{"components": []any{obj{"type": "BODY", "text": "Hello."}, obj{"type": "LIMITED_TIME_OFFER", "text": "Now"}}}

func templateDefault(w *harness) result {
	w.onboarded()
	return w.post("/whatsapp/templates", obj{"name": "offer", "language": "EN", "category": "MARKETING", "details": defaultComponents})
}

func templateUpdateDefault(w *harness) result {
	w.onboarded()
	w.approved("offer", "EN")
	return w.patch(templatePath("offer", "EN"), obj{"details": defaultComponents})
}

// A field that a request does not have is in the answer with its default, for every
// default of the contract whose field the answer has.
func TestAnswersHaveDefaultsOfMissingFields(t *testing.T) {
	document := map[string]bool{}
	for _, row := range defaultRows {
		document[row.operation+" "+row.property] = true
		op := papi.Lookup(row.operation)
		var want any
		eachDefault(op.Body, "", func(path string, standard any) {
			if path == row.property && want == nil { // of a union, the first
				want = standard
			}
		})
		if row.shown == "" {
			name := row.property[strings.LastIndex(row.property, ".")+1:]
			if name != "status" && hasProperty(op.Answers[success(op)], name, 0) {
				t.Errorf("%s: the answer has a place for %s", row.operation, name)
			}
			continue
		}
		t.Run(row.operation+"/"+row.property, func(t *testing.T) {
			got := row.do(manual(t)).ok()
			if value := at(got.body, row.shown); value != want {
				t.Errorf("%s is %v, the default is %v: %v", row.shown, value, want, got.body)
			}
		})
	}
	for _, op := range papi.Operations() {
		if op.Body != nil {
			eachDefault(op.Body, "", func(path string, standard any) {
				if !document[op.ID+" "+path] {
					t.Errorf("%s: %s has the default %v, and no row here", op.ID, path, standard)
				}
			})
		}
	}
}

func TestCreatesSubmitByDefault(t *testing.T) {
	for _, row := range defaultRows {
		if row.property != "status" || row.shown != "" {
			continue
		}
		t.Run(row.operation, func(t *testing.T) {
			submitsByDefault[row.operation](manual(t)).ok().is("changes.status", "IN_PROGRESS")
		})
	}
}

// The mode of an app decides the defaults of its retention policy and the valid
// times. The schema of the body allows the policies of both modes.
func TestRetentionDependsOnTheMode(t *testing.T) {
	w := manual(t)
	for mode, days := range map[string]float64{"DISPATCH": 7, "CONVERSATION": 180, "": 7} {
		app := obj{"retentionPolicy": obj{}}
		if mode != "" {
			app["processingMode"] = mode
		}
		got := bundleWith(app)(w).ok()
		if at(got.body, "convApp.retentionPolicy.ttl") != days {
			t.Errorf("%q: %v", mode, got.body)
		}
	}
	bundleWith(obj{"retentionPolicy": obj{"ttl": 30}})(w).fails("invalid_input")
	bundleWith(obj{"processingMode": "CONVERSATION", "retentionPolicy": obj{"ttl": 0}})(w).fails("invalid_input")
}

// eachDefault calls do for each property below a schema that has a default.
func eachDefault(schema *papi.Schema, path string, do func(path string, standard any)) {
	s := schema.Resolve()
	for name, property := range s.Properties {
		below := strings.TrimPrefix(path+"."+name, ".")
		if standard := property.Resolve().Default; standard != nil {
			do(below, standard)
		}
		eachDefault(property, below, do)
	}
	if s.Items != nil {
		eachDefault(s.Items, path+"[]", do)
	}
	for _, variant := range s.AnyOf {
		eachDefault(variant, path, do)
	}
}

// hasProperty reports whether a schema has a property with the name at any depth.
func hasProperty(schema *papi.Schema, name string, depth int) bool {
	if schema == nil || depth > 12 {
		return false
	}
	s := schema.Resolve()
	for field, property := range s.Properties {
		if field == name || hasProperty(property, name, depth+1) {
			return true
		}
	}
	return hasProperty(s.Items, name, depth+1) ||
		slices.ContainsFunc(s.AnyOf, func(v *papi.Schema) bool { return hasProperty(v, name, depth+1) })
}

// at is the value at the end of a dotted path, in which a number counts the
// items of a list.
func at(value any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// success is the status of an operation's successful answer.
func success(op *papi.Operation) int {
	for status := range op.Answers {
		return status
	}
	return 0
}
