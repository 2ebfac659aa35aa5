package lint

import (
	"strings"
	"time"

	"papi-mcp/internal/jsonvalue"
)

// Compare returns what is wrong with a template next to others of the project, of which
// those in another language, and the template itself, do not count. Body and footer of
// an AUTHENTICATION template are Meta's, and always alike.
func Compare(t Template, others []Template) []Finding {
	var all []Finding
	own := textsOf(t)
	if t.Category == authentication || own.body == "" {
		return nil
	}
	duplicate, similar := Lookup("wa_duplicate"), Lookup("wa_similar")
	words := pairs(own.body)
	for _, other := range others {
		if other.Language != t.Language || other.Name == t.Name || other.Category == authentication {
			continue
		}
		theirs := textsOf(other)
		switch {
		case theirs == own:
			(&report{duplicate, &all}).add(own.path, "is that of the template %s, as is the footer: Meta approves a text once", quote(other.Name))
		case likeness(words, pairs(theirs.body)) >= leastLikeness:
			(&report{similar, &all}).add(own.path, "is almost that of the template %s", quote(other.Name))
		}
	}
	return all
}

// compared are the texts in which templates are compared.
type compared struct{ path, body, footer string }

// textsOf are the texts of a template, without a difference in blanks and case.
func textsOf(t Template) compared {
	c := compared{path: components}
	for _, p := range newView(t).top() {
		text := strings.ToLower(strings.Join(strings.Fields(jsonvalue.Text(p.fields, "text")), " "))
		switch p.kind {
		case "BODY":
			c.body, c.path = text, p.path+".text"
		case "FOOTER":
			c.footer = text
		}
	}
	return c
}

// leastLikeness is from where on two bodies are almost the same: of twenty words, one
// may differ.
const leastLikeness = 0.85

// pairs are the words of a text, each with the one after it, and how often they come.
func pairs(text string) map[[2]string]int {
	words := strings.FieldsFunc(text, func(r rune) bool { return !isWordRune(r) && r != '{' && r != '}' })
	all := map[[2]string]int{}
	for i := range words {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		all[[2]string{words[i], next}]++
	}
	return all
}

// likeness is the share of pairs that both have (Dice's coefficient).
func likeness(a, b map[[2]string]int) float64 {
	both, total := 0, 0
	for pair, n := range a {
		both += min(n, b[pair])
		total += n
	}
	for _, n := range b {
		total += n
	}
	if total == 0 {
		return 0
	}
	return float64(2*both) / float64(total)
}

// LockedFor is how long a name can't be used again in a language after its deletion.
const LockedFor = 30 * 24 * time.Hour

// Locked returns the finding that a template's name was deleted in its language, nil
// where that is long enough ago.
func Locked(t Template, deleted, now time.Time) []Finding {
	until := deleted.Add(LockedFor)
	if !now.Before(until) {
		return nil
	}
	var all []Finding
	(&report{Lookup("wa_name_locked"), &all}).fix("name", OtherName(t.Name), "was deleted in this language on %s, and can be used again from %s on: give another name",
		deleted.UTC().Format(time.DateOnly), until.UTC().Format(time.RFC3339))
	return all
}

// OtherName returns a name like that of a template, no longer than the contract allows.
func OtherName(name string) string {
	const suffix, most = "_v2", 512
	return name[:min(len(name), most-len(suffix))] + suffix
}
