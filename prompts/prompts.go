// Package prompts has the workflow prompts that a person selects from a menu: one
// markdown file each, with its arguments in the front matter.
//
// A prompt names the tools step by step: what to ask the person and when, what the
// guard will refuse, how to recognise the end, what to report. It does not repeat
// the descriptions of the tools, nor what is in the guides.
package prompts

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/template"

	"papi-mcp/guides"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/frontmatter"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/papi"
)

//go:embed *.md
var files embed.FS

// Argument is one argument of a prompt.
type Argument struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
	Required    bool   `yaml:"required"`
	// Complete is the source of its completions, as tools.Set.Complete takes
	// it; "" for none.
	Complete string `yaml:"complete"`
}

// Prompt is a workflow.
type Prompt struct {
	Name        string     `yaml:"name"`
	Title       string     `yaml:"title"`
	Description string     `yaml:"description"`
	Arguments   []Argument `yaml:"arguments"`

	text     *template.Template
	families []string               // the values of its argument family
	offered  func(tool string) bool // nil: all tools are
	project  string                 // the default; "" where none is configured
}

// InProject returns the prompt for a server with a default project: its text
// names that project where the client names none.
func (p *Prompt) InProject(id string) *Prompt {
	bound := *p
	bound.project = id
	return &bound
}

// All returns the prompts, sorted by name. They are part of the program: an
// invalid one is a defect, and panics.
var All = sync.OnceValue(func() []*Prompt {
	all, err := read(files)
	if err != nil {
		panic("prompts: " + err.Error())
	}
	return all
})

