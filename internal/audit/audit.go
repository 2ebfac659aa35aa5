// Package audit keeps a log of what was changed, and of what the guard refused or
// asked to confirm: one line of JSON each, chained by hashes, so that a line that
// was altered, removed, inserted or moved is detected.
//
// A line ends with the hash of the line before it and with its own, which is the
// SHA-256 of everything before that in the line:
//
//	{"seq":2,"time":...,"prev":"<hash of line 1>","hash":"<hash of this line>"}
//
// A call that is sent and may change something has two lines with the same value
// of call: the intent, written before it is sent, and the outcome, written after
// it. An intent without an outcome means that the process ended in between, or
// could not write: whether the change was made is unknown.
//
// The chain starts with 64 zeros. It proves nothing against someone who can
// rewrite the complete log, and does not show lines that are missing at the end:
// for that, record the last hash elsewhere from time to time, and pass it to
// Verify.
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
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/papi"
)

// Entry is the content of a line. It holds no secret: the caller of Add masks the
// arguments.
type Entry struct {
	Time time.Time `json:"time"`
	// Phase is Intent or Outcome, and Call links the two; "" for a call with one
	// line only.
	Phase string `json:"phase,omitempty"`
	Call  string `json:"call,omitempty"`
	// Replica is the name of the server that wrote the line, where it has one. Add
	// sets it.
	Replica   string `json:"replica,omitempty"`
	Principal string `json:"principal"`
	// Client is the name of the client program, where it is known.
	Client    string         `json:"client,omitempty"`
	Project   string         `json:"project"`
	Tool      string         `json:"tool"`
	Arguments map[string]any `json:"arguments"`
	// Verdict is the guard's: allow, refuse or confirm.
	Verdict string `json:"verdict"`
	// Rule is the errorCode of a refusal, "" for none.
	Rule string `json:"rule,omitempty"`
	// Confirmed is how the call was confirmed: elicitation, token, named and
	// command_line (both for the project only), plan (with the plan that it belongs to),
	// approve (a plan, by its hash in the command), or off where confirmations are
	// turned off; "" where none was needed or there is none yet.
	Confirmed string `json:"confirmed,omitempty"`
	// Plan is the hash of the plan that the call belongs to, "" for none.
	Plan string `json:"plan,omitempty"`
	// Status is the HTTP status of the API's answer, 0 where there is none.
	Status int `json:"status,omitempty"`
	// ErrorCode is the error of a call that was sent and failed.
	ErrorCode string            `json:"errorCode,omitempty"`
	IDs       map[string]string `json:"ids,omitempty"`
}

// The phases of a call that is sent.
const (
	Intent  = "intent"
	Outcome = "outcome"
)

// NewCall returns a new value of Entry.Call.
func NewCall() string { return rand.Text() }

// line is an entry in the chain. The order of the fields is part of the format:
// prev and hash come last.
type line struct {
	Seq int64 `json:"seq"`
	Entry
	Prev string `json:"prev"`
}

// zeroHash is the first line's prev.
var zeroHash = strings.Repeat("0", 2*sha256.Size)

// tail is the end of a chain: the number and hash of its last line.
type tail struct {
	seq  int64
	hash string
}

// Log appends entries. It is safe for concurrent use, also by processes that share
// its medium.
type Log struct {
	medium  medium
	replica string // "" where it has no name
}

// Of returns the log of a replica, whose lines have its name. In a store each replica has
// a chain of its own.
func (l *Log) Of(replica string) *Log { return &Log{l.medium.of(replica), replica} }

// medium stores lines in order.
type medium interface {
	// of returns the medium of a replica.
	of(replica string) medium
	// ready returns an error where no line can be appended now.
	ready(ctx context.Context) error
	// append appends the line that next returns for the end of the chain, and
	// nothing when next fails.
	append(ctx context.Context, next func(tail) ([]byte, error)) error
	// lines calls do with each line, in order; complete is false where the line
	// break at its end is missing.
	lines(ctx context.Context, do func(line []byte, complete bool) error) error
}

