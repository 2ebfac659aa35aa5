// Package sandbox imitates the Provisioning API in memory, so that a flow can
// be tried, shown and tested without an account, a phone or a week of review.
//
// A [Sandbox] is an http.Handler. A request takes this way through it:
//
//	route       papi's operations name methods and paths; /oauth2/token and
//	            /_sandbox/ stand beside them
//	faults      what the control API was told to break
//	authorize   a token that the sandbox issued, or Basic
//	check       parameters and body against the contract's schemas, with the
//	            error codes that the contract names for the operation
//	handle      the family's handler, which knows states and nothing of HTTP
//
// A handler answers one of the operation's documented statuses, and fails with
// one of its documented codes; anything else is a defect, and panics.
//
// Time is the API's own: it runs with the real one, faster, or by hand. What
// happens later (a review that ends, a code that is forgotten, a webhook's next
// try) is an [event] in one queue, ordered by time, and events are data: names
// and ids, no closures. All state changes under one lock, and ids and codes
// come from the seed, so that the same calls end in the same state.
//
// Webhooks go out over real HTTP, to loopback addresses only. The package
// contacts nothing else, and knows nothing of the project but papi's contract.
//
// What it assumes beyond the contract is document in docs/sandbox.md.
package sandbox
