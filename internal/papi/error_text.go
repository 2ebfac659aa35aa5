package papi

import (
	"slices"
	"strings"

	"papi-mcp/internal/lazyregexp"
)

// ErrorText returns what the contract says of an error code, in the wording of
// the operation's family; the zero value where it does not document the code. A
// family may have several texts for one code, some of which name a field that
// only other operations have (the photo of a sender, the header of a template):
// the one with the fewest names that are not the operation's is returned.
func (op *Operation) ErrorText(code string) ErrorText {
	texts := ErrorCodes()[code]
	if len(texts) == 0 {
		return ErrorText{}
	}
	family := strings.ToLower(op.Family())
	ours := slices.DeleteFunc(slices.Clone(texts), func(text ErrorText) bool {
		return !slices.ContainsFunc(text.In, func(name string) bool {
			return strings.HasPrefix(strings.ToLower(name), family)
		})
	})
	if len(ours) == 0 {
		return texts[0]
	}
	known := map[string]bool{}
	if op.Body != nil {
		known = op.Body.PropertyNames()
	}
	for _, p := range op.Parameters {
		known[p.Name] = true
	}
	foreign := func(text ErrorText) (n int) {
		for _, name := range fieldNamePattern.FindAllString(text.Message+" "+text.Resolution, -1) {
			if !known[name] {
				n++
			}
		}
		return n
	}
	return slices.MinFunc(ours, func(a, b ErrorText) int { return foreign(a) - foreign(b) })
}

// fieldNamePattern finds names of fields in a text: they are in camel case.
var fieldNamePattern = lazyregexp.New(`\b[a-z]+[A-Z]\w*\b`)
