package tools

import "papi-mcp/internal/guard"

// Caller is who makes a call, and through what.
type Caller struct {
	// Principal names who calls: confirmations are kept by it.
	Principal string
	// Client is the name of the program that the principal calls with, where
	// several share what is remembered for it: a project is confirmed for one
	// of them. "" where the principal alone counts.
	Client string
	// Elicitor puts questions to the person at the client; nil where the client
	// can't ask.
	Elicitor guard.Elicitor
	// CommandLine tells that a person wrote this one call (papi-mcp call), so
	// that a projectId written in it confirms the project for it.
	CommandLine bool
}

// Outcome is how a tool call ended.
type Outcome struct {
	// Structured is the result or the error, as its JSON goes to the client.
	Structured any
	// IsError tells that Structured is an error.
	IsError bool
	// Project is the project that the call named, or the default; as the caller
	// wrote it, and "" for none.
	Project string
	// Link leads to a resource that helps; nil where none does.
	Link *Link
	// Question, when set, must be put to the person, and the call repeated
	// with the answer; nothing has been sent to the API, and Structured is nil.
	Question *guard.Question
}
