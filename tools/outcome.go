package tools

import (
	"time"

	"papi-mcp/internal/guard"
)

// Caller is who makes a call, and through what.
type Caller struct {
	// Principal names who calls: confirmations are stored under it.
	Principal string
	// Client is the name of the program that the principal calls with, where
	// several share its store: a project is confirmed for one of them. "" where
	// only the principal counts.
	Client string
	// Elicitor asks the person at the client; nil where the client can't ask.
	Elicitor guard.Elicitor
	// CommandLine says that a person wrote this call (papi-mcp call), so that a
	// projectId in it confirms the project for this call.
	CommandLine bool
	// Waits, if set, is called when the call begins to wait for something that takes
	// long: it needs no place among those that run any more.
	Waits func()
	// Progress, if set, is called from time to time while the call waits.
	Progress func(Progress)
	// Stopping, if set, is closed when a call that waits should end with what it has
	// seen: the server stops.
	Stopping <-chan struct{}
	// Timeout is that of the call; 0 means deadline.Timeout.
	Timeout time.Duration
}

// Progress is how far a call is.
type Progress struct {
	// Done and Total are seconds since a wait began, and until it ends in any case; of a plan,
	// the steps that have ended, and all.
	Done, Total int
	Message     string
}

func (c Caller) waits() {
	if c.Waits != nil {
		c.Waits()
	}
}

// Outcome is how a tool call ended.
type Outcome struct {
	// Structured is the result or the error, as its JSON goes to the client.
	Structured any
	// IsError reports whether Structured is an error.
	IsError bool
	// Project is the project that the call named, as the caller wrote it, or the
	// default; "" for none.
	Project string
	// Tool is the tool that was called: the inner one of a call through tool_call_read
	// or tool_call_write, and "" where there is no such tool.
	Tool string
	// Link is a resource that helps; nil where none does.
	Link *Link
	// Question, when set, must be asked of the person, and the call repeated with
	// the answer; nothing has been sent to the API, and Structured is nil.
	Question *guard.Question
}
