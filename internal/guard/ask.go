package guard

import "context"

// Question is what a person is asked before a call goes out.
type Question struct {
	// Summary says in plain words what will happen.
	Summary string
	// State is our signed token for exactly this question. A client of
	// protocol 2026-07-28 echoes it with the answer; an answer without it
	// counts for nothing.
	State string
}

// Answer is how a question ended.
type Answer string

// The answers. Accepted alone lets a call through.
const (
	Accepted Answer = "accepted"
	Declined Answer = "declined"
	// Cancelled: the person closed the question without an answer.
	Cancelled Answer = "cancelled"
	// TimedOut: nobody answered in time.
	TimedOut Answer = "timed_out"
	// Unavailable: the client said that it can ask, and could not.
	Unavailable Answer = "unavailable"
	// Pending: the question goes out as the result of this request, and the
	// answer comes with its repetition (protocol 2026-07-28).
	Pending Answer = "pending"
)

// Elicitor puts questions to the person at the client. A nil Elicitor stands for a
// client that can't.
type Elicitor interface {
	// Answered returns the answer that this request brought along, with the
	// State of its question as the client echoed it; ok is false when it
	// brought none. The state is not yet verified.
	Answered() (state string, answer Answer, ok bool)
	// Ask puts q and waits for its end, or returns Pending at once.
	Ask(ctx context.Context, q Question) Answer
}
