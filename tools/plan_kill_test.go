package tools

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/plan"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
)

// mortal is the connection of a process that is killed at one of its requests: before
// that is sent, or after it took effect and before the answer. Some of the writes that took
// effect are answered with 500.
type mortal struct {
	next http.RoundTripper
	kill context.CancelFunc

	mu       sync.Mutex
	requests int
	dieAt    int // 0: never
	after    bool
	dead     bool
	faults   *rand.Rand // nil: none
	writes   int        // that were sent
}

var errKilled = errors.New("the process was killed")

func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	m.requests++
	dies := m.requests == m.dieAt
	if m.dead || dies && !m.after {
		m.dead = true
		m.mu.Unlock()
		m.kill()
		return nil, errKilled
	}
	isWrite := r.Method != http.MethodGet
	if isWrite {
		m.writes++
	}
	fails := isWrite && m.faults != nil && m.faults.IntN(10) == 0
	m.dead = m.dead || dies
	m.mu.Unlock()
	answer, err := m.next.RoundTrip(r)
	if err == nil && fails && answer.StatusCode < 300 {
		answer.Body.Close()
		failed := http.Response{Status: "500 Internal Server Error", StatusCode: 500, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Date": answer.Header["Date"]}, Body: http.NoBody, Request: r}
		answer = &failed
	}
	if dies {
		m.kill()
		return nil, errKilled
	}
	return answer, err
}

// world is a project in a sandbox, and a store, which outlive processes.
type world struct {
	t      *testing.T
	box    *sandbox.Sandbox
	store  store.Store
	asked  *witness
	faults *rand.Rand
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, box: sandbox.New(sandbox.Options{Seed: 1, Manual: true}), store: store.NewMemory(), asked: &witness{says: guard.Accepted}}
	set, _, ctx, _ := w.process(0, false)
	do := func(tool string, args object) {
		out := set.Call(ctx, Caller{Principal: "test"}, tool, encode(args))
		if out.IsError {
			t.Fatalf("%s: %s", tool, encode(out.Structured))
		}
	}
	set.opts.Guard = guard.New(guard.Options{Default: project, Mode: guard.Off, Store: store.NewMemory(), Reader: dispatch.Reader{API: set.opts.API}})
	do("whatsapp_sender_create", object{"wabaId": "100000000005678", "phoneNumberId": "200000000005678", "authenticationCode": "from-the-signup", "region": "EU", "businessManager": "SINCH_UK"})
	w.box.Advance(10 * time.Minute)
	for i := range 3 {
		do("webhook_create", object{"target": fmt.Sprintf("https://example.com/old/%d", i), "secret": "correct-Horse-9-battery", "triggers": []string{"ALL"}})
		do("webhook_create", object{"target": fmt.Sprintf("https://example.com/kept/%d", i), "secret": "correct-Horse-9-battery", "triggers": []string{"ALL"}})
	}
	return w
}

// document is the file of 60 steps: creates of each kind that can be made in one go,
// changes and deletes.
func (w *world) document() string {
	var b strings.Builder
	b.WriteString("webhooks:\n")
	for i := range 9 {
		fmt.Fprintf(&b, "  - {target: https://example.com/new/%d, triggers: [ALL], secret: \"${env:PAPI_VAR_HOOK}\"}\n", i)
	}
	for i := range 3 {
		fmt.Fprintf(&b, "  - {target: https://example.com/kept/%d, triggers: [WHATSAPP_TEMPLATE_STATUS_UPDATED], secret: \"${env:PAPI_VAR_HOOK}\"}\n", i)
	}
	b.WriteString("whatsappTemplates:\n")
	for i := range 16 {
		fmt.Fprintf(&b, "  - name: notice_%d\n    category: UTILITY\n    languages:\n", i)
		fmt.Fprintf(&b, "      EN: {details: {components: [{type: BODY, text: \"The state of your order %d has changed.\"}]}}\n", i)
		fmt.Fprintf(&b, "      DE: {details: {components: [{type: BODY, text: \"Der Stand der Bestellung %d ist neu.\"}]}}\n", i)
	}
	b.WriteString("smsApps:\n")
	for i := range 8 {
		fmt.Fprintf(&b, "  - {name: Texts %d, region: EU}\n", i)
	}
	b.WriteString("rcsSenders:\n")
	for i := range 5 {
		fmt.Fprintf(&b, "  - {region: EU, billingCategory: CONVERSATIONAL, useCase: TRANSACTIONAL, details: {brand: {name: Example %d}}}\n", i)
	}
	b.WriteString("delete:\n  webhooks:\n")
	for i := range 3 {
		fmt.Fprintf(&b, "    - {target: https://example.com/old/%d}\n", i)
	}
	return b.String()
}

