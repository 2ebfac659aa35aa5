package papi

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// numberOf reads a json.Number or a float64 exactly. An exponent beyond what 16 bits hold,
// which would take minutes to write out, is the nearest one within.
func numberOf(value any) *big.Rat {
	mantissa, power, _ := strings.Cut(strings.ToLower(fmt.Sprint(value)), "e")
	exponent, _ := strconv.ParseInt(power, 10, 16)
	n, ok := new(big.Rat).SetString(mantissa + "e" + strconv.FormatInt(exponent, 10))
	if !ok {
		return new(big.Rat) // no decoder makes it
	}
	return n
}

// SameJSON reports whether two decoded values are equal as JSON: 1 is 1.0, and the order of an
// object's names means nothing.
func SameJSON(a, b any) bool {
	if text, ok := a.(string); ok {
		return b == text
	}
	return identity(a) == identity(b)
}

// identity returns a text that only equal values have.
func identity(value any) string {
	switch v := value.(type) {
	case json.Number, float64:
		return numberOf(v).RatString()
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = identity(item)
		}
		return "[" + strings.Join(items, ",") + "]"
	case map[string]any:
		var fields []string
		for name, field := range v {
			fields = append(fields, strconv.Quote(name)+":"+identity(field))
		}
		slices.Sort(fields)
		return "{" + strings.Join(fields, ",") + "}"
	}
	return fmt.Sprintf("%#v", value)
}

// repeated returns the indexes of the first item that a list repeats, and of its
// repetition; 0 and 0 where there is none.
func repeated(list []any) (first, second int) {
	seen := make(map[string]int, len(list))
	for i, item := range list {
		text := identity(item)
		if before, ok := seen[text]; ok {
			return before, i
		}
		seen[text] = i
	}
	return 0, 0
}
