package catalog

import (
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
)

// The functions here show a bulky part of a thing in a line, or in a line for each
// of its items. A value of another form than the contract's stays as it is.

// onlyTrue shows true and leaves false out.
func onlyTrue(value any) any {
	if value == true {
		return true
	}
	return nil
}

// unlessUnknown leaves out a value that says that nothing is known.
func unlessUnknown(value any) any {
	if text, isText := value.(string); isText && strings.HasSuffix(text, "UNKNOWN") {
		return nil
	}
	return value
}

// commaSeparated shows a list of texts as one: GB, SE.
func commaSeparated(value any) any {
	texts := jsonvalue.Texts(value, "")
	if len(texts) == 0 || len(texts) < len(jsonvalue.List(value, "")) {
		return value
	}
	return strings.Join(texts, ", ")
}

// lines shows each object of a list as a text.
func lines(value any, show func(item map[string]any) string) any {
	items := jsonvalue.Objects(value, "")
	if len(items) == 0 || len(items) < len(jsonvalue.List(value, "")) {
		return value
	}
	all := make([]any, len(items))
	for i, item := range items {
		all[i] = show(item)
	}
	return all
}

// wabaNumbers shows the numbers of a WhatsApp Business Account, the id first.
func wabaNumbers(value any) any {
	return lines(value, func(number map[string]any) string {
		text := jsonvalue.Text(number, "id") + " " + jsonvalue.Text(number, "displayPhoneNumber")
		if number["provisioned"] == true {
			text += ", provisioned"
		}
		return text
	})
}

// lowerCategories shows the two lower levels of a category of KakaoTalk senders, the
// code of each before its name.
func lowerCategories(value any) any {
	return lines(value, func(mid map[string]any) string {
		var subs []string
		for _, sub := range jsonvalue.Objects(mid, "subcategories") {
			subs = append(subs, coded(sub))
		}
		return coded(mid) + ": " + strings.Join(subs, ", ")
	})
}

func coded(category map[string]any) string {
	return jsonvalue.Text(category, "code") + " " + jsonvalue.Text(category, "name")
}

// templateCategories shows the categories of KakaoTalk templates: the code, the
// names, what belongs to it and what does not.
func templateCategories(value any) any {
	return lines(value, func(category map[string]any) string {
		text := fmt.Sprintf("%s (%s)", coded(category), jsonvalue.Text(category, "nameEnglish"))
		if inclusion := jsonvalue.Text(category, "inclusion"); inclusion != "" {
			text += ": " + inclusion
		}
		if exclusion := jsonvalue.Text(category, "exclusion"); exclusion != "" {
			text += "; not: " + exclusion
		}
		return text
	})
}

// testNumbersByState shows how many test numbers are in which state, and which are
// not verified.
func testNumbersByState(value any) any {
	numbers := jsonvalue.Objects(value, "")
	if len(numbers) == 0 || len(numbers) < len(jsonvalue.List(value, "")) {
		return value
	}
	var all []member
	for _, number := range numbers {
		state := jsonvalue.Text(number, "state")
		all = append(all, member{status: state, name: jsonvalue.Text(number, "number"), named: state != RcsTestNumberVerified})
	}
	return byStatus(all, RcsTestNumberVerified)
}

// operatorsByStatus shows how many operators carry an RCS sender, by the status in
// each country, and names those that refused it, with their remarks.
func operatorsByStatus(value any) any {
	countries, remarks := jsonvalue.Objects(value, ""), 0
	var all []member
	for _, country := range countries {
		operators := jsonvalue.Objects(country, "operators")
		if len(operators) == 0 || len(operators) < len(jsonvalue.List(country, "operators")) {
			return value
		}
		code := jsonvalue.Text(country, "country")
		for _, operator := range operators {
			m := member{status: jsonvalue.Text(operator, "status"), name: code + " " + jsonvalue.Text(operator, "name"), place: code}
			status := find(rcsOperatorStates, m.status)
			m.named = status != nil && status.Class == Failure
			if remark := jsonvalue.Text(operator, "remark"); remark != "" {
				m.named, m.name = true, m.name+" - "+remark
				remarks++
			}
			all = append(all, m)
		}
	}
	if len(all) == 0 || len(countries) < len(jsonvalue.List(value, "")) {
		return value
	}
	if remarks == 0 && all[0].status != rcsLaunched && !slices.ContainsFunc(all, func(m member) bool { return m.status != all[0].status }) {
		return fmt.Sprintf("%d %s", len(all), all[0].status) // as a sender that was taken down
	}
	return byStatus(all, rcsLaunched)
}

// member is one of those that byStatus counts.
type member struct {
	status, name string
	place        string // where it is; "" does not matter
	named        bool   // and not only counted
}

// byStatus says how many are in which status, the good one first, and names those
// that are to be named.
func byStatus(all []member, good string) string {
	var order []string
	groups := map[string][]member{}
	for _, m := range all {
		if groups[m.status] == nil && m.status != good {
			order = append(order, m.status)
		}
		groups[m.status] = append(groups[m.status], m)
	}
	var parts []string
	if n := len(groups[good]); n > 0 || len(order) > 1 {
		parts = append(parts, fmt.Sprintf("%d of %d %s", n, len(all), good))
	}
	for _, m := range groups[good] {
		if m.named {
			parts = append(parts, m.name)
		}
	}
	for _, status := range order {
		parts = append(parts, group(status, groups[status], len(all)))
	}
	return strings.Join(parts, "; ")
}

// group describes those in a status other than the good one, of so many in total.
func group(status string, members []member, total int) string {
	var names, places []string
	for _, m := range members {
		if m.named {
			names = append(names, m.name)
		} else if m.place != "" && !slices.Contains(places, m.place) {
			places = append(places, m.place)
		}
	}
	counted := len(members) - len(names)
	switch {
	case len(names) > 0 && counted > 0:
		return fmt.Sprintf("%s: %s, and %d more", status, strings.Join(names, ", "), counted)
	case len(names) > 0:
		return status + ": " + strings.Join(names, ", ")
	case len(places) > 0 && counted < total:
		return fmt.Sprintf("%d %s (%s)", counted, status, strings.Join(places, ", "))
	}
	return fmt.Sprintf("%d %s", counted, status)
}

// triggersInLowerCase shows the triggers of a webhook as one text, in lower case, which
// has two thirds of the tokens; ALL, of one token, stays.
func triggersInLowerCase(value any) any {
	triggers := jsonvalue.Texts(value, "")
	if len(triggers) == 0 || len(triggers) < len(jsonvalue.List(value, "")) {
		return value
	}
	shown := make([]string, len(triggers))
	for i, trigger := range triggers {
		if strings.ToUpper(trigger) != trigger || strings.ContainsAny(trigger, " ,") { // it could not be read back
			return value
		}
		if shown[i] = trigger; trigger != EveryTrigger {
			shown[i] = strings.ToLower(trigger)
		}
	}
	return strings.Join(shown, " ")
}
