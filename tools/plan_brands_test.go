package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/plan"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
)

// brandFile is what each brand gets: 3 webhooks, and 20 templates in 3 languages.
func brandFile() []byte {
	file := object{}
	var webhooks, templates []object
	for i := range 3 {
		webhooks = append(webhooks, object{"target": fmt.Sprintf("https://example.com/hooks/%d", i), "triggers": []string{"ALL"}, "secret": "${env:PAPI_VAR_HOOK}"})
	}
	for i := range 20 {
		languages := object{}
		for _, code := range []string{"EN", "DE", "FR"} {
			text := fmt.Sprintf("Order {{1}} of shop %d (%s) is on its way. We will tell you when it is near.", i, code)
			languages[code] = object{"details": object{"components": []object{{"type": "BODY", "text": text, "examples": []string{"1001"}}, {"type": "FOOTER", "text": "${var:BRAND}"}}}}
		}
		templates = append(templates, object{"name": fmt.Sprintf("order_%d", i), "category": "UTILITY", "languages": languages})
	}
	file["webhooks"], file["whatsappTemplates"] = webhooks, templates
	text, _ := json.Marshal(file)
	return text
}

// brandsWorld are projects with an onboarded WhatsApp account each, on one sandbox.
type brandsWorld struct {
	t        testing.TB
	set      *Set
	box      *sandbox.Sandbox
	requests atomic.Int64
	reads    atomic.Int64
	projects []string
	// create makes a call past the guard.
	create func(tool string, args object)
}

// RoundTrip counts a request.
func (w *brandsWorld) RoundTrip(r *http.Request) (*http.Response, error) {
	w.requests.Add(1)
	if r.Method == http.MethodGet {
		w.reads.Add(1)
	}
	return w.box.Transport().RoundTrip(r)
}

