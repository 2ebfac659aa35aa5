package mcpevents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/store"
	"papi-mcp/internal/wait"
)

// listener is a client that reads a stream.
type listener struct {
	mu       sync.Mutex
	got      []string // what was sent, in short
	cursor   string   // the last one
	fails    bool
	stopping chan struct{}
	cancel   context.CancelFunc
	ended    chan *Error
}

// send implements Stream.Send.
func (l *listener) send(method string, params map[string]any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fails {
		return errors.New("the client is gone")
	}
	short := strings.TrimPrefix(method, "notifications/events/")
	switch method {
	case notifyActive:
		short += fmt.Sprintf(" %v", params["truncated"])
	case notifyEvent:
		short = strings.Join(texts([]Occurrence{{Data: params["data"].(json.RawMessage)}}), "")
	case notifyTerminated, notifyError:
		short += fmt.Sprintf(" %v", params["error"].(map[string]any)["code"])
	}
	if cursor, ok := params["cursor"].(string); ok {
		l.cursor = cursor
	}
	l.got = append(l.got, short)
	return nil
}

// take returns what was sent since it was last called, without heartbeats.
func (l *listener) take() (got []string) {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.got {
		if one != "heartbeat" {
			got = append(got, one)
		}
	}
	l.got = nil
	return got
}

// listen opens a stream.
func (s *served) listen(name, arguments string, more map[string]any, edit ...func(*Stream)) *listener {
	l := &listener{stopping: make(chan struct{}), ended: make(chan *Error, 1)}
	params := map[string]any{"name": name, "arguments": json.RawMessage(arguments)}
	for key, value := range more {
		params[key] = value
	}
	out := Stream{Send: l.send, Stopping: l.stopping}
	for _, f := range edit {
		f(&out)
	}
	var ctx context.Context
	ctx, l.cancel = context.WithCancel(context.Background())
	go func() { l.ended <- s.Stream(ctx, s.caller, jsonvalue.Encode(params), out) }()
	synctest.Wait()
	return l
}

// over waits for the end of a stream that was opened.
func (l *listener) over(t *testing.T) {
	t.Helper()
	synctest.Wait()
	select {
	case e := <-l.ended:
		if e != nil {
			t.Errorf("it ended with %v", e)
		}
	default:
		t.Error("it does not end")
		l.cancel()
		<-l.ended
	}
}

// A stream says that it is there, then what occurs, and that it lives; its cursor advances.
func TestStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, newWorld("a"), store.NewMemory())
		defer s.run(false)()
		l := s.listen(templates, `{}`, nil)
		if got := l.take(); !slices.Equal(got, []string{"active false"}) {
			t.Fatalf("at the beginning: %q", got)
		}
		time.Sleep(10 * time.Minute)
		l.mu.Lock()
		beats := len(l.got)
		l.mu.Unlock()
		if beats < 20 {
			t.Errorf("%d heartbeats in ten minutes", beats)
		}
		l.take()
		s.world.set("a", "APPROVED")
		time.Sleep(75 * time.Second) // its watch is kept for as long as it is open
		if got := l.take(); !slices.Equal(got, []string{"WhatsApp template a EN: APPROVED (was PENDING)"}) {
			t.Errorf("then %q", got)
		}
		end := s.poll(t.Context(), templates, `{}`, nil).Cursor
		if l.cursor != end {
			t.Errorf("its cursor is %q, and the log's end %q", l.cursor, end)
		}
		l.cancel()
		l.over(t)
		ended := s.world.count()
		time.Sleep(time.Hour)
		if n := s.world.count() - ended; n > 15 { // the poll has it watched for ten minutes more
			t.Errorf("%d reads after its end", n)
		}

		// Another one continues with the cursor, though no client was there meanwhile.
		s.world.set("a", "PAUSED")
		l = s.listen(templates, `{}`, map[string]any{"cursor": end})
		if got := l.take(); !slices.Equal(got, []string{"active false", "WhatsApp template a EN: PAUSED (was APPROVED)"}) {
			t.Errorf("after the cursor: %q", got)
		}
		l.cancel()
		l.over(t)
		l = s.listen(templates, `{}`, map[string]any{"cursor": "of another log"})
		if got := l.take(); !slices.Equal(got, []string{"active true"}) {
			t.Errorf("after another cursor: %q", got)
		}
		close(l.stopping)
		l.over(t)
	})
}

// What the log lost while a stream was open is said, and the stream continues.
func TestAGapInAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, newWorld("a", "b"), store.NewMemory())
		l := s.listen(templates, `{}`, nil)
		l.take()
		one := &record{EventID: "x", Name: templates, Project: project, IDs: map[string]string{"templateName": "a", "languageCode": "EN"}, Data: []byte(`{"text":"kept"}`)}
		// More than is kept comes together.
		for i := range 3 {
			keep := store.Keep{Count: 1}
			if _, err := s.opts.Store.Append(t.Context(), logOf(""), fmt.Sprint(i), jsonvalue.Encode(one), keep); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.opts.Store.Notify(t.Context(), logOf("")); err != nil {
			t.Fatal(err)
		}
		if got := l.take(); !slices.Equal(got, []string{"active true", "kept"}) {
			t.Errorf("got %q", got)
		}
		l.cancel()
		l.over(t)
	})
}

