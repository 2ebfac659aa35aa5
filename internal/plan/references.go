package plan

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/papi"
)

// Options say what the references of a file are replaced by.
type Options struct {
	// File is the name of the file in positions.
	File string
	// Vars are the values of ${var:NAME}.
	Vars map[string]string
	// Files is the folder below which ${file:PATH} is read; nil refuses such references.
	Files *os.Root
	// Secrets reports whether ${env:NAME} may be used; nil refuses every one.
	Secrets func(name string) bool
	// Secret returns the value of ${env:NAME}. It is called by Reveal alone, when a
	// call needs the value.
	Secret func(name string) (value string, ok bool)
}

// SecretPrefix begins the names of the variables of the environment that a file may
// name: with it, a file can't read what it is not meant to.
const SecretPrefix = "PAPI_VAR_"

// missingVariable is a variable without a value.
type missingVariable struct {
	at   Position
	path string
	uses int
}

var variableName = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Escape returns a text as a file has to write it, so that no part of it is a reference.
func Escape(text string) string { return strings.ReplaceAll(text, "${", "$${") }

// referenceForms are the references, for messages.
const referenceForms = "${var:NAME}, ${file:PATH} or ${env:NAME}; the text ${ itself is written $${"

// expand resolves the references in a text of the file.
func (r *reader) expand(text, at string, pos Position) *tree {
	t := &tree{at: pos, scalar: text}
	if !strings.Contains(text, "${") {
		r.count(text, pos)
		return t
	}
	form, name, whole := wholeReference(text)
	switch {
	case whole && form == "file":
		return r.include(name, at, pos)
	case whole && form == "env":
		t.secret = name
		if !variableName.MatchString(name) || !strings.HasPrefix(name, SecretPrefix) {
			t.failed = true
			r.fault(pos, at, "%s: the name of a variable for a secret begins with %s", text, SecretPrefix)
		} else if r.Secrets == nil || !r.Secrets(name) {
			r.fault(pos, at, "%s: a document may not refer to this variable; the operator lists those that it may with --plan-secrets", text)
		}
		return t
	}
	before := len(r.faults) + len(r.missing)
	t.scalar = r.substitute(text, at, pos)
	t.failed = len(r.faults)+len(r.missing) > before || r.usesMissing(text)
	return t
}

// usesMissing reports whether a text names a variable that has no value.
func (r *reader) usesMissing(text string) bool {
	for name := range r.missing {
		if strings.Contains(text, "${var:"+name+"}") {
			return true
		}
	}
	return false
}

// wholeReference takes a text apart that is one reference; ok is false for any other.
func wholeReference(text string) (form, name string, ok bool) {
	inner, ok := strings.CutPrefix(text, "${")
	if !ok || endOfReference(inner) != len(inner)-1 {
		return "", "", false
	}
	form, name, ok = strings.Cut(inner[:len(inner)-1], ":")
	return form, name, ok
}

