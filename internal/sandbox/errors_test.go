package sandbox

import (
	"slices"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// errorCase provokes an error.
type errorCase struct {
	operation string
	code      string
	do        func(w *harness) result
}

// Magic projects, and ids that nothing has.
const (
	noProject   = "00000000-0000-0000-0000-000000000404"
	corrupt     = "00000000-0000-0000-0000-000000000409"
	noULID      = "01AAAAAAAAAAAAAAAAAAAAAAAA"
	webhookBody = `{"target":"http://127.0.0.1:9/a","secret":"s","triggers":["ALL"]}`
)

// onlyByNext are the errors that no state causes, but POST /_sandbox/next.
var onlyByNext = map[string][]string{
	"WhatsappSendersController_listSenders_v1":  {"sender_not_found"},
	"WhatsappSendersController_createSender_v1": {"invalid_business_manager_for_environment"},
	"WhatsappTemplatesController_updateTemplate_v1": {
		"template_name_recently_used", "template_language_recently_deleted",
	},
	"WhatsappTemplatesController_deleteTemplatesByName_v1": {"template_invalid_language_code"},
	"BundlesBundlesController_get_v1":                      {"conversation_app_not_found"},
	"KakaotalkSendersController_listSenders_v1":            {"sender_not_found"},
	"KakaotalkTemplatesController_listTemplates_v1":        {"template_not_found"},
	"KakaotalkTemplatesController_createComment_v1":        {"template_invalid_language_code"},
}

func TestErrorsCausedByStates(t *testing.T) {
	all := slices.Concat(webhookErrors, accountErrors, senderErrors, templateErrors, solutionErrors, smsErrors, bundleErrors,
		conversationErrors, kakaoErrors, rcsErrors)
	covered := map[string][]string{}
	for _, p := range all {
		covered[p.operation] = append(covered[p.operation], p.code)
		t.Run(p.operation+"/"+p.code, func(t *testing.T) {
			w := manual(t)
			got := p.do(w).fails(p.code)
			if want := statusOf(papi.Lookup(p.operation), p.code); got.status != want {
				t.Errorf("status %d, the contract has %d", got.status, want)
			}
			for name := range errorInfo[p.code] {
				optional := p.code == "template_kakaotalk_validation_error" || p.code == "template_exists" && strings.HasPrefix(p.operation, "Kakao")
				if info := jsonvalue.Object(got.body, "additionalInformation"); info[name] == nil && !optional {
					t.Errorf("additionalInformation lacks %s: %v", name, got.body)
				}
			}
		})
	}
	s := New(Options{Manual: true})
	defer s.Close()
	for id := range s.handlers {
		for _, codes := range papi.Lookup(id).Errors {
			for _, code := range codes {
				document := slices.Contains(covered[id], code) || slices.Contains(onlyByNext[id], code)
				if !document && projectOf[code] == "" {
					t.Errorf("%s: nothing provokes %s: add a case to its family's errors_..._test.go, or the code to onlyByNext", id, code)
				}
			}
		}
	}
}

// projectOf has the project that provokes a code in every operation that documents
// it.
var projectOf = func() map[string]string {
	out := map[string]string{}
	for project, code := range magicProjects {
		out[code] = project
	}
	return out
}()

func TestMagicProjects(t *testing.T) {
	w := manual(t)
	w.in(noProject).get("/webhooks").ok() // not documented there
	w.in(corrupt).get("/whatsapp").fails("account_data_is_corrupt")
	for _, op := range papi.Operations() {
		for _, codes := range op.Errors {
			for _, code := range codes {
				if projectOf[code] != "" {
					path := strings.NewReplacer("/v1/projects/{projectId}", "", "{", "", "}", "").Replace(op.Path)
					w.in(projectOf[code]).do(op.Method, path, nil).fails(code)
				}
			}
		}
	}
}

func TestNextAnswerCanBeAnyDocumentedError(t *testing.T) {
	w := manual(t)
	for _, op := range papi.Operations() {
		path := strings.NewReplacer("/v1/projects/{projectId}", "", "{", "", "}", "").Replace(op.Path)
		for status, codes := range op.Errors {
			for _, code := range codes {
				w.post("/_sandbox/next", obj{"operation": op.ID, "code": code}).ok()
				if got := w.do(op.Method, path, nil).fails(code); got.status != status && statusOf(op, code) != got.status {
					t.Errorf("%s %s: status %d, want %d", op.ID, code, got.status, status)
				}
			}
		}
	}
	w.post("/_sandbox/next", obj{"operation": "WhatsappAccountsController_getAccount_v1", "code": "wrong_otp"}).fails("sandbox_invalid_control")
}

func TestCodesAndLocksExpire(t *testing.T) {
	for _, span := range []time.Duration{senderRemoval, templateNameLock} {
		if span != 30*day {
			t.Errorf("%s, the contract has 30 days", span)
		}
	}
	if kakaoRemoval != 60*day {
		t.Errorf("%s, the contract has 60 days", kakaoRemoval)
	}
	if templateLanguageLock != 4*7*day {
		t.Errorf("%s, the contract has 4 weeks", templateLanguageLock)
	}
}
