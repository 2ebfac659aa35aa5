package tools

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

const (
	// maxQuery bounds a query, in bytes.
	maxQuery = 500
	// maxFound is how many tools a search describes, maxAlso how many more it names.
	maxFound, maxAlso = 3, 3
	// maxAbout and maxOutline bound what it says of a tool, in bytes, so that an answer
	// has at most 400 tokens.
	maxAbout, maxOutline = 160, 500
)

type toolFindArgs struct {
	Query string `json:"query" jsonschema:"description=what to do\\, in the user's words\\, or an error code"`
}

// found is what tool_find says of a tool.
type found struct {
	Tool string `json:"tool"`
	Does string `json:"does"`
	// Via is the tool through which it is called; left out where it is listed.
	Via string `json:"via,omitempty"`
	// Arguments are the outline of its arguments: those of the best match alone.
	Arguments string `json:"arguments,omitempty"`
	// Required are the arguments that the others can't do without.
	Required []string `json:"required,omitempty"`
}

// findings are the data of a search.
type findings struct {
	Tools []found  `json:"tools"`
	Also  []string `json:"also,omitempty"`
	// Families are shown where nothing fits.
	Families string `json:"families,omitempty"`
}

// toolFind finds the tools that the set offers by what a user says.
func (s *Set) toolFind(_ context.Context, _ Caller, args toolFindArgs) Outcome {
	if len(args.Query) > maxQuery {
		return invalidArguments([]papi.Violation{{Path: "query", Given: strconv.Itoa(len(args.Query)) + " bytes", Allowed: "at most " + strconv.Itoa(maxQuery) + " bytes: a sentence, or a few words"}}).outcome()
	}
	names := s.find(args.Query)
	r := &Result{Tool: toolFind}
	data := findings{Tools: []found{}}
	for i, name := range names[:min(len(names), maxFound)] {
		data.Tools = append(data.Tools, s.found(name, i == 0))
	}
	if len(names) > maxFound {
		data.Also = names[maxFound:min(len(names), maxFound+maxAlso)]
	}
	if len(names) == 0 {
		data.Families = s.families()
		r.Warnings = append(r.Warnings, "no tool fits these words: use others, the name of a family, or an error code")
	}
	r.Data = data
	return Outcome{Structured: r, Link: codeIn(args.Query)}
}

// find returns the names of the offered tools that fit a query, the best first.
func (s *Set) find(query string) []string {
	var names []string
	named := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(query)), " ", "_")
	for _, match := range toolIndex(s.Offers).Find(query) {
		switch {
		case !s.Offers(match.Name):
		case match.Name == named, strings.EqualFold(s.title(match.Name), strings.TrimSpace(query)):
			names = slices.Insert(names, 0, match.Name)
		default:
			names = append(names, match.Name)
		}
	}
	return names
}

// title is the name of a tool for people.
func (s *Set) title(name string) string {
	if t := s.tools[name]; t != nil {
		return t.row.Title
	}
	return s.coreTool(name).annotations.Title
}

// found describes a tool that was found; best says that it is the first.
func (s *Set) found(name string, best bool) found {
	f := found{Tool: name, Via: s.Via(name)}
	var schema *papi.Schema
	if t := s.tools[name]; t != nil {
		a := t.arguments()
		f.Does, schema = t.row.About, leaveOut(a.advertised, a.unlisted()) // as in the list
	} else {
		c := s.coreTool(name)
		f.Does, schema = c.about, c.schema()
	}
	f.Does = firstSentences(f.Does, maxAbout)
	required := schema.MustHave(true)
	if best {
		outline := schema.OutlineWithin("", false, func(outline string, _ papi.OutlineOptions) bool { return len(outline) <= maxOutline })
		f.Arguments = papi.Truncate(outline, maxOutline)
	} else {
		f.Required = required
	}
	return f
}

// firstSentences are as many of a text's sentences as fit, at least one.
func firstSentences(text string, limit int) string {
	sentences := strings.SplitAfter(text, ". ")
	kept := sentences[0]
	for _, sentence := range sentences[1:] {
		if len(kept)+len(sentence) > limit {
			break
		}
		kept += sentence
	}
	return papi.Truncate(strings.TrimSpace(kept), limit)
}

// codeIn is the page of the error code that a query is, nil where it is none.
func codeIn(query string) *Link {
	code := strings.TrimSpace(query)
	if !slices.Contains(errorCodes(), code) {
		return nil
	}
	return &Link{ErrorsURI + code, code, "what this error means, and what to do"}
}

// families are the toolsets that the set offers, with what their names leave open.
func (s *Set) families() string {
	var names []string
	for _, row := range s.opts.Rows {
		if !slices.Contains(names, row.Toolset) {
			names = append(names, row.Toolset)
		}
	}
	if s.opts.offersOwn(catalog.ProjectPlan) {
		names = append(names, catalog.PlanToolset)
	}
	for i, name := range names {
		if about := catalog.ToolsetAbout(name); about != "" {
			names[i] += " (" + about + ")"
		}
	}
	return strings.Join(names, ", ")
}
