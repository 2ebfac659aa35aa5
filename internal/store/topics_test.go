package store

import (
	"testing"
	"testing/synctest"
	"time"
)

// Where a notification may be lost, those who watch are woken each second; the last of
// them ends that, or synctest would wait for it.
func TestWatchersAreWokenEachSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		polled := &watchers{poll: NewFile("state.db").poll}
		woken, stop := polled.Watch("t")
		another, stopAnother := polled.Watch("u")
		for range 3 {
			began := time.Now()
			<-woken
			<-another
			if waited := time.Since(began); waited != time.Second {
				t.Errorf("woken after %v", waited)
			}
		}
		stop()
		<-another
		stopAnother()
		_, stop = polled.Watch("t") // it begins again
		stop()
	})
}

// Several notifications that no one has seen are one; only those of a topic are woken, and
// without a poll by nothing else.
func TestWatchersAreWokenByTheirTopic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory()
		woken, stop := m.Watch("t")
		defer stop()
		other, stopOther := m.Watch("u")
		defer stopOther()
		for range 3 {
			if err := m.Notify(t.Context(), "t"); err != nil {
				t.Fatal(err)
			}
		}
		<-woken
		select {
		case <-woken:
			t.Error("woken twice")
		case <-other:
			t.Error("another topic was woken")
		case <-time.After(time.Hour):
		}
	})
}
