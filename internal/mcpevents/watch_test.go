package mcpevents

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/events"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
)

// run runs the watches of a service until the returned function is called.
func (s *served) run(resume bool) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() { s.Run(ctx, resume) })
	return func() { cancel(); ended.Wait() }
}

// What a client asks about is read as often as for a call that waits, once for all who
// ask, and not for longer than one does.
func TestAWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("a")
		s := serve(t, w, store.NewMemory())
		stop := s.run(false)
		defer stop()
		synctest.Wait()
		start := s.poll(t.Context(), templates, `{}`, nil)
		s.poll(t.Context(), "whatsapp.template.quality_changed", `{}`, nil) // the same reads
		s.poll(t.Context(), templates, `{"states":["APPROVED"]}`, nil)
		if w.count() != 1 {
			t.Fatalf("%d reads before the first answers", w.count())
		}
		time.Sleep(2 * time.Minute)
		if n := w.count(); n < 5 || n > 6 { // after 2, 5, 10, 30, 60 s
			t.Errorf("%d reads in two minutes", n)
		}
		w.set("a", "APPROVED")
		time.Sleep(80 * time.Second) // a minute, jitter, and a pause of the worker
		page := s.poll(t.Context(), templates, `{}`, map[string]any{"cursor": start.Cursor})
		if got := texts(page.Events); !slices.Equal(got, []string{"WhatsApp template a EN: APPROVED (was PENDING)"}) || page.NextPollMs >= start.NextPollMs {
			t.Errorf("got %q, then after %d ms", got, page.NextPollMs)
		}

		time.Sleep(pollKeeps + 2*time.Minute)
		ended := w.count()
		w.set("a", "PAUSED")
		time.Sleep(24 * time.Hour)
		if w.count() != ended {
			t.Errorf("%d reads though no client asks", w.count()-ended)
		}
		// Who continues learns what happened meanwhile.
		page = s.poll(t.Context(), templates, `{}`, map[string]any{"cursor": page.Cursor})
		if got := texts(page.Events); !slices.Equal(got, []string{"WhatsApp template a EN: PAUSED (was APPROVED)"}) || page.Truncated {
			t.Errorf("a day later: %q", got)
		}
	})
}

// A watch outlives the process, where its store does, and one of those that share it reads.
func TestAWatchOutlivesItsProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("a")
		opened := store.NewMemory()
		first := serve(t, w, opened)
		if err := first.Keep(t.Context(), Owner{}, first.interest(templates, `{}`), time.Now().Add(24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if w.count() != 1 {
			t.Fatalf("%d reads at the beginning", w.count())
		}
		lazy := serve(t, w, opened)
		defer lazy.run(false)()
		time.Sleep(time.Minute)
		if w.count() != 1 {
			t.Error("a process that no client has asked reads")
		}
		for range 3 {
			defer serve(t, w, opened).run(true)()
		}
		time.Sleep(time.Minute)
		if n := w.count(); n < 4 || n > 6 {
			t.Errorf("%d reads by three processes in a minute", n)
		}
		w.set("a", "APPROVED")
		time.Sleep(2 * time.Minute)
		if got := first.logged(templates, `{}`); len(got) != 1 {
			t.Errorf("got %q", got)
		}
	})
}

// When the process that reads dies, another one continues.
func TestAnotherProcessGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("a")
		opened := store.NewMemory()
		s := serve(t, w, opened)
		s.poll(t.Context(), templates, `{}`, nil)
		time.Sleep(3 * time.Second)
		if leased, err := opened.Lease(t.Context(), queue, 9, leaseTime); err != nil || len(leased) != 1 {
			t.Fatalf("%d tasks, %v", len(leased), err)
		}
		defer s.run(true)()
		time.Sleep(leaseTime - 5*time.Second)
		if w.count() != 1 {
			t.Errorf("%d reads while another process has the task", w.count())
		}
		time.Sleep(15 * time.Second)
		if w.count() < 2 {
			t.Error("no process reads")
		}
	})
}

