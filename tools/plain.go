package tools

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

// plain makes an outcome fit to be read: every text in it that the API or a
// caller wrote, the keys of objects included, passes papi.Printable here, once, on
// its way out of this package. So no place that makes a text has to think of it.
//
// Identifiers and page tokens are never altered, since an altered one could
// name another thing. One that is not plain is left out, with a warning, and so
// is any such argument of a next step: the step asks for it instead.
func plain(out Outcome) Outcome {
	switch outcome := out.Structured.(type) {
	case *Result:
		p, r := &cleaner{}, *outcome
		p.result(&r)
		out.Structured = &r
	case *Error:
		p, e := &cleaner{inError: true}, *outcome
		p.error(&e)
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
	// These bound each text and each list of an error, and all of it in bytes:
	// the API and callers put into errors what they like.
	maxErrorText  = 2000
	maxErrorItems = 100
	maxErrorBytes = 128 << 10
	maxWarnings   = 50
	// maxPlaces is how many places a warning names.
	maxPlaces = 5
)

// cleaner walks an outcome and remembers what it changed.
type cleaner struct {
	inError bool // with bounds
	spent   int  // of maxErrorBytes
	own     map[string]bool
	cleaned places
	leftOut places
}

func (p *cleaner) result(r *Result) {
	if row := catalog.Lookup(r.Tool); row != nil {
		p.own = ownIdentifiers(row)
	}
	ids := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(r.IDs)) {
		if p.fit("ids."+name, r.IDs[name]) {
			ids[p.key("ids", name)] = r.IDs[name]
		}
	}
	r.IDs = ids
	if r.NextPageToken != nil && !p.fit("nextPageToken", *r.NextPageToken) {
		r.NextPageToken = nil
	}
	if !p.fit("projectId", r.ProjectID) {
		r.ProjectID = ""
	}
	r.Next = p.next("next", r.Next)
	p.others(r, "IDs", "NextPageToken", "ProjectID", "Next", "Warnings")
	r.Warnings = p.warnings(r.Warnings)
}

func (p *cleaner) error(e *Error) {
	e.Next = p.next("next", e.Next)
	if e.Confirmation != nil {
		c := *e.Confirmation
		c.Summary = papi.Printable(c.Summary) // whole: a person agrees to it
		e.Confirmation = &c
	}
	p.others(e, "Next", "Confirmation", "Warnings")
	e.Warnings = p.warnings(e.Warnings)
}

// others makes the other fields of a struct plain, those that are yet to come
// among them.
func (p *cleaner) others(of any, done ...string) {
	v := reflect.ValueOf(of).Elem()
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && !slices.Contains(done, f.Name) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			v.Field(i).Set(p.reflected(name, v.Field(i), false))
		}
	}
}

// next makes actions plain. An argument that would be another one then, and one
// that is or holds a secret, is left for the caller to give.
func (p *cleaner) next(at string, steps []catalog.Next) []catalog.Next {
	all := make([]catalog.Next, 0, len(steps))
steps:
	for i, n := range steps {
		at := at + "[" + strconv.Itoa(i) + "]"
		args, needs := make(map[string]any, len(n.Args)), append([]string{}, n.Needs...)
		for _, name := range slices.Sorted(maps.Keys(n.Args)) {
			value, seen := n.Args[name], &cleaner{inError: p.inError}
			shown := seen.value("", value, true)
			changed := seen.changed() || papi.Printable(name) != name || !reflect.DeepEqual(shown, value)
			switch {
			case changed && name == "pageToken": // a page that can't be named can't be read
				p.leftOut.add(at)
				continue steps
			case changed, hasSecret(name, value):
				if changed {
					p.leftOut.add(at + ".args." + name)
				}
				if !slices.Contains(needs, name) {
					needs = append(needs, name)
				}
			default:
				args[name] = value
			}
		}
		for j := range needs {
			needs[j] = p.text(at+".needs", needs[j])
		}
		all = append(all, catalog.Next{Do: p.text(at+".do", n.Do), Tool: p.text(at+".tool", n.Tool), Args: args, Needs: needs})
	}
	return all
}

