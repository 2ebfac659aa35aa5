package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
)

// SchemaFile is the name of the JSON schema in the first line of an exported file, which
// editors read: next to the file, where papi-mcp validate --schema can write it.
const SchemaFile = "papi-mcp.schema.json"

// Export writes what a project has as a file, in a fixed order and with comments on what
// can't be written. Where it is portable, the ids of the project and of its things are
// left out.
func Export(projectID string, items []*Item, portable bool) []byte {
	e := &exporter{portable: portable, secrets: map[string]bool{}, placeholders: placeholdersFor(items)}
	root := object()
	if !portable {
		root.add(keyProject, e.text(projectID))
	}
	for _, kind := range Kinds {
		var own []*Item
		for _, item := range items {
			if item.Kind == kind {
				own = append(own, item)
			}
		}
		if len(own) > 0 {
			e.kind(root, kind, own)
		}
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "# yaml-language-server: $schema=%s\n# papi-mcp validate --schema > %[1]s writes that schema, by which editors complete and check\n# this file. The fields are those of the Provisioning API.\n", SchemaFile)
	if portable {
		out.WriteString("# It is without ids, for any project: name one with --project.\n")
	}
	if len(root.node.Content) == 0 {
		out.WriteString("{}\n")
		return out.Bytes()
	}
	dumper, err := yaml.NewDumper(&out, yaml.WithIndent(2), yaml.WithLineWidth(-1))
	if err == nil {
		err = dumper.Dump(root.node)
	}
	if err == nil {
		err = dumper.Close()
	}
	if err != nil { // of nodes that are made here, to a buffer
		panic("plan: export: " + err.Error())
	}
	return e.placeholders.replace(out.Bytes())
}

// placeholders are written for characters beyond the first 65536, such as emoji, which
// the encoder would write as numbers: each is a character of private use that no text has.
type placeholders map[rune]rune

func placeholdersFor(items []*Item) placeholders {
	const first, last = '\ue000', '\uf8ff'
	beyond, used := map[rune]bool{}, map[rune]bool{}
	for _, item := range items {
		for _, value := range jsonvalue.All(item.Fields) {
			text, _ := value.(string)
			for _, c := range text {
				if c > unicode.MaxLatin1 {
					beyond[c] = beyond[c] || c > 0xffff && unicode.IsPrint(c)
					used[c] = c >= first && c <= last
				}
			}
		}
	}
	p, next := placeholders{}, first
	for _, c := range slices.Sorted(maps.Keys(beyond)) {
		for next <= last && used[next] {
			next++
		}
		if beyond[c] && next <= last {
			p[c] = next
			next++
		}
	}
	return p
}

// in returns a text with the placeholders.
func (p placeholders) in(text string) string {
	return strings.Map(func(c rune) rune {
		if placeholder := p[c]; placeholder != 0 {
			return placeholder
		}
		return c
	}, text)
}

// replace returns what was written with the characters in place of the placeholders.
func (p placeholders) replace(text []byte) []byte {
	back := map[rune]rune{}
	for c, placeholder := range p {
		back[placeholder] = c
	}
	return bytes.Map(func(c rune) rune {
		if original := back[c]; original != 0 {
			return original
		}
		return c
	}, text)
}

// exporter writes items as YAML.
type exporter struct {
	portable     bool
	secrets      map[string]bool // the names of variables that were given
	placeholders placeholders
}

// mapping is an object in YAML that is being made.
type mapping struct{ node *yaml.Node }

func object() mapping { return mapping{&yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}} }

// add adds a field, and returns the node of its name, for comments.
func (m mapping) add(name string, value *yaml.Node) *yaml.Node {
	key := scalar(name)
	m.node.Content = append(m.node.Content, key, value)
	return key
}

// scalar is a text in YAML, in quotes where it would be read as something else.
func scalar(text string) *yaml.Node {
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if strings.Contains(text, "\n") && isBlock(text) {
		node.Style = yaml.LiteralStyle
	}
	return node
}

// isBlock reports whether a text can be written as it is, over several lines.
func isBlock(text string) bool {
	for _, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) != line {
			return false
		}
	}
	return !strings.HasPrefix(text, "\n") && !strings.HasSuffix(text, "\n\n") && strings.IndexFunc(text, func(c rune) bool { return c != '\n' && !unicode.IsPrint(c) }) < 0
}

// text is a text of the API: no part of it is a reference.
func (e *exporter) text(text string) *yaml.Node {
	node := scalar(Escape(text))
	node.Value = e.placeholders.in(node.Value)
	return node
}

// value is a value in the order of its schema, which may be nil.
func (e *exporter) value(s *papi.Schema, value any) *yaml.Node {
	switch v := value.(type) {
	case map[string]any:
		return e.object(s, v).node
	case []any:
		list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		short := len(v) == 0
		var items *papi.Schema
		if s != nil {
			items = s.Resolve().Items
		}
		for _, item := range v {
			list.Content = append(list.Content, e.value(items, item))
			_, isText := item.(string)
			short = isText && (short || len(list.Content) == 1)
		}
		if short && brief(v) {
			list.Style = yaml.FlowStyle
		}
		return list
	case string:
		return e.text(v)
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(v)}
	case json.Number:
		return number(v.String())
	case float64:
		raw, _ := json.Marshal(v)
		return number(string(raw))
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
}

