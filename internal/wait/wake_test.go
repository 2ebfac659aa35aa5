package wait

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/papi"
)

// A report has the thing read within a second, also where it was read just before, and many
// reports have few reads.
func TestAReportHasTheThingReadSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Poller
		thing := &reads{start: time.Now()}
		f := followAs(&p, Key{}, thing.read, true)
		defer f.Close()
		synctest.Wait()
		for _, pause := range []time.Duration{0, 3 * time.Second, 2 * time.Minute, time.Hour} {
			time.Sleep(pause)
			synctest.Wait()
			before, began := len(thing.times()), time.Since(thing.start)
			for range 100 {
				f.Wake()
			}
			time.Sleep(999 * time.Millisecond)
			synctest.Wait()
			if after := thing.times(); len(after) == before || after[before]-began >= time.Second {
				t.Errorf("%v later: reads at %v, a report at %v", pause, after[before:], began)
			}
			if n := len(thing.times()) - before; n > 2 {
				t.Errorf("%v later: %d reads for reports that came together", pause, n)
			}
		}
	})
}

// A report that comes while the thing is being read has it read again: the running read may
// have been too early.
func TestAReportDuringARead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Poller
		var changed atomic.Bool
		n := 0
		read := func(context.Context) (any, error) {
			n++
			saw := changed.Load()
			time.Sleep(300 * time.Millisecond)
			return saw, nil
		}
		f := follow(&p, Key{}, read)
		defer f.Close()
		time.Sleep(100 * time.Millisecond)
		changed.Store(true)
		f.Wake()
		time.Sleep(1200 * time.Millisecond)
		synctest.Wait()
		if r, ok := f.New(); !ok || r.Value != true || n != 2 {
			t.Errorf("after a report during the first read: %v, %v, %d reads", r.Value, ok, n)
		}
	})
}

// What is reported is read less often, and after a report as often as other things: the
// report may be earlier than what it is about can be read.
func TestReportedThingsAreReadLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		count := func(reported, woken bool) int {
			var p Poller
			thing := &reads{start: time.Now()}
			f := followAs(&p, Key{}, thing.read, reported)
			defer f.Close()
			if woken {
				synctest.Wait()
				f.Wake()
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			return len(thing.times())
		}
		polled, reported, woken := count(false, false), count(true, false), count(true, true)
		if polled != 5 || reported != 3 || woken != 6 {
			t.Errorf("in a minute: %d reads, %d where changes are reported, %d after a report", polled, reported, woken)
		}
	})
}

// As long as one who follows does not hear of changes, the thing is read for it.
func TestOneWhoHearsOfNothingIsNotLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Poller
		thing := &reads{start: time.Now()}
		hears, polls := followAs(&p, Key{}, thing.read, true), follow(&p, Key{}, thing.read)
		defer hears.Close()
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(thing.times()); n < 5 {
			t.Errorf("%d reads in a minute", n)
		}
		polls.Close()
		polls.Wake() // does nothing
		before := len(thing.times())
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(thing.times()) - before; n > 13 {
			t.Errorf("%d reads in the hour after it has left", n)
		}
	})
}

// A report does not break the pause that the API asked for.
func TestAReportWaitsForThePauseOfTheAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Poller
		thing := &reads{start: time.Now(), err: &papi.Error{Status: http.StatusTooManyRequests, RetryAfter: 40 * time.Second}}
		f := follow(&p, Key{}, thing.read)
		defer f.Close()
		time.Sleep(time.Second)
		f.Wake()
		time.Sleep(38 * time.Second)
		synctest.Wait()
		if n := len(thing.times()); n != 1 {
			t.Errorf("%d reads in the pause", n)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := len(thing.times()); n != 2 {
			t.Errorf("%d reads after the pause", n)
		}
	})
}
