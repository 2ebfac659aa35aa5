package sandbox

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/papi"
)

// toChange moves the time to the next change, and returns by how much and what changed.
func (w *harness) toChange() (time.Duration, []Change) {
	w.t.Helper()
	got, err := w.s.AdvanceToChange(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return got.By, got.Changes
}

// moves checks the next changes: the text of each, such as
// "2m0s whatsapp_template PENDING > APPROVED".
func (w *harness) moves(want ...string) {
	w.t.Helper()
	for _, text := range want {
		by, changes := w.toChange()
		got := by.String()
		for _, c := range changes {
			got += " " + c.Resource + " " + c.Before + " > " + c.After
		}
		if got != text {
			w.t.Errorf("%s, want %s", got, text)
		}
	}
}

// The next change of each family, in the time that it takes, until none is pending.
func TestAdvanceToChange(t *testing.T) {
	none := "0s"
	t.Run("nothing is pending", func(t *testing.T) {
		w := manual(t)
		w.moves(none)
		w.in("00000000-0000-0000-0000-000000000005").post("/webhooks", obj{"target": "https://example.com/1", "secret": "sixteen-or-more-signs", "triggers": []any{"ALL"}}).ok()
		w.moves(none)
	})
	t.Run("a template, whose score is not a state", func(t *testing.T) {
		w := manual(t)
		w.onboarded()
		w.settled()
		w.post("/whatsapp/templates", template("order", "DE")).ok()
		w.moves("30s whatsapp_template changes.status=IN_PROGRESS > PENDING", "2m0s whatsapp_template PENDING > APPROVED", none)
		if now := w.s.Now(); len(w.s.state.Queue) == 0 || now.Sub(ManualStart) > time.Hour {
			t.Errorf("it is %v, with %d events", now, len(w.s.state.Queue))
		}
	})
	t.Run("a WhatsApp sender and the review of its name", func(t *testing.T) {
		w := manual(t)
		w.onboarded()
		w.settled()
		id := w.post("/whatsapp/senders", partnerSender("5550123")).ok().str("id")
		w.moves("1m0s whatsapp_sender changes.status=IN_PROGRESS > PENDING_VERIFICATION, displayName=PENDING")
		code := w.post("/whatsapp/senders/"+id+"/register", obj{"method": "VOICE"}).ok().header.Get(HeaderCode)
		w.post("/whatsapp/senders/"+id+"/verify", obj{"code": code}).ok()
		w.moves("30s whatsapp_sender PENDING_VERIFICATION > ACTIVE", "4m30s whatsapp_sender ACTIVE, displayName=PENDING > ACTIVE, displayName=APPROVED", none)
		w.delete("/whatsapp/senders/" + id).ok()
		w.moves("720h0m0s whatsapp_sender ACTIVE, displayName=APPROVED > none", none)
	})
	t.Run("an RCS launch, an operator after the other", func(t *testing.T) {
		w := manual(t)
		path := w.rcsInTest(rcsBody("Example", "SE"))
		w.settled()
		w.post(path+"/launch", nil).ok()
		w.moves("10m0s rcs_sender LAUNCHING, SE Tele2=PENDING > LAUNCHING, SE Tele2=LAUNCHED",
			"1m0s rcs_sender LAUNCHING, SE Telenor=PENDING > LAUNCHING, SE Telenor=LAUNCHED",
			"1m0s rcs_sender LAUNCHING, SE Telia=PENDING > LAUNCHING, SE Telia=LAUNCHED",
			"1m0s rcs_sender LAUNCHING, SE Three=PENDING > LAUNCHED, SE Three=LAUNCHED", none)
	})
}

// settled moves the time until no change is pending.
func (w *harness) settled() {
	w.t.Helper()
	for {
		if _, changes := w.toChange(); len(changes) == 0 {
			return
		}
	}
}

// From a project with resources of all families on, each move goes to the first change
// and no further: just before it nothing has changed. Where no change is pending,
// nothing moves.
func TestAdvanceToChangeStopsAtTheFirst(t *testing.T) {
	shop := func() *harness {
		w := manual(t)
		if err := w.s.Seed("shop"); err != nil {
			t.Fatal(err)
		}
		bundleWith(obj{})(w).ok()
		w.post("/whatsapp/templates", template("paused_pause", "DE")).ok()
		w.post("/whatsapp/templates", template("reject_this", "DE")).ok()
		w.delete("/kakaotalk/senders/exampleshop").ok()
		return w
	}
	w, second := shop(), shop()
	kinds := map[string]bool{}
	for i := 0; ; i++ {
		by, changes := w.toChange()
		if len(changes) == 0 {
			if by != 0 {
				t.Errorf("it moved by %v, and nothing changed", by)
			}
			break
		}
		if i > 100 {
			t.Fatal("no end")
		}
		if before, err := second.s.AdvanceBy(t.Context(), by-time.Millisecond); err != nil || len(before.Changes) > 0 || before.By != by-time.Millisecond {
			t.Errorf("%d: before it %+v, %v", i, before, err)
		}
		if after, err := second.s.AdvanceBy(t.Context(), time.Millisecond); err != nil || !reflect.DeepEqual(after.Changes, changes) {
			t.Errorf("%d: %+v, %v, want %+v", i, after, err, changes)
		}
		for _, c := range changes {
			kinds[c.Resource] = true
		}
	}
	for _, kind := range []string{"bundle", "sms_app", "whatsapp_template", "kakaotalk_sender"} {
		if !kinds[kind] {
			t.Errorf("no change of a %s: %v", kind, slices.Sorted(maps.Keys(kinds)))
		}
	}
	at, dumped := w.s.Now(), w.dump()
	w.moves("0s")
	if !w.s.Now().Equal(at) || !bytes.Equal(dumped, w.dump()) {
		t.Error("nothing was pending, and something moved")
	}
}

func (w *harness) dump() []byte {
	w.t.Helper()
	var b bytes.Buffer
	if err := w.s.Dump(&b); err != nil {
		w.t.Fatal(err)
	}
	return b.Bytes()
}

// The ids of a change are the parameters of the contract.
func TestConditionsNameParametersOfTheContract(t *testing.T) {
	known := map[string]bool{}
	for _, op := range papi.Operations() {
		for _, p := range op.PathIDs() {
			known[p] = true
		}
	}
	for kind, names := range parameters {
		for _, name := range names {
			if !known[name] {
				t.Errorf("%s: the contract has no parameter %s", kind, name)
			}
		}
	}
}

// With the real clock a move adds to the time that passes.
func TestAdvanceToChangeInRealTime(t *testing.T) {
	w := newHarness(t, Options{Seed: 1})
	w.post("/sms/smsApps", obj{"name": "Example", "region": "EU"}).ok()
	by, changes := w.toChange()
	if by > smsProvisioning || len(changes) != 1 || changes[0].After != "ACTIVE" {
		t.Errorf("%v %+v", by, changes)
	}
}

// A move ends with its caller, where a webhook's target does not answer.
func TestAdvanceEndsWithItsCaller(t *testing.T) {
	w := manual(t)
	ctx, cancel := context.WithCancel(t.Context())
	called := make(chan struct{})
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-called
	}))
	t.Cleanup(target.Close)
	t.Cleanup(func() { close(called) })
	w.hook(target.URL, "ALL")
	bundleWith(obj{})(w).ok()
	got, err := w.s.AdvanceBy(ctx, time.Hour)
	if !errors.Is(err, context.Canceled) || got.By != bundleTime || len(got.Changes) != 1 || !w.s.Now().Equal(ManualStart.Add(got.By)) {
		t.Errorf("%+v, %v; it is %v", got, err, w.s.Now())
	}
	if got, err := w.s.AdvanceToChange(ctx); err == nil || got.By != 0 {
		t.Errorf("after its end: %+v, %v", got, err)
	}
}

// A code goes to the phone of the request that it is sent for, and then into no log.
func TestCodesGoToThePhone(t *testing.T) {
	var log bytes.Buffer
	w := manual(t)
	w.s.log = slog.New(slog.NewTextHandler(&log, nil))
	w.onboarded()
	id := w.post("/whatsapp/senders", partnerSender("5550123")).ok().str("id")
	w.s.Advance(senderProvisioning)
	register := func(ctx context.Context) string {
		r, err := http.NewRequestWithContext(ctx, "POST", "http://sandbox/v1/projects/"+w.project+"/whatsapp/senders/"+id+"/register", strings.NewReader(`{"method":"SMS"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+StaticToken)
		resp, err := w.s.Transport().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		return resp.Header.Get(HeaderCode)
	}
	received := ""
	sent := register(WithPhone(t.Context(), func(code string) { received = code }))
	if received == "" || received != sent || strings.Contains(log.String(), sent) {
		t.Errorf("sent %q, received %q, logged %s", sent, received, &log)
	}
	if sent = register(t.Context()); !strings.Contains(log.String(), sent) || received == sent {
		t.Errorf("without a phone: sent %q, logged %s", sent, &log)
	}
}
