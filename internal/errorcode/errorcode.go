// Package errorcode is the table of the error codes of this program's own: what
// each means, what to do about it, whether the same call may succeed later, and the exit code of
// a command that ends with it.
//
// Each code is declared here and nowhere else; the code that answers with one
// refers to its constant, and takes the resolution from the table where that is
// the same at every place. The codes of the guard's rules are declared by the
// rules, and those of the API by its contract. The table feeds docs/errors.md
// and the pages papi://errors/{code}; it imports nothing of the program.
package errorcode

import "slices"

// Origin is the part of the program that answers with a code.
type Origin string

// The origins, in the order in which a call meets them.
const (
	HTTP         Origin = "HTTP"
	Argument     Origin = "argument"
	Guard        Origin = "guard"
	Confirmation Origin = "confirmation"
	Audit        Origin = "audit"
	Client       Origin = "client"
	Server       Origin = "server"
)

// Origins are all of them, in order.
var Origins = []Origin{HTTP, Argument, Guard, Confirmation, Audit, Client, Server}

// Retry says whether the same call, unchanged, may succeed later.
type Retry string

// The values of Retry.
const (
	No    Retry = "no"
	Yes   Retry = "yes"
	After Retry = "yes, after retryAfterSeconds where it is given"
	// Reads is for errors after which a change may have been made.
	Reads Retry = "a read yes; a change only after reading the current state"
)

// Entry is what the table says of a code.
type Entry struct {
	Code   string
	Origin Origin
	// Meaning is a sentence.
	Meaning string
	// Do is what to do next: the resolution of the error, unless the place that
	// answers with it has a more exact one.
	Do        string
	Retryable Retry
	// Exit is the exit code of a command that ends with this error.
	Exit Exit
}

// Lookup returns the entry of a code, and false for a code that is not ours.
func Lookup(code string) (Entry, bool) {
	i := slices.IndexFunc(table, func(e Entry) bool { return e.Code == code })
	if i < 0 {
		return Entry{}, false
	}
	return table[i], true
}

// Do is what to do after a code, "" for a code that is not ours.
func Do(code string) string {
	e, _ := Lookup(code)
	return e.Do
}

// All returns the table, ordered by origin.
func All() []Entry { return slices.Clone(table) }
