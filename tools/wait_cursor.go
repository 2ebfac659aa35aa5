package tools

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
)

// A cursor holds for each thing that was read its hash, that of all that can change in
// it, and its state, so that nothing is kept here between two waits.

// readCursor notes what a cursor says of the things. A thing that it does not have is
// followed from now on.
func (s *Set) readCursor(ctx context.Context, principal, cursor string, things []*followed) *Error {
	if cursor == "" {
		return nil
	}
	text, err := s.opts.Guard.OpenCursor(ctx, principal, toolWait, cursor)
	if err != nil {
		return cursorError(err, "cursor", cursor, "the cursor of the last answer")
	}
	entries := map[string][]string{}
	for entry := range strings.SplitSeq(text, ";") {
		if parts := strings.Split(entry, ":"); len(parts) == 3 {
			entries[parts[0]] = parts
		}
	}
	of := 0
	for _, f := range things {
		if parts := entries[shortHash(f.key())]; parts != nil {
			f.was, f.known = parts[1], true
			f.before, _ = url.QueryUnescape(parts[2])
			of++
		}
	}
	if of == 0 {
		return invalidArguments([]papi.Violation{{Path: "cursor", Given: papi.Echo(cursor), Allowed: "a cursor of these things; this one is of others: leave it out to begin"}})
	}
	return nil
}

// cursorError is the refusal of a cursor, or of a page's token, by the error of the guard.
// right is what it should be.
func cursorError(err error, path, given, right string) *Error {
	switch {
	case errors.Is(err, guard.ErrNoCursor):
		right += ", as it is; leave it out to begin"
	case errors.Is(err, guard.ErrOthersCursor):
		right += " to you, with the same credentials and project: this one belongs to another caller or call; leave it out to begin"
	default:
		return &Error{Code: errorcode.StoreUnavailable, Message: "the " + path + " can't be checked: " + err.Error()}
	}
	return invalidArguments([]papi.Violation{{Path: path, Given: papi.Echo(given), Allowed: right}})
}

// cursor is the cursor after a wait of a principal.
func (s *Set) cursor(ctx context.Context, principal string, things []*followed) (string, error) {
	var entries []string
	for _, f := range things {
		if f.known {
			state := f.before
			if f.last != nil {
				state = f.last.decisive()
			}
			entries = append(entries, strings.Join([]string{shortHash(f.key()), f.was, url.QueryEscape(papi.Echo(state))}, ":"))
		}
	}
	if len(entries) == 0 {
		return "", nil
	}
	return s.opts.Guard.SignCursor(ctx, principal, toolWait, strings.Join(entries, ";"))
}
