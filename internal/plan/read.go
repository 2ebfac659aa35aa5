package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// Fault is something that is wrong in a file.
type Fault struct {
	At   Position
	Path string // of the value: whatsappTemplates[0].languages.DE.details; "" for the file
	Text string
}

// String is the fault in a line.
func (f Fault) String() string {
	if f.Path == "" {
		return f.At.String() + ": " + f.Text
	}
	return f.At.String() + ": " + f.Path + ": " + f.Text
}

const (
	keyProject   = "project"
	keyDelete    = "delete"
	keyLanguages = "languages"
	keyLanguage  = "language"
	keyName      = "name"
)

// Read reads a file: it resolves the references other than those to secrets, and checks
// the items against the contract. It returns all that is wrong, in the order of the
// file, and nil for the document then.
func Read(text []byte, o Options) (*Document, []Fault) {
	d := &documentReader{reader: reader{Options: o}, document: &Document{}}
	root := d.parse(text, o.File)
	switch {
	case root.isNull() && len(d.faults) == 0:
		d.fault(Position{File: o.File}, "", "the file is empty; it may have: %s", strings.Join(topLevel(), ", "))
	case root.isNull():
	case !root.isObject():
		d.fault(root.at, "", "the file must be an object, with these names and their values: %s", strings.Join(topLevel(), ", "))
	default:
		d.read(root)
	}
	d.reportMissing()
	if len(d.faults) == 0 {
		return d.document, nil
	}
	slices.SortStableFunc(d.faults, func(a, b Fault) int { return a.At.compare(b.At, o.File) })
	return nil, slices.CompactFunc(d.faults, func(a, b Fault) bool { return a.At == b.At && a.Text == b.Text })
}

// topLevel are the names that a file may have, in their order.
func topLevel() []string {
	names := []string{keyProject}
	for _, kind := range Kinds {
		names = append(names, kind.Name)
	}
	return append(names, keyDelete)
}

// documentReader makes a document of a file.
type documentReader struct {
	reader
	document *Document
}

func (d *documentReader) read(root *tree) {
	d.known(root, "", topLevel())
	if project := root.fields[keyProject]; !project.isNull() {
		id, ok := project.scalar.(string)
		switch problem := papi.SegmentProblem(id); {
		case project.secret != "":
			d.fault(project.at, keyProject, "the id of a project is no secret: use ${var:NAME}")
		case !ok && !project.failed:
			d.fault(project.at, keyProject, "must be the id of a project, in quotes if it has only digits")
		case problem != "" && !project.failed:
			d.fault(project.at, keyProject, "must be the id of a project: this one %s", problem)
		}
		d.document.ProjectID = id
	}
	for _, kind := range Kinds {
		for i, item := range d.list(root.fields[kind.Name], kind.Name) {
			d.items(kind, item, fmt.Sprintf("%s[%d]", kind.Name, i))
		}
	}
	d.deletes(root.fields[keyDelete])
	d.unique(slices.Concat(d.document.Items, d.document.Delete))
}

// known reports the names of an object that are not known.
func (d *documentReader) known(object *tree, path string, names []string) {
	for _, name := range object.names {
		if slices.Contains(names, name) {
			continue
		}
		text := "no such name; known: " + strings.Join(names, ", ")
		if nearest := papi.Nearest(name, names); nearest != "" {
			text = fmt.Sprintf("no such name (did you mean %s?)", nearest)
		}
		d.fault(object.fields[name].at, papi.JoinPath(path, name), "%s", text)
	}
}

// list returns the items of a list of objects.
func (d *documentReader) list(t *tree, path string) []*tree {
	if t.isNull() || t.failed {
		return nil
	}
	if !t.isList() {
		d.fault(t.at, path, "must be a list: each item begins with -")
		return nil
	}
	var objects []*tree
	for i, item := range t.items {
		if item.failed {
			continue
		}
		if !item.isObject() {
			d.fault(item.at, fmt.Sprintf("%s[%d]", path, i), "must be an object, with names and their values")
			continue
		}
		objects = append(objects, item)
	}
	return objects
}

