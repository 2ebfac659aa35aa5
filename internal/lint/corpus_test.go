package lint

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/docstest"
)

var update = flag.Bool("update", false, "write the tables of docs/lint.md again")

// corpusFile is a template of testdata/lint: the rule that it breaks, "" for none, and
// who says so.
type corpusFile struct {
	name     string
	Rule     string
	Source   string
	Template struct {
		Name, Language, Category string
		Details                  map[string]any
	}
}

func (f *corpusFile) findings() []Finding {
	t := f.Template
	return Check(Template{Name: t.Name, Language: t.Language, Category: t.Category, Details: t.Details})
}

func corpus(t *testing.T, set string) []corpusFile {
	t.Helper()
	paths, err := filepath.Glob("../../testdata/lint/" + set + "/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatal("no corpus", err)
	}
	var all []corpusFile
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		f := corpusFile{name: strings.TrimSuffix(filepath.Base(path), ".json")}
		if err == nil {
			err = json.Unmarshal(raw, &f)
		}
		if err != nil || f.Source == "" || f.Rule != "" && Lookup(f.Rule) == nil {
			t.Errorf("%s: %v, rule %q, source %q", path, err, f.Rule, f.Source)
		}
		all = append(all, f)
	}
	return all
}

// figures are how a set fares.
type figures struct {
	rules map[string]*counts
	// valid templates, and those of them with a refused or likely finding.
	valid, false int
	// missed and falsely found files, by name.
	missed, wrong []string
}

type counts struct{ broken, found int }

func measure(t *testing.T, set string) figures {
	t.Helper()
	fig := figures{rules: map[string]*counts{}}
	for _, f := range corpus(t, set) {
		found := f.findings()
		if f.Rule == "" {
			fig.valid++
			if i := slices.IndexFunc(found, func(f Finding) bool { return f.Severity != Advice }); i >= 0 {
				fig.false++
				fig.wrong = append(fig.wrong, fmt.Sprintf("%s: %s %s", f.name, found[i].Rule, found[i].Message))
			}
			continue
		}
		c := fig.rules[f.Rule]
		if c == nil {
			c = &counts{}
			fig.rules[f.Rule] = c
		}
		c.broken++
		if slices.ContainsFunc(found, func(finding Finding) bool { return finding.Rule == f.Rule }) {
			c.found++
		} else {
			fig.missed = append(fig.missed, f.name+": "+f.Rule)
		}
	}
	return fig
}

// share is found in percent of all, and of the files whose rules are mechanical.
func (f *figures) share(mechanical bool) (found, broken int) {
	for name, c := range f.rules {
		if !mechanical || Lookup(name).Severity == Refused {
			found, broken = found+c.found, broken+c.broken
		}
	}
	return found, broken
}

func percent(part, total int) string {
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(max(total, 1)))
}

// On the templates that the rules were developed with, each is found by its own rule,
// and nothing is found in the valid ones.
func TestDevelopmentSet(t *testing.T) {
	fig := measure(t, "develop")
	if len(fig.missed)+len(fig.wrong) > 0 {
		t.Errorf("missed:\n%s\nfalse:\n%s", strings.Join(fig.missed, "\n"), strings.Join(fig.wrong, "\n"))
	}
}

func corpusTable(t *testing.T) string {
	sets := []string{"develop", "measure"}
	var all []figures
	for _, set := range sets {
		all = append(all, measure(t, set))
	}
	var b strings.Builder
	b.WriteString("| rule | found of those that break it: development | measurement |\n|---|---|---|\n")
	for _, r := range Rules {
		line, some := fmt.Sprintf("| `%s` |", r.Name), false
		for _, fig := range all {
			c := fig.rules[r.Name]
			if c == nil {
				line += " - |"
				continue
			}
			some = true
			line += fmt.Sprintf(" %d of %d |", c.found, c.broken)
		}
		if some {
			b.WriteString(line + "\n")
		}
	}
	row := func(name string, cell func(fig figures) (int, int)) {
		b.WriteString("| " + name + " |")
		for _, fig := range all {
			n, of := cell(fig)
			fmt.Fprintf(&b, " %d of %d (%s) |", n, of, percent(n, of))
		}
		b.WriteString("\n")
	}
	row("**mechanical refusals found**", func(fig figures) (int, int) { return fig.share(true) })
	row("**all found**", func(fig figures) (int, int) { return fig.share(false) })
	row("**valid templates with a refused or likely finding**", func(fig figures) (int, int) { return fig.false, fig.valid })
	return b.String()
}

// At the templates of the measurement the rules were not looked at: these are the least
// that they must find, and the most that they may find wrongly.
func TestMeasurementSet(t *testing.T) {
	fig := measure(t, "measure")
	found, broken := fig.share(true)
	if broken < 30 || float64(found) < 0.95*float64(broken) {
		t.Errorf("of %d mechanical refusals %d are found: %q", broken, found, fig.missed)
	}
	if fig.valid < 20 || float64(fig.false) > 0.03*float64(fig.valid) {
		t.Errorf("of %d valid templates %d have a finding: %q", fig.valid, fig.false, fig.wrong)
	}
}

// There are at least 60 templates to develop on and 40 to measure on, and none is in both.
func TestCorpus(t *testing.T) {
	develop, measure := corpus(t, "develop"), corpus(t, "measure")
	if len(develop) < 60 || len(measure) < 40 {
		t.Errorf("%d and %d templates", len(develop), len(measure))
	}
	seen := map[string]string{}
	for _, f := range slices.Concat(develop, measure) {
		raw, _ := json.Marshal(f.Template.Details)
		if other := seen[string(raw)]; other != "" {
			t.Errorf("%s is %s", f.name, other)
		}
		seen[string(raw)] = f.name
	}
}

// The tables of docs/lint.md are generated. `go test ./internal/lint -run Docs -update`
// writes them again.
func TestDocsAreFresh(t *testing.T) {
	docstest.Fresh(t, "../../docs/lint.md", "go test ./internal/lint -run Docs -update", *update,
		map[string]string{"rules": rulesTable(), "figures": corpusTable(t)})
}

func rulesTable() string {
	var b strings.Builder
	b.WriteString("| rule | severity | what it asks | source |\n|---|---|---|---|\n")
	for _, r := range Rules {
		source := r.Source
		if !r.FromContract() {
			source = fmt.Sprintf("[%s](%s)", source[strings.LastIndex(source, "/")+1:], source)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.Name, r.Severity, r.About, source)
	}
	return b.String()
}
