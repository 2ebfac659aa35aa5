// Package sandbox imitates the Provisioning API in memory, so that a flow can
// be tried, shown and tested without an account, a phone or a week of review.
//
// A [Sandbox] is an http.Handler. A request takes these steps:
//
//	route       by the methods and paths of papi's operations; /oauth2/token
//	            and the control API below /_sandbox/ have routes of their own
//	faults      latency and errors that the control API asked for
//	authorize   a token that the sandbox issued, or Basic
//	validate    parameters and body against the contract's schemas, with the
//	            error codes that the contract names for the operation
//	handle      the operation's handler, which knows states and nothing of HTTP
//
// To add an operation, write a handler in the file of its family and add it to
// the map of handlers there. It gets a [call] that is valid by the contract. It
// returns the operation's successful answer with call.ok, or one of the
// operation's documented errors with call.fail; any other error code is a
// defect, and panics.
//
// Time is the API's own: it is the real time, runs faster, or is advanced by
// hand. What happens later (a review that ends, a sender that is removed, a
// webhook's retry) is an [event] in one queue, ordered by time. Events are data:
// names and ids, no closures. All state changes under one lock, and ids and
// codes come from the seed, so that the same calls end in the same state.
//
// Webhooks are sent over real HTTP, to loopback addresses only. The package
// contacts nothing else. It does not use the project's catalog: its states are
// written down a second time, as a check of the catalog's.
//
// What it assumes beyond the contract is listed in docs/sandbox.md.
package sandbox