// items reads one item of a list: a WhatsApp template has several languages.
func (d *documentReader) items(kind *Kind, item *tree, path string) {
	if kind.Name != "whatsappTemplates" {
		d.item(kind, item, path)
		return
	}
	languages := item.fields[keyLanguages]
	if languages.isNull() {
		if item.fields[keyLanguage].isNull() {
			d.fault(item.at, path, "required: languages by their codes, or one language")
			return
		}
		d.item(kind, item.without(keyLanguages), path)
		return
	}
	if !languages.isObject() {
		d.fault(languages.at, path+"."+keyLanguages, "must be an object: each language by its code, with its details")
		return
	}
	if item.fields[keyLanguage] != nil {
		d.fault(item.fields[keyLanguage].at, path+"."+keyLanguage, "give either languages or language, not both")
		return
	}
	shared := item.without(keyLanguages)
	for _, code := range languages.names {
		at := fmt.Sprintf("%s.%s.%s", path, keyLanguages, code)
		one := languages.fields[code]
		if one.failed {
			continue
		}
		if one.isNull() {
			one = &tree{at: one.at, fields: map[string]*tree{}}
		}
		if !one.isObject() {
			d.fault(one.at, at, "must be an object, or ${file:PATH} of a file *.json or *.yaml")
			continue
		}
		if one = d.fromMeta(one, code, at); one == nil {
			continue
		}
		for _, field := range []struct{ name, want string }{{keyName, item.text(keyName)}, {keyLanguage, code}} {
			if given := one.fields[field.name]; given != nil && given.scalar != field.want {
				d.fault(given.at, at+"."+field.name, "%s is given; allowed: %s, as above, or nothing", papi.Quoted(fmt.Sprint(given.scalar), papi.MaxEcho), field.want)
			}
		}
		one = one.over(shared)
		one.set(keyLanguage, &tree{at: languages.fields[code].at, scalar: code})
		d.item(kind, one, at)
	}
}

// item reads one item.
func (d *documentReader) item(kind *Kind, t *tree, path string) {
	d.secrets(kind, t, path)
	schema, item := kind.fields().file, &Item{Kind: kind, At: t.position}
	if draft := t.fields[fieldDraft]; draft != nil {
		item.Draft = draft.scalar == true
	}
	if launch := t.fields[fieldLaunch]; launch != nil {
		item.Launch = launch.scalar == true
	}
	if kind.ByID {
		item.ID = t.text(fieldID)
	}
	if item.ID != "" { // it exists, and has what a create needs
		schema = schema.Clone()
		schema.Required = nil
	}
	before := len(d.faults)
	given := t.plain().(map[string]any)
	for _, name := range kind.Secret {
		if field := t.fields[name]; field != nil && field.secret != "" {
			given = jsonvalue.Without(given, name).(map[string]any)
		}
	}
	d.check(schema, given, t, path, item.Draft)
	if d.full || len(d.faults) > before || len(d.missing) > 0 {
		return
	}
	item.Fields = t.without(ownFields(kind)...).plain().(map[string]any)
	if item.Identity = kind.identity(t.plain().(map[string]any)); item.ID != "" {
		item.Identity[fieldID] = item.ID
	}
	for _, name := range kind.Identity {
		if item.Identity[name] == "" && item.ID == "" {
			d.fault(t.at, papi.JoinPath(path, kind.path(name)), "required unless id is given: it says which %s is meant", kind.Title)
			return
		}
	}
	item.Key = kind.key(item.Identity)
	for _, name := range kind.Secret {
		if field := t.fields[name]; field != nil {
			item.Secret = append(item.Secret, name)
		}
	}
	item.IgnoreLint = jsonvalue.Texts(given, fieldIgnoreLint)
	d.document.Items = append(d.document.Items, item)
}

// ownFields are the fields of an item that are no arguments of a create.
func ownFields(kind *Kind) []string {
	own := []string{fieldDraft, fieldLaunch, fieldID, fieldIgnoreLint, keyLanguages}
	if kind.Create == "" {
		own = append(own, kind.Identity...)
	}
	return own
}

// check reports what is wrong with an object by its schema.
func (d *documentReader) check(schema *papi.Schema, given map[string]any, t *tree, path string, draft bool) {
	violations, _ := schema.Check(given, papi.CheckOptions{Closed: true, Draft: draft, Formats: true})
	for _, v := range violations {
		wrong := t.find(v.Path)
		if wrong.failed {
			continue
		}
		text := v.Sentence()
		if wrong.literal != "" && strings.HasSuffix(text, "allowed: string") {
			text = fmt.Sprintf("%s is given; allowed: a string: %q", wrong.literal, wrong.literal)
		}
		text = inYAML(text, wrong)
		d.fault(wrong.at, papi.JoinPath(path, v.Path), "%s", text)
	}
}

