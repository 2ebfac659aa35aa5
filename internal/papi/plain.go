package papi

import (
	"errors"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// plain writes out the schema for the validator: references replaced by what
// they point to, and no keyword that checks nothing.
func (s *Schema) plain(mode Mode) map[string]any {
	p := plainer{mode: mode, open: map[*Schema]bool{}, recursive: map[string]*Schema{}}
	out := p.plain(s)
	defs := map[string]any{}
	for name, target := range p.recursive {
		defs[name] = p.plain(&Schema{Ref: refPrefix + name, target: target})
	}
	if len(defs) > 0 {
		out["$defs"] = defs
	}
	return out
}

type plainer struct {
	mode      Mode
	open      map[*Schema]bool   // the references that are being written out
	recursive map[string]*Schema // those that were met again meanwhile
}

func (p *plainer) plain(s *Schema) map[string]any {
	if s.target != nil {
		if p.open[s.target] {
			p.recursive[s.Name()] = s.target
			return map[string]any{"$ref": "#/$defs/" + s.Name()}
		}
		p.open[s.target] = true
		defer delete(p.open, s.target)
		s = s.Resolve()
	}
	out := map[string]any{}
	set := func(name string, given bool, value any) {
		if given {
			out[name] = value
		}
	}
	list := func(of []*Schema) []any {
		all := make([]any, len(of))
		for i, b := range of {
			all[i] = p.plain(b)
		}
		return all
	}
	set("type", len(s.Type) > 0, anys(s.Type))
	set("enum", len(s.Enum) > 0, s.enum())
	set("const", s.Const != nil, s.Const)
	set("format", formats[s.Format] != nil, s.Format)
	set("pattern", s.Pattern != "", s.Pattern)
	setNumber(out, "minLength", s.MinLength)
	setNumber(out, "maxLength", s.MaxLength)
	setNumber(out, "minimum", s.Minimum)
	setNumber(out, "maximum", s.Maximum)
	setNumber(out, "minItems", s.MinItems)
	setNumber(out, "maxItems", s.MaxItems)
	set("uniqueItems", s.UniqueItems, true)
	set("anyOf", len(s.AnyOf) > 0, list(s.AnyOf))
	if s.Items != nil {
		out["items"] = p.plain(s.Items)
	}
	var required []any
	for _, name := range s.Required {
		if property := s.Properties[name]; !p.mode.Draft || property == nil || !property.DraftOptional {
			required = append(required, name)
		}
	}
	set("required", len(required) > 0, required)
	if s.Properties != nil {
		properties := make(map[string]any, len(s.Properties))
		for name, property := range s.Properties {
			properties[name] = p.plain(property)
		}
		out["properties"] = properties
	}
	switch {
	case s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil:
		out["additionalProperties"] = p.plain(s.AdditionalProperties.Schema)
	case s.AdditionalProperties != nil, p.mode.Closed && s.Properties != nil:
		out["additionalProperties"] = false
	}
	return out
}

// enum is the list of values; null is one of them where the type allows it,
// since the contract's lists leave it out.
func (s *Schema) enum() []any {
	if s.Type.Has("null") && !slices.Contains(s.Enum, nil) {
		return append(slices.Clone(s.Enum), nil)
	}
	return s.Enum
}

func anys(of []string) []any {
	all := make([]any, len(of))
	for i, v := range of {
		all[i] = v
	}
	return all
}

func setNumber[N int | float64](out map[string]any, name string, n *N) {
	if n != nil {
		out[name] = float64(*n)
	}
}

// isFile finds what is given by somebody who has a file, and no URL of it: its
// content, a path, or a handle of Meta's.
var isFile = regexp.MustCompile(`(?i)^(?:data:|file:|blob:|content:|[/\\~.]|[a-z]:[/\\]|[0-9]+(?::|$))`)

// formats are the formats that are checked. The contract uses more, which are
// hints for people (an access code is an "uri" there).
var formats = map[string]func(any) error{
	"url": func(v any) error {
		s, ok := v.(string)
		if u, err := url.Parse(s); ok && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			if isFile.MatchString(s) {
				return errors.New("a URL such as https://example.com/path; for a file its public URL: there is no upload")
			}
			return errors.New("a URL such as https://example.com/path")
		}
		return nil
	},
	"email": func(v any) error {
		s, ok := v.(string)
		if a, err := mail.ParseAddress(s); ok && (err != nil || a.Address != s) {
			return errors.New("an email address such as name@example.com")
		}
		return nil
	},
	"otp": func(v any) error {
		s, ok := v.(string)
		if ok && (utf8.RuneCountInString(s) != 6 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' })) {
			return errors.New("a string of exactly 6 characters, without spaces")
		}
		return nil
	},
}