func hasSecret(name string, value any) bool {
	given := map[string]any{name: value}
	return !reflect.DeepEqual(papi.MaskSecrets(given), any(given))
}

// value makes a value plain: a copy, or the value itself where it is plain. An
// identifier that is not becomes nil.
func (p *cleaner) value(at string, value any, id bool) any {
	if p.isPlain(value) { // hardly any is not, and looking costs less than a copy
		return value
	}
	if !p.spend(8) {
		return nil
	}
	switch v := value.(type) {
	case json.Number:
		return p.text(at, v.String())
	case string:
		if (id || p.own[indices.ReplaceAllString(at, "")]) && !p.fit(at, v) {
			return nil
		}
		return p.text(at, v)
	case []any:
		items, more := bounded(p, v)
		out := make([]any, 0, len(items)+1)
		for i, item := range items {
			out = append(out, p.value(at+"["+strconv.Itoa(i)+"]", item, id))
		}
		if more > 0 {
			out = append(out, fmt.Sprintf("and %d more", more))
		}
		return out
	case map[string]any:
		if v == nil {
			return v
		}
		names, _ := bounded(p, plainFirst(v))
		out := make(map[string]any, len(names))
		for _, name := range names {
			key := p.free(p.key(at, name), func(key string) bool { _, taken := out[key]; return taken })
			out[key] = p.value(strings.TrimPrefix(at+"."+key, "."), v[name], papi.IsIdentifier(key))
		}
		return out
	}
	return p.reflected(at, reflect.ValueOf(value), id).Interface()
}

// isPlain reports whether nothing is to be done for a JSON value, or another
// simple one.
func (p *cleaner) isPlain(value any) bool {
	switch v := value.(type) {
	case nil, bool, float64, int, *papi.Schema: // a schema is the contract's
		return true
	case json.Number:
		return !p.inError || len(v) <= maxErrorText
	case string:
		return !p.inError && papi.Printable(v) == v
	case []any:
		return !p.inError && !slices.ContainsFunc(v, func(item any) bool { return !p.isPlain(item) })
	case map[string]any:
		if p.inError { // which is bounded as it is copied
			return false
		}
		for name, field := range v {
			if papi.Printable(name) != name || !p.isPlain(field) {
				return false
			}
		}
		return true
	}
	return false
}

// reflected makes a value of any other type plain: the structs of this package,
// and the lists and maps in them.
func (p *cleaner) reflected(at string, v reflect.Value, id bool) reflect.Value {
	switch v.Type() {
	case reflect.TypeFor[map[string]any](), reflect.TypeFor[[]any]():
		return reflect.ValueOf(p.value(at, v.Interface(), id))
	}
	switch v.Kind() {
	case reflect.String:
		return reflect.ValueOf(p.text(at, v.String())).Convert(v.Type())
	case reflect.Interface:
		out := reflect.New(v.Type()).Elem()
		if plain := p.value(at, v.Interface(), id); plain != nil {
			out.Set(reflect.ValueOf(plain))
		}
		return out
	case reflect.Pointer:
		if v.IsNil() || v.Type() == reflect.TypeFor[*papi.Schema]() {
			return v
		}
		out := reflect.New(v.Type().Elem())
		out.Elem().Set(p.reflected(at, v.Elem(), id))
		return out
	case reflect.Struct:
		if next, ok := v.Interface().(catalog.Next); ok {
			if plain := p.next(at, []catalog.Next{next}); len(plain) > 0 {
				return reflect.ValueOf(plain[0])
			}
			return reflect.ValueOf(catalog.Next{Do: p.text(at, next.Do), Args: map[string]any{}, Needs: []string{}})
		}
		out := reflect.New(v.Type()).Elem()
		out.Set(v)
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				out.Field(i).Set(p.reflected(at+"."+name, v.Field(i), papi.IsIdentifier(name)))
			}
		}
		return out
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeSlice(v.Type(), 0, v.Len())
		for i := range v.Len() {
			if p.inError && i >= maxErrorItems {
				break
			}
			out = reflect.Append(out, p.reflected(at+"["+strconv.Itoa(i)+"]", v.Index(i), id))
		}
		return out
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeMapWithSize(v.Type(), v.Len())
		for _, name := range v.MapKeys() {
			key := name
			if name.Kind() == reflect.String {
				text := p.free(p.key(at, name.String()), func(key string) bool {
					return out.MapIndex(reflect.ValueOf(key).Convert(name.Type())).IsValid()
				})
				key = reflect.ValueOf(text).Convert(name.Type())
			}
			out.SetMapIndex(key, p.reflected(at+"."+key.String(), v.MapIndex(name), papi.IsIdentifier(key.String())))
		}
		return out
	}
	return v
}

