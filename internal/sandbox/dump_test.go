package sandbox

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"papi-mcp/internal/jsonvalue"
)

func TestShopHasResourcesOfAllFamilies(t *testing.T) {
	w := manual(t)
	w.post("/_sandbox/seed", obj{"name": "shop"}).ok()
	if now := w.s.Now(); !now.Equal(ManualStart) {
		t.Errorf("after the seed it is %s", now)
	}
	senders := w.get("/whatsapp/senders").ok()
	var states []string
	for _, sender := range senders.items("senders") {
		states = append(states, jsonvalue.Text(sender, "state")+jsonvalue.Text(sender, "changes.status"))
	}
	slices.Sort(states)
	if got := strings.Join(states, " "); got != "ACTIVE DRAFT PENDING_VERIFICATION" {
		t.Errorf("senders are %s", got)
	}
	states = nil
	for _, template := range w.get("/whatsapp/templates").ok().items("templates") {
		states = append(states, jsonvalue.Text(template, "state")+"/"+jsonvalue.Text(template, "changes.status"))
	}
	if len(states) != 12 {
		t.Errorf("%d templates", len(states))
	}
	for _, state := range []string{"APPROVED/", "APPROVED/DRAFT", "/DRAFT", "REJECTED/", "/IN_PROGRESS"} {
		if !slices.Contains(states, state) {
			t.Errorf("no template is %s: %v", state, states)
		}
	}
	if got := w.get("/rcs/senders?filterStates=IN_TEST").ok().body["totalSize"]; got != float64(1) {
		t.Errorf("%v RCS senders in test", got)
	}
	w.get("/kakaotalk/senders/exampleshop").ok().is("state", "ACTIVE")
	if got := w.get("/bundles").ok().names("bundles", "state"); !slices.Equal(got, []string{"DONE"}) {
		t.Errorf("bundles %v", got)
	}
	if got := w.get("/webhooks").ok().items("webhooks"); len(got) != 2 {
		t.Errorf("webhooks %v", got)
	}
	w.post("/_sandbox/seed", obj{"name": "moon"}).fails("sandbox_invalid_control")
	w.post("/_sandbox/seed", obj{"script": []any{obj{"method": "GET", "path": "/webhooks/x"}}}).fails("sandbox_invalid_control")
}

func TestDumpAndLoad(t *testing.T) {
	w := manual(t)
	if err := w.s.Seed("shop"); err != nil {
		t.Fatal(err)
	}
	w.s.Settle()
	var first, second bytes.Buffer
	if err := w.s.Dump(&first); err != nil {
		t.Fatal(err)
	}
	other := newHarness(t, Options{Seed: 2, Manual: true}) // the seed is part of the state
	if err := other.s.Load(bytes.NewReader(first.Bytes())); err != nil {
		t.Fatal(err)
	}
	if err := other.s.Dump(&second); err != nil {
		t.Fatal(err)
	}
	if first.String() != second.String() {
		t.Error("a loaded state is dumped in another form")
	}
	// Both continue alike.
	for _, one := range []*harness{w, other} {
		one.s.Advance(time.Hour)
		one.post("/whatsapp/templates", template("after_load", "EN")).ok()
	}
	first.Reset()
	second.Reset()
	if err := w.s.Dump(&first); err != nil {
		t.Fatal(err)
	}
	if err := other.s.Dump(&second); err != nil {
		t.Fatal(err)
	}
	if first.String() != second.String() {
		t.Error("a loaded state continues differently")
	}
	const now = `{"now":"2026-01-01T00:00:00Z","state":`
	for _, bad := range []string{
		"", "{}", `{"now":"2026-01-01T00:00:00Z","state":{"queue":[{"event":"none"}]}}`, `{"later":1}`,
		now + `{"draws":null}}`, now + `{"projects":{"x":null}}}`, now + `{"projects":{"x":{"id":"y"}}}}`, now + `{"chains":{"x":[]}}}`,
		now + `{"deliveries":[null]}}`, now + `{"projects":{"x":{"id":"x","webhooks":[null]}}}}`,
		now + `{"projects":{"x":{"id":"x","templates":{"a/EN":null}}}}}`,
	} {
		if err := other.s.Load(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was loaded", bad)
		}
	}
	other.post("/_sandbox/load", first.String()).ok()
	if got := other.get("/_sandbox/dump").ok(); got.str("now") == "" {
		t.Error("the control API dumps nothing")
	}
}

func TestManyTemplatesAndSenders(t *testing.T) {
	w := manual(t)
	w.onboarded()
	p := w.s.project(DefaultProject)
	const templates, senders, clients = 10_000, 1_000, 200
	w.s.mu.Lock()
	for i := range templates {
		w.s.saveTemplate(p, &whatsappTemplate{Name: fmt.Sprintf("many_%05d", i), Language: "EN", Category: "UTILITY", State: "APPROVED", Quality: "QUALITY_SCORE_UNKNOWN"})
	}
	for i := range senders - 1 {
		s := w.s.newSender(p, "EU", "DE", "SINCH_UK", "CUSTOMER", obj{"displayName": "Many", "countryCode": "1", "phoneNumber": fmt.Sprintf("555%06d4", i)})
		w.s.submitNewSender(p, s)
	}
	w.s.mu.Unlock()
	count := func(path, list, query string) (n int) {
		for token := ""; ; {
			page := w.get(path + "?" + query + token).ok()
			n += len(page.items(list))
			if token = page.str("nextPageToken"); token == "" {
				return n
			}
			token = "&pageToken=" + token
		}
	}
	if got := count("/whatsapp/templates", "templates", "pageSize=1000&fieldMask=name"); got != templates {
		t.Errorf("%d templates in the pages", got)
	}
	if got := count("/whatsapp/senders", "senders", "pageSize=100"); got != senders {
		t.Errorf("%d senders in the pages", got)
	}
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() { w.post("/whatsapp/templates", template(fmt.Sprintf("client_%03d", i), "EN")).ok() })
	}
	all.Wait()
	if got := w.get("/whatsapp/templates?templateName=client_&pageSize=1").ok().body["totalSize"]; got != float64(clients) {
		t.Errorf("%v templates of %d clients", got, clients)
	}
}
