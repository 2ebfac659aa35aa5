package papi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dlclark/regexp2/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"papi-mcp/internal/papi"
	"papi-mcp/internal/papi/papitest"
)

// witness compiles schemas of the contract for another validator.
type witness struct {
	opts      papi.CheckOptions
	unions    bool                    // as anyOf; else they allow anything
	open      map[string]bool         // the references that are being expanded
	recursive map[string]*papi.Schema // those that refer to themselves
}

func compile(t testing.TB, s *papi.Schema, opts papi.CheckOptions, unions bool) *jsonschema.Schema {
	t.Helper()
	w := &witness{opts, unions, map[string]bool{}, map[string]*papi.Schema{}}
	document := w.expand(s)
	defs := map[string]any{}
	for len(defs) < len(w.recursive) {
		for name, s := range w.recursive {
			w.open = map[string]bool{}
			defs[name] = w.expand(s)
		}
	}
	document["$defs"] = defs
	var plain any
	raw, err := json.Marshal(document)
	if err == nil {
		err = json.Unmarshal(raw, &plain)
	}
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseRegexpEngine(func(pattern string) (jsonschema.Regexp, error) {
		re, err := regexp2.Compile(pattern, regexp2.ECMAScript)
		return ecmaScript{re}, err
	})
	if err := compiler.AddResource("papi:///schema", plain); err != nil {
		t.Fatal(err)
	}
	return compiler.MustCompile("papi:///schema")
}

type ecmaScript struct{ *regexp2.Regexp }

func (e ecmaScript) MatchString(text string) bool {
	matches, err := e.Regexp.MatchString(text)
	return matches && err == nil
}

// expand returns a schema as JSON, with its references replaced by what they refer to.
func (w *witness) expand(s *papi.Schema) map[string]any {
	if name := s.Name(); name != "" {
		if w.open[name] {
			w.recursive[name] = s
			return map[string]any{"$ref": "#/$defs/" + name}
		}
		w.open[name] = true
		defer delete(w.open, name)
	}
	s = s.Resolve()
	if len(s.AnyOf) > 0 {
		if !w.unions {
			return map[string]any{}
		}
		var variants []any
		for _, v := range s.AnyOf {
			variants = append(variants, w.expand(v))
		}
		return map[string]any{"anyOf": variants}
	}
	own := s.Clone()
	own.Ref, own.Format, own.Items, own.Properties, own.AdditionalProperties = "", "", nil, nil, nil
	own.Enum = s.Values()
	own.Required = s.MustHave(w.opts.Draft)
	var out map[string]any
	raw, _ := json.Marshal(own)
	_ = json.Unmarshal(raw, &out)
	if s.Items != nil {
		out["items"] = w.expand(s.Items)
	}
	if s.Properties != nil {
		properties := map[string]any{}
		for name, p := range s.Properties {
			properties[name] = w.expand(p)
		}
		out["properties"] = properties
	}
	switch a := s.AdditionalProperties; {
	case a != nil && a.Schema != nil:
		out["additionalProperties"] = w.expand(a.Schema)
	case a != nil, w.opts.Closed && s.Properties != nil:
		out["additionalProperties"] = false
	}
	return out
}

