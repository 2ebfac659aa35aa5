package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"
)

// questions asks a person on a terminal: a line for each question, no cursor codes.
type questions struct {
	ctx   context.Context
	in    *os.File
	lines *bufio.Reader
	out   io.Writer
}

// newQuestions returns nil where there is no person to ask: where standard input or
// standard error is not a terminal.
func newQuestions(ctx context.Context, s *streams) *questions {
	in, ok := s.in.(*os.File)
	out, okOut := s.err.(*os.File)
	if !ok || !okOut || !term.IsTerminal(int(in.Fd())) || !term.IsTerminal(int(out.Fd())) {
		return nil
	}
	return &questions{ctx, in, bufio.NewReader(in), out}
}

var errStopped = errors.New("stopped: nothing was written")

// wait returns what read returns, or errStopped when the command is interrupted.
func (q *questions) wait(read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := read()
		answers <- answer{text, err}
	}()
	select {
	case a := <-answers:
		if a.err != nil {
			fmt.Fprintln(q.out)
			return "", errStopped
		}
		return strings.TrimSpace(a.text), nil
	case <-q.ctx.Done():
		fmt.Fprintln(q.out)
		return "", errStopped
	}
}

// text asks for a line, with the answer that Enter gives, "" for none. It repeats the
// question until check returns "".
func (q *questions) text(question, byDefault string, check func(string) string) (string, error) {
	for {
		fmt.Fprint(q.out, question)
		if byDefault != "" {
			fmt.Fprintf(q.out, " [%s]", byDefault)
		}
		fmt.Fprint(q.out, ": ")
		answer, err := q.wait(func() (string, error) { return q.lines.ReadString('\n') })
		if err != nil {
			return "", err
		}
		answer = cmp.Or(answer, byDefault)
		problem := check(answer)
		if problem == "" {
			return answer, nil
		}
		fmt.Fprintf(q.out, "  %s\n", problem)
	}
}

// hidden asks for a line that is not shown.
func (q *questions) hidden(question string, check func(string) string) (string, error) {
	terminal := int(q.in.Fd())
	state, err := term.GetState(terminal)
	if err != nil {
		return "", err
	}
	for {
		fmt.Fprint(q.out, question, ": ")
		answer, err := q.wait(func() (string, error) {
			raw, err := term.ReadPassword(terminal)
			return string(raw), err
		})
		if err != nil {
			return "", errors.Join(err, term.Restore(terminal, state))
		}
		fmt.Fprintln(q.out)
		problem := check(answer)
		if problem == "" {
			return answer, nil
		}
		fmt.Fprintf(q.out, "  %s\n", problem)
	}
}

// choice asks for one of several answers by its number, and returns its index.
func (q *questions) choice(question string, answers []string, byDefault int) (int, error) {
	fmt.Fprintf(q.out, "\n%s\n", question)
	for i, answer := range answers {
		fmt.Fprintf(q.out, "  %d  %s\n", i+1, answer)
	}
	chosen := 0
	_, err := q.text("Number", strconv.Itoa(byDefault+1), func(answer string) string {
		n, err := strconv.Atoi(answer)
		if err != nil || n < 1 || n > len(answers) {
			return fmt.Sprintf("Type a number from 1 to %d.", len(answers))
		}
		chosen = n - 1
		return ""
	})
	return chosen, err
}

// yes asks a question that only y or yes confirms.
func (q *questions) yes(question string) (bool, error) {
	answer, err := q.text(question+" [y/N]", "", func(answer string) string {
		switch strings.ToLower(answer) {
		case "", "y", "yes", "n", "no":
			return ""
		}
		return "Type y or n."
	})
	return strings.HasPrefix(strings.ToLower(answer), "y"), err
}
