package sandbox

import "context"

type phoneKey struct{}

// WithPhone returns a context for requests that are made through Transport. received
// gets each one-time code that such a request has the sandbox send; it must not call
// the sandbox. A request that came over a network has no such context, and no answer
// can add one: a code that received gets is the sandbox's.
func WithPhone(ctx context.Context, received func(code string)) context.Context {
	return context.WithValue(ctx, phoneKey{}, received)
}

// sendCode sends a sender's one-time code: into the answer's header, and to the phone
// of the request, or into the log where it has none.
func (c *call) sendCode(sender, code string) {
	c.header.Set(HeaderCode, code)
	if received, ok := c.request.Context().Value(phoneKey{}).(func(string)); ok {
		received(code)
		return
	}
	c.log.Info("one-time code of the sandbox", "sender", sender, "code", code)
}
