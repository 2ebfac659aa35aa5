package tools

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/papi"
)

// activityPage is what a page of activities has. As JSON it is the token of the page.
type activityPage struct {
	Since   moment `json:"s"`
	Until   moment `json:"u,omitzero"` // zero: there is no end
	Toolset string `json:"k,omitempty"`
	// After and To bound the things by their keys: those after After, and up to To; ""
	// is no bound.
	After string `json:"a,omitempty"`
	To    string `json:"b,omitempty"`
	// Last is the last activity of the page before; zero for the first page of these
	// things.
	Last activityPlace `json:"p,omitzero"`
}

// activityPlace is the place of an activity among all: by its time, then by the key of
// its thing, then by its number among those of the thing at that very time. It stays valid
// when others are added, and where others can't be read.
type activityPlace struct {
	At     time.Time `json:"t"`
	Thing  string    `json:"k"`
	Number int       `json:"n,omitempty"`
}

// compare orders places, the newest first.
func (p activityPlace) compare(other activityPlace) int {
	return cmp.Or(other.At.Compare(p.At), strings.Compare(p.Thing, other.Thing), p.Number-other.Number)
}

// moment is a time, or how long ago it was by the API's clock.
type moment struct {
	At  time.Time     `json:"t,omitzero"`
	Ago time.Duration `json:"-"`
}

// resolve makes a moment a time.
func (m *moment) resolve(now time.Time) {
	if m.Ago > 0 {
		m.At, m.Ago = now.Add(-m.Ago), 0
	}
}

// defaultSince is where a list of activities begins unless it says otherwise.
const defaultSince = 7 * 24 * time.Hour

// activityPage validates the arguments of a call, and opens its token.
func (s *Set) activityPage(ctx context.Context, principal, project string, args activityArgs) (activityPage, *Error) {
	if args.PageToken != "" { // which has the other arguments
		return s.openActivityPage(ctx, principal, project, args)
	}
	page := activityPage{Since: moment{Ago: defaultSince}, Toolset: args.Toolset}
	var violations []papi.Violation
	for _, given := range []struct {
		path, text string
		end        bool
		into       *moment
	}{{"since", args.Since, false, &page.Since}, {"until", args.Until, true, &page.Until}} {
		if given.text == "" {
			continue
		}
		at, ok := parseMoment(given.text, given.end)
		if !ok {
			violations = append(violations, notAMoment(given.path, given.text))
		}
		*given.into = at
	}
	if len(violations) > 0 {
		return activityPage{}, invalidArguments(violations)
	}
	return page, nil
}

// notAMoment is the violation of a time that can't be read.
func notAMoment(path, text string) papi.Violation {
	return papi.Violation{Path: path, Given: papi.Echo(text), Allowed: "how long ago it was (90m, 24h, 7d, 2w), a date (2026-11-20), or a time with its zone (2026-11-20T09:00:00Z)"}
}

// ago matches how long ago something was.
var ago = lazyregexp.New(`^([1-9]\d{0,3})([mhdw])$`)

// units are those of ago.
var units = map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}

// parseMoment reads a time. A date is the beginning of its day, or the end of it.
func parseMoment(text string, end bool) (moment, bool) {
	text = strings.TrimSpace(text)
	if parts := ago.FindStringSubmatch(strings.ToLower(text)); parts != nil {
		n, _ := strconv.Atoi(parts[1])
		return moment{Ago: time.Duration(n) * units[parts[2]]}, true
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		if end {
			day = day.AddDate(0, 0, 1)
		}
		return moment{At: day}, true
	}
	at, err := time.Parse(time.RFC3339, strings.ToUpper(text))
	return moment{At: at.UTC()}, err == nil
}

// resolve makes the bounds times, and reports what is wrong with them.
func (p *activityPage) resolve(now time.Time) *Error {
	p.Since.resolve(now)
	p.Until.resolve(now)
	switch {
	case p.Since.At.After(now):
		return invalidArguments([]papi.Violation{{Path: "since", Given: stamp(p.Since.At), Allowed: fmt.Sprintf("a time in the past: it is %s now", stamp(now))}})
	case !p.Until.At.IsZero() && !p.Until.At.After(p.Since.At):
		return invalidArguments([]papi.Violation{{Path: "until", Given: stamp(p.Until.At), Allowed: "a time after since, which is " + stamp(p.Since.At)}})
	}
	return nil
}

// has reports whether a time is within the bounds.
func (p *activityPage) has(at time.Time) bool {
	return !at.Before(p.Since.At) && (p.Until.At.IsZero() || at.Before(p.Until.At) || at.Equal(untimed))
}

// activityScope is what the token of a page is bound to besides its caller.
func activityScope(project string) string { return toolActivity + " " + project }

// token is the page as pageToken has it.
func (p activityPage) token(ctx context.Context, s *Set, principal, project string) (string, error) {
	return s.opts.Guard.SignCursor(ctx, principal, activityScope(project), base64.RawURLEncoding.EncodeToString(jsonvalue.Encode(p)))
}

// openActivityPage reads a token. The call may repeat the arguments of the page before.
func (s *Set) openActivityPage(ctx context.Context, principal, project string, args activityArgs) (page activityPage, e *Error) {
	text, err := s.opts.Guard.OpenCursor(ctx, principal, activityScope(project), args.PageToken)
	if err == nil {
		var encoded []byte
		if encoded, err = base64.RawURLEncoding.DecodeString(text); err != nil || json.Unmarshal(encoded, &page) != nil {
			err = guard.ErrNoCursor
		}
	}
	if err != nil {
		return page, cursorError(err, "pageToken", args.PageToken, "nextPageToken of the last answer")
	}
	if args.Toolset != "" && args.Toolset != page.Toolset {
		return page, invalidArguments([]papi.Violation{{Path: "toolset", Given: args.Toolset, Allowed: "that of the first page; leave it out"}})
	}
	return page, nil
}
