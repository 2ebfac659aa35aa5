package guard

import (
	"errors"
	"strings"
	"testing"

	"papi-mcp/internal/store"
)

// A cursor belongs to a principal, credentials and a scope; one of others is known from
// one that was never made here.
func TestACursorBelongsToItsCaller(t *testing.T) {
	ctx, kept := t.Context(), store.NewMemory()
	ours := New(Options{Realm: "r", Store: kept})
	cursor, err := ours.SignCursor(ctx, "me", "wait", "a.text:1")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(cursor, "me") || !strings.HasSuffix(cursor, ".a.text:1") || len(cursor) > len(".a.text:1")+12 {
		t.Errorf("the cursor is %s", cursor)
	}
	for name, test := range map[string]struct {
		guard                    *Guard
		principal, scope, cursor string
		want                     error
	}{
		"its own":                  {ours, "me", "wait", cursor, nil},
		"another process":          {New(Options{Realm: "r", Store: kept}), "me", "wait", cursor, nil},
		"another caller":           {ours, "you", "wait", cursor, ErrOthersCursor},
		"another scope":            {ours, "me", "activity", cursor, ErrOthersCursor},
		"other credentials":        {New(Options{Realm: "s", Store: kept}), "me", "wait", cursor, ErrOthersCursor},
		"another store":            {New(Options{Realm: "r", Store: store.NewMemory()}), "me", "wait", cursor, ErrNoCursor},
		"another text":             {ours, "me", "wait", cursor + "2", ErrNoCursor},
		"another owner":            {ours, "me", "wait", cursor[:8] + "AAAA" + cursor[12:], ErrNoCursor},
		"no owner":                 {ours, "me", "wait", cursor[:8] + cursor[12:], ErrNoCursor},
		"nothing":                  {ours, "me", "wait", "", ErrNoCursor},
		"a text without signature": {ours, "me", "wait", ".a.text:1", ErrNoCursor},
		"a short one":              {ours, "me", "wait", "ab", ErrNoCursor},
	} {
		text, err := test.guard.OpenCursor(ctx, test.principal, test.scope, test.cursor)
		if !errors.Is(err, test.want) || (err == nil) != (text == "a.text:1") {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}
