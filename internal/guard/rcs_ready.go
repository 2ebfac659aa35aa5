package guard

import (
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
)

// launchWaits are the states that end by themselves: a launch before that end is
// no matter of what the sender lacks.
var launchWaits = []string{"PREPARING_LAUNCH", "IN_PROGRESS"}

// launchOrWait refuses a launch of a sender that goes on by itself with nothing
// but to wait, and any other for what it lacks.
func launchOrWait(c *Call, s seen) *Refusal {
	sender := s["rcs_sender_get"]
	state := text(sender, "state")
	if !slices.Contains(launchWaits, state) {
		return launchRefusal(c, s)
	}
	return &Refusal{
		Message:    fmt.Sprintf("the sender is %s, which goes on by itself: it can't be launched now", state),
		Resolution: "wait, and look again with rcs_sender_get: its next says when, and what comes then",
		Info:       map[string]any{"missing": launchNeeds(sender).missing},
		Next:       []catalog.Next{readRcsSender.next(c, "wait, and look again: "+state+" goes on by itself")},
	}
}

// LaunchMissing is what an RCS sender, as rcs_sender_get shows it, lacks for a
// launch, as paths; its state aside.
func LaunchMissing(sender map[string]any) []string {
	return slices.DeleteFunc(launchNeeds(sender).missing, func(path string) bool { return !strings.HasPrefix(path, "details.") })
}
