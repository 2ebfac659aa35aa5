package guard

import (
	"context"
	"time"
)

// Question is what a person is asked before a call is sent.
type Question struct {
	// Summary says in plain words what will happen.
	Summary string
	// State is our signed token for exactly this question. A client of
	// protocol 2026-07-28 sends it back with the answer; an answer without it
	// is ignored.
	State string
}

// Answer is how a question ended.
type Answer string

// The answers. Only Accepted lets a call through.
const (
	Accepted Answer = "accepted"
	Declined Answer = "declined"
	// Cancelled: the person closed the question without an answer.
	Cancelled Answer = "cancelled"
	// TimedOut: no answer came in time.
	TimedOut Answer = "timed_out"
	// Unavailable: the client said that it can ask, and could not.
	Unavailable Answer = "unavailable"
	// Pending: the question is the result of this request, and the answer comes
	// when the client repeats it (protocol 2026-07-28).
	Pending Answer = "pending"
)

// MaxAnswerTime is how long an [Elicitor] may wait for an answer. A later one is
// refused, since the state of its question has expired; the rest is for the reads that
// follow a yes.
const MaxAnswerTime = tokenTTL - 10*time.Second

// Elicitor puts questions to the person at the client. It is nil where the
// client can't ask.
type Elicitor interface {
	// Answered returns the answer that came with this request, and the State of
	// its question as the client sent it back, not yet verified. ok is false
	// where no answer came.
	Answered() (state string, answer Answer, ok bool)
	// Ask asks q and waits for the answer, or returns Pending immediately.
	Ask(ctx context.Context, q Question) Answer
}
