package errorcode

import "net/http"

// Exit is the exit code of a command. All commands use this one table.
type Exit int

// The exit codes. 75 and 77 are EX_TEMPFAIL and EX_NOPERM of sysexits.h.
const (
	Done         Exit = 0
	Failed       Exit = 1
	Usage        Exit = 2
	EndedBadly   Exit = 3
	PersonNeeded Exit = 4
	TimedOut     Exit = 5
	TryAgain     Exit = 75
	Credentials  Exit = 77
)

// Exits are all exit codes in order, each with what it means.
var Exits = []struct {
	Exit    Exit
	Meaning string
}{
	{Done, "done"},
	{Failed, "the call was refused, or failed"},
	{Usage, "wrong usage: nothing was started"},
	{EndedBadly, "what was waited for ended in a failure"},
	{PersonNeeded, "a person is needed, for example to confirm"},
	{TimedOut, "it did not end in time"},
	{TryAgain, "a temporary failure: the same command may succeed later"},
	{Credentials, "the credentials are missing, or were not accepted"},
}

// ExitFor returns the exit code of a command that ends with an error: that of the
// table for a code of ours, else the one that fits the API's HTTP status.
func ExitFor(code string, status int) Exit {
	if e, ok := Lookup(code); ok && (status == 0 || e.Origin == Client) {
		return e.Exit
	}
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return Credentials
	case status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		return TryAgain
	}
	return Failed
}
