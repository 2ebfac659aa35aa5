package catalog

import (
	"cmp"
	"fmt"
	"time"

	"papi-mcp/internal/papi"
)

const (
	minute = time.Minute
	hour   = time.Hour
	day    = 24 * time.Hour
)

// Lasting says how long a state lasts that ends without a call. The contract
// states no usual time for any of them.
type Lasting struct {
	// First is after how long a first check makes sense.
	First time.Duration
	// Overdue is after how long a person should ask. The API states no such
	// time: it is this server's choice, well past what is usual.
	Overdue time.Duration
	// Ask is who can be asked: Sinch support unless it says otherwise.
	Ask string
}

// Asked is whom a person should ask about what takes too long.
func (l Lasting) Asked() string { return cmp.Or(l.Ask, "Sinch support") }

// OverdueAfter is Overdue in words, in days.
func (l Lasting) OverdueAfter() string { return papi.Count(int(l.Overdue/day), "day") }

// CheckAgain says when to check the next time a thing that has waited for a
// time: the longer it waits, the later. The clock of the API runs at a speed: 1, save
// in the sandbox.
func (l Lasting) CheckAgain(age time.Duration, speed float64) string {
	switch pause := l.pause(age, speed); {
	case pause < 5*minute:
		return "in a minute"
	case pause < shortPause:
		return "in ten minutes"
	case pause < 2*hour:
		return "in an hour"
	case pause < 6*hour:
		return fmt.Sprintf("in %d hours", pause/hour)
	}
	return "tomorrow"
}

// shortPause is up to which pause a caller waits for the end, and does not come back
// later.
const shortPause = 30 * minute

// Short reports whether it makes sense to wait for the end of what has waited for a
// time already: longer ones cost an agent calls, and time, for nothing.
func (l Lasting) Short(age time.Duration, speed float64) bool {
	return l.pause(age, speed) < shortPause
}

func (l Lasting) pause(age time.Duration, speed float64) time.Duration {
	pause := max(l.First, age/4)
	if speed > 0 {
		pause = time.Duration(float64(pause) / speed)
	}
	return pause
}

// Usual is how long it usually lasts, in a word; "" for what does not end without a
// call.
func (l Lasting) Usual(speed float64) string {
	switch pause := l.pause(0, speed); {
	case l.Overdue == 0:
		return ""
	case pause < minute:
		return "seconds"
	case pause < hour:
		return "minutes"
	case pause < day:
		return "hours"
	}
	return "days"
}