// process is a new process on the world, which is killed at a request.
func (w *world) process(dieAt int, after bool) (*Set, *mortal, context.Context, context.CancelFunc) {
	ctx, kill := context.WithCancel(context.Background())
	m := &mortal{next: w.box.Transport(), kill: kill, dieAt: dieAt, after: after, faults: w.faults}
	client, err := papi.New(papi.Config{BaseURL: "http://sandbox", AccessToken: sandbox.StaticToken, Transport: m})
	if err != nil {
		w.t.Fatal(err)
	}
	set := New(Options{Rows: catalog.Rows(), API: client, Store: w.store, Guard: guard.New(guard.Options{
		Default: project, Store: w.store, Reader: dispatch.Reader{API: client}, APINow: w.box.Now, Now: w.box.Now,
	})})
	set.sleep = func(ctx context.Context, d time.Duration) error {
		if ctx.Err() == nil {
			w.box.Advance(d)
		}
		return ctx.Err()
	}
	return set, m, ctx, kill
}

// apply applies the file in a process that is killed at a request, 0 for none.
func (w *world) apply(dieAt int, after bool) (Applied, *Error, *mortal) {
	set, m, ctx, kill := w.process(dieAt, after)
	defer kill()
	refs := plan.Options{Secrets: func(string) bool { return true }, Secret: func(string) (string, bool) { return "correct-Horse-9-battery", true }}
	d, faults := plan.Read([]byte(w.document()), refs)
	if faults != nil {
		w.t.Fatal(faults)
	}
	d.ProjectID = project
	done, e := set.Apply(ctx, Caller{Principal: "test", Elicitor: w.asked}, Apply{
		ProjectID: project, Refs: refs, Named: true,
		Make: func(ctx context.Context, p plan.Project) (*plan.Plan, error) {
			return plan.Make(ctx, p, d, plan.MakeOptions{})
		},
	})
	return done, e, m
}

// things are what the project has, each by its kind and what identifies it.
func (w *world) things() []string {
	set, _, ctx, kill := w.process(0, false)
	defer kill()
	items, err := plan.ReadProject(ctx, set.Target(Caller{Principal: "test"}, project, plan.Options{}), plan.Kinds)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []string
	for _, item := range items {
		name := item.Kind.Name
		for _, field := range item.Kind.Identity {
			name += "/" + item.Identity[field]
		}
		if item.Kind.Name == "webhooks" {
			name += fmt.Sprint(item.Fields["triggers"])
		}
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// finish applies until nothing is left, and says how often it had to.
func (w *world) finish(faulty bool) int {
	w.t.Helper()
	for times := 1; times <= 4; times++ {
		done, e, m := w.apply(0, false)
		if e != nil {
			w.t.Fatalf("%+v", e)
		}
		if len(done.Report.Results) == 0 {
			return times
		}
		if done.Report.Count(plan.Done) < len(done.Report.Results) && !faulty {
			for _, r := range done.Report.Results {
				if r.Status != plan.Done {
					w.t.Errorf("%s %s: %v", r.ID, r.Status, r.Err)
				}
			}
			w.t.Fatalf("not done after %d requests", m.requests)
		}
	}
	w.t.Fatal("there is always something left")
	return 0
}

// Killed at each request of an apply of 60 steps and applied again: the end is the same as
// without, no step is lost, and nothing is there twice. The person is asked once: the
// approval outlives the process.
func TestAppliesThatAreKilled(t *testing.T) {
	t.Parallel()
	var want []string
	total := 0
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.box.Close()
		done, e, m := w.apply(0, false)
		if e != nil || len(done.Report.Results) != 60 || done.Report.Count(plan.Done) != 60 {
			t.Fatalf("%+v, %+v", e, done.Report)
		}
		if len(w.asked.asked) != 1 || strings.Count(w.asked.asked[0], "\n- Delete the webhook") != 3 {
			t.Errorf("asked %q", w.asked.asked)
		}
		total = m.requests
		_, _, again := w.apply(0, false)
		if again.writes != 0 {
			t.Errorf("applied again: %d writes", again.writes)
		}
		want = w.things()
	})
	t.Logf("%d requests", total)
	long := os.Getenv("PAPI_TEST_ROUNDS") != "" // each point in each way; else every third, in turns
	for variant := range 4 {
		faulty, after := variant >= 2, variant%2 == 1
		for at := 1; at <= total; at++ {
			if !long && at%12 != 3*variant {
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				defer w.box.Close()
				if faulty {
					w.faults = rand.New(rand.NewPCG(uint64(at), 1))
				}
				done, e, m := w.apply(at, after)
				if !m.dead && !faulty {
					t.Fatalf("not killed at %d of %d: %+v %+v", at, m.requests, e, done.Report)
				}
				w.finish(faulty)
				if got := w.things(); !slices.Equal(got, want) {
					t.Errorf("killed at %d (after it took effect: %v, faults %v):\n%s\nwant\n%s", at, after, faulty, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
				if n := len(w.asked.asked); n > 1 && m.writes > 0 || n > 2 || n == 0 {
					t.Errorf("killed at %d (faults %v), after %d writes: asked %d times", at, faulty, m.writes, n)
				}
			})
			if t.Failed() {
				return
			}
		}
	}
}
