package guard

import (
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

// launchable are the states from which an RCS sender may be launched.
var launchable = []string{"IN_TEST", "LAUNCHING", "LAUNCHED", "UNLAUNCHED"}

// launchMissing is what a sender lacks for a launch: what is wrong with its
// state, and the paths of the rest.
func launchMissing(sender map[string]any, r catalog.LaunchReport) []string {
	state := jsonvalue.Text(sender, "state")
	if slices.Contains(launchable, state) {
		return r.Missing
	}
	return append(slices.Clip(r.Missing), fmt.Sprintf("state: %s, and only %s can be launched", or(state, "none"), strings.Join(launchable, ", ")))
}

// launchWaits are the states that end by themselves. What the sender lacks does
// not matter in them.
var launchWaits = []string{"PREPARING_LAUNCH", "IN_PROGRESS"}

// launchRefusal tells all that a launch still needs, at once; in a state that
// ends by itself, to wait.
func launchRefusal(c *Call, s seen) *Refusal {
	sender := s["rcs_sender_get"]
	r := catalog.LaunchNeeds(sender)
	missing := launchMissing(sender, r)
	if state := jsonvalue.Text(sender, "state"); slices.Contains(launchWaits, state) {
		return &Refusal{
			Message:    fmt.Sprintf("the sender is %s, which ends by itself: it can't be launched now", state),
			Resolution: "wait, and look again with rcs_sender_get: its next says when, and what to do then",
			Info:       map[string]any{"missing": missing},
			Next:       []catalog.Next{readRcsSender.next(c, "wait, and look again: "+state+" ends by itself")},
		}
	}
	if len(missing) == 0 {
		if len(r.Asked) > 0 {
			c.Warn("not answered, though the questionnaire asks for it (the API judges): " + strings.Join(r.Asked, ", "))
		}
		return nil
	}
	refusal := &Refusal{
		Message:    fmt.Sprintf("the sender can't be launched yet; missing: %s", strings.Join(missing, "; ")),
		Resolution: "complete the sender with rcs_sender_update, all that is missing at once, and launch it again",
		Info:       map[string]any{"missing": missing},
		Next:       []catalog.Next{readRcsSender.next(c, "look at the sender, and what comes next in its state")},
	}
	if len(r.Asked) > 0 {
		refusal.Info["askedToo"] = r.Asked
	}
	id := map[string]any{"senderId": c.Args["senderId"]}
	switch {
	case onlyCountries(sender):
		leadOut(refusal, id, sender)
	case slices.ContainsFunc(missing, inDetails):
		refusal.Next = append(refusal.Next, catalog.Next{Do: "complete the sender with what is missing", Tool: "rcs_sender_update", Args: id, Needs: []string{"details"}})
		if !jsonvalue.IsEmpty(sender["useCase"]) {
			refusal.Next = append(refusal.Next, catalog.Next{Do: "read the questions, for the answers that are missing", Tool: "rcs_questionnaire_get", Args: questionsAbout(sender, r), Needs: []string{}})
		}
	}
	return refusal
}

// questionsAbout are the arguments that read the questions of a sender.
func questionsAbout(sender map[string]any, r catalog.LaunchReport) map[string]any {
	ask := map[string]any{"useCase": sender["useCase"]}
	if countries := jsonvalue.Field(sender, "details.countries"); !jsonvalue.IsEmpty(countries) {
		ask["countries"] = countries
	}
	if r.Campaign != "" {
		ask["usQuestionnaireBrandCampaignVersion"] = r.Campaign
	}
	return ask
}

// inDetails reports whether a path is one that an update of the sender can give.
func inDetails(path string) bool { return strings.HasPrefix(path, "details.") }
