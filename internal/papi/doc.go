// Package papi is the Provisioning API: what it takes and answers, and the way
// to it.
//
// The contract is data. The facts of every operation (method, path,
// parameters, schemas, error codes) are embedded and read family by family
// when they are first asked for; [Lookup] finds an operation, and
// [Schema.Check] checks a value against a schema, and tells all that is wrong
// with it at once, and what is doubtful. Of a union it chooses the variant that
// is most likely meant. Where the contract contradicts itself, the schemas are
// corrected as they are read.
//
// The client sends one [Request] of an operation and returns the [Response] or
// an [*Error]. On the way it
//
//   - refuses ids that could lead to another resource, before anything is sent;
//   - authenticates, with a token that all callers share;
//   - sends again what may be sent again, and nothing else: [RetryPolicy] says what
//     a second sending would do, and the client knows of each sending whether
//     it may have had an effect;
//   - bounds everything: the time of a call, its tries, the size of an answer.
//
// What the API and callers write passes [Printable] before anybody reads it, and
// [Quoted] in a sentence of ours; [Cut] bounds it, and what sounds like a secret
// is masked. Nothing of that is done to what is sent.
//
// An error says whether the request may have taken effect ([Error.Unknown]).
// The client never decides what to do about that, never reads a state to find
// out, and knows no tools, projects or people: those are the callers' matter.
package papi
