package tools

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"papi-mcp/guides"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// source returns the values that complete something.
type source func(ctx context.Context, s *Set, caller Caller, given map[string]string) []string

// sources are all of them, by the names that prompts and resources use.
var sources = sync.OnceValue(func() map[string]source {
	all := map[string]source{
		"projects": known((*Set).projects),
		"families": known(func(*Set) []string { return guides.Families() }),
		"guide_sections": func(_ context.Context, _ *Set, _ Caller, given map[string]string) []string {
			return guides.SectionNames(given["family"])
		},
		"trigger_families": known(func(*Set) []string { return guides.TriggerFamilies() }),
		"tools":            known((*Set).names),
		"error_codes":      known(func(*Set) []string { return errorCodes() }),
		"languages":        enum("WhatsappInputTemplateLanguagesEnum"),
		"categories":       enum("WhatsappTemplateInputCategoryEnum"),
		"rcs_use_cases":    enum("RcsInputSenderUseCasesEnum"),
		"bundle_regions":   enum("BundlesBundlesInputRegionEnum"),
	}
	for _, resource := range catalog.Resources() {
		for name, from := range resource.Complete {
			from.Tool = cmp.Or(from.Tool, resource.List)
			all[name] = func(ctx context.Context, s *Set, caller Caller, given map[string]string) []string {
				return s.readToComplete(ctx, caller, from, given)
			}
		}
	}
	return all
})

// known is a source that needs no read.
func known(values func(*Set) []string) source {
	return func(_ context.Context, s *Set, _ Caller, _ map[string]string) []string { return values(s) }
}

func enum(name string) source {
	return known(func(*Set) []string { return papi.LookupSchema(name).EnumTexts() })
}

const (
	completionTTL      = time.Minute
	completionTimeout  = 3 * time.Second
	maxCompletionReads = 256 // reads
)

// completions are the reads that were made to complete values. What a project
// holds is kept by the project, and only shown to those who may see it.
type completions struct {
	reading singleflight.Group
	mu      sync.Mutex
	kept    map[string]completion
}

type completion struct {
	values []string
	until  time.Time
}

// Complete returns the values of a source that begin with begun, whatever the
// case, sorted. given are the arguments that the person has filled in already:
// their projectId says where to read, else the default project. It is silent
// where there is nothing to offer: the API does not answer in 3 s, the project
// may not be seen, the reading tool is not offered.
func (s *Set) Complete(ctx context.Context, caller Caller, name string, given map[string]string, begun string) []string {
	from, ok := sources()[name]
	if !ok || len(s.opts.Unfilled) > 0 {
		return nil
	}
	matching := slices.DeleteFunc(slices.Clone(from(ctx, s, caller, given)), func(value string) bool {
		return len(value) < len(begun) || !strings.EqualFold(value[:len(begun)], begun)
	})
	slices.Sort(matching)
	return slices.Compact(matching)
}

func (s *Set) readToComplete(ctx context.Context, caller Caller, from catalog.Completion, given map[string]string) []string {
	if s.tools[from.Tool] == nil {
		return nil
	}
	projectID, refusal := s.opts.Guard.Project(ctx, caller.Principal, given[argProject])
	if refusal != nil {
		return nil
	}
	row := catalog.Lookup(from.Tool)
	args := map[string]any{}
	for _, name := range from.Args {
		if given[name] == "" || len(given[name]) > completionLength {
			return nil
		}
		args[name] = given[name]
	}
	if row.Op().Parameter("pageSize") != nil {
		args["pageSize"] = float64(completionPage)
	}
	key := string(jsonvalue.Encode([]any{projectID, from.Tool, args}))
	if values, ok := s.completions.get(key); ok {
		return values
	}
	read, _, _ := s.completions.reading.Do(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), completionTimeout)
		defer cancel()
		answer, _ := dispatch.Reader{API: s.opts.API}.Read(ctx, projectID, from.Tool, args) // silent when it fails
		values := []string{}
		for _, item := range jsonvalue.List(answer, row.List()) {
			value := jsonvalue.Text(item, from.Field)
			if value == "" || papi.Printable(value) != value || strings.ContainsAny(value, "\n\t") || len(value) > completionLength { // no person could pick it knowingly
				continue
			}
			values = append(values, value)
		}
		s.completions.put(key, values)
		return values, nil
	})
	return read.([]string)
}

const (
	// completionPage is how many things one read may show.
	completionPage = 100
	// completionLength bounds a value, in bytes: a prompt takes no longer one.
	completionLength = 512
)

func (c *completions) get(key string) ([]string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.kept[key]
	return found.values, ok && time.Now().Before(found.until)
}

func (c *completions) put(key string, values []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= maxCompletionReads {
		maps.DeleteFunc(c.kept, func(_ string, old completion) bool { return !time.Now().Before(old.until) })
	}
	if c.kept == nil || len(c.kept) >= maxCompletionReads {
		c.kept = map[string]completion{}
	}
	c.kept[key] = completion{values, time.Now().Add(completionTTL)}
}

// projects are those that the server may touch.
func (s *Set) projects() []string {
	projects := s.opts.Guard.Projects()
	if len(projects) == 0 && s.opts.Guard.Default() != "" {
		projects = []string{s.opts.Guard.Default()}
	}
	return projects
}