// inYAML is the text of a violation with the form in which the file has what is allowed.
func inYAML(text string, wrong *tree) string {
	given, isText := wrong.scalar.(string)
	switch {
	case strings.HasSuffix(text, "allowed: boolean"):
		return strings.TrimSuffix(text, "boolean") + "true or false, without quotes"
	case strings.HasSuffix(text, "allowed: array") && isText:
		return strings.TrimSuffix(text, "array") + "a list, such as [" + papi.Truncate(papi.Printable(given), papi.MaxEcho) + "]"
	case strings.HasSuffix(text, phonePattern):
		return strings.TrimSuffix(text, "a text that matches "+phonePattern) + `+ and digits alone, with the country code, such as "+15550100"`
	}
	return text
}

// secrets reports references to secrets where there is no secret, and secrets that no
// reference gives.
func (d *documentReader) secrets(kind *Kind, t *tree, path string) {
	for _, name := range kind.Secret {
		if field := t.fields[name]; field != nil && field.secret == "" && !field.failed {
			d.fault(field.at, papi.JoinPath(path, name), "write ${env:%sNAME}, and set that environment variable to the secret: a file contains no secrets", SecretPrefix)
			field.scalar = "a secret" // which no message repeats
		}
	}
	var names []string
	for _, k := range Kinds {
		for _, name := range k.Secret {
			names = append(names, fmt.Sprintf("%s of %s", name, k.Name))
		}
	}
	var walk func(t *tree, at string)
	walk = func(t *tree, at string) {
		if t.secret != "" && !slices.Contains(kind.Secret, at) {
			d.fault(t.at, papi.JoinPath(path, at), "${env:%s} is for secrets alone (%s): use ${var:NAME}, and give it with --var", t.secret, strings.Join(names, ", "))
		}
		for name, field := range t.fields {
			walk(field, papi.JoinPath(at, name))
		}
		for i, item := range t.items {
			walk(item, fmt.Sprintf("%s[%d]", at, i))
		}
	}
	walk(t, "")
}

// deletes reads what the file has below delete.
func (d *documentReader) deletes(t *tree) {
	if t.isNull() {
		return
	}
	if !t.isObject() {
		d.fault(t.at, keyDelete, "must be an object: the names of kinds, each with a list")
		return
	}
	var kinds []string
	for _, kind := range Kinds {
		path := keyDelete + "." + kind.Name
		switch list := t.fields[kind.Name]; {
		case kind.Delete != "":
			kinds = append(kinds, kind.Name)
			for i, item := range d.list(list, path) {
				d.deleted(kind, item, fmt.Sprintf("%s[%d]", path, i))
			}
		case list != nil:
			d.fault(list.at, path, "%s can't be deleted by a file", papi.Plural(kind.Title))
			t = t.without(kind.Name)
		}
	}
	d.known(t, keyDelete, kinds)
}

func (d *documentReader) deleted(kind *Kind, t *tree, path string) {
	before := len(d.faults)
	d.secrets(kind, t, path)
	given := t.plain().(map[string]any)
	d.check(kind.fields().deleted, given, t, path, false)
	if len(d.faults) > before || len(d.missing) > 0 {
		return
	}
	item := &Item{Kind: kind, At: t.position, Identity: map[string]string{}, Fields: map[string]any{}}
	for name, value := range given {
		switch text, isText := value.(string); {
		case slices.Contains(kind.DeleteWith, name):
			item.Fields[name] = value
		case isText:
			item.Identity[name] = text
		}
	}
	if len(item.Identity) == 0 {
		d.fault(t.at, path, "%s or id is required", strings.Join(kind.Identity, ", "))
		return
	}
	item.ID, item.Key = item.Identity[fieldID], kind.key(item.Identity)
	d.document.Delete = append(d.document.Delete, item)
}

// unique reports items that are the same as one before.
func (d *documentReader) unique(items []*Item) {
	type named struct {
		kind *Kind
		name string
	}
	first := map[named]*Item{}
	for _, item := range items {
		names := []string{item.Key}
		if plain := maps.Clone(item.Identity); item.ID != "" {
			delete(plain, fieldID)
			if len(plain) > 0 {
				names = append(names, item.Kind.key(plain))
			}
		}
		for i, name := range names {
			before := first[named{item.Kind, name}]
			if before == nil {
				first[named{item.Kind, name}] = item
				continue
			}
			if i > 0 && before.ID != "" || before.ID != "" && item.ID != "" && before.ID != item.ID {
				continue // two of one name, each with its id
			}
			hint := ""
			if item.Kind.ByID && (before.ID == "") != (item.ID == "") {
				hint = ": if they are two, write the id of both"
			}
			d.fault(item.At(""), item.Kind.Name, "the %s %s is in the file twice, first at %s%s", item.Kind.Title, papi.Quoted(name, papi.MaxEcho), before.At(""), hint)
			break
		}
	}
}
