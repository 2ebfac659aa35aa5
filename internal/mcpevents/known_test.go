package mcpevents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"papi-mcp/internal/store"
	"papi-mcp/internal/store/pgtest"
)

// What is there at the beginning is no occurrence; each change after it is one.
func TestWhatOccurs(t *testing.T) {
	for _, tt := range []struct {
		name, event, arguments string
		then                   func(w *world)
		want                   []string
	}{
		{"nothing", templates, `{}`, func(*world) {}, nil},
		{"a state", templates, `{}`, func(w *world) { w.set("a", "APPROVED") }, []string{"WhatsApp template a EN: APPROVED (was PENDING)"}},
		{"of the thing itself", templates, `{"templateName":"a","languageCode":"EN"}`, func(w *world) { w.set("a", "APPROVED"); w.set("b", "APPROVED") }, []string{"WhatsApp template a EN: APPROVED (was PENDING)"}},
		{"all languages of a name", templates, `{"templateName":"a"}`, func(w *world) { w.set("a", "APPROVED"); w.set("b", "APPROVED") }, []string{"WhatsApp template a EN: APPROVED (was PENDING)"}},
		{"a pending change", templates, `{}`, func(w *world) { w.change("a", "changes", map[string]any{"status": "DRAFT"}) }, []string{"WhatsApp template a EN: changes.status=DRAFT (was PENDING)"}},
		{"a new thing", templates, `{}`, func(w *world) { w.set("c", "PENDING") }, []string{"WhatsApp template c EN: PENDING (new)"}},
		{"a thing that is deleted", templates, `{}`, func(w *world) { w.remove("a") }, []string{"WhatsApp template a EN: not there any more (was PENDING)"}},
		{"the thing itself is deleted", templates, `{"templateName":"a","languageCode":"EN"}`, func(w *world) { w.remove("a") }, []string{"WhatsApp template a EN: not there any more (was PENDING)"}},
		{"a list that leaves one out", templates, `{}`, func(w *world) { w.hidden = "a" }, nil},
		{"a list that leaves out what changed", templates, `{}`, func(w *world) { w.hidden = "a"; w.set("a", "APPROVED") }, []string{"WhatsApp template a EN: APPROVED (was PENDING)"}},
		{"a state that is asked for", templates, `{"states":["APPROVED","REJECTED"]}`, func(w *world) { w.set("a", "APPROVED"); w.set("b", "PAUSED") }, []string{"WhatsApp template a EN: APPROVED (was PENDING)"}},
		{"a state of a change", templates, `{"states":["DRAFT"]}`, func(w *world) { w.change("a", "changes", map[string]any{"status": "DRAFT"}) }, []string{"WhatsApp template a EN: changes.status=DRAFT (was PENDING)"}},
		{"what has settled", templates, `{"settled":true}`, func(w *world) {
			w.set("a", "REJECTED")
			w.change("b", "changes", map[string]any{"status": "IN_PROGRESS"})
		}, []string{"WhatsApp template a EN: REJECTED (was PENDING)"}},
		{"deleted, by name", templates, `{"states":["DELETED"]}`, func(w *world) { w.remove("a"); w.set("b", "APPROVED") }, []string{"WhatsApp template a EN: not there any more (was PENDING)"}},
		{"quality", "whatsapp.template.quality_changed", `{}`, func(w *world) { w.change("a", "qualityScore", "RED"); w.set("b", "APPROVED") }, []string{"WhatsApp template a EN: quality RED (was GREEN)"}},
		{"an account that is made", "whatsapp.account.status_changed", `{}`, func(w *world) { w.account = map[string]any{"state": "ONBOARDED"} }, []string{"WhatsApp account: ONBOARDED (new)"}},
		{"comments, in their order", "whatsapp.sender.comment_added", `{"senderId":"S"}`, func(w *world) {
			w.comment(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), "first")
			w.comment(time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC), "second")
		}, []string{"WhatsApp sender S: comment by reviewer", "WhatsApp sender S: comment by reviewer"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld("a", "b")
			w.comment(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), "before")
			s := serve(t, w, store.NewMemory())
			s.lookAt(tt.event, tt.arguments)
			if before := s.logged(tt.event, tt.arguments); len(before) > 0 {
				t.Fatalf("at the beginning: %q", before)
			}
			tt.then(w)
			for range 2 { // the second shows nothing new
				s.lookAt(tt.event, tt.arguments)
			}
			if got := s.logged(tt.event, tt.arguments); !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// Two comments of the same time are two, and neither counts twice.
func TestCommentsOfTheSameTime(t *testing.T) {
	w := newWorld()
	s := serve(t, w, store.NewMemory())
	const name, arguments = "whatsapp.sender.comment_added", `{"senderId":"S"}`
	at := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	s.lookAt(name, arguments)
	for i := range 3 {
		w.comment(at, fmt.Sprint(i))
		s.lookAt(name, arguments)
	}
	if got := s.logged(name, arguments); len(got) != 3 {
		t.Errorf("got %q", got)
	}
}

// What a client gets is of the form that its type declares, without what the reviewer's
// text could do.
func TestDataOfAnOccurrence(t *testing.T) {
	w := newWorld("a")
	s := serve(t, w, store.NewMemory())
	s.lookAt(templates, `{}`)
	w.change("a", "rejectionCode", "ABUSIVE\u202e"+strings.Repeat("x", 5000))
	w.set("a", "REJECTED")
	s.lookAt(templates, `{}`)
	all := s.all(templates, `{}`)
	if len(all) == 0 {
		t.Fatal("nothing occurred")
	}
	last := all[len(all)-1]
	var data map[string]any
	if err := json.Unmarshal(last.Data, &data); err != nil {
		t.Fatal(err)
	}
	reason, _ := data["reason"].(string)
	if data["state"] != "REJECTED" || data["class"] != "Failure" || data["before"] != "PENDING" || data["projectId"] != project || data["tool"] != "whatsapp_template_get" ||
		!strings.HasPrefix(reason, "ABUSIVE") || strings.Contains(reason, "\u202e") || len(last.Data) > 4<<10 {
		t.Errorf("%d bytes: %s", len(last.Data), last.Data)
	}
	allowed := lookup(templates).payloadSchema()["properties"].(map[string]any)
	for name := range data {
		if allowed[name] == nil {
			t.Errorf("%s is not in the schema", name)
		}
	}
}

// media are the stores that keep what was seen.
var media = map[string]func(t *testing.T) func() store.Store{
	"memory": func(*testing.T) func() store.Store {
		s := store.NewMemory()
		return func() store.Store { return s }
	},
	"file": func(t *testing.T) func() store.Store {
		path := filepath.Join(t.TempDir(), "state.db")
		return func() store.Store {
			f := store.NewFile(path)
			t.Cleanup(func() { _ = f.Close() })
			return f
		}
	},
	"PostgreSQL": func(t *testing.T) func() store.Store {
		url := pgtest.URL(t)
		return func() store.Store {
			p, err := store.NewPostgres(url)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = p.Close() })
			return p
		}
	},
}

