package papi

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// number is a JSON number, exactly: 0.digits times ten to the power of exponent.
// Digits don't begin or end with a zero, so that equal numbers are the same.
type number struct {
	negative bool
	digits   string
	exponent int
}

// numberOf reads a json.Number or a float64.
func numberOf(value any) number {
	text, negative := strings.CutPrefix(strings.ToLower(fmt.Sprint(value)), "-")
	mantissa, power, _ := strings.Cut(text, "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exponent, _ := strconv.ParseInt(power, 10, 32) // beyond that, the greatest is returned
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return number{}
	}
	return number{negative, strings.TrimRight(digits, "0"), int(exponent) + len(digits) - len(fraction)}
}

// isInteger reports whether the number has no fraction: 1.0 and 1e2 are integers.
func (n number) isInteger() bool { return len(n.digits) <= n.exponent }

func (n number) compare(other number) int {
	switch {
	case n.sign() != other.sign():
		return n.sign() - other.sign()
	case n.negative:
		n, other = other, n
	}
	return cmp.Or(n.exponent-other.exponent, strings.Compare(n.digits, other.digits))
}

func (n number) sign() int {
	switch {
	case n.digits == "":
		return 0
	case n.negative:
		return -1
	}
	return 1
}

// sameJSON reports whether two values are equal as JSON: 1 is 1.0, and the order of an
// object's names means nothing.
func sameJSON(a, b any) bool {
	if text, ok := a.(string); ok {
		return b == text
	}
	return identity(a) == identity(b)
}

// identity returns a text that only equal values have.
func identity(value any) string {
	switch v := value.(type) {
	case json.Number, float64:
		return fmt.Sprint(numberOf(v))
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
