package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/term"
)

// questions asks a person on a terminal: a line for each question, no cursor codes.
type questions struct {
	ctx context.Context
	*streams
}

// newQuestions returns nil where there is no person to ask.
func newQuestions(ctx context.Context, s *streams) *questions {
	if !interactive(s) {
		return nil
	}
	return &questions{ctx, s}
}

var errStopped = errors.New("stopped: nothing was written")

// stopped ends the line of a question that was not answered.
func (q *questions) stopped() error {
	fmt.Fprintln(q.err)
	return errStopped
}

// text asks for a line, with the answer that Enter gives, "" for none. It repeats the
// question until check returns "".
func (q *questions) text(question, byDefault string, check func(string) string) (string, error) {
	if byDefault != "" {
		question += " [" + byDefault + "]"
	}
	for {
		fmt.Fprint(q.err, question, ": ")
		line, err := readLine(q.ctx, q.in)
		if err != nil {
			return "", q.stopped()
		}
		answer := cmp.Or(strings.TrimSpace(line), byDefault)
		problem := check(answer)
		if problem == "" {
			return answer, nil
		}
		fmt.Fprintf(q.err, "  %s\n", problem)
	}
}

// hidden asks for a line that is not shown.
func (q *questions) hidden(question string, check func(string) string) (string, error) {
	for {
		line, err := q.raw(question + ": ")
		if err != nil {
			return "", q.stopped()
		}
		answer := strings.TrimSpace(line)
		problem := check(answer)
		if problem == "" {
			return answer, nil
		}
		fmt.Fprintf(q.err, "  %s\n", problem)
	}
}

// raw reads a line from the raw terminal, which shows nothing of what is typed from
// before the prompt appears.
func (q *questions) raw(prompt string) (line string, err error) {
	terminal := int(q.in.(*os.File).Fd())
	state, err := term.MakeRaw(terminal)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, term.Restore(terminal, state)) }()
	type result struct {
		line string
		err  error
	}
	read := make(chan result, 1)
	go func() { // a read of a terminal can't be interrupted
		line, err := term.NewTerminal(struct {
			io.Reader
			io.Writer
		}{q.in, q.err}, "").ReadPassword(prompt)
		read <- result{line, err}
	}()
	select {
	case r := <-read:
		return r.line, r.err
	case <-q.ctx.Done():
		return "", q.ctx.Err()
	}
}

// option is one of the answers to a choice.
type option struct{ name, text string }

// choice asks for one of several options by its number, or its name, and returns its
// index.
func (q *questions) choice(question string, options []option, byDefault int) (int, error) {
	fmt.Fprintf(q.err, "\n%s\n", question)
	for i, o := range options {
		fmt.Fprintf(q.err, "  %d  %s\n", i+1, o.text)
	}
	chosen := 0
	_, err := q.text("Number", strconv.Itoa(byDefault+1), func(answer string) string {
		n, err := strconv.Atoi(answer)
		if err != nil {
			n = 1 + slices.IndexFunc(options, func(o option) bool { return strings.EqualFold(o.name, answer) })
		}
		if n < 1 || n > len(options) {
			return fmt.Sprintf("Type a number from 1 to %d.", len(options))
		}
		chosen = n - 1
		return ""
	})
	return chosen, err
}

// yes asks a question that only y or yes confirms.
func (q *questions) yes(question string) (bool, error) {
	yes, err := askYesNo(q.ctx, q.streams, question)
	if err != nil {
		err = errStopped // askYesNo has ended the line
	}
	return yes, err
}
