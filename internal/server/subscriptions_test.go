package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/auth"
	"papi-mcp/tools"
)

// watched is the events of a toolbox, which tests make happen.
type watched struct {
	began, stopped chan struct{} // receive for each watch

	mu       sync.Mutex
	watching map[int]func()
	last     int
}

func newWatched() *watched {
	return &watched{began: make(chan struct{}, 100), stopped: make(chan struct{}, 100), watching: map[int]func(){}}
}

func (w *watched) watch(changed func()) (stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last++
	id := w.last
	w.watching[id] = changed
	w.began <- struct{}{}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.watching, id)
		w.stopped <- struct{}{}
	}
}

// happens makes an event happen to all who watch.
func (w *watched) happens() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, changed := range w.watching {
		changed()
	}
}

// toolbox has the tool that lists events, and the events.
func (w *watched) toolbox(o *Options) {
	o.Toolbox = &fakeToolbox{names: []string{"do", tools.EventList}, do: echo, events: w.watch}
}

func wantChannel(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(10 * time.Second):
		t.Fatalf("%s: nothing", what)
	}
}

// isUpdate checks a notification about the events, of a subscription if its id is given.
func isUpdate(t *testing.T, m message, subscription string) {
	t.Helper()
	want := `{"uri":"papi://events"}`
	if subscription != "" {
		want = fmt.Sprintf(`{"_meta":{%q:%s},"uri":"papi://events"}`, mcp.MetaKeySubscriptionID, subscription)
	}
	if string(m.Method) != mcp.MethodNotificationResourceUpdated || string(m.Params) != want {
		t.Errorf("got %s, want %s", show(m), want)
	}
}

const (
	subscribeEvents   = `{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"papi://events"}}`
	subscribeAgain    = `{"jsonrpc":"2.0","id":2,"method":"resources/subscribe","params":{"uri":"papi://events"}}`
	unsubscribeEvents = `{"jsonrpc":"2.0","id":3,"method":"resources/unsubscribe","params":{"uri":"papi://events"}}`
	listenParams      = `,"notifications":{"resourceSubscriptions":["papi://guides/rcs","papi://events"]}`
)

// A client of an older protocol gets a notification for each event on its connection, as
// long as it is subscribed.
func TestASubscriptionOnAConnection(t *testing.T) {
	w := newWatched()
	var o Options
	w.toolbox(&o)
	p := dial(t, New(o))
	p.initialize("2025-11-25", `{}`)
	p.send(subscribeEvents)
	p.next()
	wantChannel(t, "a watch", w.began)
	for range 2 {
		w.happens()
		isUpdate(t, p.next(), "")
	}
	p.send(subscribeAgain)
	p.next()
	if len(w.began) > 0 {
		t.Error("two watches for one session")
	}
	p.send(unsubscribeEvents)
	p.next()
	wantChannel(t, "the end of the watch", w.stopped)
	w.happens()
	p.send(`{"jsonrpc":"2.0","id":4,"method":"ping"}`)
	if m := p.next(); string(m.ID) != "4" {
		t.Errorf("after unsubscribe: %s", show(m))
	}
	p.send(strings.Replace(subscribeEvents, `"id":1`, `"id":5`, 1))
	p.next()
	p.close()
	wantChannel(t, "the end of the watch with the connection", w.stopped)
}

// Over Streamable HTTP they come on the stream of the session, and end with it.
func TestASubscriptionOfASession(t *testing.T) {
	w := newWatched()
	web := serveWeb(t, echo, HTTPOptions{}, w.toolbox)
	alice, bob := web.open("alice"), web.open("bob")
	stream := eventsOf(t, web.send(withTimeout(t), http.MethodGet, "/mcp", "", headers{alice, "Accept: text/event-stream"}))
	if status, body := web.answerTo(subscribeEvents, alice); status != http.StatusOK {
		t.Fatal(status, body)
	}
	wantChannel(t, "a watch", w.began)
	w.happens()
	isUpdate(t, stream.next(), "")
	// Another session hears nothing.
	other := eventsOf(t, web.send(withTimeout(t), http.MethodGet, "/mcp", "", headers{bob, "Authorization: Bearer bob", "Accept: text/event-stream"}))
	w.happens()
	isUpdate(t, stream.next(), "")
	web.send(t.Context(), http.MethodDelete, "/mcp", "", headers{bob, "Authorization: Bearer bob"}).Body.Close()
	if data, ok := other.data(); ok {
		t.Errorf("another session got %s", data)
	}
	web.send(t.Context(), http.MethodDelete, "/mcp", "", headers{alice}).Body.Close()
	wantChannel(t, "the end of the watch", w.stopped)
}

// Over HTTP+SSE they come on the connection.
func TestASubscriptionOverSSE(t *testing.T) {
	w := newWatched()
	web := serveWeb(t, echo, HTTPOptions{}, w.toolbox)
	stream, post := openSSE(web, "2024-11-05")
	post(subscribeEvents)
	stream.next()
	wantChannel(t, "a watch", w.began)
	w.happens()
	isUpdate(t, stream.next(), "")
	stream.body.Close()
	wantChannel(t, "the end of the watch", w.stopped)
}