// text makes a text plain, and cuts that of an error.
func (p *cleaner) text(at, text string) string {
	if papi.HasHidden(text) {
		p.cleaned.add(at)
	}
	text = papi.Printable(text)
	if p.inError {
		if text = papi.Truncate(text, maxErrorText); !p.spend(len(text)) {
			return "…"
		}
	}
	return text
}

// spend reports whether an error has room for so many bytes more.
func (p *cleaner) spend(bytes int) bool {
	p.spent += bytes
	return !p.inError || p.spent <= maxErrorBytes
}

// key makes the key of an object plain.
func (p *cleaner) key(at, name string) string {
	return p.text(strings.TrimPrefix(at+"."+papi.Printable(name), "."), name)
}

// free is a key that is not taken: two keys may differ in hidden characters
// alone.
func (p *cleaner) free(key string, taken func(string) bool) string {
	free := key
	for n := 2; taken(free); n++ {
		free = fmt.Sprintf("%s (%d)", key, n)
	}
	return free
}

// fit reports whether an identifier can be shown as it is, and remembers one that
// can't.
func (p *cleaner) fit(at, id string) bool {
	if papi.Printable(id) == id {
		return true
	}
	p.leftOut.add(at)
	return false
}

func (p *cleaner) changed() bool { return p.cleaned.n+p.leftOut.n > 0 }

// warnings makes warnings plain and bounds them, and tells what was removed and
// left out.
func (p *cleaner) warnings(given []string) []string {
	var all []string
	if given != nil {
		all = make([]string, 0, len(given)+2)
	}
	for i, warning := range given {
		if i == maxWarnings {
			all = append(all, fmt.Sprintf("and %d more warnings", len(given)-i))
			break
		}
		all = append(all, papi.Truncate(p.text("warnings", warning), maxErrorText))
	}
	if p.cleaned.n > 0 {
		all = append(all, "hidden characters were removed from "+p.cleaned.String())
	}
	if p.leftOut.n > 0 {
		all = append(all, "left out, since it can't be shown exactly as it is: "+p.leftOut.String())
	}
	return all
}

// places are where something was changed.
type places struct {
	n     int
	named []string
}

func (p *places) add(at string) {
	at = truncate(papi.Printable(at))
	if slices.Contains(p.named, at) {
		return
	}
	if p.n++; len(p.named) < maxPlaces {
		p.named = append(p.named, at)
	}
}

func (p *places) String() string {
	text := strings.Join(p.named, ", ")
	if more := p.n - len(p.named); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// bounded returns the items that an answer may have, and how many more there
// are.
func bounded[T any](p *cleaner, items []T) ([]T, int) {
	if p.inError && len(items) > maxErrorItems {
		return items[:maxErrorItems], len(items) - maxErrorItems
	}
	return items, 0
}

// plainFirst sorts the names of an object; those that stay as they are come
// first, and keep their place.
func plainFirst(fields map[string]any) []string {
	names := slices.Sorted(maps.Keys(fields))
	slices.SortStableFunc(names, func(a, b string) int {
		return strings.Compare(strconv.FormatBool(papi.Printable(a) != a), strconv.FormatBool(papi.Printable(b) != b))
	})
	return names
}

// indices are those of lists in a path.
var indices = regexp.MustCompile(`\[\d+\]`)

// ownIdentifiers are the places of an answer that name the thing which a tool
// shows, or one of its list: a template's id is its name.
func ownIdentifiers(row *catalog.Row) map[string]bool {
	if row.Resource == nil {
		return nil
	}
	own := map[string]bool{}
	for _, field := range row.Resource.IDs {
		own["data."+field] = true
		if list := row.List(); list != "" {
			own["data."+list+"."+field] = true
		}
	}
	return own
}
