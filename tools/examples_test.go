package tools

import (
	"net/http"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
)

// The example of each tool is what the tool itself takes as it is: it needs no
// correction, no rule that checks the request refuses it, and the
// API finds nothing wrong with it (that the thing is not there is another
// matter).
func TestExamplesCanBeCalled(t *testing.T) {
	var stateless []guard.Rule
	for _, rule := range guard.Rules {
		if len(rule.Reads) == 0 {
			stateless = append(stateless, rule)
		}
	}
	rows, err := catalog.Select(catalog.Filter{Deprecated: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, byDefault := range []string{project, ""} {
		api := sandbox.New(sandbox.Options{Manual: true})
		t.Cleanup(api.Close)
		client, err := papi.New(papi.Config{BaseURL: "https://sandbox.invalid", AccessToken: "token", Transport: api.Transport()})
		if err != nil {
			t.Fatal(err)
		}
		set := New(Options{Rows: rows, API: client, Guard: guard.New(guard.Options{
			Default: byDefault, Mode: guard.Off, Rules: stateless, Store: store.NewMemory(), Reader: dispatch.Reader{API: client},
		})})
		for _, row := range rows {
			given := example(set.tools[row.Tool].arguments())
			c, e := set.tools[row.Tool].arguments().check(given)
			if e != nil {
				t.Errorf("%s: %s: %s", row.Tool, encode(given), encode(e))
				continue
			}
			if len(c.warnings) > 0 {
				t.Errorf("%s: %s: %v", row.Tool, encode(given), c.warnings)
			}
			if given[argProject] != nil && given[argProject] != project {
				t.Errorf("%s: projectId is %q", row.Tool, given[argProject])
			}
			out := do(t, set, row.Tool, given)
			if !out.IsError {
				continue
			}
			failed := failure(t, out)
			status, _ := failed["status"].(float64)
			code := failed["errorCode"].(string)
			if code == "guard_register_first" { // no code was asked for here
				continue
			}
			if status == 0 || status == http.StatusBadRequest && !about[code] {
				t.Errorf("%s: %s: %s", row.Tool, encode(given), encode(failed))
			}
		}
	}
}

// about are the errors with status 400 that report something missing.
var about = map[string]bool{"project_not_initialized": true, "no_google_supplier": true}

// No example names a vice, a deprecated value or a real number.
func TestExamplesAreHarmless(t *testing.T) {
	for _, row := range catalog.Rows() {
		text := string(encode(example(newArguments(row, false))))
		for _, bad := range []string{"ALCOHOL", "GAMBLING", "DRUGS", "POLITICAL", "BASIC_MESSAGE", "SINGLE_MESSAGE", "LEGACY", `""`, `" `, ` 1"`, `"1"`, ":1,", ":1}"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s: %s in %s", row.Tool, bad, text)
			}
		}
	}
}
