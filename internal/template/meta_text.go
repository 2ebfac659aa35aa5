package template

import (
	"fmt"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/papi"
)

// namedVariable matches a variable with a name, as parameter_format NAMED has them.
var namedVariable = lazyregexp.New(`\{\{ *[\p{L}_][\p{L}\p{N}_]* *\}\}`)

// anyVariable matches a variable with a name or a number.
var anyVariable = lazyregexp.New(`\{\{ *[\p{L}\p{N}_]+ *\}\}`)

// maxVariables is how many variables a note lists; no valid text has more.
const maxVariables = 200

// text reads a text with variables, and their examples. Variables with names are
// numbered in the order in which they come first.
func (c *conversion) text(r *reader, out map[string]any, key string) {
	example := r.object("example")
	text, isText := r.left["text"].(string)
	var names []string
	if isText {
		text, names = c.numbered(r.at("text"), text)
		r.take("text")
		out["text"] = text
	} else {
		r.into(out, []field{{"text", "text", asIs}})
	}
	if found := c.examples(example, key, names); len(found) > 0 {
		out["examples"] = found
	}
	example.rest(out["type"].(string))
}

// numbered returns a text in which variables with names are numbered, and the names in
// that order; none where no variable has a name.
func (c *conversion) numbered(path, text string) (string, []string) {
	if !namedVariable.MatchString(text) {
		return text, nil
	}
	var names, became []string
	numbers := map[string]string{}
	text = anyVariable.ReplaceAllStringFunc(text, func(variable string) string {
		variable = strings.ReplaceAll(variable, " ", "")
		if numbers[variable] == "" {
			names = append(names, variable)
			numbers[variable] = fmt.Sprintf("{{%d}}", len(names))
			became = append(became, variable+" is "+numbers[variable])
		}
		return numbers[variable]
	})
	if more := len(became) - maxVariables; more > 0 {
		became = append(became[:maxVariables], fmt.Sprintf("and %d more", more))
	}
	c.note(path, "variables have numbers: %s", strings.Join(became, ", "))
	return text, names
}

// examples returns the examples of variables, by their place or by their name.
func (c *conversion) examples(r *reader, key string, names []string) []any {
	var out []any
	switch all := samples.of(r.left[key]).(type) {
	case []any:
		r.take(key)
		if len(all) > 0 {
			if first, ok := all[0].([]any); ok { // a list for each set of examples
				for i := range all[1:] {
					c.note(fmt.Sprintf("%s[%d]", r.at(key), i+1), "left out: the Provisioning API takes one example for each variable")
				}
				all = scalars(first).([]any)
			}
		}
		out = all
	}
	params := r.list(key + "_named_params")
	if len(params) == 0 {
		return out
	}
	if out != nil {
		c.note(r.at(key), "left out: %s_named_params has the examples", key)
		out = nil
	}
	values := map[string]string{} // of the variables of the text, "" for none yet
	for _, name := range names {
		values[name] = ""
	}
	for _, param := range params {
		name, value := jsonvalue.Text(param.take("param_name"), ""), jsonvalue.Text(param.take("example"), "")
		param.rest("example")
		variable := "{{" + strings.Trim(name, "{} ") + "}}"
		if _, ok := values[variable]; ok {
			values[variable] = value
		} else {
			c.note(param.path, "left out: the text has no variable %s", papi.Quoted(name, 40))
		}
	}
	for _, name := range names {
		if values[name] == "" {
			c.note(r.at(key+"_named_params"), "no example for %s: each variable needs one", name)
			continue
		}
		out = append(out, values[name])
	}
	return out
}

// link completes a URL button: a variable with a name is {{1}}, and an example that is
// only the variable's value becomes a URL.
func (c *conversion) link(r *reader, out map[string]any) {
	address, _ := out["url"].(string)
	if numbered, names := c.numbered(r.at("url"), address); names != nil {
		address = numbered
		out["url"] = address
	}
	examples, _ := out["examples"].([]any)
	for i, example := range examples {
		value, _ := example.(string)
		if value == "" || strings.Contains(value, "://") || !strings.Contains(address, "{{1}}") {
			continue
		}
		examples[i] = strings.Replace(address, "{{1}}", value, 1)
		c.note(r.at("example"), "the Provisioning API takes the complete URL: %s", examples[i])
	}
}
