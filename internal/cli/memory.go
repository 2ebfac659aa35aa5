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

// gcPercents replace it while many calls wait: from a number of them on, the one after
// it. They keep memory and do little, so that the garbage would be several times as large
// as what is in use. It stays under 10 MB.
var gcPercents = []struct{ waits, percent int }{{50, 320}, {100, 160}, {200, 80}, {400, 40}, {800, 12}}

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
	last := gcPercent
	return func(open int) {
		percent := gcPercent
		for _, from := range gcPercents {
			if open >= from.waits {
				percent = from.percent
			}
		}
		if percent != last {
			last = percent
			set(percent)
		}
	}
}
