package lint

import (
	"fmt"
	"slices"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// view is a template taken apart, for all rules.
type view struct {
	Template
	// components are all, each carousel's followed by those of its cards.
	components []part
	// buttons are those of all components.
	buttons []part
	// texts are what the recipient reads or follows, in the order of the components.
	texts []text

	contract []papi.Violation // of the contract, once they were checked
	checked  bool
}

// part is a component or a button.
type part struct {
	path   string
	kind   string // its type
	inCard bool
	fields map[string]any
	// buttons are a component's, cards the components of a carousel's cards.
	buttons []part
	cards   []card
}

// card is a card of a carousel.
type card struct {
	path       string
	components []part
}

func (p part) text(field string) string { return jsonvalue.Text(p.fields, field) }

func (p part) has(field string) bool { return !jsonvalue.IsEmpty(p.fields[field]) }

// role is what a text is for.
type role string

const (
	header   role = "a header"
	body     role = "a body"
	footer   role = "a footer"
	offer    role = "a limited-time offer"
	label    role = "a button's text"
	autofill role = "a button's autofillText"
	phone    role = "a button's phoneNumber"
	address  role = "a button's url"
)

// text is a text of a part.
type text struct {
	part
	role  role
	at    string // the path of the text
	value string
	found variables
}

// rolesOf are the texts of a component, by its type; those of its buttons are
// buttonRoles.
var rolesOf = map[string]role{"HEADER": header, "BODY": body, "FOOTER": footer, "LIMITED_TIME_OFFER": offer}

var buttonRoles = []struct {
	field string
	role  role
}{{"text", label}, {"autofillText", autofill}, {"phoneNumber", phone}, {"url", address}}

func newView(t Template) *view {
	v := &view{Template: t}
	v.add(t.Details["components"], "details.components", false)
	return v
}

// add takes a list of components apart, and returns them.
func (v *view) add(list any, path string, inCard bool) []part {
	var added []part
	eachObject(list, path, func(path string, fields map[string]any) {
		p := part{path: path, kind: jsonvalue.Text(fields, "type"), inCard: inCard, fields: fields}
		if role := rolesOf[p.kind]; role != "" {
			v.addText(p, role, "text")
		}
		eachObject(fields["buttons"], path+".buttons", func(path string, fields map[string]any) {
			button := part{path: path, kind: jsonvalue.Text(fields, "type"), inCard: inCard, fields: fields}
			p.buttons = append(p.buttons, button)
			for _, r := range buttonRoles {
				v.addText(button, r.role, r.field)
			}
		})
		v.buttons = append(v.buttons, p.buttons...)
		at := len(v.components)
		v.components = append(v.components, p)
		if !inCard { // a card has no cards: wa_schema says so
			eachObject(fields["cards"], path+".cards", func(path string, fields map[string]any) {
				v.components[at].cards = append(v.components[at].cards, card{path, v.add(fields["components"], path+".components", true)})
			})
		}
		added = append(added, v.components[at])
	})
	return added
}

func (v *view) addText(p part, role role, field string) {
	if value := p.text(field); value != "" {
		v.texts = append(v.texts, text{p, role, p.path + "." + field, value, findVariables(value)})
	}
}

// eachObject visits the objects of a list, with their paths.
func eachObject(list any, path string, visit func(path string, object map[string]any)) {
	items, _ := list.([]any)
	for i, item := range items {
		if object, ok := item.(map[string]any); ok {
			visit(fmt.Sprintf("%s[%d]", path, i), object)
		}
	}
}

// each visits the components or buttons of a type.
func each(parts []part, kind string, visit func(p part)) {
	for _, p := range parts {
		if p.kind == kind {
			visit(p)
		}
	}
}

// has reports whether some component or button is of a type.
func has(parts []part, kind string) bool {
	return slices.ContainsFunc(parts, func(p part) bool { return p.kind == kind })
}

// top are the components that are in no card.
func (v *view) top() []part {
	return slices.DeleteFunc(slices.Clone(v.components), func(p part) bool { return p.inCard })
}

// eachText visits the texts of some roles.
func (v *view) eachText(visit func(t text), roles ...role) {
	for _, t := range v.texts {
		if slices.Contains(roles, t.role) {
			visit(t)
		}
	}
}

// quote shows a piece of a text.
func quote(text string) string { return fmt.Sprintf("%q", papi.Truncate(text, maxQuoted)) }

const maxQuoted = 40
