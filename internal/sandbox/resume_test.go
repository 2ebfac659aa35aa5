package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/papi/papitest"
)

// A sandbox that was dumped and loaded, at any time, continues as the one that went
// on: the same calls, events and moves of the time have the same answers, deliveries
// and states.
func TestALoadedSandboxContinues(t *testing.T) {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if len(body)%2 == 0 { // so that some deliveries are tried again
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(receiver.Close)
	answered := map[string]bool{}
	for seed := range uint64(20) {
		r := newRandomCalls(seed)
		first := manualSandbox(t, seed)
		r.kinds = first.eventKinds()
		if seed%2 == 0 {
			if err := first.Seed("shop"); err != nil {
				t.Fatal(err)
			}
		}
		hook, _ := json.Marshal(obj{"target": receiver.URL, "secret": "s", "triggers": []any{"ALL"}})
		r.send(first, step{"POST", "/v1/projects/" + DefaultProject + "/webhooks", string(hook), ""})
		r.fill(first)
		for range 60 {
			next := r.step()
			r.learn(next, r.send(first, next))
		}
		second := manualSandbox(t, seed+1000)
		if err := second.Load(strings.NewReader(dumped(t, first))); err != nil {
			t.Fatal(err)
		}
		for n := range 60 {
			next := r.step()
			one, two := r.send(first, next), r.send(second, next)
			if one != two {
				t.Fatalf("seed %d, step %d: %s %s %s\nanswered %s\nand      %s", seed, n, next.method, next.path, next.body, one, two)
			}
			if r.learn(next, one) {
				answered[next.method+" "+next.pattern] = true
			}
		}
		if one, two := normalized(dumped(t, first)), normalized(dumped(t, second)); one != two {
			t.Fatalf("seed %d: the states differ:\n%s", seed, difference(one, two))
		}
	}
	if len(answered) < 60 { // or the calls have no effect
		t.Errorf("only %d operations were successful", len(answered))
	}
}

// In the course of every operation's use, a sandbox that was dumped and loaded just
// before a request answers it as the one that went on.
func TestEveryOperationAfterALoad(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(validRequests)) {
		t.Run(name, func(t *testing.T) {
			w := manual(t)
			w.client = &http.Client{Transport: &reloading{t, w.s, w.client.Transport}}
			validRequests[name](w)
		})
	}
}

// reloading makes each request of an operation twice: the second time of a sandbox that has
// just been loaded, and that sends no webhooks.
type reloading struct {
	t    *testing.T
	s    *Sandbox
	next http.RoundTripper
}

func (w *reloading) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, "/_sandbox/") {
		return w.next.RoundTrip(r)
	}
	copied := New(Options{Manual: true, Reachable: true})
	defer copied.Close()
	if err := copied.Load(strings.NewReader(dumped(w.t, w.s))); err != nil {
		w.t.Fatal(err)
	}
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	resp, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	raw, _ := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(raw))
	r.Body = io.NopCloser(bytes.NewReader(body))
	other, err := copied.Transport().RoundTrip(r)
	if err != nil {
		return nil, err
	}
	rawOther, _ := io.ReadAll(other.Body)
	if !bytes.Equal(raw, rawOther) || resp.StatusCode != other.StatusCode || resp.Header.Get(HeaderCode) != other.Header.Get(HeaderCode) || resp.Header.Get("Date") != other.Header.Get("Date") {
		w.t.Errorf("%s %s: answered %d %s\nafter a load %d %s", r.Method, r.URL.Path, resp.StatusCode, raw, other.StatusCode, rawOther)
	}
	return resp, nil
}

// Nothing of a state is left out of a dump.
func TestEverythingIsDumped(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(of reflect.Type) {
		if seen[of] {
			return
		}
		seen[of] = true
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			walk(of.Elem())
		case reflect.Struct:
			if of == reflect.TypeFor[time.Time]() {
				return
			}
			if strings.HasPrefix(of.Name(), "table[") { // which dumps its items
				items, _ := of.FieldByName("items")
				walk(items.Type)
				return
			}
			for i := range of.NumField() {
				f := of.Field(i)
				if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name == "-" || name == "" && !f.Anonymous {
					t.Errorf("%s.%s is not dumped", of.Name(), f.Name)
				}
				walk(f.Type)
			}
		}
	}
	walk(reflect.TypeFor[state]())
	if len(seen) < 30 {
		t.Errorf("it looked at %d types", len(seen))
	}
}

// After a load the API's time is the one that it would have been, at any speed.
func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, speed := range []float64{1, 60, 0.5} {
			o := Options{Seed: 1, Speed: speed}
			on := newHarness(t, o)
			on.onboarded()
			on.post("/whatsapp/templates", template("order", "EN")).ok()
			raw, at := dumped(t, on.s), time.Now()
			for _, wait := range []time.Duration{0, time.Second, time.Minute, time.Hour} {
				<-time.After(wait)
				again := newHarness(t, o)
				if err := again.s.Resume(strings.NewReader(raw), time.Since(at)); err != nil {
					t.Fatal(err)
				}
				if one, two := on.s.Now(), again.s.Now(); !one.Equal(two) {
					t.Errorf("at speed %v, after %v: %v, want %v", speed, wait, two, one)
				}
				if one, two := dumped(t, on.s), dumped(t, again.s); one != two {
					t.Errorf("at speed %v, after %v: another state:\n%s\n%s", speed, wait, one, two)
				}
			}
			on.get(templatePath("order", "EN")).ok().is("state", "APPROVED")
		}
	})
}

