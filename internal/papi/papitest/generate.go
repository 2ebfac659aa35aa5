// Package papitest makes values that schemas of the contract allow, and changes
// them, for tests.
package papitest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"papi-mcp/internal/papi"
)

// Generator makes random values, the same ones for the same seed.
type Generator struct {
	*rand.Rand
	// Draft leaves out what a draft may leave out.
	Draft bool
	// NoNull leaves out null where it deletes.
	NoNull bool
}

// New returns a generator.
func New(seed uint64) *Generator { return &Generator{Rand: rand.New(rand.NewPCG(seed, 0))} }

// Value returns a value that a schema allows: each property that it may leave out is
// there or not, and of a union each variant may be chosen that is not deprecated.
func (g *Generator) Value(s *papi.Schema) any { return g.value(s, "", 0) }

func (g *Generator) value(s *papi.Schema, name string, depth int) any {
	s = s.Resolve()
	if len(s.AnyOf) > 0 {
		current := slices.DeleteFunc(slices.Clone(s.AnyOf), func(v *papi.Schema) bool { return v.Resolve().IsDeprecated() })
		return g.value(current[g.IntN(len(current))], name, depth)
	}
	switch values := s.Values(); {
	case s.Type.Has("null") && !g.NoNull && g.IntN(6) == 0:
		return nil
	case s.Const != nil:
		return s.Const
	case values != nil:
		return values[g.IntN(len(slices.DeleteFunc(slices.Clone(values), func(v any) bool { return v == nil })))]
	case s.Type.Has("object") || s.Properties != nil:
		return g.object(s, depth)
	case s.Type.Has("array"):
		return g.list(s, name, depth)
	case s.Type.Has("boolean"):
		return g.IntN(2) == 0
	case s.Type.Has("number"), s.Type.Has("integer"):
		return g.number(s)
	}
	return g.text(s, name)
}

const deepest = 7 // where only what is required is left

func (g *Generator) object(s *papi.Schema, depth int) map[string]any {
	fields := map[string]any{}
	required := s.MustHave(g.Draft)
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		if slices.Contains(required, name) || !p.Resolve().IsDeprecated() && depth < deepest && g.IntN(2) == 0 {
			fields[name] = g.value(p, name, depth+1)
		}
	}
	if a := s.AdditionalProperties; a != nil && a.Schema != nil && len(s.Properties) == 0 {
		for _, country := range []string{"DE", "GB", "US"}[:g.IntN(4)] {
			fields[country] = g.value(a.Schema, "factor", depth+1)
		}
	}
	return fields
}

func (g *Generator) list(s *papi.Schema, name string, depth int) []any {
	least, most := 0, 3
	if s.MinItems != nil {
		least, most = *s.MinItems, max(most, *s.MinItems)
	}
	if s.MaxItems != nil {
		most = min(most, *s.MaxItems)
	}
	if depth >= deepest {
		most = least
	}
	items := []any{}
	for n := least + g.IntN(most-least+1); len(items) < n; {
		item := g.value(s.Items, name, depth+1)
		known := slices.ContainsFunc(items, func(other any) bool { return fmt.Sprint(other) == fmt.Sprint(item) })
		if s.UniqueItems && known {
			n = max(n-1, least) // a list of few values may not have another one
			continue
		}
		items = append(items, item)
	}
	return items
}

func (g *Generator) number(s *papi.Schema) float64 {
	least, most := 1, 1000
	if s.Minimum != nil {
		least = int(*s.Minimum)
	}
	if s.Maximum != nil {
		most = int(*s.Maximum)
	}
	if s.Format == "timestamp" {
		return 1694612898734 + float64(g.IntN(1e9))
	}
	return float64(least + g.IntN(max(most-least, 0)+1))
}

// texts are written in several scripts, and with characters of several code units.
var texts = []string{"a", "Example text.", "주문이 발송되었습니다", "Größe\nzwei", "🎉🎉🎉", "שלום", "x y"}

