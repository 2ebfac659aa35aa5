// Package prompts holds the workflow prompts that a person picks from a menu:
// one markdown file each, with its arguments in the front matter.
//
// A prompt names the tools step by step: what to ask the person and when, what
// the guard will refuse, how the end is seen, what to report. What a tool's own
// words say it leaves to them, what lasts beyond one task to the guides.
package prompts

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/template"

	"papi-mcp/guides"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/frontmatter"
	"papi-mcp/internal/papi"
)

//go:embed *.md
var files embed.FS

// Argument is one argument of a prompt.
type Argument struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
	Required    bool   `yaml:"required"`
	// Complete names what completes its value, as tools.Set.Complete knows it;
	// "" where nothing does.
	Complete string `yaml:"complete"`
}

// Prompt is one workflow.
type Prompt struct {
	Name        string     `yaml:"name"`
	Title       string     `yaml:"title"`
	Description string     `yaml:"description"`
	Arguments   []Argument `yaml:"arguments"`

	text     *template.Template
	families []string               // those that it can be asked for
	offered  func(tool string) bool // nil: every tool is
	project  string                 // of a call that names none; "" where none is configured
}

// InProject returns the prompt for a server whose default project is configured:
// its text names that project where the client names none, so that nobody is
// asked for it.
func (p *Prompt) InProject(id string) *Prompt {
	here := *p
	here.project = id
	return &here
}

// All returns the prompts, by name. They are part of the program: one that
// can't be read is a defect, and panics at the start.
var All = sync.OnceValue(func() []*Prompt {
	all, err := read(files)
	if err != nil {
		panic("prompts: " + err.Error())
	}
	return all
})

// read reads and checks the prompts of a folder.
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
		return nil, fmt.Errorf("it has no title or no description")
	}
	for _, a := range p.Arguments {
		if a.Name == "" || a.Description == "" {
			return nil, fmt.Errorf("an argument without a name or a description")
		}
	}
	p.text, err = template.New(p.Name).Option("missingkey=error").Funcs(template.FuncMap{
		"family":     familyOf,
		"activities": activities,
	}).Parse(text)
	if err != nil {
		return nil, err
	}
	// What the text asks for that is no argument shows here, not at a client.
	if _, err := p.render(p.values(map[string]string{"family": exampleFamily})); err != nil {
		return nil, err
	}
	return p, nil
}

// exampleFamily stands for the family where a text is tried.
const exampleFamily = "rcs"

// Error is a mistake in what a client gave: its text is for the client.
type Error struct{ text string }

func (e *Error) Error() string { return e.text }

// Render returns the text for the arguments. An unknown argument, and a
// required one that is missing, are an *Error.
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
		if len(value) > maxOfAnArgument || papi.Printable(value) != value || strings.ContainsAny(value, "\n\t") {
			return "", &Error{fmt.Sprintf("the argument %s must be one line of at most %d bytes, without hidden characters and without the password of a URL", name, maxOfAnArgument)}
		}
		if value = strings.TrimSpace(value); !p.Takes(name, value) {
			return "", &Error{fmt.Sprintf("there is no %s %s here; known: %s", name, papi.Quoted(value, papi.MaxEcho), strings.Join(p.only(name), ", "))}
		}
	}
	text, err := p.render(p.values(given))
	if err != nil {
		return "", err
	}
	return text + p.without(text), nil
}

// without tells of the tools in a text that the server does not offer.
func (p *Prompt) without(text string) string {
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

// maxOfAnArgument bounds a value: it becomes part of what an agent is told.
const maxOfAnArgument = 512

// Takes reports whether the argument may have the value: one that names a family
// may only have those that are known, and whose tools are offered.
func (p *Prompt) Takes(argument, value string) bool {
	only := p.only(argument)
	return only == nil || value == "" || slices.Contains(only, value)
}

// only are the values that an argument may have, nil for any.
func (p *Prompt) only(argument string) []string {
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

// values are all arguments, "" for those that are not given. One that could
// read as more than a name or an id is quoted: it is data, whoever wrote it.
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

// plain is a value that can't be taken for a part of the text around it. Blanks
// have many forms, and some scripts need none between words.
var plain = regexp.MustCompile(`^[!#-\[\]-_a-~\p{Latin}]*$`)

func quote(value string) string {
	if plain.MatchString(value) {
		return value
	}
	// A backtick marks the tool of a step.
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "'").Replace(value) + `"`
}

var numbered = regexp.MustCompile(`(?m)^\d+\. `)

// render fills the text in, and numbers its steps: some stand there only with
// some arguments.
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

var quoted = regexp.MustCompile("`([^`]+)`")

// Steps returns the tool that each numbered step of a rendered text begins
// with, in their order; steps that only a person can take are left out.
func Steps(text string) []string {
	var tools []string
	for line := range strings.SplitSeq(text, "\n") {
		if !numbered.MatchString(line) {
			continue
		}
		if first := quoted.FindStringSubmatch(line); first != nil && isTool(first[1]) {
			tools = append(tools, first[1])
		}
	}
	return tools
}

func isTool(name string) bool {
	return name == "project_confirm" || name == "project_overview" || name == "schema_get" || catalog.Lookup(name) != nil
}

// Offered returns the prompts whose changes can be made with the tools that a
// server offers. One for several families takes those whose tools are there.
func Offered(all []*Prompt, offered func(tool string) bool) []*Prompt {
	var kept []*Prompt
	for _, p := range all {
		here := *p
		here.offered = offered
		here.families = slices.DeleteFunc(slices.Clone(p.families), func(name string) bool { return !p.possible(name, offered) })
		if len(here.families) > 0 {
			kept = append(kept, &here)
		}
	}
	return kept
}

// possible reports whether every change that the prompt asks for in a family can
// be made.
func (p *Prompt) possible(family string, offered func(tool string) bool) bool {
	text, err := p.render(p.values(map[string]string{"family": family}))
	if err != nil {
		panic("prompts: " + err.Error()) // parse has tried it
	}
	return !slices.ContainsFunc(Steps(text), func(tool string) bool {
		row := catalog.Lookup(tool)
		return row != nil && row.Writes() && !offered(tool)
	})
}

// family is what the general prompt needs to know of a family: the tool that
// shows what is there, the one that makes or changes something, and the one
// that shows how that goes on.
type family struct{ Read, Write, Follow string }

func familyOf(name string) (family, error) {
	if !slices.Contains(guides.Families(), name) {
		return family{}, fmt.Errorf("there is no family %q", name)
	}
	for _, row := range catalog.Rows() {
		if r := row.Resource; r != nil && r.List != "" && guides.OfTool(row.Toolset) == name {
			return family{r.List, r.Create, r.Get}, nil
		}
	}
	made := catalog.LookupResource("bundle") // which connects the channels of Conversation apps
	return family{made.List, made.Create, "conversation_messenger_get"}, nil
}

// activities are the tools that read what happened to a thing.
func activities() []string {
	var tools []string
	for _, row := range catalog.Rows() {
		if row.Activities {
			tools = append(tools, row.Tool)
		}
	}
	return tools
}