// A clock that was set back does not move the API's time back, and a long time moves
// it no further than the form of times allows.
func TestResumeAfterAnImpossibleTime(t *testing.T) {
	raw := dumped(t, manualSandbox(t, 1))
	for passed, year := range map[time.Duration]int{-time.Hour: 2026, math.MinInt64: 2026, math.MaxInt64: 2125} {
		s := New(Options{Speed: 1e9})
		t.Cleanup(s.Close)
		if err := s.Resume(strings.NewReader(raw), passed); err != nil {
			t.Fatal(err)
		}
		if got := s.Now().Year(); got < year || got > year+3 {
			t.Errorf("after %v it is %d", passed, got)
		}
		dumped(t, s)
	}
}

// What a dump says of faults is checked as the control API checks it.
func TestLoadedFaults(t *testing.T) {
	s := manualSandbox(t, 1)
	whole := strings.TrimSuffix(dumped(t, s), "}")
	for _, bad := range []string{`"faults":[null]`, `"faults":[{"kind":"none"}]`, `"next":{"x":["y"]}`, `"next":{"WebhookWebhookController_listWebhooks_v1":["no_such_code"]}`} {
		if err := s.Load(strings.NewReader(whole + "," + bad + "}")); err == nil {
			t.Errorf("%s was loaded", bad)
		}
	}
	if err := s.Load(strings.NewReader(whole + `,"faults":[{"kind":"status"}],"next":{"WebhookWebhookController_listWebhooks_v1":["internal_error"]}}`)); err != nil {
		t.Error(err)
	}
	if s.Load(strings.NewReader(whole+"}")) != nil || len(s.faults)+len(s.nextErrors) > 0 {
		t.Error("a dump without faults leaves some")
	}
}

func manualSandbox(t *testing.T, seed uint64) *Sandbox {
	s := New(Options{Seed: seed, Manual: true})
	t.Cleanup(s.Close)
	return s
}