// Of processes that share a store one reads at a time, and no change is lost.
func TestReplicasShareTheReads(t *testing.T) {
	for name, open := range media {
		t.Run(name, func(t *testing.T) {
			w := newWorld("a")
			opened := open(t)
			var all []*served
			for range 3 {
				s := serve(t, w, opened(), func(o *Options) { o.interval = func(int) time.Duration { return 0 } })
				defer s.run(true)()
				all = append(all, s)
			}
			in := all[0].interest(templates, `{}`)
			if err := all[0].Keep(t.Context(), Owner{}, in, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			woken, stop := all[1].Watch("")
			defer stop()
			for i := range 3 {
				w.set("a", []string{"APPROVED", "PAUSED"}[i%2])
				for len(all[2].all(templates, `{}`)) <= i {
					select {
					case <-woken:
					case <-time.After(20 * time.Second):
						t.Fatal("a change does not get into the log")
					}
				}
			}
			if got := all[0].all(templates, `{}`); len(got) != 3 {
				t.Errorf("got %q", texts(got))
			}
			if most := w.most.Load(); most != 1 {
				t.Errorf("%d reads at the same time", most)
			}
		})
	}
}

// inbox is an inbox of events that a test fills.
type inbox struct {
	store.Topics
	mu     sync.Mutex
	events []events.Event
}

func (b *inbox) After(_ context.Context, after int64, limit int) ([]events.Event, int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	rest := b.events[min(int(after), len(b.events)):]
	return slices.Clone(rest[:min(limit, len(rest))]), int64(len(b.events)), nil
}

func (b *inbox) Watch() (<-chan struct{}, func()) { return b.Topics.Watch("inbox") }

func (b *inbox) receive(t *testing.T, trigger, of string) {
	b.mu.Lock()
	b.events = append(b.events, events.Event{ID: fmt.Sprint(len(b.events)), Number: int64(len(b.events) + 1), Type: trigger, ProjectID: of})
	b.mu.Unlock()
	if err := b.Notify(t.Context(), "inbox"); err != nil {
		t.Fatal(err)
	}
}

// An event has the things read immediately that it may be about, by one of the processes, and
// is not believed: what counts is what the read shows.
func TestAnEventWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("a")
		opened := store.NewMemory()
		box := &inbox{Topics: opened}
		box.receive(t, "WHATSAPP_TEMPLATE_APPROVED", project) // before anybody asked
		slow := func(o *Options) {
			o.Inbox = func(string) Inbox { return box }
			o.interval = func(reads int) time.Duration {
				if reads == 0 {
					return 0
				}
				return time.Hour
			}
		}
		s := serve(t, w, opened, slow)
		defer s.run(true)()
		defer serve(t, w, opened, slow).run(true)()
		s.poll(t.Context(), templates, `{}`, nil)
		if err := s.Keep(t.Context(), Owner{}, s.interest(templates, `{}`), time.Now().Add(24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		before := w.count()
		for _, tt := range []struct {
			trigger, project string
			reads            int
		}{
			{"WHATSAPP_TEMPLATE_APPROVED", project, 1},
			{"WHATSAPP_SENDER_ACTIVE", project, 0},
			{"RCS_SENDER_STATUS_UPDATED", project, 0},
			{"WHATSAPP_TEMPLATE_APPROVED", "11111111-1111-1111-1111-111111111111", 0},
			{"WHATSAPP_WABA_ACCOUNT_CHANGED", project, 1},
			{"WHATSAPP_ACCOUNT_ONBOARDED", project, 1},
			{"BUNDLE_DONE", project, 1},
			{"SOMETHING_NEW", project, 1},
		} {
			box.receive(t, tt.trigger, tt.project)
			time.Sleep(10 * time.Second)
			if got := w.count() - before; got != tt.reads {
				t.Errorf("%s: %d reads, want %d", tt.trigger, got, tt.reads)
			}
			before = w.count()
		}
		if got := s.logged(templates, `{}`); len(got) > 0 {
			t.Errorf("the events are believed: %q", got)
		}
		w.set("a", "APPROVED")
		for range 100 { // that come together
			box.receive(t, "WHATSAPP_TEMPLATE_APPROVED", project)
		}
		time.Sleep(20 * time.Second)
		if n := w.count() - before; n > 10 {
			t.Errorf("%d reads for events that came together", n)
		}
		if got := s.logged(templates, `{}`); len(got) != 1 {
			t.Errorf("got %q", got)
		}
	})
}

// An error at the beginning is reported: the client would wait for what is not seen.
func TestWhatCantBeWatched(t *testing.T) {
	s := serve(t, newWorld("a"), store.NewMemory())
	keep := func(name, arguments string) *Error {
		err := s.Keep(t.Context(), Owner{}, s.interest(name, arguments), time.Now().Add(time.Hour))
		e, _ := errors.AsType[*Error](err)
		if e == nil && err != nil {
			t.Fatal(err)
		}
		return e
	}
	const missing = `{"templateName":"none","languageCode":"EN"}`
	if e := keep(templates, missing); e == nil || e.Code != NotFound || e.Data["kind"] != "thing" {
		t.Errorf("a thing that is not there: %v", e)
	}
	s.world.set("none", "PENDING")
	if e := keep(templates, missing); e != nil {
		t.Errorf("now it is there: %v", e)
	}
	s.world.remove("none")
	s.lookAt(templates, missing)
	if e := keep(templates, missing); e != nil {
		t.Errorf("it was deleted, and a client continues: %v", e)
	}
	for _, tt := range []struct{ status, code int }{{500, internalError}, {429, internalError}, {403, Forbidden}, {400, InvalidParams}} {
		s.world.fail(tt.status)
		if e := keep("whatsapp.sender.comment_added", fmt.Sprintf(`{"senderId":"S%d"}`, tt.status)); e == nil || e.Code != tt.code {
			t.Errorf("%d: %v", tt.status, e)
		}
	}
	s.world.fail(0)
	for i := range papi.MaxItems + 1 {
		s.world.set(fmt.Sprintf("t%04d", i), "APPROVED")
	}
	s.world.paged = true
	if e := keep(templates, `{"projectId":"22222222-2222-2222-2222-222222222222"}`); e == nil || e.Code != ResourceExhausted || e.Data["limit"] != "things" {
		t.Errorf("too many things: %v", e)
	}
	s.world.paged = false
	for i := range MaxWatches {
		w := watched{"", s.interest(templates, `{}`).query()}
		w.Query.Project = fmt.Sprint(i)
		if _, err := s.keep(t.Context(), w, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if e := keep(templates, `{"projectId":"33333333-3333-3333-3333-333333333333"}`); e == nil || e.Code != ResourceExhausted || e.Data["limit"] != "watches" {
		t.Errorf("too many watches: %v", e)
	}
}

// A shorter wish does not end a longer one.
func TestTheLongestWishCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opened := store.NewMemory()
		s := serve(t, newWorld("a"), opened)
		w := watched{"", s.interest(templates, `{}`).query()}
		for _, lasts := range []time.Duration{time.Hour, time.Minute} {
			if _, err := s.keep(t.Context(), w, time.Now().Add(lasts)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(59 * time.Minute)
		if _, kept, _ := opened.Get(t.Context(), w.keptKey()); !kept {
			t.Error("the shorter one counts")
		}
		time.Sleep(2 * time.Minute)
		if _, kept, _ := opened.Get(t.Context(), w.keptKey()); kept {
			t.Error("it does not end")
		}
	})
}
