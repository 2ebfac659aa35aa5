package mcpevents

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"papi-mcp/internal/wait"
)

// The notifications of a stream.
const (
	notifyActive     = "notifications/events/active"
	notifyEvent      = "notifications/events/event"
	notifyError      = "notifications/events/error"
	notifyHeartbeat  = "notifications/events/heartbeat"
	notifyTerminated = "notifications/events/terminated"
)

// heartbeat is the pause between two heartbeats: clients expect one at least every 30 s.
const heartbeat = 15 * time.Second

// recheck is how often a stream asks whether its caller may still get its events, and streamKeeps
// for how long it has its things watched each time.
const (
	recheck     = time.Minute
	streamKeeps = 3 * time.Minute
)

// streamBatch is how many occurrences a stream reads of the log together.
const streamBatch = 100

// Stream is how a client gets events as long as its request lasts.
type Stream struct {
	// Send sends a notification. Its params are an object.
	Send func(method string, params map[string]any) error
	// Stopping is closed when the server stops.
	Stopping <-chan struct{}
	// MaxAge is after how long the stream ends, so that its caller authenticates again;
	// 0 is no limit.
	MaxAge time.Duration
}

// Stream answers events/stream: it sends notifications until the client ends the request,
// the server stops, or the caller may not get them any more. Then the request is answered
// by an empty result. An error means that no stream was opened.
func (s *Service) Stream(ctx context.Context, caller Caller, params json.RawMessage, out Stream) *Error {
	r, in, e := s.readRequest(ctx, caller, params)
	if e != nil {
		return e
	}
	leave, ok := s.streams.Enter(caller.As)
	if !ok {
		return &Error{
			Code: ResourceExhausted, Message: fmt.Sprintf("too many streams are open: at most %d of each caller, and %d of all", wait.MaxWaitsPerPrincipal, wait.MaxWaits),
			Data: map[string]any{"limit": "streams", "max": wait.MaxWaitsPerPrincipal},
		}
	}
	defer leave()
	if e := s.ensure(ctx, caller, in, streamKeeps); e != nil {
		return e
	}
	woken, stop := s.Watch(caller.Tenant)
	defer stop()
	o := &openStream{Service: s, caller: caller, in: in, out: out, cursor: r.cursor(), notBefore: r.notBefore(s.opts.Now())}
	if e := o.open(ctx); e != nil {
		return e
	}
	o.run(ctx, woken)
	return nil
}

// openStream is a stream that has been confirmed.
type openStream struct {
	*Service
	caller    Caller
	in        Interest
	out       Stream
	cursor    string    // of what was looked at
	notBefore time.Time // of the first page
	next      *Page     // that has been read, and not sent
	failing   bool      // of the reads with the caller's own credentials
	reads     int       // of them that showed nothing new
}

// open reads where the stream begins, and confirms it.
func (o *openStream) open(ctx context.Context) *Error {
	page, err := o.After(ctx, o.caller.Owner, o.in, o.cursor, o.notBefore, streamBatch)
	if err != nil {
		return o.failure(ctx, err)
	}
	o.next, o.cursor = &page, page.Start
	if err := o.active(page.Truncated); err != nil {
		return unsupported("deliveryMode", "push", "the client accepts no stream: it must accept text/event-stream, or use events/poll")
	}
	return nil
}

// active confirms the stream, and reports a gap later.
func (o *openStream) active(truncated bool) error {
	return o.out.Send(notifyActive, map[string]any{"cursor": o.cursor, "truncated": truncated})
}