func dumped(t *testing.T, s *Sandbox) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.Dump(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// normalized returns a dump without the order of tries that begin at the same time:
// that is the order in which their targets answered before.
func normalized(dump string) string {
	var all map[string]any
	_ = json.Unmarshal([]byte(dump), &all)
	queue := jsonvalue.Objects(all, "state.queue")
	for _, e := range queue {
		if e["event"] == kindDeliver {
			delete(e, "seq")
		}
	}
	slices.SortFunc(queue, func(a, b map[string]any) int { return bytes.Compare(jsonvalue.Encode(a), jsonvalue.Encode(b)) })
	all["state"].(map[string]any)["queue"] = queue
	return string(jsonvalue.Encode(all))
}

// difference returns the parts of two texts around their first difference.
func difference(one, two string) string {
	i := 0
	for i < min(len(one), len(two)) && one[i] == two[i] {
		i++
	}
	part := func(s string) string { return s[max(0, i-100):min(len(s), i+200)] }
	return part(one) + "\n" + part(two)
}

// randomCalls makes steps that often have an effect: it learns ids and codes from the
// answers.
type randomCalls struct {
	*rand.Rand
	values *papitest.Generator
	known  map[string][]string // values of the parameters of paths, by family and name
	kinds  []string            // of events
}

// step is a request, below the project's path or of the control API.
type step struct{ method, path, body, pattern string }

func newRandomCalls(seed uint64) *randomCalls {
	values := papitest.New(seed)
	return &randomCalls{values.Rand, values, map[string][]string{}, nil}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// fill learns the ids of what is there.
func (r *randomCalls) fill(s *Sandbox) {
	for _, path := range []string{"/whatsapp/senders", "/whatsapp/templates", "/rcs/senders", "/kakaotalk/senders", "/kakaotalk/senders/exampleshop/templates", "/webhooks", "/bundles", "/sms/smsApps"} {
		next := step{"GET", "/v1/projects/" + DefaultProject + path, "", "/v1/projects/{projectId}" + path}
		next.pattern = strings.Replace(next.pattern, "exampleshop", "{plusFriendId}", 1)
		r.learn(next, r.send(s, next))
	}
}

func (r *randomCalls) step() step {
	switch r.IntN(40) {
	case 0, 1, 2, 3, 4, 5:
		raw, _ := json.Marshal(obj{"advance": pick(r.Rand, []string{"0s", "1s", "30s", "2m", "10m", "2h", "25h", "720h"})})
		return step{"POST", "/_sandbox/clock", string(raw), ""}
	case 6, 7, 8:
		raw, _ := json.Marshal(obj{"event": pick(r.Rand, r.kinds), "id": r.id("event"), "value": pick(r.Rand, happenValues)})
		return step{"POST", "/_sandbox/happen", string(raw), ""}
	case 9:
		op := pick(r.Rand, papi.Operations())
		codes := op.Errors[pick(r.Rand, slices.Sorted(maps.Keys(op.Errors)))]
		raw, _ := json.Marshal(obj{"operation": op.ID, "code": pick(r.Rand, codes)})
		return step{"POST", "/_sandbox/next", string(raw), ""}
	case 10:
		raw, _ := json.Marshal(obj{"kind": "status", "operation": pick(r.Rand, papi.Operations()).ID, "count": 1 + r.IntN(2), "rate": 0.5, "after": r.IntN(2) == 0})
		return step{"POST", "/_sandbox/faults", string(raw), ""}
	}
	return r.call(pick(r.Rand, papi.Operations()))
}

func (r *randomCalls) call(op *papi.Operation) step {
	path := op.Path
	for _, p := range op.Parameters {
		if p.In == "path" {
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(r.id(op.Family()+p.Name)))
		}
	}
	next := step{method: op.Method, path: path, pattern: op.Path}
	if variants := op.Variants(); len(variants) > 0 {
		body := r.values.Value(pick(r.Rand, variants))
		if object, ok := body.(map[string]any); ok {
			for name := range object {
				if known := r.known[op.Family()+name]; len(known) > 0 && r.IntN(2) == 0 {
					object[name] = pick(r.Rand, known)
				}
			}
		}
		raw, _ := json.Marshal(body)
		next.body = string(raw)
	}
	return next
}

func (r *randomCalls) id(name string) string {
	if strings.HasSuffix(name, "projectId") {
		return DefaultProject
	}
	if known := r.known[name]; len(known) > 0 {
		return pick(r.Rand, known)
	}
	return "none"
}

// idsOf are the parameters of paths that are fields of answers, by the operation's
// family.
var idsOf = map[string]map[string]string{
	"Whatsapp":     {"id": "senderId", "name": "templateName", "language": "languageCode"},
	"Rcs":          {"id": "senderId", "number": "testNumber"},
	"Kakaotalk":    {"plusFriendId": "plusFriendId", "code": "templateCode"},
	"Webhook":      {"id": "webhookId"},
	"Bundles":      {"id": "bundleId"},
	"Sms":          {"id": "smsAppId"},
	"Conversation": {},
}

// learn remembers the ids in an answer, and reports whether it is a success.
func (r *randomCalls) learn(next step, answer string) bool {
	status, rest, _ := strings.Cut(answer, "\n")
	code, body, _ := strings.Cut(rest, "\n")
	op := operations()[next.method+" "+next.pattern]
	if op == nil || status[0] != '2' {
		return false
	}
	family := op.Family()
	if code != "" {
		r.known[family+"code"] = []string{code}
	}
	var document any
	_ = json.Unmarshal([]byte(body), &document)
	r.walk(family, document)
	return true
}

func (r *randomCalls) walk(family string, v any) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			r.walk(family, one)
		}
	case map[string]any:
		for _, field := range slices.Sorted(maps.Keys(v)) {
			r.walk(family, v[field])
			if parameter, text := idsOf[family][field], jsonvalue.Text(v, field); parameter != "" && text != "" {
				r.known[family+parameter] = append(r.known[family+parameter], text)
				r.known["event"] = append(r.known["event"], text)
			}
		}
		if name, language := jsonvalue.Text(v, "name"), jsonvalue.Text(v, "language"); language != "" {
			r.known["event"] = append(r.known["event"], templateID(name, language))
		}
		if app := jsonvalue.Text(v, "convApp.id"); app != "" {
			r.known["ConversationconversationAppId"] = append(r.known["ConversationconversationAppId"], app)
		}
	}
}

// send makes a step, and returns its answer: the status, the one-time code and the
// body.
func (r *randomCalls) send(s *Sandbox, next step) string {
	request, _ := http.NewRequest(next.method, "http://sandbox"+next.path, strings.NewReader(next.body))
	request.Header.Set("Authorization", "Bearer "+StaticToken)
	resp, err := s.Transport().RoundTrip(request)
	if err != nil {
		return "0 " + err.Error() + "\n\n"
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	s.Settle()
	return fmt.Sprintf("%d %s\n%s\n%s", resp.StatusCode, resp.Header.Get("Date"), resp.Header.Get(HeaderCode), body)
}

// happenValues are outcomes of events; "" is the usual one.
var happenValues = []string{
	"", "", "", "", "ACTIVE", "APPROVED", "REJECTED", "PENDING", "SUSPENDED", "INACTIVE", "BLOCKED", "ERROR", "DONE", "FAILED", "VERIFIED", "DECLINED",
	"EXPIRED", "PAUSED", "UNPAUSED", "FLAGGED", "RED", "MAX_PRICE", "DISABLE", "MARKETING", "COMPLETED", "LAUNCHED", "instagram:ERROR", "ONBOARDED",
}