func number(text string) *yaml.Node {
	tag := "!!int"
	if strings.ContainsAny(text, ".eE") {
		tag = "!!float"
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text}
}

// brief reports whether the texts of a list fit in a line.
func brief(list []any) bool {
	length := 0
	for _, item := range list {
		text, _ := item.(string)
		if strings.Contains(text, "\n") {
			return false
		}
		length += len(text) + 2
	}
	return length < 80
}

// object writes the fields of an object in the order of its schema, and those that it
// does not know after them.
func (e *exporter) object(s *papi.Schema, value map[string]any) mapping {
	m := object()
	var order []string
	properties := map[string]*papi.Schema{}
	if s != nil {
		s = s.Variant(value)
		order, properties = s.Order(), s.Properties
	}
	for _, name := range slices.Sorted(maps.Keys(value)) {
		if !slices.Contains(order, name) {
			order = append(order, name)
		}
	}
	for _, name := range order {
		field, given := value[name]
		if !given {
			continue
		}
		m.add(name, e.value(properties[name], field))
	}
	return m
}

// kind writes the items of a kind.
func (e *exporter) kind(root mapping, kind *Kind, items []*Item) {
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	var left []string
	var managed []*Item
	for _, item := range items {
		p := item
		if e.portable {
			p = item.portable()
			p.Live, p.State, p.Pending = item.Live, item.State, item.Pending
		}
		reason := item.Unmanaged
		if reason == "" && e.portable && len(p.Identity) < len(kind.Identity) {
			reason = "only its id identifies it"
		}
		if reason == "" {
			reason = notInAFile(item)
		}
		if reason != "" {
			left = append(left, comment("not written: %s: %s", item.Key, reason))
			continue
		}
		managed = append(managed, p)
	}
	sort(managed)
	if kind.Name == "whatsappTemplates" {
		list.Content = e.templates(managed)
	} else {
		for _, item := range managed {
			list.Content = append(list.Content, e.item(item))
		}
	}
	if len(list.Content) == 0 {
		list.Style = yaml.FlowStyle
	}
	root.add(kind.Name, list).HeadComment = strings.Join(left, "\n")
}

// sort puts items in a fixed order, whatever that of the API is.
func sort(items []*Item) {
	slices.SortStableFunc(items, func(a, b *Item) int {
		name := func(i *Item) string {
			values := make([]string, 0, len(i.Identity)+1)
			for _, one := range i.Kind.Identity {
				values = append(values, i.Identity[one])
			}
			return strings.Join(append(values, i.ID), "\x00")
		}
		return strings.Compare(name(a), name(b))
	})
}

// comment is a line of a comment. What the API wrote can't end it.
func comment(format string, args ...any) string {
	text := papi.Printable(fmt.Sprintf(format, args...))
	return "# " + strings.Join(strings.Fields(text), " ")
}

// item writes an item that has nothing in common with others.
func (e *exporter) item(item *Item) *yaml.Node {
	m := object()
	e.begin(m, item)
	e.fields(m, item, item.Fields)
	e.flags(m, item)
	m.node.HeadComment = strings.Join(remarks(item), "\n")
	return m.node
}

// begin writes what identifies an item and is not among its fields, or is first there.
func (e *exporter) begin(m mapping, item *Item) {
	if item.ID != "" && item.Kind.ByID {
		m.add(fieldID, e.text(item.ID))
	}
	for _, name := range item.Kind.Identity {
		if item.Kind.path(name) == name && item.Identity[name] != "" {
			m.add(name, e.text(item.Identity[name]))
		}
	}
}

// fields writes the fields that begin has not written.
func (e *exporter) fields(m mapping, item *Item, fields map[string]any) {
	rest := maps.Clone(fields)
	for _, name := range item.Kind.Identity {
		if item.Kind.path(name) == name {
			delete(rest, name)
		}
	}
	m.node.Content = append(m.node.Content, e.object(item.Kind.Schema(), rest).node.Content...)
	for _, name := range item.Kind.Secret {
		m.add(name, scalar("${env:"+e.secretName(item, name)+"}")).HeadComment = comment("the API does not show it: the variable is needed to create the %s, and with --rotate", item.Kind.Title)
	}
}

// flags writes what only the file has.
func (e *exporter) flags(m mapping, item *Item) {
	if item.Draft {
		m.add(fieldDraft, e.value(nil, true))
	}
	if item.Launch {
		m.add(fieldLaunch, e.value(nil, true))
	}
	e.ignored(m, item)
}

