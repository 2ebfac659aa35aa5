package tools

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
)

// A read costs its own request and no other. A write costs, besides its own, at
// most the reads of its rules and of its summary, each once; and when a person
// was asked meanwhile, those of the summary once more after the answer.
func TestACallCostsNoMoreRequestsThanItsRulesRead(t *testing.T) {
	for _, row := range catalog.Rows() {
		for _, most := range []bool{false, true} {
			name := row.Tool + map[bool]string{false: "/least", true: "/most"}[most]
			t.Run(name, func(t *testing.T) { costsItsReads(t, row, most) })
		}
	}
}

func costsItsReads(t *testing.T, row *catalog.Row, most bool) {
	op := row.Op()
	args := map[string]any{}
	own := strings.ReplaceAll(op.Path, "{projectId}", project)
	for _, p := range op.Parameters {
		switch {
		case p.Name == "projectId":
		case p.In == "path":
			value := pathValue(p)
			if p.Name == "testNumber" {
				value = "+15550100"
			}
			args[p.Name] = value
			own = strings.ReplaceAll(own, "{"+p.Name+"}", url.PathEscape(value))
		case p.Required:
			args[p.Name] = p.Schema.Sample(true)
		}
	}
	if bodies := op.Variants(); len(bodies) > 0 {
		body := sampleBody(row, bodies[0], most)
		for path, value := range meaningful[row.Tool] {
			put(body, path, value)
		}
		maps.Copy(args, body)
	}
	if row.Tool == "whatsapp_sender_verify" {
		args[argRegisteredElsewhere] = true
	}
	// Nothing is there but what the call makes, so no rule is against it.
	status, answer := sampleAnswer(op)
	set, api := newSet(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == op.Method && r.URL.EscapedPath() == own {
			answerTo(op, status, answer)(w, r)
			return
		}
		apiError(w, r, http.StatusNotFound, "not_found")
	}, func(o *guard.Options) { o.Mode, o.Rules = guard.Auto, nil })

	caller := Caller{Principal: "test", Elicitor: &witness{says: guard.Accepted}}
	if row.Writes() {
		triedOnly(t, set, api, caller, row, args)
	}
	out := set.Call(context.Background(), caller, row.Tool, encode(args))
	result(t, out)

	least, reads := guardReads(row)
	var sent []string
	for _, r := range api.requests {
		sent = append(sent, r.method+" "+r.path)
	}
	if last := sent[len(sent)-1]; last != op.Method+" "+own {
		t.Errorf("the last request was %s", last)
	}
	slices.Sort(sent)
	once := slices.Compact(slices.Clone(sent))
	if len(once) > 1+len(reads) || len(once) < 1+len(least) {
		t.Errorf("it cost %v; the guard may read %v", sent, reads)
	}
	// A person was asked about the project: what was read before is read once
	// more after their answer.
	for _, one := range once {
		most := 2
		if one == op.Method+" "+own && row.Writes() {
			most = 1
		}
		if n := timesIn(sent, one); n > most {
			t.Errorf("%s was sent %d times", one, n)
		}
	}
}

func timesIn(list []string, one string) (n int) {
	for _, s := range list {
		if s == one {
			n++
		}
	}
	return n
}

// triedOnly makes a dry run of a write: it shows the write's request and sends
// nothing but the guard's reads.
func triedOnly(t *testing.T, set *Set, api *api, caller Caller, row *catalog.Row, args map[string]any) {
	t.Helper()
	dry := maps.Clone(args)
	dry[argDryRun] = true
	shown, _ := result(t, set.Call(t.Context(), caller, row.Tool, encode(dry)))["data"].(map[string]any)
	request, _ := shown["request"].(map[string]any)
	if verdict := shown["verdict"]; verdict != "allow" && verdict != "confirm" || request["method"] != row.Op().Method {
		t.Errorf("a dry run shows %v", shown)
	}
	_, reads := guardReads(row)
	for _, r := range api.requests {
		if r.method != http.MethodGet {
			t.Errorf("a dry run sent %s %s", r.method, r.path)
		}
	}
	if len(api.requests) > len(reads) {
		t.Errorf("a dry run sent %d requests; the guard reads with %v", len(api.requests), reads)
	}
	api.requests = nil
}

// guardReads are the tools that the guard always reads with for a call, and
// those that it may read with.
func guardReads(row *catalog.Row) (always, all []string) {
	add := func(reads []*guard.Read, when string) {
		for _, read := range reads {
			if !slices.Contains(all, read.Tool) {
				all = append(all, read.Tool)
			}
			if when == "" && !slices.Contains(always, read.Tool) {
				always = append(always, read.Tool)
			}
		}
	}
	if s := guard.Summaries[row.Tool]; s != nil {
		add(s.Reads, "")
	}
	for _, rule := range guard.Rules {
		add(rule.ReadsOf(row.Tool), rule.When)
	}
	return always, all
}

// meaningful is, by tool, what a body must say besides keeping to its schema, so
// that the guard lets it through: by path, nil for what it must leave out.
var meaningful = map[string]map[string]any{
	"webhook_create":               {"secret": "sixteen-or-more-signs"},
	"webhook_update":               {"secret": "sixteen-or-more-signs"},
	"webhook_replace":              {"secret": "sixteen-or-more-signs"},
	"whatsapp_access_token_create": {"facebookCode": "of-the-signup"},
	"whatsapp_template_create":     plainTemplate,
	"whatsapp_template_update":     plainTemplate,
	"whatsapp_account_update":      {"companyLegalName": "Example"},
	"whatsapp_sender_update":       {"details.displayName": "Example"},
	"rcs_sender_create":            {"details.brand.phones": onePhone, "details.questionnaire.us": nil},
	"rcs_sender_update":            {"details.brand.phones": onePhone, "details.questionnaire.us.answers.ownershipType": "PUBLIC"},
	"kakaotalk_sender_create":      kakaotalkCodes,
	"kakaotalk_sender_update":      kakaotalkCodes,
	"sms_app_create":               {"convApiAppId": nil},
	"sms_app_update":               {"name": "Example"},
	"bundle_create": {"name": "Example", "smsApp": true, "webhooks": []any{
		map[string]any{"target": "https://example.com/", "secret": "sixteen-or-more-signs", "triggers": []any{"ALL"}},
	}},
}

var plainTemplate = map[string]any{
	"details.components": []any{map[string]any{"type": "BODY", "text": "On its way."}}, "details.messageSendTtlSeconds": nil,
}

var onePhone = []any{map[string]any{"label": "Help", "number": "+15550100"}}

var kakaotalkCodes = map[string]any{
	"details.topLevelCategoryCode": "001", "details.midLevelCategoryCode": "0001", "details.subLevelCategoryCode": "0001",
}

// put sets what is at a dotted path of a body, or removes it.
func put(fields map[string]any, path string, value any) {
	name, rest, deeper := strings.Cut(path, ".")
	switch {
	case deeper:
		inner, ok := fields[name].(map[string]any)
		if !ok {
			inner = map[string]any{}
			fields[name] = inner
		}
		put(inner, rest, value)
	case value == nil:
		delete(fields, name)
	default:
		fields[name] = value
	}
}