// paths returns the paths at which the other validator finds something.
func paths(err error, value any) []string {
	var found []string
	var leaves func(*jsonschema.ValidationError)
	leaves = func(e *jsonschema.ValidationError) {
		for _, cause := range e.Causes {
			leaves(cause)
		}
		if len(e.Causes) > 0 {
			return
		}
		at, value := "", value
		for _, token := range e.InstanceLocation {
			switch v := value.(type) {
			case []any:
				i, _ := strconv.Atoi(token)
				at, value = at+"["+token+"]", v[i]
			case map[string]any:
				at, value = papi.JoinPath(at, token), v[token]
			}
		}
		switch k := e.ErrorKind.(type) {
		case *kind.Required:
			for _, name := range k.Missing {
				found = append(found, papi.JoinPath(at, name))
			}
		case *kind.AdditionalProperties:
			for _, name := range k.Properties {
				found = append(found, papi.JoinPath(at, name))
			}
		default:
			found = append(found, at)
		}
	}
	if invalid, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		leaves(invalid)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// unionPaths returns where in a value a union decides.
func unionPaths(s *papi.Schema, value any, at string) []string {
	s = s.Resolve()
	if len(s.AnyOf) > 0 {
		return []string{at}
	}
	var found []string
	switch v := value.(type) {
	case map[string]any:
		for name, field := range v {
			if p := s.Properties[name]; p != nil {
				found = append(found, unionPaths(p, field, papi.JoinPath(at, name))...)
			}
		}
	case []any:
		for i, item := range v {
			if s.Items != nil {
				found = append(found, unionPaths(s.Items, item, fmt.Sprintf("%s[%d]", at, i))...)
			}
		}
	}
	return found
}

// checkedSchemas returns the schemas that values are checked against: bodies,
// parameters, answers, and the variants of their unions.
func checkedSchemas() map[string]*papi.Schema {
	all := map[string]*papi.Schema{}
	var variants func(name string, s *papi.Schema)
	seen := map[string]bool{}
	variants = func(name string, s *papi.Schema) {
		if ref := s.Name(); ref != "" {
			if seen[ref] {
				return
			}
			seen[ref] = true
		}
		r := s.Resolve()
		for i, v := range r.AnyOf {
			all[fmt.Sprintf("%s/%d", name, i)] = v
			variants(fmt.Sprintf("%s/%d", name, i), v)
		}
		for property, p := range r.Properties {
			variants(name+"."+property, p)
		}
		if r.Items != nil {
			variants(name+"[]", r.Items)
		}
	}
	for _, op := range papi.Operations() {
		if op.Body != nil {
			all[op.ID] = op.Body
			variants(op.ID, op.Body)
		}
		for status, answer := range op.Answers {
			if answer != nil {
				all[fmt.Sprintf("%s %d", op.ID, status)] = answer
				variants(fmt.Sprintf("%s %d", op.ID, status), answer)
			}
		}
		for _, p := range op.Parameters {
			all[op.ID+" "+p.Name] = p.Schema
		}
	}
	return all
}

// Our verdict, and the paths that it names, are those of a validator that knows nothing
// of this program: for values that are valid, and for such with one to three changes. Of
// unions, the verdict is compared, and the paths of each variant on its own.
func TestVerdictsOfAnotherValidator(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	all := checkedSchemas()
	if len(all) < 150 {
		t.Fatalf("only %d schemas", len(all))
	}
	rejected := 0
	for n, name := range slices.Sorted(maps.Keys(all)) {
		s := all[name]
		for k, opts := range []papi.CheckOptions{{}, {Closed: true}, {Closed: true, Draft: true}} {
			between, complete := compile(t, s, opts, false), compile(t, s, opts, true)
			g := papitest.New(uint64(n*3 + k))
			g.Draft = opts.Draft
			for range 6 {
				value := g.Value(s)
				for changes := range 4 {
					if changes > 0 {
						value = g.Change(value)
					}
					rejected += compare(t, name, s, value, opts, between, complete)
				}
			}
		}
	}
	if rejected < 1500 {
		t.Errorf("only %d values were invalid", rejected)
	}
}

// FuzzVerdicts compares the verdicts about any JSON.
func FuzzVerdicts(f *testing.F) {
	all := checkedSchemas()
	names := slices.Sorted(maps.Keys(all))
	for i := 0; i < len(names); i += 10 {
		raw, _ := json.Marshal(all[names[i]].Sample(true))
		f.Add(uint(i), string(raw))
	}
	for i, raw := range []string{`null`, `[]`, `{}`, `"x"`, `1.0`, `1e2`, `-0`, `[1,1.0,1e0]`, `{"type":"BODY"}`, `{"details":{"components":[{}]}}`, `[{"a":1},{"a":1.0}]`} {
		f.Add(uint(i*37), raw)
	}
	type compiled struct{ between, complete *jsonschema.Schema }
	cache := map[string]compiled{}
	f.Fuzz(func(t *testing.T, i uint, raw string) {
		var value any
		if json.Unmarshal([]byte(raw), &value) != nil {
			t.Skip()
		}
		name, opts := names[i%uint(len(names))], papi.CheckOptions{Closed: true}
		one, known := cache[name]
		if !known {
			one = compiled{compile(t, all[name], opts, false), compile(t, all[name], opts, true)}
			cache[name] = one
		}
		compare(t, name, all[name], value, opts, one.between, one.complete)
	})
}

func compare(t *testing.T, name string, s *papi.Schema, value any, opts papi.CheckOptions, between, complete *jsonschema.Schema) int {
	t.Helper()
	violations := s.Violations(value, opts)
	unions := unionPaths(s, value, "")
	var ours []string
	for _, v := range violations {
		if !slices.ContainsFunc(unions, func(union string) bool { return strings.HasPrefix(v.Path, union) }) {
			ours = append(ours, v.Path)
		}
	}
	ours = slices.Compact(ours)
	err := complete.Validate(value)
	theirs := paths(between.Validate(value), value)
	if (err == nil) != (len(violations) == 0) || !slices.Equal(ours, theirs) {
		raw, _ := json.Marshal(value)
		t.Errorf("%s %+v: ours %v, theirs %v, of all %v\n%s", name, opts, violations, theirs, err, raw)
	}
	return len(violations)
}

// The other validator is for tests alone: each schema that it compiles takes time and
// memory at the first call. (mcp-go links it, so its 5 ms at each start remain.)
func TestTheOtherValidatorIsNotImported(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{.ImportPath}} {{.Imports}}", "papi-mcp").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "papi-mcp") && strings.Contains(line, "santhosh") {
			t.Error(line)
		}
	}
	if !strings.Contains(string(out), "papi-mcp/internal/papi ") {
		t.Error("package papi is not among the dependencies")
	}
}
