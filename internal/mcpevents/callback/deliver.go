package callback

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/mcpevents"
)

// delays are the pauses between the tries of a delivery. After the last it is given up.
var delays = []time.Duration{2 * time.Second, 10 * time.Second, time.Minute, 3 * time.Minute, 8 * time.Minute}

// busyDelay is when a delivery is tried to a host that is sent enough at this time, and
// unknownDelay when one is whose access can't be checked now.
const (
	busyDelay    = 250 * time.Millisecond
	unknownDelay = 15 * time.Second
)

// task is a message in the queue: that with an id of the subscription with a key.
type task struct {
	Key    string `json:"key"`
	ID     string `json:"id"`
	Number int64  `json:"number"`
	Tries  int    `json:"tries,omitempty"` // that failed
}

// errGone is the error of an occurrence that the log does not keep any more.
var errGone = errors.New("callback: the occurrence is not kept any more")

// deliver sends the message of a task, and reports when it is due again; done is true
// where it is settled, or there is nothing to send.
func (s *Subscriptions) deliver(ctx context.Context, t *task) (again time.Duration, done bool, err error) {
	sub, err := s.load(ctx, t.Key)
	if err != nil || sub == nil {
		return 0, err == nil, err
	}
	p, _, err := s.progressOf(ctx, t.Key)
	if err != nil || p == nil {
		return 0, err == nil, err
	}
	index := p.find(t.ID)
	if index < 0 || p.Suspended { // a refresh makes a task again
		return 0, true, nil
	}
	if p.Ended == nil {
		if wrong := s.o.Events.Access(ctx, sub.Owner, sub.Interest); wrong != nil {
			if wrong.Code == mcp.INTERNAL_ERROR {
				return unknownDelay, false, nil
			}
			return 0, true, s.end(ctx, sub, wrong)
		}
	}
	body, err := s.body(ctx, sub, p, index)
	switch {
	case errors.Is(err, errGone):
		return 0, true, s.settled(ctx, sub, t, "abandoned", nil)
	case err != nil:
		return 0, false, err
	case len(body) > maxBody:
		s.log.ErrorContext(ctx, "an event is too large for its subscribers", "eventId", t.ID, "bytes", len(body))
		return 0, true, s.settled(ctx, sub, t, "abandoned", nil)
	}
	release, free := s.hosts.begin(hostOf(sub.URL))
	if !free {
		return busyDelay, false, nil
	}
	answered, reason := s.endpoint.send(ctx, message{t.ID, sub.ID, sub.URL, sub.secrets(s.o.now())}, body)
	release()
	if ctx.Err() != nil && reason != "" { // this server is stopping
		return 0, false, ctx.Err()
	}
	switch {
	case reason == "" && answered.ok():
		return 0, true, s.settled(ctx, sub, t, "delivered", func(p *progress) { p.succeeded(s.o.now()) })
	case answered.status == http.StatusGone || answered.status == http.StatusRequestEntityTooLarge:
		return 0, true, s.settled(ctx, sub, t, "rejected", nil)
	case reason == "":
		reason = answered.reason()
	}
	return s.failed(ctx, sub, t, reason)
}

// body returns the body of a message, with the cursor that it has now.
func (s *Subscriptions) body(ctx context.Context, sub *subscription, p *progress, index int) ([]byte, error) {
	m := p.Open[index]
	switch m.Type {
	case gap:
		return encode(map[string]any{"type": gap, "cursor": p.cursorFor(index)}), nil
	case terminated:
		why := map[string]any{"code": p.Ended.Code, "message": p.Ended.Message}
		if len(p.Ended.Data) > 0 {
			why["data"] = p.Ended.Data
		}
		return encode(map[string]any{"type": terminated, "error": why}), nil
	}
	page := mcpevents.Page{Cursor: m.After, More: true}
	for page.More && len(page.Occurrences) == 0 {
		var err error
		if page, err = s.o.Events.After(ctx, sub.Owner, sub.Interest, page.Cursor, time.Time{}, 1); err != nil {
			return nil, err
		}
	}
	if len(page.Occurrences) == 0 || page.Occurrences[0].EventID != m.ID {
		return nil, errGone
	}
	occurrence := page.Occurrences[0]
	occurrence.Cursor = p.cursorFor(index)
	return encode(occurrence), nil
}

// encode is the JSON of a value that can always be encoded.
func encode(value any) []byte { return jsonvalue.Encode(value) }

