package tools

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/papi"
)

// sanitize makes an outcome safe to read: every text in it that the API or a
// caller wrote, the keys of objects included, passes papi.Printable here, once,
// before the outcome is cut and leaves this package. No code that makes a text has to
// do it.
//
// Identifiers and page tokens are never altered, since an altered one could
// name something else. One that is not printable is left out, with a warning, and
// so is such an argument of a next step: the step asks for it instead.
func sanitize(out Outcome) Outcome {
	switch outcome := out.Structured.(type) {
	case *Result:
		s, r := &sanitizer{}, *outcome
		s.result(&r)
		out.Structured = &r
	case *Error:
		s, e := &sanitizer{inError: true}, *outcome
		s.error(&e)
		out.Structured = &e
	}
	if out.Question != nil {
		q := *out.Question
		q.Summary = papi.Printable(q.Summary)
		out.Question = &q
	}
	return out
}

const (
	// These bound each text and each list of an error, and its total in bytes:
	// the API and callers can put anything into an error.
	maxErrorText  = 2000
	maxErrorItems = 100
	maxErrorBytes = 128 << 10
	maxWarnings   = 50
	// maxPaths is how many paths a warning names.
	maxPaths = 5
)

// sanitizer walks an outcome and remembers what it changed.
type sanitizer struct {
	inError bool         // with bounds
	written int          // of maxErrorBytes
	row     *catalog.Row // of a result, or nil
	cleaned paths
	leftOut paths
}

func (s *sanitizer) result(r *Result) {
	s.row = catalog.Lookup(r.Tool)
	if len(r.IDs) > 0 {
		ids := map[string]string{}
		for _, name := range slices.Sorted(maps.Keys(r.IDs)) {
			if s.fit("ids."+name, r.IDs[name]) {
				ids[s.key("ids", name)] = r.IDs[name]
			}
		}
		r.IDs = ids
	}
	if !s.fit("nextPageToken", r.NextPageToken) {
		r.NextPageToken = ""
	}
	if !s.fit("cursor", r.Cursor) {
		r.Cursor = ""
	}
	if !s.fit("projectId", r.ProjectID) {
		r.ProjectID = ""
	}
	r.Next = s.next("next", r.Next)
	r.State, r.Pending, r.Done = s.text("state", r.State), s.text("pending", r.Pending), s.text("done", r.Done)
	r.Since, r.Now = s.text("since", r.Since), s.text("now", r.Now)
	if r.Sandbox != nil {
		r.Sandbox = &SandboxNote{Code: s.text("sandbox.code", r.Sandbox.Code)}
	}
	r.Usually, r.Reads = s.text("usually", r.Usually), s.text("reads", r.Reads)
	r.Counts, _ = s.value("counts", r.Counts, false).(map[string]any)
	r.Data = s.value("data", r.Data, false)
	r.Warnings = s.warnings(r.Warnings)
}

func (s *sanitizer) error(e *Error) {
	e.Next = s.next("next", e.Next)
	if e.Confirmation != nil {
		c := *e.Confirmation
		c.Summary = papi.Printable(c.Summary) // complete: a person confirms it
		e.Confirmation = &c
	}
	s.fields("", reflect.ValueOf(e).Elem(), "Next", "Confirmation", "Warnings")
	e.Warnings = s.warnings(e.Warnings)
}

// fields sanitizes the fields of a struct, future ones among them, but those that are
// done already.
func (s *sanitizer) fields(at string, of reflect.Value, done ...string) {
	for i := range of.NumField() {
		if f := of.Type().Field(i); f.IsExported() && !slices.Contains(done, f.Name) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			of.Field(i).Set(s.reflected(papi.JoinPath(at, name), of.Field(i), papi.IsIdentifier(name)))
		}
	}
}

// next sanitizes steps. An argument that would change, and one that is or holds a
// secret, is left for the caller to give.
func (s *sanitizer) next(at string, steps []catalog.Next) []catalog.Next {
	all := make([]catalog.Next, 0, len(steps))
steps:
	for i, n := range steps {
		at := at + "[" + strconv.Itoa(i) + "]"
		args, needs := make(map[string]any, len(n.Args)), append([]string{}, n.Needs...)
		for _, name := range slices.Sorted(maps.Keys(n.Args)) {
			value, inner := n.Args[name], &sanitizer{inError: s.inError}
			shown := inner.value("", value, true)
			changed := inner.changed() || papi.Printable(name) != name || !reflect.DeepEqual(shown, value)
			switch {
			case changed && name == "pageToken": // a page that can't be named can't be read
				s.leftOut.add(at)
				continue steps
			case changed, papi.HasSecret(map[string]any{name: value}):
				if changed {
					s.leftOut.add(at + ".args." + name)
				}
				if !slices.Contains(needs, name) {
					needs = append(needs, name)
				}
			default:
				args[name] = value
			}
		}
		for j := range needs {
			needs[j] = s.text(at+".needs", needs[j])
		}
		all = append(all, catalog.Next{Do: s.text(at+".do", n.Do), Tool: s.text(at+".tool", n.Tool), Via: s.text(at+".via", n.Via), Args: args, Needs: needs})
	}
	return all
}

