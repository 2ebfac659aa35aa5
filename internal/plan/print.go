package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/papi"
)

// The limits of what is printed. The JSON of a plan has everything.
const (
	maxName   = 120 // characters of a key
	maxValue  = 100 // characters of a value on a line
	maxLines  = 12  // lines of a text that differs, and fields of a thing that is created
	maxListed = 8   // names that share a reason
	maxInFull = 12  // steps that create, of which all show their fields
)

// PrintOptions say how a plan is written.
type PrintOptions struct {
	// Color marks what is created, changed and deleted by colors of a terminal.
	Color bool
}

// Text writes a plan for a person: what is created (+), changed (~) and deleted (-), what
// can't be done (!), findings, and a line that counts. No text of the API or the file can
// begin a line of its own.
func (p *Plan) Text(o PrintOptions) string {
	w := &planWriter{color: o.Color}
	w.plan(p)
	return w.String()
}

// Markdown writes a plan as the comment of a pull request: a heading that counts, and the
// plan as a block in which its texts mean nothing, with the hash that apply takes. At most max bytes are written, and a
// line says what is left out.
func (p *Plan) Markdown(max int) string {
	w := &planWriter{}
	w.plan(p)
	text := strings.TrimSuffix(w.String(), "\n")
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	head := "### papi-mcp plan: " + p.Summary() + "\n\n" + fence + "diff\n"
	tail := "\n" + fence + "\n"
	if len(p.Steps) > 0 {
		tail += "\nHash: `" + p.Hash + "`\n"
	}
	const cut = "\n… the rest is left out: papi-mcp plan shows it"
	if room := max - len(head) - len(tail); len(text) > room {
		text = text[:max0(room-len(cut))]
		text = text[:max0(strings.LastIndexByte(text, '\n'))] + cut
	}
	return head + text + tail
}

func max0(n int) int { return max(n, 0) }

// Summary counts what a plan has, in a line.
func (p *Plan) Summary() string {
	count := map[Action]int{}
	for _, step := range p.Steps {
		count[step.Action]++
	}
	parts := []string{
		fmt.Sprintf("%d to create", count[Create]), fmt.Sprintf("%d to change", count[Change]), fmt.Sprintf("%d to delete", count[Delete]),
	}
	if n := count[Launch]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d to launch", n))
	}
	if n := len(p.Blocked); n > 0 {
		parts = append(parts, fmt.Sprintf("%d can't be done", n))
	}
	return strings.Join(append(parts, fmt.Sprintf("%d unchanged", p.Unchanged)), ", ")
}

// planWriter writes a plan.
type planWriter struct {
	strings.Builder
	color bool
}

// signs are how a line about an action begins, and its color on a terminal.
var signs = map[Action]struct{ sign, color string }{
	Create: {"+", "32"}, Change: {"~", "33"}, Delete: {"-", "31"}, Launch: {">", "36"},
}

func (w *planWriter) plan(p *Plan) {
	fmt.Fprintf(w, "Project %s\n", inline(p.ProjectID, maxName))
	creates := 0
	for _, step := range p.Steps {
		if step.Action == Create {
			creates++
		}
	}
	for _, step := range p.Steps {
		w.step(step, creates <= maxInFull)
	}
	w.blocked(p.Blocked)
	w.notes(p.Notes)
	fmt.Fprintf(w, "\nPlan: %s.\n", p.Summary())
	if n := p.Confirmed(); n > 0 {
		fmt.Fprintf(w, "A person is asked about %d of these operations.\n", n)
	}
}

func (w *planWriter) step(step *Step, inFull bool) {
	sign := signs[step.Action]
	w.WriteByte('\n')
	w.line(sign.color, sign.sign+" "+title(step.Kind, step.Key))
	switch {
	case step.Action == Create && inFull:
		w.created(step)
	case step.Action == Change:
		for _, change := range step.Changes {
			w.change(change, "    ")
		}
	}
	for _, call := range step.Calls {
		if call.Confirm != "" {
			w.detail("asks: ", call.Confirm)
		}
	}
	if step.Usual != "" {
		w.detail("usually takes ", step.Usual)
	}
	if step.Person != "" {
		w.detail("a person: ", step.Person)
	}
}

// line writes a line, in a color on a terminal.
func (w *planWriter) line(color, text string) {
	if w.color && color != "" {
		text = "\x1b[" + color + "m" + text + "\x1b[0m"
	}
	w.WriteString(text + "\n")
}

// detail writes a line about a step, which is this program's own text.
func (w *planWriter) detail(about, text string) {
	w.WriteString("    (" + about + inline(text, 10*maxValue) + ")\n")
}

// title is what people call an item: its kind and key.
func title(kind, key string) string {
	called := kind
	if k := LookupKind(kind); k != nil {
		called = k.Title
	}
	return called + " " + inline(strings.ReplaceAll(key, "/", separator(kind)), maxName)
}