// In protocol 2026-07-28 they come on the stream of subscriptions/listen, after its
// acknowledgement, and with its id; a heartbeat keeps it open.
func TestASubscriptionOfProtocol20260728(t *testing.T) {
	w := newWatched()
	web := serveWeb(t, echo, HTTPOptions{Limits: HTTPLimits{Heartbeat: 20 * time.Millisecond}}, w.toolbox)
	listen := func(id int, params string) *events {
		return eventsOf(t, web.send(withTimeout(t), http.MethodPost, "/mcp", modern(id, "subscriptions/listen", `{}`, params), modernHeaders("subscriptions/listen", "")))
	}
	one := listen(7, listenParams)
	two := listen(8, listenParams)
	for _, stream := range []*events{one, two} {
		if m := stream.next(); string(m.Method) != mcp.MethodNotificationSubscriptionsAcknowledged {
			t.Errorf("first came %s", show(m))
		}
		wantChannel(t, "a watch", w.began)
	}
	w.happens()
	isUpdate(t, one.next(), "7")
	isUpdate(t, two.next(), "8")
	for heartbeat := false; !heartbeat && one.lines.Scan(); {
		heartbeat = one.lines.Text() == ":"
	}
	one.body.Close()
	wantChannel(t, "the end of a watch", w.stopped)
	w.happens()
	isUpdate(t, two.next(), "8")
	two.body.Close()
	wantChannel(t, "the end of the other", w.stopped)

	other := listen(9, `,"notifications":{"resourceSubscriptions":["papi://guides/rcs"]}`)
	other.next()
	if len(w.began) > 0 {
		t.Error("a subscription to something else watches events")
	}
	other.body.Close()
}

// A stream ends soon after its caller is no longer let in, or has other rights.
func TestAStreamEndsWithTheRightsOfItsCaller(t *testing.T) {
	for name, change := range map[string]func(*auth.Identity) *auth.Failure{
		"removed": func(*auth.Identity) *auth.Failure {
			return auth.NewFailure(http.StatusUnauthorized, "unauthorized", "gone")
		},
		"other rights": func(id *auth.Identity) *auth.Failure { id.Grant.Projects = []string{"a"}; return nil },
		"not now": func(*auth.Identity) *auth.Failure {
			return auth.NewFailure(http.StatusServiceUnavailable, "busy", "later")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWatched()
			var changed atomic.Bool
			asked := make(chan struct{}, 1000)
			web := serveWeb(t, echo, HTTPOptions{Limits: HTTPLimits{Heartbeat: 20 * time.Millisecond}, Authenticate: func(*http.Request) (auth.Identity, *auth.Failure) {
				id := auth.Identity{Caller: "key:a", Principal: "key:a"}
				if !changed.Load() {
					return id, nil
				}
				asked <- struct{}{}
				failure := change(&id)
				return id, failure
			}}, w.toolbox)
			session := web.open("alice")
			old := eventsOf(t, web.send(withTimeout(t), http.MethodGet, "/mcp", "", headers{session, "Accept: text/event-stream"}))
			listen := eventsOf(t, web.send(withTimeout(t), http.MethodPost, "/mcp", modern(7, "subscriptions/listen", `{}`, listenParams), modernHeaders("subscriptions/listen", "")))
			listen.next()
			wantChannel(t, "a watch", w.began)
			changed.Store(true)
			if name == "not now" {
				for range 4 { // some of each stream
					wantChannel(t, "a check", asked)
				}
				w.happens()
				isUpdate(t, listen.next(), "7")
				return
			}
			for _, stream := range []*events{old, listen} {
				for more := true; more; { // until it ends
					more = stream.lines.Scan()
				}
			}
			wantChannel(t, "the end of the watch", w.stopped)
		})
	}
}

// An event that comes while a stream opens does not come before the acknowledgement.
func TestTheAcknowledgementComesFirst(t *testing.T) {
	w := newWatched()
	web := serveWeb(t, echo, HTTPOptions{}, func(o *Options) {
		o.Toolbox = &fakeToolbox{names: []string{tools.EventList}, do: echo, events: func(changed func()) func() {
			go changed()
			return w.watch(func() {})
		}}
	})
	stream := eventsOf(t, web.send(withTimeout(t), http.MethodPost, "/mcp", modern(1, "subscriptions/listen", `{}`, listenParams), modernHeaders("subscriptions/listen", "")))
	if m := stream.next(); string(m.Method) != mcp.MethodNotificationSubscriptionsAcknowledged {
		t.Errorf("first came %s", show(m))
	}
	isUpdate(t, stream.next(), "1")
	stream.body.Close()
	wantChannel(t, "the end of the watch", w.stopped)
}

// The resource is there for those who are offered the tool.
func TestTheResourceOfEvents(t *testing.T) {
	for _, offered := range []bool{true, false} {
		w := newWatched()
		var o Options
		w.toolbox(&o)
		box := o.Toolbox.(*fakeToolbox)
		box.do = func(_ context.Context, _ tools.Caller, name string, _ json.RawMessage) tools.Outcome {
			if name != tools.EventList || !offered {
				return tools.Outcome{Structured: &tools.Error{Code: "unknown_tool", Message: "none"}, IsError: true}
			}
			return tools.Outcome{Structured: &tools.Result{Data: map[string]any{"cols": []string{"time"}}}}
		}
		if !offered {
			box.names, box.events = []string{"do"}, nil
		}
		p := dial(t, New(o))
		p.initialize("2025-11-25", `{}`)
		p.send(`{"jsonrpc":"2.0","id":1,"method":"resources/list"}`)
		if m := p.next(); strings.Contains(string(m.Result), eventsURI) != offered {
			t.Errorf("offered %v: the list is %s", offered, m.Result)
		}
		p.send(`{"jsonrpc":"2.0","id":2,"method":"resources/read","params":{"uri":"papi://events"}}`)
		m := p.next()
		if offered && !strings.Contains(string(m.Result), `{\"cols\":[\"time\"]}`) || !offered && m.Error == nil {
			t.Errorf("offered %v: read is %s", offered, show(m))
		}
		p.send(strings.Replace(subscribeEvents, `"id":1`, `"id":3`, 1)) // accepted, as any
		if m := p.next(); m.Error != nil {
			t.Errorf("offered %v: subscribe is %s", offered, show(m))
		}
		p.close()
	}
}