// ignored writes the rules of lint that a template breaks which Meta has: without them
// the file would not be valid.
func (e *exporter) ignored(m mapping, item *Item) {
	if !item.Kind.Lints || item.Draft {
		return
	}
	var rules []any
	for _, finding := range lint.Check(linted(item)) {
		if finding.Severity == lint.Refused && !lint.Lookup(finding.Rule).FromContract() && !slices.Contains(rules, any(finding.Rule)) {
			rules = append(rules, finding.Rule)
		}
	}
	if rules != nil {
		m.add(fieldIgnoreLint, e.value(nil, rules)).HeadComment = comment("rules that it breaks, though it was submitted")
	}
}

// secretName is a name for the variable of a secret, after what identifies its item.
func (e *exporter) secretName(item *Item, field string) string {
	words := strings.FieldsFunc(strings.TrimPrefix(strings.TrimPrefix(item.Key, "https://"), "http://"), func(c rune) bool {
		return c > unicode.MaxASCII || !unicode.IsLetter(c) && !unicode.IsDigit(c)
	})
	const longest = 60
	name := papi.Truncate(strings.ToUpper(strings.Join(append(words, field), "_")), longest)
	name = SecretPrefix + strings.TrimRight(strings.TrimSuffix(name, "…"), "_")
	for i, first := 2, name; e.secrets[name]; i++ {
		name = fmt.Sprintf("%s_%d", first, i)
	}
	e.secrets[name] = true
	return name
}

// remarks are comments on what is not as the fields alone say.
func remarks(item *Item) []string {
	var all []string
	resource := item.Kind.Resource
	if state := resource.At(item.State, ""); item.State != "" && state.Means != "" && state.Class != catalog.Success {
		all = append(all, comment("%s: %s", item.State, state.Means))
	}
	if item.Pending != "" {
		pending := resource.At("", item.Pending)
		is := "a change that is not live yet"
		if item.State == "" {
			is = "not live yet"
		}
		all = append(all, comment("%s: %s; %s", item.Pending, is, pending.Means))
	}
	for _, field := range strings.Split(resource.Reason, "|") {
		if reason := jsonvalue.Text(item.Live, field); field != "" && reason != "" && reason != "NONE" {
			all = append(all, comment("%s: %s", field, reason))
		}
	}
	if item.Kind.Launch != "" && !item.Launch && catalog.LaunchBegun(item.State) {
		all = append(all, comment("it is not launched in each of its countries: launch: true would launch it there"))
	}
	if jsonvalue.Field(item.Fields, testNumbers) != nil {
		all = append(all, comment("testNumbers: the owners of these phones are invited where the file creates a sender"))
	}
	if hasExpiringLink(item) {
		all = append(all, comment("links to media are those that the API shows, which may end: replace them before another project gets them"))
	}
	return all
}

// hasExpiringLink reports whether an item has a link that Meta's servers answer for a time
// only: that of a photo, or of the example of a header.
func hasExpiringLink(item *Item) bool {
	if !strings.HasPrefix(item.Kind.Name, "whatsapp") {
		return false
	}
	for name, value := range jsonvalue.All(item.Fields) {
		if name == "photoUrl" && value != nil || name == "examples" && jsonvalue.Text(value, "url") != "" {
			return true
		}
	}
	return false
}

// templates writes WhatsApp templates, the languages of a name together. What all of
// them share is written once.
func (e *exporter) templates(items []*Item) []*yaml.Node {
	var all []*yaml.Node
	for len(items) > 0 {
		n := 1
		for n < len(items) && items[n].Identity[keyName] == items[0].Identity[keyName] {
			n++
		}
		all = append(all, e.template(items[:n]))
		items = items[n:]
	}
	return all
}

func (e *exporter) template(languages []*Item) *yaml.Node {
	first := languages[0]
	m := object()
	m.add(keyName, e.text(first.Identity[keyName]))
	shared := map[string]any{}
	for name, value := range first.Fields {
		if name != keyName && name != keyLanguage && name != fieldDetails && !slices.ContainsFunc(languages, func(i *Item) bool { return i.Fields[name] != value }) {
			shared[name] = value
		}
	}
	m.node.Content = append(m.node.Content, e.object(first.Kind.Schema(), shared).node.Content...)
	drafts := !slices.ContainsFunc(languages, func(i *Item) bool { return !i.Draft })
	if drafts {
		m.add(fieldDraft, e.value(nil, true))
	}
	each := object()
	for _, item := range languages {
		fields := maps.Clone(item.Fields)
		maps.DeleteFunc(fields, func(name string, _ any) bool {
			_, isShared := shared[name]
			return isShared || name == keyName || name == keyLanguage
		})
		one := e.object(item.Kind.Schema(), fields)
		if item.Draft && !drafts {
			one.add(fieldDraft, e.value(nil, true))
		}
		e.ignored(one, item)
		if len(one.node.Content) == 0 {
			one.node.Style = yaml.FlowStyle
		}
		each.add(item.Identity[keyLanguage], one.node).HeadComment = strings.Join(remarks(item), "\n")
	}
	m.add(keyLanguages, each.node)
	return m.node
}
