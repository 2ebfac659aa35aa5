package guard

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

// From the launch on only an RCS sender's countries can be changed
// (fields_not_updatable, updateSender, 1.2.117). So a country that asks for
// answers of its own can be added later only if they were given before.

// onlyCountries reports whether nothing of the sender but its countries can be
// changed.
func onlyCountries(sender map[string]any) bool {
	state := jsonvalue.Text(sender, "state")
	return state == "LAUNCHING" || state == "LAUNCHED"
}

// askSupport is the way out of what no call changes any more.
const askSupport = "a person asks Sinch support to add the answers, and names the sender and its project"

// leadOut has the refusal of a launch in LAUNCHING or LAUNCHED lead on to what
// can still be done: the countries whose answers are missing go, or a person
// asks.
func leadOut(refusal *Refusal, id, sender map[string]any) {
	details := jsonvalue.Object(sender, "details")
	var stay, leave []string
	for _, country := range jsonvalue.Texts(details, "countries") {
		if len(catalog.CountryNeeds(jsonvalue.Object(details, "questionnaire"), country).Missing) > 0 {
			leave = append(leave, country)
		} else {
			stay = append(stay, country)
		}
	}
	refusal.Resolution = fmt.Sprintf("in %s only the countries can be changed, and what is missing can't be given any more: %s", jsonvalue.Text(sender, "state"), askSupport)
	if len(leave) > 0 && len(stay) > 0 {
		refusal.Resolution = fmt.Sprintf("in %s only the countries can be changed, and answers can't be given any more: take %s out again, or %s", jsonvalue.Text(sender, "state"), strings.Join(leave, ", "), askSupport)
		refusal.Next = append(refusal.Next, catalog.Next{
			Do: "when the person agrees, take the countries out that lack answers: " + strings.Join(leave, ", "), Tool: "rcs_sender_update",
			Args: jsonvalue.With(id, "details", map[string]any{"countries": stay}), Needs: []string{},
		})
	}
	refusal.Next = append(refusal.Next, catalog.Next{Do: askSupport + "; then launch it again", Args: map[string]any{}, Needs: []string{}})
}

// countryAnswers warns of countries in a new sender whose answers are missing.
func countryAnswers(_ context.Context, _ *Guard, c *Call) *Refusal {
	details := jsonvalue.Object(c.Args, "details")
	for _, country := range jsonvalue.Texts(details, "countries") {
		if told := unanswered(jsonvalue.Object(details, "questionnaire"), country); told != "" {
			c.Warn(fmt.Sprintf("details.countries has %s, %s: give the answers before the first launch, since in LAUNCHING and LAUNCHED they can't be given any more", country, told))
		}
	}
	return nil
}

func givesCountries(c *Call) bool { return len(jsonvalue.Texts(c.Args, "details.countries")) > 0 }

// countryAdded warns of countries that an update adds without their answers.
func countryAdded(c *Call, s seen) *Refusal {
	sender := s["rcs_sender_get"]
	before, now := jsonvalue.Object(sender, "details"), merged(jsonvalue.Object(sender, "details"), jsonvalue.Object(c.Args, "details"))
	for _, country := range jsonvalue.Texts(now, "countries") {
		told := unanswered(jsonvalue.Object(now, "questionnaire"), country)
		switch {
		case told == "" || slices.Contains(jsonvalue.Texts(before, "countries"), country):
		case onlyCountries(sender):
			c.Warn(fmt.Sprintf("details.countries adds %s, %s, and in %s they can't be given any more: unless %s, take %s out again, or the launch fails for it", country, told, jsonvalue.Text(sender, "state"), askSupport, country))
		default:
			c.Warn(fmt.Sprintf("details.countries adds %s, %s: give the answers before the launch, since in LAUNCHING and LAUNCHED they can't be given any more", country, told))
		}
	}
	return nil
}

// unanswered tells which answers a country still asks for, "" where none.
func unanswered(questionnaire map[string]any, country string) string {
	r := catalog.CountryNeeds(questionnaire, country)
	var told []string
	if len(r.Missing) > 0 {
		told = append(told, "whose launch needs "+inOneBrace(r.Missing))
	}
	if len(r.Asked) > 0 {
		told = append(told, "whose questionnaire asks for "+inOneBrace(r.Asked)+" (the API judges)")
	}
	return strings.Join(told, ", and ")
}

// inOneBrace writes paths that begin alike once: a.b and a.c as a.{b, c}.
func inOneBrace(paths []string) string {
	names := map[string][]string{}
	for _, path := range paths {
		at := strings.LastIndex(path, ".")
		names[path[:at]] = append(names[path[:at]], path[at+1:])
	}
	var told []string
	for _, before := range slices.Sorted(maps.Keys(names)) {
		inside := strings.Join(names[before], ", ")
		if len(names[before]) > 1 {
			inside = "{" + inside + "}"
		}
		told = append(told, before+"."+inside)
	}
	return strings.Join(told, ", ")
}

// laterCountries tells, before a first launch, which countries can't be added
// after it because their answers are missing.
func laterCountries(sender map[string]any) string {
	details := jsonvalue.Object(sender, "details")
	var lacks []string
	for _, country := range catalog.LaunchCountries() {
		if !slices.Contains(jsonvalue.Texts(details, "countries"), country) && unanswered(jsonvalue.Object(details, "questionnaire"), country) != "" {
			lacks = append(lacks, country)
		}
	}
	if onlyCountries(sender) || len(lacks) == 0 {
		return ""
	}
	return fmt.Sprintf("FR, GB and US ask for answers of their own, which can't be given after the launch. The sender has none, or not all, for %s: to launch there later, give these answers before this launch.", strings.Join(lacks, ", "))
}
