package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
	"papi-mcp/tools"
)

// The labels are the contract's codes and our own, whatever an API answers: a
// metric is kept for as long as the server runs.
func TestLabelsAreBounded(t *testing.T) {
	m := NewMetrics()
	call := func(status int, code string) {
		m.countCall("webhook_list", tools.Outcome{IsError: true, Structured: &tools.Error{Status: status, Code: code}}, time.Millisecond)
	}
	for i := range 1000 {
		call(400, fmt.Sprintf("code_%d", i))
		m.Exchanged(1, 600+i)
	}
	call(400, "guard_project_missing") // which is ours, and not the API's to answer
	for code := range papi.ErrorCodes() {
		call(400, code)
	}
	call(0, "guard_project_missing")
	call(502, errorcode.UnexpectedAnswer)
	m.Exchanged(1, 200)
	m.Exchanged(1, 0)

	outcomes, statuses := 0, 0
	for name := range metricValues(t, m) {
		if strings.HasPrefix(name, "papi_mcp_calls_total{") {
			outcomes++
		}
		if strings.HasPrefix(name, "papi_mcp_upstream_exchanges_total{") {
			statuses++
		}
	}
	if want := len(papi.ErrorCodes()) + 3; outcomes != want || statuses != 3 {
		t.Errorf("%d outcomes, want %d; %d statuses", outcomes, want, statuses)
	}
	all := metricValues(t, m)
	if all[`papi_mcp_calls_total{outcome="other",tool="webhook_list"}`] != 1001 || all[`papi_mcp_calls_total{outcome="guard_project_missing",tool="webhook_list"}`] != 1 ||
		all[`papi_mcp_upstream_exchanges_total{status="other"}`] != 1000 {
		t.Errorf("got %v", all)
	}
}