// separator is what is between the parts of a key of a kind, for people. That of a
// webhook is a URL.
func separator(kind string) string {
	if k := LookupKind(kind); k != nil && len(k.Identity) > 1 {
		return " "
	}
	return "/"
}

// created writes the fields of a thing that is created.
func (w *planWriter) created(step *Step) {
	for _, call := range step.Calls {
		fields := flatten(call.Arguments)
		shown := fields[:min(len(fields), maxLines)]
		for _, field := range shown {
			fmt.Fprintf(w, "    %s: %s\n", inline(field.path, maxName), field.text)
		}
		if more := len(fields) - len(shown); more > 0 {
			fmt.Fprintf(w, "    … %s\n", papi.Count(more, "more field"))
		}
	}
}

// change writes the difference of a field.
func (w *planWriter) change(change FieldChange, indent string) {
	path := inline(change.Path, maxName)
	from, to := readValue(change.From), readValue(change.To)
	before, wasText := from.(string)
	after, isText := to.(string)
	switch {
	case wasText && isText && (strings.Contains(before+after, "\n") || len(before)+len(after) > maxValue):
		fmt.Fprintf(w, "%s%s:\n", indent, path)
		w.texts(before, after, indent+"  ")
	case isWords(from) && isWords(to):
		fmt.Fprintf(w, "%s%s: %s\n", indent, path, setChange(from.([]any), to.([]any)))
	case change.From == nil:
		fmt.Fprintf(w, "%s%s: + %s\n", indent, path, shown(to))
	case change.To == nil:
		fmt.Fprintf(w, "%s%s: - %s\n", indent, path, shown(from))
	case change.Path == "secret" || string(change.From) == string(change.To):
		fmt.Fprintf(w, "%s%s: replaced\n", indent, path)
	default:
		fmt.Fprintf(w, "%s%s: %s -> %s\n", indent, path, shown(from), shown(to))
	}
}

// texts writes the lines of a long text that differ.
func (w *planWriter) texts(before, after, indent string) {
	lines := lineChanges(before, after)
	for i, line := range lines {
		if i == maxLines {
			fmt.Fprintf(w, "%s… %s\n", indent, papi.Count(len(lines)-i, "more line"))
			return
		}
		fmt.Fprintf(w, "%s%s\n", indent, line)
	}
}

// blocked writes what can't be done, and the reason once for those that share it.
func (w *planWriter) blocked(all []Blocked) {
	if len(all) == 0 {
		return
	}
	w.WriteString("\nCan't be done now:\n")
	type reason struct{ code, text string }
	var reasons []reason
	by := map[reason][]Blocked{}
	for _, one := range all {
		why := reason{one.Code, one.Reason}
		if by[why] == nil {
			reasons = append(reasons, why)
		}
		by[why] = append(by[why], one)
	}
	for _, why := range reasons {
		same := by[why]
		for i, one := range same {
			if i == maxListed {
				fmt.Fprintf(w, "  ! … and %d more\n", len(same)-i)
				break
			}
			w.line("35", "  ! "+string(one.Action)+" "+title(one.Kind, one.Key))
			for _, change := range one.Changes[:min(len(one.Changes), maxLines)] {
				w.change(change, "      ")
			}
			if more := len(one.Changes) - maxLines; more > 0 {
				fmt.Fprintf(w, "      … %s\n", papi.Count(more, "more field"))
			}
		}
		code := ""
		if why.code != "" {
			code = " (" + inline(why.code, maxName) + ")"
		}
		fmt.Fprintf(w, "    because %s%s\n", inline(why.text, 10*maxValue), code)
	}
}

// notes writes findings, the errors first, and the text once for items that share it.
func (w *planWriter) notes(all []Note) {
	if len(all) == 0 {
		return
	}
	w.WriteString("\nTo know:\n")
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Note) int { return cmp.Compare(rank(a), rank(b)) })
	type text struct{ text, code string }
	var texts []text
	by := map[text][]string{}
	for _, note := range all {
		said := note.Text
		if note.Path != "" {
			said = note.Path + ": " + said
		}
		key := text{said, note.Code}
		if by[key] == nil {
			texts = append(texts, key)
		}
		name := ""
		if note.Kind != "" {
			name = title(note.Kind, note.Key)
		}
		by[key] = append(by[key], name)
	}
	for _, key := range texts {
		names := by[key]
		listed := strings.Join(names[:min(len(names), maxListed)], ", ")
		if more := len(names) - maxListed; more > 0 {
			listed += fmt.Sprintf(" and %d more", more)
		}
		if listed != "" {
			listed += ": "
		}
		code := ""
		if key.code != "" {
			code = " (" + inline(key.code, maxName) + ")"
		}
		fmt.Fprintf(w, "  * %s%s%s\n", listed, inline(key.text, 6*maxValue), code)
	}
}

func rank(n Note) int {
	if n.Error {
		return 0
	}
	return 1
}
