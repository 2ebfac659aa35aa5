// Package audit keeps a log of what was changed, and of what the guard did not
// let through: one line of JSON for each, chained by hash, so that it shows
// when a line was altered, taken out, put in or moved.
//
// A line ends with the hash of the line before it and its own, which is the
// SHA-256 of all that stands before it in the line:
//
//	{"seq":2,"time":...,"prev":"<hash of line 1>","hash":"<hash of this line>"}
//
// A call that goes out and may change something has two lines with the same
// call: the intent, written before it is sent, and the outcome, written after
// it. An intent without an outcome tells that the process ended in between, or
// could not write: nobody knows whether the change was made.
//
// The chain begins with 64 zeros. It proves nothing to those who can write the
// whole log anew, and does not show lines that are missing at its end: whoever
// needs that notes the last hash elsewhere from time to time, and has Verify
// look for it.
package audit

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/papi"
)

// Entry is what one line tells. It holds no secret: whoever makes it masks the
// arguments.
type Entry struct {
	Time time.Time `json:"time"`
	// Phase is Intent or Outcome, and Call what links the two; "" where there
	// is one line alone.
	Phase     string `json:"phase,omitempty"`
	Call      string `json:"call,omitempty"`
	Principal string `json:"principal"`
	// Client is the name of the program that called, where that is known.
	Client    string         `json:"client,omitempty"`
	Project   string         `json:"project"`
	Tool      string         `json:"tool"`
	Arguments map[string]any `json:"arguments"`
	// Verdict is allow, refuse or confirm: what the guard said.
	Verdict string `json:"verdict"`
	// Rule is the errorCode of a refusal, "" for none.
	Rule string `json:"rule,omitempty"`
	// Confirmed tells by what a person's word came: elicitation, token, named
	// and command_line (both for the project alone), or off where nobody was
	// asked; "" where none was needed or there is none yet.
	Confirmed string `json:"confirmed,omitempty"`
	// Status is that of the API's answer, 0 where it did not answer.
	Status int `json:"status,omitempty"`
	// ErrorCode is that of a call that went out and failed.
	ErrorCode string            `json:"errorCode,omitempty"`
	IDs       map[string]string `json:"ids,omitempty"`
}

// The phases of a call that goes out.
const (
	Intent  = "intent"
	Outcome = "outcome"
)

// NewCall returns what links the two lines of a call.
func NewCall() string { return rand.Text() }

// line is an entry in its chain. The order of the fields is part of the format:
// prev and hash come last.
type line struct {
	Seq int64 `json:"seq"`
	Entry
	Prev string `json:"prev"`
}

// begin is what the first line names as the one before it.
var begin = strings.Repeat("0", 2*sha256.Size)

// tail is the end of a chain: the number and the hash of its last line.
type tail struct {
	seq  int64
	hash string
}

// Log takes entries. It is safe for use by many goroutines, and by many
// processes that share its medium.
type Log struct{ medium medium }

// medium keeps lines in order.
type medium interface {
	// ready reports whether a line can be appended now, without appending one.
	ready(ctx context.Context) error
	// append appends the line that next makes for the end of the chain, and
	// nothing when next fails.
	append(ctx context.Context, next func(tail) ([]byte, error)) error
	// lines calls do with each line, in order; ended tells that its end was
	// written too.
	lines(ctx context.Context, do func(line []byte, ended bool) error) error
}

// Ready reports whether a line can be written now: the log is not held by somebody
// else, and its end is whole. It looks before a person is asked; that the disk
// has room shows when the intent is written.
func (l *Log) Ready(ctx context.Context) error {
	if err := l.medium.ready(ctx); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// Add appends an entry, and returns when it is on the disk.
func (l *Log) Add(ctx context.Context, e Entry) error {
	e.Time = e.Time.UTC()
	if e.Arguments == nil {
		e.Arguments = map[string]any{}
	}
	err := l.medium.append(ctx, func(end tail) ([]byte, error) { return seal(line{Seq: end.seq + 1, Entry: e, Prev: end.hash}) })
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// maxOfALine bounds a line, so that the last one is found without reading the
// whole log.
const maxOfALine = 16 << 20

// seal writes a line with its hash.
func seal(l line) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(l); err != nil {
		return nil, err
	}
	if b.Len() > maxOfALine {
		return nil, fmt.Errorf("a line of %d bytes is too long: at most %d", b.Len(), maxOfALine)
	}
	body := bytes.TrimSuffix(papi.EscapeHidden(b.Bytes()), []byte("}\n")) // people read it on terminals
	sum := sha256.Sum256(body)
	return fmt.Appendf(nil, "%s,\"hash\":\"%x\"}", body, sum), nil
}

// sealed is the end of a line.
var sealed = regexp.MustCompile(`,"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}$`)

// open checks a line by itself, and returns it with its place in the chain.
func open(raw []byte) (l line, at tail, err error) {
	found := sealed.FindSubmatchIndex(raw)
	if found == nil {
		return l, at, errors.New("it does not end with its hashes: it was altered, or cut off in a crash")
	}
	at.hash = string(raw[found[4]:found[5]])
	body := raw[:bytes.LastIndex(raw, []byte(`,"hash":"`))]
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != at.hash {
		return l, at, errors.New("its hash is not that of what it says: it was altered")
	}
	if err := json.Unmarshal(raw, &l); err != nil {
		return l, at, fmt.Errorf("it is not JSON: %w", err)
	}
	at.seq = l.Seq
	return l, at, nil
}

// Report is what Verify found in a log that is whole.
type Report struct {
	Lines int64  // how many
	Last  string // the hash of the last one, of zeros where there is none
	// Open are the intents without an outcome, by their lines: calls that are
	// running, or whose end nobody wrote.
	Open []Begun
}

// Begun is an intent.
type Begun struct {
	Line                     int64
	Time                     time.Time
	Principal, Project, Tool string
	Call                     string
}

// BrokenError tells where a chain is broken.
type BrokenError struct {
	Line   int64 // from 1
	Reason string
}

func (e *BrokenError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// Verify reads the whole log. It returns a *BrokenError at the first line that
// was altered, or before which lines were taken out, put in or moved. Where
// noted is not "", the hash of a line that was noted earlier, the log must hold
// that line still: else lines are missing at its end, or it was written anew.
func (l *Log) Verify(ctx context.Context, noted string) (Report, error) {
	end := tail{hash: begin}
	seen := noted == "" || noted == begin
	begun := map[string]Begun{}
	err := l.medium.lines(ctx, func(raw []byte, ended bool) error {
		line, at, err := open(raw)
		broken := func(reason string) error { return &BrokenError{end.seq + 1, reason} }
		switch {
		case err != nil:
			return broken(err.Error())
		case !ended:
			return broken("its end is missing: it was cut off, as in a crash")
		case at.seq != end.seq+1 || line.Prev != end.hash:
			return broken("it does not follow the line before it: lines were taken out, put in or moved")
		}
		end = at
		seen = seen || at.hash == noted
		switch line.Phase {
		case Intent:
			begun[line.Call] = Begun{at.seq, line.Time, line.Principal, line.Project, line.Tool, line.Call}
		case Outcome:
			delete(begun, line.Call)
		}
		return nil
	})
	if err != nil {
		return Report{}, err
	}
	if !seen {
		return Report{}, &BrokenError{end.seq + 1, "the line that was noted is not there: lines are missing at the end, or the log was written anew"}
	}
	byLine := func(a, b Begun) int { return cmp.Compare(a.Line, b.Line) }
	return Report{Lines: end.seq, Last: end.hash, Open: slices.SortedFunc(maps.Values(begun), byLine)}, nil
}