// failed notes a try that failed, and returns when the next one is due; done is true after
// the last, and where the subscription is suspended now.
func (s *Subscriptions) failed(ctx context.Context, sub *subscription, t *task, reason string) (again time.Duration, done bool, err error) {
	t.Tries++
	last, suspended := t.Tries > len(s.o.delays), false
	now, err := s.change(ctx, t.Key, func(p *progress) bool {
		suspended = p.failed(reason, s.o.now())
		if last && !p.Suspended {
			p.settle(t.ID)
		}
		return true
	})
	switch {
	case err != nil || now == nil:
		return 0, err == nil, err
	case now.Suspended:
		if suspended {
			s.log.WarnContext(ctx, "deliveries to a callback are suspended until it is subscribed again", "subscription", sub.ID, "reason", reason)
		}
		s.o.Metrics.Delivered("suspended")
		return 0, true, nil
	case last:
		s.o.Metrics.Delivered("abandoned")
		return 0, true, s.after(ctx, sub, now)
	}
	s.o.Metrics.Delivered("failed")
	return s.o.delays[t.Tries-1], false, nil
}

// settled settles the message of a task, with what else edit changes.
func (s *Subscriptions) settled(ctx context.Context, sub *subscription, t *task, outcome string, edit func(*progress)) error {
	now, err := s.change(ctx, t.Key, func(p *progress) bool {
		if edit != nil {
			edit(p)
		}
		p.settle(t.ID)
		return true
	})
	if err != nil || now == nil {
		return err
	}
	s.o.Metrics.Delivered(outcome)
	return s.after(ctx, sub, now)
}

// after continues when a message was settled: what the log has more is read, and a
// subscription whose client knows of its end is removed.
func (s *Subscriptions) after(ctx context.Context, sub *subscription, p *progress) error {
	switch {
	case p.Ended != nil && len(p.Open) == 0:
		return s.remove(ctx, sub.key())
	case p.More && len(p.Open) <= maxOpen/2:
		return s.look(ctx, sub)
	}
	return nil
}

// end ends a subscription after its client was sent why.
func (s *Subscriptions) end(ctx context.Context, sub *subscription, why *mcpevents.Error) error {
	now, err := s.change(ctx, sub.key(), func(p *progress) bool { p.end(why); return true })
	if err != nil || now == nil {
		return err
	}
	return s.push(ctx, sub, now.Open)
}

// look reads what the log has for a subscription, and makes a task of each message that is
// new. It may run at the same time on several replicas.
func (s *Subscriptions) look(ctx context.Context, sub *subscription) error {
	first := int64(-1) // the number of the first new message
	for {
		p, raw, err := s.progressOf(ctx, sub.key())
		if err != nil || p == nil || p.Suspended {
			return err
		}
		if p.Ended != nil || len(p.Open) >= maxOpen {
			return nil
		}
		if first < 0 {
			first = p.Number
		}
		page, err := s.o.Events.After(ctx, sub.Owner, sub.Interest, p.Read, p.NotBefore, maxOpen-len(p.Open))
		if err != nil {
			return err
		}
		p.add(page)
		changed := encode(p)
		swapped := string(changed) == string(raw)
		if !swapped {
			if swapped, err = s.o.Store.Swap(ctx, progressKey(sub.key()), raw, changed, 0); err != nil {
				return err
			}
		}
		if swapped && !(page.More && len(page.Occurrences) == 0) {
			return s.push(ctx, sub, slices.DeleteFunc(p.Open, func(m pending) bool { return m.Number <= first }))
		}
	}
}

// resume makes a task of each message that is open and has none, after look: where a
// replica was killed before it did, and where deliveries were suspended.
func (s *Subscriptions) resume(ctx context.Context, sub *subscription) error {
	if err := s.look(ctx, sub); err != nil {
		return err
	}
	p, _, err := s.progressOf(ctx, sub.key())
	if err != nil || p == nil || p.Suspended {
		return err
	}
	return s.push(ctx, sub, p.Open)
}

// push makes a task of each message that is open and has none.
func (s *Subscriptions) push(ctx context.Context, sub *subscription, open []pending) error {
	pushed := false
	for _, m := range open {
		if m.Settled {
			continue
		}
		added, err := s.o.Store.Push(ctx, queue, sub.ID+"/"+m.ID, encode(task{sub.key(), m.ID, m.Number, 0}), 0)
		if err != nil {
			return err
		}
		pushed = pushed || added
	}
	if !pushed {
		return nil
	}
	s.poke()
	return s.o.Store.Notify(ctx, queue)
}