func (g *Generator) text(s *papi.Schema, name string) string {
	digits := func(n int) string {
		text := ""
		for range n {
			text += string(rune('1' + g.IntN(9)))
		}
		return text
	}
	switch s.Pattern {
	case "":
	case `^[a-z0-9][a-z0-9_]*[a-z0-9]$`:
		return "name_" + digits(3)
	case `^\+?[\d+\s]{6,15}$`:
		return []string{"+1 555 0100", "0700\u00a0900123", digits(6), digits(15)}[g.IntN(4)]
	case `^(?:\+|00)\d{6,15}$`:
		return []string{"+", "00"}[g.IntN(2)] + digits(6+g.IntN(10))
	case `^\d+$`:
		return digits(9)
	case `^\d{2}-\d{7}$`:
		return digits(2) + "-" + digits(7)
	default:
		panic("papitest: no text for the pattern " + s.Pattern)
	}
	text := texts[g.IntN(len(texts))]
	switch {
	case s.Format == "url", name == "target":
		text = "https://example.com/" + digits(3)
	case s.Format == "email":
		text = "name" + digits(2) + "@example.com"
	case s.Format == "otp":
		text = digits(6)
	case s.Format == "hex":
		text = "#" + digits(6)
	case s.Format == "country code":
		text = digits(1 + g.IntN(3))
	case s.Format == "numeric phone number", s.Format == "digits":
		text = digits(9)
	case strings.HasSuffix(s.Format, "phone number"):
		text = "+" + digits(11)
	case name == "factor":
		text = []string{"0.5", "1", "10.0"}[g.IntN(3)]
	case papi.IsIdentifier(name):
		text = digits(12)
	}
	if s.MinLength != nil {
		if lacks := *s.MinLength - len([]rune(text)); lacks > 0 {
			text += strings.Repeat("é", lacks)
		}
	}
	if s.MaxLength != nil && len([]rune(text)) > *s.MaxLength {
		text = string([]rune(text)[:*s.MaxLength])
	}
	return text
}

// others are values for Change to put in place of any value.
var others = []any{
	nil, true, "", "x", "EN_US", 0.0, -1.0, 1.5, 7.0, 1e21, "  ", []any{}, map[string]any{}, []any{"ALL", "ALL"}, map[string]any{"zebra": 1.0},
	[]any{1.0, 1.0}, strings.Repeat("é", 26), strings.Repeat("y", 5000), []any{map[string]any{"a": 1.0}, map[string]any{"a": 1.0}},
}

// Change returns a copy of a value with one change at a random place: another value, a
// name that is missing, new or repeated as another one, an item twice.
func (g *Generator) Change(value any) any {
	if g.IntN(4) > 0 { // below, where there is something
		switch v := value.(type) {
		case map[string]any:
			if len(v) > 0 {
				changed := maps.Clone(v)
				name := slices.Sorted(maps.Keys(v))[g.IntN(len(v))]
				changed[name] = g.Change(v[name])
				return changed
			}
		case []any:
			if len(v) > 0 {
				changed := slices.Clone(v)
				i := g.IntN(len(v))
				changed[i] = g.Change(v[i])
				return changed
			}
		}
	}
	switch v := value.(type) {
	case map[string]any:
		changed := maps.Clone(v)
		if names := slices.Sorted(maps.Keys(v)); len(names) > 0 && g.IntN(2) == 0 {
			delete(changed, names[g.IntN(len(names))])
			return changed
		}
		if g.IntN(2) == 0 {
			changed[[]string{"zebra", "type", "format", "name"}[g.IntN(4)]] = others[g.IntN(len(others))]
			return changed
		}
	case []any:
		if len(v) > 0 && g.IntN(2) == 0 {
			return slices.Concat(v, v[:1+g.IntN(len(v))])
		}
	case string:
		if g.IntN(2) == 0 {
			return []string{v + v, v + "é", strings.ToLower(v), strings.Repeat(v, 30)}[g.IntN(4)]
		}
	case float64:
		if g.IntN(2) == 0 {
			return []float64{-v, v + 0.5, v * 1000, 0}[g.IntN(4)]
		}
	}
	return others[g.IntN(len(others))]
}

// Parameter returns a value of a parameter. A text in the path is an id, which is not any
// text.
func (g *Generator) Parameter(p papi.Parameter) any {
	if s := p.Schema.Resolve(); p.In == "path" && s.EnumTexts() == nil && s.Type.Has("string") {
		return fmt.Sprint("name_", g.IntN(1000))
	}
	return g.value(p.Schema, p.Name, 0)
}