// Ready returns an error where no line can be written now: another process holds
// the log, or its last line is incomplete. It is called before a person is asked;
// a full disk shows only when the intent is written.
func (l *Log) Ready(ctx context.Context) error {
	if err := l.medium.ready(ctx); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// Add appends an entry, and returns once it is on disk.
func (l *Log) Add(ctx context.Context, e Entry) error {
	e.Time, e.Replica = e.Time.UTC(), l.replica
	if e.Arguments == nil {
		e.Arguments = map[string]any{}
	}
	err := l.medium.append(ctx, func(end tail) ([]byte, error) { return seal(line{Seq: end.seq + 1, Entry: e, Prev: end.hash}) })
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// maxLine bounds a line, in bytes, so that the last one is found without reading
// the complete log.
const maxLine = 16 << 20

// seal renders a line with its hash.
func seal(l line) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(l); err != nil {
		return nil, err
	}
	if b.Len() > maxLine {
		return nil, fmt.Errorf("a line of %d bytes is too long: the maximum is %d", b.Len(), maxLine)
	}
	body := bytes.TrimSuffix(papi.EscapeHidden(b.Bytes()), []byte("}\n")) // people read it on terminals
	sum := sha256.Sum256(body)
	return fmt.Appendf(nil, "%s,\"hash\":\"%x\"}", body, sum), nil
}

// sealedEnd is the end of a line.
var sealedEnd = lazyregexp.New(`,"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}$`)

// parseLine checks a line on its own, and returns it with its position in the
// chain.
func parseLine(raw []byte) (l line, at tail, err error) {
	found := sealedEnd.FindSubmatchIndex(raw)
	if found == nil {
		return l, at, errors.New("it does not end with its hashes: it was altered, or truncated by a crash")
	}
	at.hash = string(raw[found[4]:found[5]])
	body := raw[:bytes.LastIndex(raw, []byte(`,"hash":"`))]
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != at.hash {
		return l, at, errors.New("its hash does not match its content: it was altered")
	}
	if err := json.Unmarshal(raw, &l); err != nil {
		return l, at, fmt.Errorf("it is not JSON: %w", err)
	}
	at.seq = l.Seq
	return l, at, nil
}

// Report is the result of Verify for an intact log.
type Report struct {
	Lines int64
	Last  string // the hash of the last line; zeros for an empty log
	// Missing are the noted hashes that the log does not have.
	Missing []string
	// Open are the intents without an outcome, in the order of their lines: calls
	// that are running, or whose outcome could not be written.
	Open []OpenIntent
}

// OpenIntent is an intent without an outcome.
type OpenIntent struct {
	Line int64
	Entry
}

// BrokenError is the position at which a chain is broken.
type BrokenError struct {
	Line   int64 // from 1
	Reason string
}

func (e *BrokenError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// Verify reads the complete log. It returns a *BrokenError for the first line that
// was altered, or before which lines were removed, inserted or moved. noted are the
// hashes of lines that were recorded earlier, of this log or of others: the report has
// those that are not in this one.
func (l *Log) Verify(ctx context.Context, noted ...string) (Report, error) {
	end := tail{hash: zeroHash}
	missing := slices.DeleteFunc(slices.Clone(noted), func(hash string) bool { return hash == zeroHash })
	open := map[string]OpenIntent{}
	err := l.medium.lines(ctx, func(raw []byte, complete bool) error {
		line, at, err := parseLine(raw)
		broken := func(reason string) error { return &BrokenError{end.seq + 1, reason} }
		switch {
		case err != nil:
			return broken(err.Error())
		case !complete:
			return broken("its end is missing: it was truncated, as by a crash")
		case at.seq != end.seq+1 || line.Prev != end.hash:
			return broken("it does not follow the line before it: lines were removed, inserted or moved")
		}
		end = at
		missing = slices.DeleteFunc(missing, func(hash string) bool { return hash == at.hash })
		switch line.Phase {
		case Intent:
			open[line.Call] = OpenIntent{at.seq, line.Entry}
		case Outcome:
			delete(open, line.Call)
		}
		return nil
	})
	if err != nil {
		return Report{}, err
	}
	byLine := func(a, b OpenIntent) int { return cmp.Compare(a.Line, b.Line) }
	return Report{Lines: end.seq, Last: end.hash, Missing: missing, Open: slices.SortedFunc(maps.Values(open), byLine)}, nil
}
