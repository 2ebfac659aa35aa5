package events

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"papi-mcp/internal/store"
)

// follower collects what is reported to it.
type follower struct {
	mu     sync.Mutex
	ids    []string
	missed int
}

func (f *follower) report(found []Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if found == nil {
		f.missed++
	}
	for _, e := range found {
		f.ids = append(f.ids, e.ID)
	}
}

func (f *follower) got() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fmt.Sprint(f.ids)
}

func add(t *testing.T, inbox *Inbox, id string) {
	t.Helper()
	if added, err := inbox.add(t.Context(), Event{ID: id, ProjectID: "p"}); err != nil || !added {
		t.Fatalf("add %s: %v, %v", id, added, err)
	}
}

// Each event is reported once, in order, to those who follow its inbox and to no one else.
func TestEventsAreReportedToThoseWhoFollowTheirInbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inboxes := NewInboxes(store.NewMemory(), 0)
		feeds := NewFeeds(inboxes)
		add(t, inboxes.Of("a"), "before")
		var first, second, other follower
		stopFirst := feeds.Follow(t.Context(), "a", first.report)
		stopSecond := feeds.Follow(t.Context(), "a", second.report)
		stopOther := feeds.Follow(t.Context(), "b", other.report)
		for i := range 250 {
			add(t, inboxes.Of("a"), fmt.Sprint(i))
		}
		synctest.Wait()
		var want []string
		for i := range 250 {
			want = append(want, fmt.Sprint(i))
		}
		for name, f := range map[string]*follower{"first": &first, "second": &second} {
			if f.got() != fmt.Sprint(want) {
				t.Errorf("%s got %s", name, f.got())
			}
		}
		stopFirst()
		add(t, inboxes.Of("a"), "after")
		synctest.Wait()
		if first.got() != fmt.Sprint(want) || second.got() != fmt.Sprint(append(want, "after")) {
			t.Errorf("after stop the first got %s, the second %s", first.got(), second.got())
		}
		stopSecond()
		stopOther()
		if other.got() != "[]" || len(feeds.open) != 0 {
			t.Errorf("another tenant got %s; %d feeds run though no one follows", other.got(), len(feeds.open))
		}
	})
}

// unreadable is a store whose streams can't be read for a while.
type unreadable struct {
	store.Store
	mu  sync.Mutex
	err error
}

func (b *unreadable) set(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

func (b *unreadable) Read(ctx context.Context, stream string, after int64, limit int) ([]store.Record, int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return nil, 0, b.err
	}
	return b.Store.Read(ctx, stream, after, limit)
}

// Where the inbox can't be read, those who follow learn that they may have missed something.
func TestAnInboxThatCannotBeRead(t *testing.T) {
	for _, from := range []string{"the beginning", "later"} {
		t.Run("from "+from, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &unreadable{Store: store.NewMemory()}
				inboxes := NewInboxes(b, 0)
				feeds := NewFeeds(inboxes)
				var f follower
				if from == "the beginning" {
					b.set(errors.New("no connection"))
				}
				defer feeds.Follow(t.Context(), "", f.report)()
				b.set(errors.New("no connection"))
				add(t, inboxes.Of(""), "1")
				synctest.Wait()
				if f.missed == 0 {
					t.Error("nothing was reported")
				}
				b.set(nil)
				add(t, inboxes.Of(""), "2")
				synctest.Wait()
				missed := f.missed
				add(t, inboxes.Of(""), "3")
				synctest.Wait()
				want := map[string]string{"later": "[1 2 3]", "the beginning": "[3]"}[from]
				if f.got() != want || f.missed != missed {
					t.Errorf("got %s, want %s; missed %d, then %d", f.got(), want, missed, f.missed)
				}
			})
		})
	}
}
