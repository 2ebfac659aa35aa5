package tools

import (
	"fmt"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
)

// Of a caller's plans the last twenty are kept, for a day; those of another caller do not
// count.
func TestHowManyPlansAreKept(t *testing.T) {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	s := newSandboxSet(t, func(o *Options, _ *guard.Options) { o.Now = func() time.Time { return now } })
	planBy := func(principal string, n int) string {
		t.Helper()
		now = now.Add(time.Second)
		out := s.Call(t.Context(), Caller{Principal: principal}, catalog.ProjectPlan, encode(object{argDocument: fmt.Sprintf("smsApps: [{name: Alerts %d, region: EU}]", n)}))
		if out.IsError {
			t.Fatalf("%s", encode(out.Structured))
		}
		return jsonvalue.Text(decoded(t, out), "ids.planId")
	}
	var ids []string
	others := planBy("other", 0)
	for n := range maxDocuments + 2 {
		ids = append(ids, planBy("test", n))
	}
	for i, id := range ids {
		if _, e := s.kept(t.Context(), Caller{Principal: "test"}, argPlanID, id); (e != nil) != (i < 2) {
			t.Errorf("plan %d of %d: %v", i+1, len(ids), e)
		}
	}
	if _, e := s.kept(t.Context(), Caller{Principal: "other"}, argPlanID, others); e != nil {
		t.Errorf("another caller's: %v", e)
	}
	for name, id := range map[string]string{"of no plan": "", "a part of one": ids[5][1:], "with the key's form": "-" + ids[5]} {
		if e := failure(t, do(t, s.Set, catalog.ProjectApply, object{argPlanID: id})); e["errorCode"] != errorcode.PlanExpired && e["errorCode"] != errorcode.InvalidArguments {
			t.Errorf("%s: %s", name, encode(e))
		}
	}
	if e := failure(t, do(t, s.Set, catalog.ProjectPlan, object{argExportID: ids[5], argProject: project})); e["errorCode"] != errorcode.PlanExpired {
		t.Errorf("a plan's id as an export's: %s", encode(e))
	}
}

// An agent's client hears of each step, in rising numbers.
func TestProgressOfAnApply(t *testing.T) {
	s := newSandboxSet(t, nil)
	planned := s.call(t, catalog.ProjectPlan, object{argDocument: "smsApps: [{name: A, region: EU}, {name: B, region: EU}, {name: C, region: EU}]"})
	var heard []Progress
	caller := Caller{Principal: "test", Progress: func(p Progress) { heard = append(heard, p) }}
	out := s.Call(t.Context(), caller, catalog.ProjectApply, encode(object{argPlanID: jsonvalue.Text(planned, "ids.planId")}))
	if out.IsError || len(heard) != 3 {
		t.Fatalf("%+v, %s", heard, encode(out.Structured))
	}
	for i, p := range heard {
		if p.Done != i+1 || p.Total != 3 || p.Message == "" {
			t.Errorf("%d: %+v", i, p)
		}
	}
}