func newBrandsWorld(t testing.TB, n int) *brandsWorld {
	w := &brandsWorld{t: t, box: sandbox.New(sandbox.Options{Seed: 1, Manual: true})}
	t.Cleanup(w.box.Close)
	client, err := papi.New(papi.Config{BaseURL: "http://sandbox", AccessToken: sandbox.StaticToken, Transport: w})
	if err != nil {
		t.Fatal(err)
	}
	st := store.NewMemory()
	w.set = New(Options{Rows: catalog.Rows(), API: client, Store: st, Guard: guard.New(guard.Options{
		Default: project, Store: st, Reader: dispatch.Reader{API: client}, APINow: w.box.Now, Now: w.box.Now,
	})})
	direct := New(Options{Rows: catalog.Rows(), API: client, Guard: guard.New(guard.Options{Mode: guard.Off, Store: store.NewMemory(), Reader: dispatch.Reader{API: client}})})
	w.create = func(tool string, args object) {
		if out := direct.Call(context.Background(), Caller{Principal: "test"}, tool, encode(args)); out.IsError {
			t.Fatalf("%s", encode(out.Structured))
		}
	}
	for i := range n {
		id := fmt.Sprintf("00000000-0000-0000-0000-%012d", i)
		w.create("whatsapp_account_create", object{
			"projectId": id, "wabaName": "Example", "clientBusinessManagerId": "1000000000", "businessManager": "SINCH_UK",
			"senderDetails": object{"displayName": "Example Shop", "businessCategory": "SHOPPING_AND_RETAIL", "region": "EU"},
		})
		w.projects = append(w.projects, id)
	}
	if _, err := w.box.AdvanceBy(context.Background(), 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	return w
}

// apply applies the file to a brand, as papi-mcp apply FILE --approve HASH does.
func (w *brandsWorld) apply(i int) *plan.Report {
	refs := plan.Options{
		Vars:    map[string]string{"BRAND": fmt.Sprintf("Brand %d", i)},
		Secrets: func(string) bool { return true }, Secret: func(string) (string, bool) { return "correct-Horse-9-battery", true },
	}
	d, faults := plan.Read(brandFile(), refs)
	if faults != nil {
		w.t.Fatal(faults)
	}
	d.ProjectID = w.projects[i]
	plans := func(ctx context.Context, p plan.Project) (*plan.Plan, error) {
		return plan.Make(ctx, p, d, plan.MakeOptions{})
	}
	caller := Caller{Principal: "test", CommandLine: true}
	made, err := plans(w.t.Context(), w.set.Target(caller, d.ProjectID, refs))
	if err != nil {
		w.t.Fatal(err)
	}
	done, e := w.set.Apply(w.t.Context(), caller, Apply{ProjectID: d.ProjectID, Refs: refs, Named: true, Make: plans, Hash: made.Hash, Approve: made.Hash})
	if e != nil {
		w.t.Fatalf("%+v", e)
	}
	return done.Report
}

// run plans and applies the file to all brands, and returns how many requests that took,
// and the most memory in use after one of them.
func (w *brandsWorld) run() (requests, reads int64, heap uint64) {
	w.requests.Store(0)
	w.reads.Store(0)
	for i := range w.projects {
		report := w.apply(i)
		if report.Count(plan.Done) != brandSteps {
			w.t.Fatalf("%+v", report)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		heap = max(heap, m.HeapInuse)
	}
	return w.requests.Load(), w.reads.Load(), heap
}

const (
	brandSteps = 3 + 20*3
	// brandLeast are the requests that a brand needs: its two lists for the plan, again
	// before it is applied, and a call for each step.
	brandLeast = 2 + 2 + brandSteps
)

// The checks of the calls of a plan share what they read.
func TestBrandsAreAppliedWithFewRequests(t *testing.T) {
	const n = 2
	requests, reads, _ := newBrandsWorld(t, n).run()
	if least := int64(n * brandLeast); requests*10 > least*12 {
		t.Errorf("%d requests, %d of them reads; the least is %d", requests, reads, least)
	}
}

// BenchmarkBrands plans and applies fifty brands one after the other.
func BenchmarkBrands(b *testing.B) {
	const n = 50
	for range b.N {
		b.StopTimer()
		w := newBrandsWorld(b, n)
		b.StartTimer()
		requests, _, heap := w.run()
		b.ReportMetric(float64(requests), "requests")
		b.ReportMetric(n*brandLeast, "least")
		b.ReportMetric(float64(heap)/(1<<20), "MB-heap-with-the-sandbox")
	}
}

// A project with more of a kind than a page of a list has (1,000 templates, 100 SMS apps)
// is planned with all of them.
func TestProjectsOfSeveralPages(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	const templates, apps = 1203, 230
	w := newBrandsWorld(t, 1)
	id := w.projects[0]
	for i := range templates {
		w.create("whatsapp_template_create", object{
			"projectId": id, "name": fmt.Sprintf("notice_%d", i), "language": "EN", "category": "UTILITY", "status": "DRAFT",
			"details": object{"components": []object{{"type": "BODY", "text": fmt.Sprintf("The state of order %d has changed.", i)}}},
		})
	}
	for i := range apps {
		w.create("sms_app_create", object{"projectId": id, "name": fmt.Sprintf("Alerts %d", i), "region": "EU"})
	}
	target := w.set.Target(Caller{Principal: "test", CommandLine: true}, id, plan.Options{})
	w.requests.Store(0)
	items, err := plan.ReadProject(t.Context(), target, []*plan.Kind{plan.LookupKind("whatsappTemplates"), plan.LookupKind("smsApps")})
	if err != nil || len(items) != templates+apps {
		t.Fatalf("%d items: %v", len(items), err)
	}
	if sent := w.requests.Load(); sent != 2+3 {
		t.Errorf("%d requests, want one for each page", sent)
	}
	d, faults := plan.Read(plan.Export(id, items, false), plan.Options{})
	if faults != nil {
		t.Fatal(faults[0])
	}
	made, err := plan.Make(t.Context(), target, d, plan.MakeOptions{})
	if err != nil || len(made.Steps)+len(made.Blocked) > 0 || made.Unchanged != templates+apps {
		t.Errorf("%v, %s", err, made.Text(plan.PrintOptions{}))
	}
}
