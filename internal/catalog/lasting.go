package catalog

import (
	"cmp"
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

// Asked is whom a person asks about what takes too long.
func (l Lasting) Asked() string { return cmp.Or(l.Ask, "Sinch support") }

// OverdueAfter is Overdue in words, in days.
func (l Lasting) OverdueAfter() string { return papi.Count(int(l.Overdue/day), "day") }

// CheckAgain says when to check the next time a thing that has waited for a
// time: the longer it waits, the later.
func (l Lasting) CheckAgain(age time.Duration) string {
	switch wait := max(l.First, age/4); {
	case wait < 5*minute:
		return "in a minute"
	case wait < 30*minute:
		return "in ten minutes"
	case wait < 6*hour:
		return "in an hour"
	}
	return "tomorrow"
}
