package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/plan"
	"papi-mcp/tools"
)

// applyEnd is what apply --json prints.
type applyEnd struct {
	Hash   string    `json:"hash"`
	Status string    `json:"status"`
	Done   int       `json:"done"`
	Of     int       `json:"of"`
	Steps  []stepEnd `json:"steps"`
	Needs  []string  `json:"needs,omitempty"`
}

type stepEnd struct {
	ID      string            `json:"id"`
	Status  plan.Status       `json:"status"`
	IDs     map[string]string `json:"ids,omitempty"`
	Code    string            `json:"errorCode,omitempty"`
	Message string            `json:"message,omitempty"`
}

// print prints how the plan was applied.
func (r *applying) print(report *plan.Report) error {
	if r.asJSON {
		return r.printJSON(report)
	}
	var b strings.Builder
	for _, result := range report.Results {
		for _, warning := range result.Warnings {
			fmt.Fprintf(&b, "%s: %s\n", result.ID, warning)
		}
		if result.Status != plan.Done && result.Err != nil {
			fmt.Fprintf(&b, "%s %s: %s (%s)\n", result.Status, result.ID, result.Err.Message, result.Err.Code)
		}
	}
	if report.Stopped != nil {
		fmt.Fprintf(&b, "Stopped: %s (%s)\n", report.Stopped.Message, report.Stopped.Code)
	}
	for _, needs := range report.Needs() {
		fmt.Fprintf(&b, "A person is needed: %s\n", needs)
	}
	if len(report.Results) > 0 {
		fmt.Fprintf(&b, "%d of %d steps are done.\n", report.Count(plan.Done), len(report.Results))
	}
	if n := report.Count(plan.Open); n > 0 && report.Stopped == nil {
		when := ""
		if report.Again > 0 {
			when = fmt.Sprintf(" in %s", (report.Again + time.Second).Truncate(time.Second))
		}
		fmt.Fprintf(&b, "Run the same command again%s to continue.\n", when)
	}
	_, err := io.WriteString(r.s.out, papi.Printable(b.String()))
	return err
}

func (r *applying) printJSON(report *plan.Report) error {
	end := applyEnd{Hash: report.Hash, Status: tools.StatusOf(report), Of: len(report.Results), Done: report.Count(plan.Done), Steps: []stepEnd{}, Needs: report.Needs()}
	for _, result := range report.Results {
		step := stepEnd{ID: result.ID, Status: result.Status, IDs: result.IDs}
		if result.Err != nil && result.Status != plan.Done {
			step.Code, step.Message = result.Err.Code, result.Err.Message
		}
		end.Steps = append(end.Steps, step)
	}
	_, err := r.s.out.Write(append(papi.EscapeHidden(jsonvalue.Encode(end)), '\n'))
	return err
}

// maxFollowed is how many things are followed at the same time.
const maxFollowed = 20

// follow follows what the API still works on to its end, and returns the exit code.
func (r *applying) follow(ctx context.Context, set *tools.Set, caller tools.Caller, report *plan.Report, projectID string) errorcode.Exit {
	within, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	var mu sync.Mutex
	exits := map[errorcode.Exit]bool{}
	var all errgroup.Group
	all.SetLimit(maxFollowed)
	for _, result := range report.Results {
		thing := set.FollowOf(result)
		if thing == nil {
			continue
		}
		w := waiting{s: r.s, row: catalog.Lookup(thing.Tool), timeout: r.timeout}
		named := map[string]any{"projectId": projectID}
		for name, id := range thing.IDs {
			named[name] = id
		}
		args := jsonvalue.Encode(named)
		all.Go(func() error {
			end := set.Follow(within, caller, tools.Follow{Tool: thing.Tool, Args: args, Saw: w.saw, Failed: w.failed})
			exit := errorcode.Done
			switch e, isError := end.Outcome.Structured.(*tools.Error); {
			case isError:
				exit = r.file.exitOf(e)
			case !end.Settled:
				exit = errorcode.TimedOut
			case end.Class == catalog.Failure:
				exit = errorcode.EndedBadly
			case end.Class == catalog.ActionRequired:
				exit = errorcode.PersonNeeded
			}
			mu.Lock()
			defer mu.Unlock()
			exits[exit] = true
			return nil
		})
	}
	_ = all.Wait() // of functions that return none
	for _, exit := range []errorcode.Exit{errorcode.Failed, errorcode.Credentials, errorcode.EndedBadly, errorcode.TryAgain, errorcode.TimedOut, errorcode.PersonNeeded} {
		if exits[exit] {
			return exit
		}
	}
	return errorcode.Done
}

// progressBar shows how far an apply is: on a terminal a bar in one line, elsewhere a line
// for each step.
type progressBar struct {
	out      io.Writer
	terminal bool
	drawn    bool
}

func newProgressBar(out io.Writer) progressBar {
	return progressBar{out: out, terminal: isTerminal(out)}
}

// barWidth is how many columns the bar itself takes.
const barWidth = 24

// step shows that done of total steps have ended, the last one with a text, which stays
// in view where lasting.
func (b *progressBar) step(done, total int, text string, lasting bool) {
	if !b.terminal {
		fmt.Fprintf(b.out, "%d/%d %s\n", done, total, text)
		return
	}
	b.clear()
	if lasting {
		fmt.Fprintln(b.out, text)
	}
	filled := barWidth * done / total
	head := fmt.Sprintf("[%s%s] %d/%d ", strings.Repeat("#", filled), strings.Repeat(".", barWidth-filled), done, total)
	fmt.Fprint(b.out, head+cutToWidth(text, terminalColumns-1-len(head)))
	b.drawn = true
}

// line prints a line above the bar.
func (b *progressBar) line(text string) {
	b.clear()
	fmt.Fprintln(b.out, text)
}

// clear removes the bar.
func (b *progressBar) clear() {
	if b.drawn {
		fmt.Fprint(b.out, "\r"+strings.Repeat(" ", terminalColumns-1)+"\r")
		b.drawn = false
	}
}

func (b *progressBar) end() { b.clear() }

// cutToWidth is as much of a text as fits in a number of columns.
func cutToWidth(text string, columns int) string {
	for textWidth(text) > columns {
		runes := []rune(text)
		text = string(runes[:len(runes)-1])
	}
	return text
}