// However many read a thing at the same time, each change gets into the log once, and none
// is lost.
func TestEachChangeOccursOnce(t *testing.T) {
	for name, open := range media {
		t.Run(name, func(t *testing.T) {
			w := newWorld("a")
			opened := open(t)
			first := serve(t, w, opened())
			first.lookAt(templates, `{}`)
			all := []*served{first, serve(t, w, opened()), serve(t, w, opened())}
			const changes = 6
			for i := range changes {
				w.set("a", []string{"APPROVED", "PAUSED"}[i%2])
				var readers sync.WaitGroup
				for n, s := range all {
					readers.Go(func() { s.lookAt(templates, []string{`{}`, `{"templateName":"a","languageCode":"EN"}`}[n%2]) })
				}
				readers.Wait()
			}
			got := first.all(templates, `{}`)
			ids := map[string]bool{}
			for _, o := range got {
				ids[o.EventID] = true
			}
			if len(got) != changes || len(ids) != changes {
				t.Errorf("%d occurrences with %d ids, want %d: %q", len(got), len(ids), changes, texts(got))
			}
		})
	}
}

// brokenStore is a store whose log, or whose next change, fails.
type brokenStore struct {
	store.Store
	appends, swaps int // how many succeed before one fails; -1: all
}

var errBroken = errors.New("the process ends here")

func (b *brokenStore) Append(ctx context.Context, stream, id string, value []byte, keep store.Keep) (bool, error) {
	if b.appends == 0 {
		return false, errBroken
	}
	b.appends--
	return b.Store.Append(ctx, stream, id, value, keep)
}

func (b *brokenStore) Swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	if b.swaps == 0 {
		return false, errBroken
	}
	b.swaps--
	return b.Store.Swap(ctx, key, old, value, ttl)
}

// A process that ends between two steps loses no occurrence, and the next one adds none
// twice: it was written what was seen, but not the log; or the log, but not that.
func TestACrashLosesNothing(t *testing.T) {
	for name, open := range media {
		for _, ends := range []brokenStore{{appends: 0, swaps: -1}, {appends: 1, swaps: -1}, {appends: -1, swaps: 0}, {appends: -1, swaps: 1}} {
			t.Run(fmt.Sprintf("%s, %d appends, %d swaps", name, ends.appends, ends.swaps), func(t *testing.T) {
				w := newWorld("a", "b")
				opened := open(t)
				s := serve(t, w, opened())
				s.lookAt(templates, `{}`)
				w.set("a", "APPROVED")
				w.set("b", "REJECTED")

				broken := ends
				broken.Store = opened()
				dying := serve(t, w, &broken)
				g := groupOf("", s.interest(templates, `{}`).query())
				if _, err := dying.look(t.Context(), dying.things, g); !errors.Is(err, errBroken) {
					t.Fatalf("the process did not end: %v", err)
				}
				w.set("a", "PAUSED") // before anybody reads again
				for range 2 {
					s.lookAt(templates, `{}`)
				}
				got := s.logged(templates, `{}`)
				slices.Sort(got)
				want := []string{"WhatsApp template a EN: APPROVED (was PENDING)", "WhatsApp template a EN: PAUSED (was APPROVED)", "WhatsApp template b EN: REJECTED (was PENDING)"}
				if ends.swaps == 0 { // nothing was seen
					want = []string{"WhatsApp template a EN: PAUSED (was PENDING)", "WhatsApp template b EN: REJECTED (was PENDING)"}
				}
				if !slices.Equal(got, want) {
					t.Errorf("got  %q\nwant %q", got, want)
				}
			})
		}
	}
}
