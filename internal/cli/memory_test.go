package cli

import (
	"slices"
	"testing"
)

// The more calls wait, the more often garbage is collected, and as before when they have
// ended.
func TestGarbageWhileManyWait(t *testing.T) {
	var set []int
	changed := gcPercentFor(func(percent int) { set = append(set, percent) })
	for open := range 1001 {
		changed(open)
	}
	for open := 1000; open >= 0; open-- {
		changed(open)
	}
	if want := []int{320, 160, 80, 40, 12, 40, 80, 160, 320, gcPercent}; !slices.Equal(set, want) {
		t.Errorf("set %v, want %v", set, want)
	}
}
