package papi

import (
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// Numbers are exact, and one whose digits would not fit into memory costs little.
func TestNumbersAreExact(t *testing.T) {
	texts := []string{
		"0", "-0", "0.0", "0e9", "1", "1.0", "10e-1", "0.1e1", "1E0", "1e+00", "-1", "-1.0", "-1.5", "1.5", "15e-1", "9", "10", "11", "99", "100", "100.0",
		"100.00000000000000000001", "99.99999999999999999999", "9007199254740992", "9007199254740993", "1e21", "1000000000000000000000", "-100", "-99", "0.001", "1e-3",
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		text := strconv.FormatInt(r.Int64N(2000)-1000, 10)
		texts = append(texts, text, text+"e"+strconv.Itoa(r.IntN(7)-3), text+"."+strconv.Itoa(r.IntN(100)))
	}
	for _, a := range texts {
		exact, ok := new(big.Rat).SetString(a)
		if !ok {
			t.Fatal(a)
		}
		if got := numberOf(json.Number(a)).IsInt(); got != exact.IsInt() {
			t.Errorf("%s is an integer: %v", a, got)
		}
		for _, b := range texts {
			other, _ := new(big.Rat).SetString(b)
			got := numberOf(json.Number(a)).Cmp(numberOf(json.Number(b)))
			if sign := exact.Cmp(other); got*sign < 0 || (got == 0) != (sign == 0) || SameJSON(json.Number(a), json.Number(b)) != (sign == 0) {
				t.Errorf("%s and %s: %d, want %d", a, b, got, sign)
			}
		}
	}
	most := 100.0
	s := &Schema{Type: Types{"integer"}, Maximum: &most}
	for text, want := range map[string]int{"1e1000000000": 1, "-1e1000000000": 0, "1e99999999999999999999": 1, "1e-99999999999999999999": 1, "100.0": 0, "100.5": 1} {
		if found := s.Violations(json.Number(text), CheckOptions{}); len(found) != want {
			t.Errorf("%s: %v", text, found)
		}
	}
	if SameJSON(float64(1), "1") || !SameJSON(float64(1), json.Number("1.0")) {
		t.Error("a number is its text, or not another spelling of itself")
	}
}

// The cost of comparing items does not double with each level of nesting.
func TestRepeatedItems(t *testing.T) {
	s := &Schema{Type: Types{"array"}, UniqueItems: true}
	deep := func(last string) (v any) {
		v = last
		for range 100 {
			v = []any{map[string]any{`"`: v, `\`: 1.0}}
		}
		return v
	}
	for _, test := range []struct {
		items []any
		want  string
	}{
		{[]any{"1", 1.0, true, nil, "true", "<nil>", []any{}, map[string]any{}}, ""},
		{[]any{[]any{"a", "b"}, []any{"a,b"}, []any{`a","b`}}, ""},
		{[]any{map[string]any{"a": 1.0, "b": 2.0}, map[string]any{"b": json.Number("2.0"), "a": json.Number("1e0")}}, "items 0 and 1"},
		{[]any{"a", "b", "b"}, "items 1 and 2"},
		{[]any{deep("x"), deep("y")}, ""},
		{[]any{deep("x"), "y", deep("x")}, "items 0 and 2"},
	} {
		found := s.Violations(test.items, CheckOptions{})
		if (test.want == "") != (len(found) == 0) || test.want != "" && !strings.Contains(found[0].Allowed.(string), test.want) {
			t.Errorf("%.80v: %v, want %q", test.items, found, test.want)
		}
	}
}

// Blanks in a pattern are those of ECMAScript, and lengths are counted in code points.
func TestTextsAsJSONSchemaCounts(t *testing.T) {
	five := 5
	for _, test := range []struct {
		schema Schema
		text   string
		valid  bool
	}{
		{Schema{Pattern: `^\+?[\d+\s]{6,15}$`}, "+1\u00a0555\u2009010\u3000", true},
		{Schema{Pattern: `^\+?[\d+\s]{6,15}$`}, "+1\v\ufeff\u2028555", true},
		{Schema{Pattern: `^\+?[\d+\s]{6,15}$`}, "+1\u200b555010", false},
		{Schema{Pattern: `^\d+$`}, "١٢٣", false},
		{Schema{Pattern: `^\d+$`}, "123\n", false},
		{Schema{MaxLength: &five}, "🎉🎉🎉🎉🎉", true},
		{Schema{MaxLength: &five}, "🎉🎉🎉🎉🎉🎉", false},
		{Schema{MinLength: &five}, "é́é", false},
	} {
		if found := test.schema.Violations(test.text, CheckOptions{}); (len(found) == 0) != test.valid {
			t.Errorf("%q: %v, want valid: %v", test.text, found, test.valid)
		}
	}
}
