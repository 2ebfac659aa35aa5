package cli

import (
	"slices"
	"testing"
)

// While many calls wait, garbage is collected more often; a few that come and go change
// nothing.
func TestGarbageWhileManyWait(t *testing.T) {
	var set []int
	changed := gcPercentFor(func(percent int) { set = append(set, percent) })
	for open := range manyWaits + 1 {
		changed(open)
	}
	changed(manyWaits - 1)
	changed(manyWaits)
	for open := manyWaits; open >= 0; open-- {
		changed(open)
	}
	changed(manyWaits)
	if want := []int{gcPercentWaiting, gcPercent, gcPercentWaiting}; !slices.Equal(set, want) {
		t.Errorf("set %v, want %v", set, want)
	}
}