// A caller whose rights are taken away learns that, and nothing else.
func TestAStreamEndsWithTheRights(t *testing.T) {
	for _, tt := range []struct {
		name  string
		after func(s *served) (Things, error)
		want  string
	}{
		{"the key", func(*served) (Things, error) { return nil, auth.NewFailure(http.StatusForbidden, "any", "no such key") }, "terminated -32024"},
		{"the project", func(s *served) (Things, error) { return s.world.things(t, catalog.Filter{}, "other"), nil }, "terminated -32024"},
		{"the tools", func(s *served) (Things, error) {
			return s.world.things(t, catalog.Filter{Toolsets: []string{"rcs"}}), nil
		}, "terminated -32023"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s *served
				revoked := false
				s = serve(t, newWorld("a"), store.NewMemory(), func(o *Options) {
					all := o.Things
					o.Things = func(ctx context.Context, owner Owner) (Things, error) {
						if revoked && owner.Principal != "" {
							return tt.after(s)
						}
						return all(ctx, owner)
					}
				})
				defer s.run(false)()
				s.caller.Principal = "key:a"
				l := s.listen(templates, `{}`, nil)
				l.take()
				revoked = true
				s.world.set("a", "APPROVED")
				time.Sleep(5 * time.Minute)
				if got := l.take(); !slices.Equal(got, []string{tt.want}) {
					t.Errorf("got %q", got)
				}
				l.over(t)
			})
		})
	}
}

// With credentials that only the request has, the stream itself reads, and so do polls;
// nothing is read in the background.
func TestCredentialsOfTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, newWorld("a"), store.NewMemory(), func(o *Options) {
			o.Things = func(context.Context, Owner) (Things, error) {
				t.Error("the background has credentials")
				return nil, errors.New("none")
			}
		})
		defer s.run(true)()
		s.caller.Own, s.caller.Tenant = true, "caller"
		answer, _ := s.List(t.Context(), s.caller, nil)
		if delivery := answer.(listResult).Events[0]["delivery"]; !slices.Equal(delivery.([]string), []string{"poll", "push"}) {
			t.Errorf("delivery %v", delivery)
		}
		start := s.poll(t.Context(), templates, `{}`, nil)
		s.world.set("a", "APPROVED")
		time.Sleep(time.Minute)
		if n := s.world.count(); n != 1 {
			t.Errorf("%d reads in the background", n-1)
		}
		for range 3 { // one of them reads
			page := s.poll(t.Context(), templates, `{}`, map[string]any{"cursor": start.Cursor})
			if got := texts(page.Events); len(got) != 1 {
				t.Errorf("got %q", got)
			}
		}
		if n := s.world.count(); n != 2 {
			t.Errorf("%d reads for three polls in a row", n-1)
		}
		l := s.listen(templates, `{}`, nil)
		l.take()
		s.world.set("a", "PAUSED")
		time.Sleep(5 * time.Second)
		if got := l.take(); !slices.Equal(got, []string{"WhatsApp template a EN: PAUSED (was APPROVED)"}) {
			t.Errorf("got %q", got)
		}
		s.world.fails = http.StatusServiceUnavailable
		time.Sleep(10 * time.Minute)
		if got := l.take(); !slices.Equal(got, []string{"error -32603"}) {
			t.Errorf("while the API does not answer: %q", got)
		}
		s.world.fails = 0
		s.world.set("a", "DISABLED")
		time.Sleep(2 * time.Minute)
		if got := l.take(); len(got) != 1 {
			t.Errorf("then %q", got)
		}
		l.cancel()
		l.over(t)
	})
}

// Streams are bounded for each caller, end after their time, and with a client that reads
// nothing any more.
func TestBoundsOfStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, newWorld("a"), store.NewMemory())
		var all []*listener
		for range wait.MaxWaitsPerPrincipal {
			all = append(all, s.listen(templates, `{}`, nil, func(o *Stream) { o.MaxAge = time.Hour }))
		}
		if e := <-s.listen(templates, `{}`, nil).ended; e == nil || e.Code != ResourceExhausted || e.Data["limit"] != "streams" {
			t.Errorf("one more: %v", e)
		}
		s.caller.As = "another"
		other := s.listen(templates, `{}`, nil)
		time.Sleep(time.Hour + time.Second)
		for _, l := range all {
			l.over(t)
		}
		other.mu.Lock()
		other.fails = true
		other.mu.Unlock()
		time.Sleep(heartbeat)
		other.over(t)

		mute := s.listen(templates, `{}`, nil, func(o *Stream) {
			o.Send = func(string, map[string]any) error { return errors.New("it accepts no stream") }
		})
		if e := <-mute.ended; e == nil || e.Code != Unsupported || e.Data["value"] != "push" {
			t.Errorf("a client that accepts no stream: %v", e)
		}
		for _, params := range []string{`[]`, `{"name":1}`, `{"name":"` + templates + `","maxAgeMs":-1}`, `{"name":"` + templates + `","maxEvents":0}`, `{"name":"` + templates + `","cursor":7}`} {
			if e := s.Stream(t.Context(), s.caller, []byte(params), Stream{}); e == nil || e.Code != InvalidParams {
				t.Errorf("%s: %v", params, e)
			}
		}
	})
}
