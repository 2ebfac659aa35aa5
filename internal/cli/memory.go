package cli

import (
	"os"
	"runtime/debug"

	"papi-mcp/internal/wait"
)

// gcPercent is how much the heap may grow between garbage collections, in percent
// of the live heap, which is small here, while each call allocates a lot: with the
// default of 100, collections took a twentieth of the time (scripts/load).
const gcPercent = 800

// gcPercentWaiting replaces it while many calls wait. They keep memory and do little, so
// that the garbage would be several times as large as what is in use.
const gcPercentWaiting = 20

// manyWaits is from how many open waits on gcPercentWaiting applies, and fewWaits below
// how many it ends.
const (
	manyWaits = 100
	fewWaits  = manyWaits / 2
)

// memoryLimit is how much memory the process may use before it collects more often:
// a caller may make the live heap large.
const memoryLimit = 512 << 20

// tuneMemory sets how often garbage is collected, unless the environment does.
func tuneMemory(waits *wait.Limit) {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(gcPercent)
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	waits.Changed = gcPercentFor(func(percent int) { debug.SetGCPercent(percent) })
}

// gcPercentFor returns a function that sets the percentage for a number of open waits,
// when it changes.
func gcPercentFor(set func(percent int)) (changed func(open int)) {
	many := false
	return func(open int) {
		switch {
		case !many && open >= manyWaits:
			set(gcPercentWaiting)
		case many && open < fewWaits:
			set(gcPercent)
		default:
			return
		}
		many = !many
	}
}