// endOfReference is the index of the bracket that closes a reference, of which text is
// what follows its opening bracket; -1 where none does.
func endOfReference(text string) int {
	depth := 1
	for i, c := range text {
		switch c {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// substitute replaces the variables in a text. Their values are not looked at
// again.
func (r *reader) substitute(text, at string, pos Position) string {
	var out strings.Builder
	defer func() { r.count(out.String(), pos) }()
	for !r.full {
		before, rest, found := strings.Cut(text, "${")
		if !found {
			out.WriteString(text)
			return out.String()
		}
		if escaped, ok := strings.CutSuffix(before, "$"); ok {
			out.WriteString(escaped + "${")
			text = rest
			continue
		}
		out.WriteString(before)
		end := endOfReference(rest)
		if end < 0 {
			r.fault(pos, at, "%s has no closing }; allowed: %s", papi.Echo("${"+rest), referenceForms)
			return out.String()
		}
		form, name, _ := strings.Cut(rest[:end], ":")
		switch {
		case form == "var" && variableName.MatchString(name):
			out.WriteString(r.variable(name, at, pos))
		case form == "var":
			r.fault(pos, at, "%s: the name of a variable has letters, digits and _", papi.Echo("${"+rest[:end+1]))
		case form == "file" || form == "env":
			r.fault(pos, at, "%s: this reference must be the complete value", papi.Echo("${"+rest[:end+1]))
		default:
			hint := ""
			if nearest := papi.Nearest(form, []string{"var", "file", "env"}); nearest != "" {
				hint = fmt.Sprintf(" (did you mean ${%s:...}?)", nearest)
			}
			r.fault(pos, at, "unknown reference %s; allowed: %s%s", papi.Echo("${"+rest[:end+1]), referenceForms, hint)
		}
		text = rest[end+1:]
	}
	return out.String()
}

// count adds a text to those that were read.
func (r *reader) count(text string, pos Position) {
	if r.texts += len(text); r.texts > maxTexts {
		r.limit(pos, "its texts have more than %d MiB, with what aliases and variables repeat", maxTexts>>20)
	}
}

// variable is the value of a variable. Those without one are reported together.
func (r *reader) variable(name, at string, pos Position) string {
	value, ok := r.Vars[name]
	if !ok {
		if r.missing == nil {
			r.missing = map[string]*missingVariable{}
		}
		one := r.missing[name]
		if one == nil {
			one = &missingVariable{at: pos, path: at}
			r.missing[name] = one
		}
		one.uses++
	}
	return value
}

// reportMissing records the variables without a value, each once.
func (r *reader) reportMissing() {
	known := slices.Sorted(maps.Keys(r.Vars))
	for _, name := range slices.Sorted(maps.Keys(r.missing)) {
		one := r.missing[name]
		uses, hint := "", ""
		if one.uses > 1 {
			uses = fmt.Sprintf(", used %d times,", one.uses)
		}
		if nearest := papi.Nearest(name, known); nearest != "" {
			hint = fmt.Sprintf(" (did you mean %s, which has one?)", nearest)
		}
		r.fault(one.at, one.path, "${var:%s}%s has no value%s", name, uses, hint)
	}
}

// include reads the file that a reference names: data from *.yaml, *.yml and *.json, a
// text from any other.
func (r *reader) include(name, at string, pos Position) *tree {
	nothing := &tree{at: pos, failed: true}
	wrong := func(format string, args ...any) *tree {
		r.fault(pos, at, "${file:%s}: %s", papi.Echo(papi.Printable(name)), fmt.Sprintf(format, args...))
		return nothing
	}
	name = r.substitute(name, at, pos)
	if r.Files == nil {
		return wrong("no file is read here: write the content in its place")
	}
	clean := path.Clean(name)
	switch {
	case name == "" || !filepath.IsLocal(filepath.FromSlash(clean)):
		return wrong("the path must be relative to the folder of the main file, and lie below it")
	case slices.Contains(r.open, clean):
		return wrong("the file refers to itself")
	case len(r.open) > maxIncludes:
		return wrong("files refer to each other more than %d levels deep", maxIncludes)
	}
	content, err := readBelow(r.Files, filepath.FromSlash(clean))
	if err != nil {
		return wrong("%s", reasonOf(err))
	}
	switch strings.ToLower(path.Ext(clean)) {
	case ".yaml", ".yml", ".json":
		r.open = append(r.open, clean)
		defer func() { r.open = r.open[:len(r.open)-1] }()
		before := len(r.faults)
		t := r.parse(content, displayed(r.File, clean))
		switch {
		case t != nil:
			return t
		case len(r.faults) == before:
			return wrong("the file is empty")
		}
		return nothing
	}
	if r.bytes += len(content); len(content) > MaxFile || r.bytes > maxFiles {
		r.limit(pos, "the files are too long: at most %d MiB in a file, and %d MiB in all", MaxFile>>20, maxFiles>>20)
		return nothing
	}
	if !utf8.Valid(content) {
		return wrong("it is not UTF-8: save it in that encoding")
	}
	text := strings.ReplaceAll(strings.TrimPrefix(string(content), "\ufeff"), "\r\n", "\n")
	return &tree{at: pos, scalar: r.substitute(strings.TrimSuffix(text, "\n"), at, pos)}
}

// displayed is the name of a file for positions: next to the one that refers to it.
func displayed(file, name string) string {
	if folder := filepath.Dir(file); folder != "." {
		return filepath.Join(folder, filepath.FromSlash(name))
	}
	return filepath.FromSlash(name)
}

// readBelow reads a file below a folder, at most one byte more than is allowed.
func readBelow(root *os.Root, name string) ([]byte, error) {
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for another process
		return nil, fmt.Errorf("it is not a regular file")
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxFile+1))
}

// reasonOf is why a file can't be read, without its path.
func reasonOf(err error) string {
	if wrapped, ok := errors.AsType[*fs.PathError](err); ok {
		err = wrapped.Err
	}
	if strings.Contains(err.Error(), "escapes from parent") { // os has no name for this error
		return "the path must lie below the folder of the main file, and no link may lead out of it"
	}
	return err.Error()
}

// Reveal returns the arguments of a call with the values of secrets in place of the
// references to them. Only the fields that may hold one (Kind.Secret) are looked at. The
// error names the variable that is not set, and never has a value.
func (o Options) Reveal(tool string, arguments map[string]any) (map[string]any, error) {
	for _, kind := range Kinds {
		if !slices.Contains([]string{kind.Create, kind.Update}, tool) {
			continue
		}
		for _, field := range kind.Secret {
			form, name, ok := wholeReference(jsonvalue.Text(arguments, field))
			if !ok || form != "env" {
				continue
			}
			value, set := "", false
			if strings.HasPrefix(name, SecretPrefix) && o.Secrets != nil && o.Secrets(name) && o.Secret != nil {
				value, set = o.Secret(name)
			}
			if !set || value == "" || papi.HasPlaceholder(value) {
				return nil, fmt.Errorf("the variable %s, which %s of %s refers to, is not set: set it to the secret", name, field, tool)
			}
			arguments = jsonvalue.With(arguments, field, value)
		}
	}
	return arguments, nil
}

// For returns the document for another project, without the ids of things, which are
// those of its own. An SMS app gets a Conversation app of its own.
func (d *Document) For(projectID string) *Document {
	if d.ProjectID == projectID {
		return d
	}
	other := &Document{ProjectID: projectID, Notes: d.Notes}
	for _, item := range d.Items {
		p := item.portable()
		if len(p.Identity) == 0 {
			other.Notes = append(other.Notes, Note{Kind: item.Kind.Name, Key: item.Key, Text: "it is left out: only its id identifies it, which is another project's", At: item.At("")})
			continue
		}
		other.Items = append(other.Items, p)
	}
	for _, item := range d.Delete {
		if p := item.portable(); len(p.Identity) > 0 {
			other.Delete = append(other.Delete, p)
		}
	}
	return other
}

// portable is the item without what only its project has.
func (i *Item) portable() *Item {
	p := *i
	p.ID, p.State, p.Pending, p.Live = "", "", "", nil
	p.Identity = maps.Clone(i.Identity)
	delete(p.Identity, fieldID)
	p.Key = p.Kind.key(p.Identity)
	p.Fields = maps.Clone(i.Fields)
	if p.Fields["convApiAppId"] != nil {
		delete(p.Fields, "convApiAppId")
		p.Fields["convApiApp"] = true
	}
	return &p
}

// compare orders positions: those in the file itself first.
func (p Position) compare(other Position, file string) int {
	if (p.File == file) != (other.File == file) {
		if p.File == file {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(p.File, other.File), cmp.Compare(p.Line, other.Line), cmp.Compare(p.Column, other.Column))
}

// String is file:line:column, as far as it is known.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}
