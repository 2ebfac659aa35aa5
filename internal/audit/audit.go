// Package audit keeps a log of what was changed, and of what the guard did not
// let through: one line of JSON for each, chained by hash, so that it shows
// when a line was altered, taken out, put in or moved.
//
// A line ends with the hash of the line before it and its own, which is the
// SHA-256 of all that stands before it in the line:
//
//	{"seq":2,"time":...,"prev":"<hash of line 1>","hash":"<hash of this line>"}
//
// The chain begins with 64 zeros. It proves nothing to those who can write the
// whole log anew, and does not show lines that are missing at its end: whoever
// needs that notes the last hash elsewhere from time to time, and has Verify
// look for it.
package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"papi-mcp/internal/papi"
)

// Entry is what one line tells. It holds no secret: whoever makes it masks the
// arguments.
type Entry struct {
	Time      time.Time      `json:"time"`
	Principal string         `json:"principal"`
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
	// ready tells whether a line can be appended now.
	ready() error
	// append appends the line that next makes for the end of the chain, and
	// nothing when next fails.
	append(ctx context.Context, next func(tail) ([]byte, error)) error
	// lines calls do with each line, in order.
	lines(ctx context.Context, do func([]byte) error) error
}

// Ready tells whether a line can be written now, so that nothing is sent that
// can't be told of.
func (l *Log) Ready() error {
	if err := l.medium.ready(); err != nil {
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

// seal writes a line with its hash.
func seal(l line) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(l); err != nil {
		return nil, err
	}
	body := bytes.TrimSuffix(papi.EscapeHidden(b.Bytes()), []byte("}\n")) // people read it on terminals
	sum := sha256.Sum256(body)
	return fmt.Appendf(nil, "%s,\"hash\":\"%x\"}", body, sum), nil
}

// sealed is the end of a line.
var sealed = regexp.MustCompile(`,"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}$`)

// open checks a line by itself, and returns its place in the chain.
func open(raw []byte) (at tail, prev string, err error) {
	found := sealed.FindSubmatchIndex(raw)
	if found == nil {
		return tail{}, "", errors.New("it does not end with its hashes")
	}
	prev, at.hash = string(raw[found[2]:found[3]]), string(raw[found[4]:found[5]])
	body := raw[:bytes.LastIndex(raw, []byte(`,"hash":"`))]
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != at.hash {
		return tail{}, "", errors.New("its hash is not that of what it says: it was altered")
	}
	var l line
	if err := json.Unmarshal(raw, &l); err != nil {
		return tail{}, "", fmt.Errorf("it is not JSON: %w", err)
	}
	at.seq = l.Seq
	return at, prev, nil
}

// Report is what Verify found in a log that is whole.
type Report struct {
	Lines int64  // how many
	Last  string // the hash of the last one, of zeros where there is none
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
	err := l.medium.lines(ctx, func(raw []byte) error {
		at, prev, err := open(raw)
		broken := func(reason string) error { return &BrokenError{end.seq + 1, reason} }
		switch {
		case err != nil:
			return broken(err.Error())
		case at.seq != end.seq+1 || prev != end.hash:
			return broken("it does not follow the line before it: lines were taken out, put in or moved")
		}
		end = at
		seen = seen || at.hash == noted
		return nil
	})
	if err != nil {
		return Report{}, err
	}
	if !seen {
		return Report{}, &BrokenError{end.seq + 1, "the line that was noted is not there: lines are missing at the end, or the log was written anew"}
	}
	return Report{Lines: end.seq, Last: end.hash}, nil
}
