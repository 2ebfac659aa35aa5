// Package papi is a client of the Provisioning API, and the API's contract.
//
// The contract is data. The facts of every operation (method, path,
// parameters, schemas, error codes) are embedded, and a family's file is parsed
// when it is first needed. [Lookup] finds an operation. [Schema.Check] validates
// a value against a schema and returns all violations in one list, and warnings; for
// an agent, they show the right form with an example.
// Of a union it chooses the variant that the value most likely means. Where the
// contract contradicts itself, the schemas are corrected as they are read.
//
// The client sends one [Request] of an operation and returns the [Response] or
// an [*Error]. On the way it
//
//   - refuses ids that could lead to another resource, before anything is sent;
//   - authenticates, with a token that all callers share;
//   - retries as [RetryPolicy] allows, and knows after each attempt whether it
//     may have had an effect;
//   - limits everything: the time of a call, its attempts, the size of a response.
//
// Text from the API and from callers passes [Printable] before anybody reads it,
// and [Quoted] where it appears in a sentence; [Truncate] limits its length, and
// values under secret names are masked. Nothing of that is done to what is sent.
//
// An error says whether the request may have taken effect ([Error.Unknown]).
// What to do about that is up to the caller: the client reads no state to find
// out, and does not know tools, projects or people.
package papi