// read reads and checks the prompts in a folder.
func read(from fs.FS) ([]*Prompt, error) {
	names, err := fs.Glob(from, "*.md") // sorted
	if err != nil {
		return nil, err
	}
	var all []*Prompt
	for _, name := range names {
		raw, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		p, err := parse(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if p.Name+".md" != name {
			return nil, fmt.Errorf("%s: its name is %q", name, p.Name)
		}
		all = append(all, p)
	}
	return all, nil
}

func parse(raw []byte) (*Prompt, error) {
	p := &Prompt{families: slices.Sorted(slices.Values(guides.Families()))}
	text, err := frontmatter.Read(raw, p)
	if err != nil {
		return nil, err
	}
	if p.Title == "" || p.Description == "" {
		return nil, errors.New("it has no title or no description")
	}
	for _, a := range p.Arguments {
		if a.Name == "" || a.Description == "" {
			return nil, errors.New("an argument without a name or a description")
		}
	}
	p.text, err = template.New(p.Name).Option("missingkey=error").Funcs(template.FuncMap{
		"family":     familyOf,
		"activities": activities,
	}).Parse(text)
	if err != nil {
		return nil, err
	}
	// A text that uses an unknown argument fails here, not at a client.
	if _, err := p.render(p.values(map[string]string{"family": exampleFamily})); err != nil {
		return nil, err
	}
	return p, nil
}

// exampleFamily is the family with which parse renders a text.
const exampleFamily = "rcs"

// Error is an error in the arguments; its text is for the client.
type Error struct{ text string }

func (e *Error) Error() string { return e.text }

// Render returns the text for the arguments. An unknown, invalid or missing
// argument is an *Error.
func (p *Prompt) Render(given map[string]string) (string, error) {
	var known []string
	for _, a := range p.Arguments {
		known = append(known, a.Name)
		if a.Required && strings.TrimSpace(given[a.Name]) == "" {
			return "", &Error{fmt.Sprintf("prompt %s needs the argument %s: %s", p.Name, a.Name, a.Description)}
		}
	}
	for name, value := range given {
		if !slices.Contains(known, name) {
			return "", &Error{fmt.Sprintf("prompt %s has no argument %s; it takes %s", p.Name, papi.Quoted(name, papi.MaxEcho), strings.Join(known, ", "))}
		}
		if len(value) > maxArgument || papi.Printable(value) != value || strings.ContainsAny(value, "\n\t") {
			return "", &Error{fmt.Sprintf("the argument %s must be one line of at most %d bytes, without hidden characters and without the password of a URL", name, maxArgument)}
		}
		if value = strings.TrimSpace(value); !p.Takes(name, value) {
			return "", &Error{fmt.Sprintf("there is no %s %s here; known: %s", name, papi.Quoted(value, papi.MaxEcho), strings.Join(p.allowed(name), ", "))}
		}
	}
	text, err := p.render(p.values(given))
	if err != nil {
		return "", err
	}
	return text + p.missingTools(text), nil
}

// missingTools returns a note about the tools in a text that the server does
// not offer, "" for none.
func (p *Prompt) missingTools(text string) string {
	var missing []string
	for _, found := range quoted.FindAllString(text, -1) {
		row := catalog.Lookup(strings.Trim(found, "`"))
		if row != nil && p.offered != nil && !p.offered(row.Tool) && !slices.Contains(missing, found) {
			missing = append(missing, found)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("\nThis server does not offer %s: leave out what needs them, and say so in the report.\n", strings.Join(missing, ", "))
}

// maxArgument bounds an argument, in bytes: it becomes part of an agent's
// instructions.
const maxArgument = 512

// Takes reports whether the argument may have the value: a family must be
// known, and its tools offered.
func (p *Prompt) Takes(argument, value string) bool {
	allowed := p.allowed(argument)
	return allowed == nil || value == "" || slices.Contains(allowed, value)
}

// allowed returns the values that an argument may have, nil for any.
func (p *Prompt) allowed(argument string) []string {
	for _, a := range p.Arguments {
		switch {
		case a.Name != argument:
		case a.Complete == "families":
			return p.families
		case a.Complete == "trigger_families":
			return guides.TriggerFamilies()
		}
	}
	return nil
}

// values returns all arguments, "" for missing ones. A value that could be
// read as more than a name or an id is quoted: it is data.
func (p *Prompt) values(given map[string]string) map[string]string {
	values := make(map[string]string, len(p.Arguments))
	for _, a := range p.Arguments {
		values[a.Name] = quote(strings.TrimSpace(given[a.Name]))
		if a.Name == "projectId" && values[a.Name] == "" {
			values[a.Name] = quote(p.project)
		}
	}
	return values
}

// unambiguous matches a value that can't be read as part of the text around
// it. There are many kinds of blanks, and some scripts need none between
// words.
var unambiguous = lazyregexp.New(`^[!#-\[\]-_a-~\p{Latin}]*$`)

func quote(value string) string {
	if unambiguous.MatchString(value) {
		return value
	}
	// Backticks mark the tool of a step.
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "'").Replace(value) + `"`
}

var numbered = lazyregexp.New(`(?m)^\d+\. `)

// render executes the template, and numbers its steps, some of which depend on
// arguments.
func (p *Prompt) render(values map[string]string) (string, error) {
	var b bytes.Buffer
	if err := p.text.Execute(&b, values); err != nil {
		return "", err
	}
	step := 0
	return numbered.ReplaceAllStringFunc(strings.TrimSpace(b.String())+"\n", func(string) string {
		step++
		return strconv.Itoa(step) + ". "
	}), nil
}

var (
	quoted   = lazyregexp.New("`([^`]+)`")
	toolName = lazyregexp.New(`^([a-z]+(_[a-z]+)+|wait)$`)
)

// Steps returns the tool that each numbered step of a rendered text starts
// with, in order, without the steps that only a person can take.
func Steps(text string) []string {
	var tools []string
	for line := range strings.SplitSeq(text, "\n") {
		if !numbered.MatchString(line) {
			continue
		}
		if first := quoted.FindStringSubmatch(line); first != nil && toolName.MatchString(first[1]) {
			tools = append(tools, first[1])
		}
	}
	return tools
}

// Offered returns the prompts whose writes are possible with the offered
// tools. A prompt with a family is limited to the families whose tools are
// offered.
func Offered(all []*Prompt, offered func(tool string) bool) []*Prompt {
	var kept []*Prompt
	for _, p := range all {
		adapted := *p
		adapted.offered = offered
		adapted.families = slices.DeleteFunc(slices.Clone(p.families), func(name string) bool { return !p.canWrite(name, offered) })
		if len(adapted.families) > 0 {
			kept = append(kept, &adapted)
		}
	}
	return kept
}

// canWrite reports whether all writes of the prompt are possible for a family.
func (p *Prompt) canWrite(family string, offered func(tool string) bool) bool {
	text, err := p.render(p.values(map[string]string{"family": family}))
	if err != nil {
		panic("prompts: " + err.Error()) // parse has rendered it
	}
	return !slices.ContainsFunc(Steps(text), func(tool string) bool {
		row := catalog.Lookup(tool)
		return row != nil && row.Writes() && !offered(tool)
	})
}

// family is what provision_channel needs to know about a family: the tools that
// show what exists, that create or change something, and that show its progress.
type family struct{ Read, Write, Follow string }

// Waits reports whether the tool wait can follow the progress.
func (f family) Waits() bool { return catalog.Lookup(f.Follow).Follows() }

func familyOf(name string) (family, error) {
	if !slices.Contains(guides.Families(), name) {
		return family{}, fmt.Errorf("there is no family %q", name)
	}
	for _, row := range catalog.Rows() {
		if r := row.Resource; r != nil && r.List != "" && guides.OfTool(row.Toolset) == name {
			return family{r.List, r.Create, r.Get}, nil
		}
	}
	bundle := catalog.LookupResource("bundle") // which connects the channels of Conversation apps
	return family{bundle.List, bundle.Create, "conversation_messenger_get"}, nil
}

// activities returns the tools that list the activities of a resource.
func activities() []string {
	var tools []string
	for _, row := range catalog.Rows() {
		if row.Activities {
			tools = append(tools, row.Tool)
		}
	}
	return tools
}
