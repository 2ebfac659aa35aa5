package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"
	"golang.org/x/text/width"
)

// terminalColumns is how wide texts for a person are.
const terminalColumns = 80

// isTerminal reports whether a standard stream is a terminal.
func isTerminal(stream any) bool {
	if o, ok := stream.(*output); ok {
		stream = o.Writer
	}
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// interactive reports whether a person can be asked: questions are written to
// standard error, so that standard output has only the result, and answers are read
// from standard input.
func interactive(s *streams) bool { return isTerminal(s.in) && isTerminal(s.err) }

// askYesNo asks the question on standard error, and reads one line. Only y and yes, in
// any case, are a yes. Without an answer the error is that of [readLine].
func askYesNo(ctx context.Context, s *streams, question string) (yes bool, err error) {
	fmt.Fprintf(s.err, "%s\n[y/N] ", wrap(question, terminalColumns))
	answer, err := readLine(ctx, s.in)
	if err != nil {
		fmt.Fprintln(s.err) // the line of the question has not ended
		return false, err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, nil
	}
	return false, nil
}

// maxLine is how long a line is that readLine accepts, in bytes.
const maxLine = 4096

var errLineTooLong = fmt.Errorf("a line has more than %d bytes", maxLine)

// readLine reads a line, and returns it without its end. A line that is cut short by
// the end of the input is not a line: the error is [io.EOF] then, and that of ctx once
// ctx has ended. What follows the line is not read.
func readLine(ctx context.Context, in io.Reader) (string, error) {
	type result struct {
		line string
		err  error
	}
	read := make(chan result, 1)
	go func() { // a read of a terminal can't be interrupted
		var line []byte
		for one := make([]byte, 1); ; {
			n, err := in.Read(one)
			switch {
			case n == 1 && one[0] == '\n':
				read <- result{line: strings.TrimSuffix(string(line), "\r")}
				return
			case n == 1 && len(line) == maxLine:
				read <- result{err: errLineTooLong}
				return
			case n == 1:
				line = append(line, one[0])
			case err != nil:
				read <- result{err: err}
				return
			}
		}
	}()
	select {
	case r := <-read:
		return r.line, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// wrap breaks the lines of a text at spaces, so that none is wider than a number of
// columns unless a single word is. A line is continued with the indentation that it
// has.
func wrap(text string, columns int) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		body := strings.TrimLeft(line, " ")
		indent := line[:len(line)-len(body)]
		var out strings.Builder
		at := 0
		for n, word := range strings.Split(body, " ") { // several spaces stay, as in a name
			w := textWidth(word)
			switch {
			case n == 0:
				out.WriteString(indent)
				at = len(indent)
			case at+1+w > columns:
				out.WriteString("\n" + indent)
				at = len(indent)
			default:
				out.WriteByte(' ')
				at++
			}
			out.WriteString(word)
			at += w
		}
		lines[i] = out.String()
	}
	return strings.Join(lines, "\n")
}

// textWidth is how many columns of a terminal a text takes.
func textWidth(text string) int {
	columns := 0
	for _, r := range text {
		switch kind := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf): // drawn over the character before, or not at all
		case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
			columns += 2
		default:
			columns++
		}
	}
	return columns
}