// value sanitizes a value: it returns a copy, or the value itself where it is clean.
// An identifier that is not becomes nil.
func (s *sanitizer) value(at string, value any, id bool) any {
	if s.isClean(value) { // nearly all are, and the check costs less than a copy
		return value
	}
	if table, isTable := value.(*Table); isTable {
		return s.table(at, table)
	}
	if !s.spend(8) {
		return nil
	}
	switch v := value.(type) {
	case json.Number:
		return s.text(at, v.String())
	case string:
		if (id || s.isOwnIdentifier(indices.ReplaceAllString(at, ""))) && !s.fit(at, v) {
			return nil
		}
		return s.text(at, v)
	}
	return s.reflected(at, reflect.ValueOf(value), id).Interface()
}

// isClean reports whether a JSON value, or another simple one, stays as it is.
func (s *sanitizer) isClean(value any) bool {
	switch v := value.(type) {
	case nil, bool, float64, int, *papi.Schema: // a schema comes from the contract
		return true
	case json.Number:
		return !s.inError || len(v) <= maxErrorText
	case string:
		return !s.inError && papi.Printable(v) == v
	case *Table:
		return !slices.ContainsFunc(v.Cols, func(name string) bool { return papi.Printable(name) != name }) &&
			!slices.ContainsFunc(v.Rows, func(row []any) bool { return !s.isClean(row) }) && s.isClean(v.Other)
	case map[string]int:
		for name := range v {
			if papi.Printable(name) != name {
				return false
			}
		}
		return !s.inError
	case []any:
		return !s.inError && !slices.ContainsFunc(v, func(item any) bool { return !s.isClean(item) })
	case map[string]any:
		if s.inError { // which is bounded as it is copied
			return false
		}
		for name, field := range v {
			if papi.Printable(name) != name || !s.isClean(field) {
				return false
			}
		}
		return true
	}
	return false
}

// table sanitizes the table of a list.
func (s *sanitizer) table(at string, t *Table) *Table {
	out := &Table{Cols: make([]string, len(t.Cols)), Rows: make([][]any, len(t.Rows))}
	for j, name := range t.Cols {
		out.Cols[j] = uniqueName(s.key(at+".cols", name), out.Cols[:j])
	}
	for i, row := range t.Rows {
		out.Rows[i] = make([]any, len(row))
		for j, value := range row {
			name := out.Cols[j]
			out.Rows[i][j] = s.value(fmt.Sprintf("%s.rows[%d].%s", at, i, name), value, papi.IsIdentifier(name))
		}
	}
	out.Other, _ = s.value(papi.JoinPath(at, "other"), t.Other, false).(map[string]any)
	return out
}

// reflected sanitizes what is not clean, of any type: lists and maps, and the structs
// of this package.
func (s *sanitizer) reflected(at string, v reflect.Value, id bool) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		return reflect.ValueOf(s.text(at, v.String())).Convert(v.Type())
	case reflect.Interface:
		out := reflect.New(v.Type()).Elem()
		if clean := s.value(at, v.Interface(), id); clean != nil {
			out.Set(reflect.ValueOf(clean))
		}
		return out
	case reflect.Pointer:
		if v.IsNil() || v.Type() == reflect.TypeFor[*papi.Schema]() {
			return v
		}
		out := reflect.New(v.Type().Elem())
		out.Elem().Set(s.reflected(at, v.Elem(), id))
		return out
	case reflect.Struct:
		if next, ok := v.Interface().(catalog.Next); ok {
			if clean := s.next(at, []catalog.Next{next}); len(clean) > 0 {
				return reflect.ValueOf(clean[0])
			}
			return reflect.ValueOf(catalog.Next{Do: s.text(at, next.Do), Args: map[string]any{}, Needs: []string{}})
		}
		out := reflect.New(v.Type()).Elem()
		out.Set(v)
		s.fields(at, out)
		return out
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeSlice(v.Type(), 0, v.Len())
		for i := range v.Len() {
			if s.inError && i == maxErrorItems {
				if v.Type().Elem().Kind() == reflect.Interface {
					out = reflect.Append(out, reflect.ValueOf(fmt.Sprintf("and %d more", v.Len()-i)))
				}
				break
			}
			out = reflect.Append(out, s.reflected(at+"["+strconv.Itoa(i)+"]", v.Index(i), id))
		}
		return out
	case reflect.Map:
		keyType := v.Type().Key()
		if v.IsNil() || keyType.Kind() != reflect.String {
			return v
		}
		out := reflect.MakeMapWithSize(v.Type(), v.Len())
		for i, name := range cleanFirst(v.MapKeys()) {
			if s.inError && i == maxErrorItems {
				break
			}
			clean := s.key(at, name.String())
			key := clean
			for n := 2; out.MapIndex(reflect.ValueOf(key).Convert(keyType)).IsValid(); n++ { // two may differ in hidden characters alone
				key = fmt.Sprintf("%s (%d)", clean, n)
			}
			field := s.reflected(papi.JoinPath(at, key), v.MapIndex(name), papi.IsIdentifier(key))
			out.SetMapIndex(reflect.ValueOf(key).Convert(keyType), field)
		}
		return out
	}
	return v
}