// run sends what occurs until it is over.
func (o *openStream) run(ctx context.Context, woken <-chan struct{}) {
	beats, rechecks := time.NewTicker(heartbeat), time.NewTicker(recheck)
	defer beats.Stop()
	defer rechecks.Stop()
	var over, look <-chan time.Time
	if o.out.MaxAge > 0 {
		over = time.After(o.out.MaxAge)
	}
	if o.caller.Own {
		look = time.After(o.opts.interval(0))
	}
	for ended := o.sendNew(ctx); !ended; {
		select {
		case <-woken:
			ended = o.sendNew(ctx)
		case <-beats.C:
			ended = o.out.Send(notifyHeartbeat, map[string]any{"cursor": o.cursor}) != nil
		case <-rechecks.C:
			ended = o.recheck(ctx) || o.sendNew(ctx)
		case <-look:
			ended = o.look(ctx) || o.sendNew(ctx)
			look = time.After(o.opts.interval(o.reads))
		case <-over:
			return
		case <-o.out.Stopping:
			return
		case <-ctx.Done():
			return
		}
	}
}

// sendNew sends what is new in the log, and reports whether the stream is over. That the
// store does not answer does not end it.
func (o *openStream) sendNew(ctx context.Context) (ended bool) {
	for {
		page := o.next
		if o.next = nil; page == nil {
			read, err := o.After(ctx, o.caller.Owner, o.in, o.cursor, time.Time{}, streamBatch)
			if err != nil {
				return o.report(o.failure(ctx, err))
			}
			if page = &read; page.Truncated {
				if o.cursor = page.Start; o.active(true) != nil {
					return true
				}
			}
		}
		if len(page.Occurrences) > 0 && o.forbidden(ctx) {
			return true
		}
		for i := range page.Occurrences {
			if o.out.Send(notifyEvent, page.Occurrences[i].params()) != nil {
				return true
			}
		}
		if o.cursor = page.Cursor; !page.More || ctx.Err() != nil {
			return ctx.Err() != nil
		}
	}
}

// recheck has the things watched for longer, and ends the stream of a caller who may not
// get its events any more.
func (o *openStream) recheck(ctx context.Context) (ended bool) {
	if o.forbidden(ctx) {
		return true
	}
	if o.caller.Own {
		return false
	}
	if err := o.Keep(ctx, o.caller.Owner, o.in, o.opts.Now().Add(streamKeeps)); err != nil {
		return o.report(o.failure(ctx, err))
	}
	return false
}

// forbidden ends the stream of a caller who may not get its events any more.
func (o *openStream) forbidden(ctx context.Context) bool {
	things := o.caller.Things
	var e *Error
	if !o.caller.Own {
		now, err := o.opts.Things(ctx, o.caller.Owner)
		if err != nil {
			e = forbidden(err)
		}
		things = now
	}
	if e == nil {
		e = o.mayRead(ctx, things, o.caller.As, o.in)
	}
	if e == nil || e.Code == internalError {
		return false
	}
	_ = o.out.Send(notifyTerminated, map[string]any{"error": e.object()})
	return true
}

// look reads with the caller's own credentials.
func (o *openStream) look(ctx context.Context) (ended bool) {
	changed, err := o.lookOwn(ctx, o.caller, groupOf(o.caller.Tenant, o.in.query()))
	if o.reads++; changed {
		o.reads = 0
	}
	if err == nil || ctx.Err() != nil {
		o.failing = false
		return false
	}
	if o.failing {
		return false
	}
	o.failing = true
	return o.report(&Error{Code: internalError, Message: "the API can't be read now; it is tried again"})
}

// report reports to the client a failure that does not end the stream.
func (o *openStream) report(e *Error) (ended bool) {
	return o.out.Send(notifyError, map[string]any{"error": e.object()}) != nil
}

// object is the error as a notification has it.
func (e *Error) object() map[string]any {
	object := map[string]any{"code": e.Code, "message": e.Message}
	if len(e.Data) > 0 {
		object["data"] = e.Data
	}
	return object
}

// params are the occurrence as a notification has it.
func (o *Occurrence) params() map[string]any {
	return map[string]any{"eventId": o.EventID, "name": o.Name, "timestamp": o.Timestamp, "data": o.Data, "cursor": o.Cursor}
}
