package catalog

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/papi"
)

// Preconditions name tools, states and error codes of the contract.
func TestPreconditionsFollowTheContract(t *testing.T) {
	codes := map[string]bool{}
	for _, r := range Resources() {
		for _, p := range r.Preconditions {
			t.Run(p.Code, func(t *testing.T) {
				if codes[p.Code] || !strings.HasPrefix(p.Code, "guard_") || p.About == "" || p.Source == "" || len(p.Tools) == 0 {
					t.Error("its code is not new, or it lacks About, Source or Tools")
				}
				codes[p.Code] = true
				checkErrors(t, p)
				checkStates(t, r, cmp.Or(p.Field, r.State), append(slices.Clone(p.Live), p.NotLive...))
				checkStates(t, r, r.Pending, p.Changes)
			})
		}
	}
}

// checkErrors: each error code is documented for a tool, and each tool documents
// one of them.
func checkErrors(t *testing.T, p *Precondition) {
	t.Helper()
	prevented := map[string]bool{}
	for _, tool := range p.Tools {
		row := Lookup(tool)
		if row == nil || !row.Writes() {
			t.Fatalf("%s is not a tool that writes", tool)
		}
		documented := false
		for _, codes := range row.Op().Errors {
			for _, code := range codes {
				if slices.Contains(p.Errors, code) {
					prevented[code], documented = true, true
				}
			}
		}
		if !documented {
			t.Errorf("%s documents none of %v", tool, p.Errors)
		}
	}
	for _, code := range p.Errors {
		if !prevented[code] {
			t.Errorf("no operation documents %s", code)
		}
	}
}

// checkStates: the states are values of the field's enum.
func checkStates(t *testing.T, r *Resource, field string, states []string) {
	t.Helper()
	known := valuesOf(r, field)
	for _, state := range states {
		if !slices.Contains(known, state) {
			t.Errorf("%s of %s is never %s; the contract has %v", field, r.Name, state, known)
		}
	}
}

// valuesAt are the values that the field at a path may have, in any variant.
func valuesAt(s *papi.Schema, path string) []any {
	s = s.Resolve()
	var values []any
	for _, variant := range s.AnyOf {
		values = append(values, valuesAt(variant, path)...)
	}
	if path == "" {
		return append(values, s.Enum...)
	}
	name, rest, _ := strings.Cut(path, ".")
	if property := s.Properties[name]; property != nil {
		values = append(values, valuesAt(property, rest)...)
	}
	return values
}

func TestWhatAPreconditionAllows(t *testing.T) {
	for _, tt := range []struct {
		name           string
		p              Precondition
		state, changes string
		want           bool
	}{
		{"any state", Precondition{}, "A", "X", true},
		{"a state that it names", Precondition{Live: []string{"A", "B"}}, "B", "", true},
		{"another", Precondition{Live: []string{"A", "B"}}, "C", "", false},
		{"none: it never went live", Precondition{Live: []string{"A"}}, "", "", true},
		{"none, and it must be live", Precondition{Live: []string{"A"}, MustBeLive: true}, "", "", false},
		{"a state that it must not have", Precondition{NotLive: []string{"A"}}, "A", "", false},
		{"another than that", Precondition{NotLive: []string{"A"}}, "B", "", true},
		{"submitted before", Precondition{NeverSubmitted: true}, "A", "", false},
		{"never submitted", Precondition{NeverSubmitted: true}, "", "", true},
		{"changes that it names", Precondition{Changes: []string{"X"}}, "A", "X", true},
		{"other changes", Precondition{Changes: []string{"X"}}, "A", "Y", false},
		{"no changes", Precondition{Changes: []string{"X"}}, "A", "", true},
		{"no changes, and they must be pending", Precondition{Changes: []string{"X"}, MustPend: true}, "A", "", false},
		{"the state is right, the changes are not", Precondition{Live: []string{"A"}, Changes: []string{"X"}}, "A", "Y", false},
		{"the state suffices", Precondition{Live: []string{"A"}, Changes: []string{"X"}, Either: true}, "A", "Y", true},
		{"the changes suffice", Precondition{Live: []string{"A"}, Changes: []string{"X"}, Either: true}, "", "X", true},
		{"neither", Precondition{Live: []string{"A"}, Changes: []string{"X"}, Either: true}, "B", "Y", false},
	} {
		if got := tt.p.Allows(tt.state, tt.changes); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