// text sanitizes a text, and truncates that of an error.
func (s *sanitizer) text(at, text string) string {
	if papi.HasHidden(text) {
		s.cleaned.add(at)
	}
	text = papi.Printable(text)
	if s.inError {
		if text = papi.Truncate(text, maxErrorText); !s.spend(len(text)) {
			return "…"
		}
	}
	return text
}

// spend reports whether an error has room for so many more bytes.
func (s *sanitizer) spend(bytes int) bool {
	s.written += bytes
	return !s.inError || s.written <= maxErrorBytes
}

// key sanitizes the key of an object.
func (s *sanitizer) key(at, name string) string {
	return s.text(papi.JoinPath(at, papi.Printable(name)), name)
}

// fit reports whether an identifier can be shown as it is, and remembers one that
// can't.
func (s *sanitizer) fit(at, id string) bool {
	if papi.Printable(id) == id {
		return true
	}
	s.leftOut.add(at)
	return false
}

func (s *sanitizer) changed() bool { return s.cleaned.n+s.leftOut.n > 0 }

// warnings sanitizes and bounds warnings, and adds what was removed and left out.
func (s *sanitizer) warnings(given []string) []string {
	all := given[:0:0] // null stays null
	for i, warning := range given {
		if i == maxWarnings {
			all = append(all, fmt.Sprintf("and %d more warnings", len(given)-i))
			break
		}
		all = append(all, papi.Truncate(s.text("warnings", warning), maxErrorText))
	}
	if s.cleaned.n > 0 {
		all = append(all, "hidden characters were removed from "+s.cleaned.String())
	}
	if s.leftOut.n > 0 {
		all = append(all, "left out, since it can't be shown exactly as it is: "+s.leftOut.String())
	}
	return all
}

// paths are those of the values that were changed.
type paths struct {
	n     int
	named []string
}

func (p *paths) add(at string) {
	at = papi.Echo(papi.Printable(at))
	if slices.Contains(p.named, at) {
		return
	}
	if p.n++; len(p.named) < maxPaths {
		p.named = append(p.named, at)
	}
}

func (p *paths) String() string {
	text := strings.Join(p.named, ", ")
	if more := p.n - len(p.named); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// cleanFirst sorts the names of an object; those that stay as they are come first,
// and so keep their key.
func cleanFirst(names []reflect.Value) []reflect.Value {
	slices.SortFunc(names, func(x, y reflect.Value) int {
		a, b := x.String(), y.String()
		return cmp.Or(strings.Compare(strconv.FormatBool(papi.Printable(a) != a), strconv.FormatBool(papi.Printable(b) != b)), strings.Compare(a, b))
	})
	return names
}

// indices matches the indices of lists in a path.
var indices = lazyregexp.New(`\[\d+\]`)

// isOwnIdentifier reports whether a path in an answer has what identifies the resource
// that the tool shows, or one of its list: a template's id is its name.
func (s *sanitizer) isOwnIdentifier(path string) bool {
	path, inData := strings.CutPrefix(path, "data.")
	if !inData || s.row == nil || s.row.Resource == nil {
		return false
	}
	for _, field := range s.row.Resource.IDs {
		list := s.row.List()
		if path == field || list != "" && path == list+"."+field { // in full
			return true
		}
		if column, inRow := strings.CutPrefix(path, "rows."); inRow && list != "" {
			named := column == field // where fields names it
			declared := slices.ContainsFunc(s.row.Columns, func(c catalog.Column) bool { return c.Name == column && c.Path == field })
			if named || declared {
				return true
			}
		}
	}
	return false
}
