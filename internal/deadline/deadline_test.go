package deadline

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// left is how much time a bound context has.
func left(ctx context.Context, t *testing.T) time.Duration {
	t.Helper()
	ctx, cancel := Bound(ctx)
	defer cancel()
	ends, ok := ctx.Deadline()
	if !ok {
		t.Fatal("no deadline")
	}
	return time.Until(ends)
}

func TestTheClockOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := Start(t.Context())
		want := func(when string, want time.Duration) {
			t.Helper()
			if got := left(ctx, t); got != want {
				t.Errorf("%s: %v left, want %v", when, got, want)
			}
		}
		want("at the start", Lasts)
		time.Sleep(20 * time.Second)
		want("after 20 s", Lasts-20*time.Second)

		resume := Stop(ctx)
		again := Stop(ctx)
		time.Sleep(time.Hour)
		again()
		time.Sleep(time.Hour)
		resume()
		resume() // once
		want("after two hours of thinking", Lasts-20*time.Second)

		time.Sleep(Lasts - 20*time.Second)
		bound, cancel := Bound(ctx)
		defer cancel()
		if !errors.Is(bound.Err(), context.DeadlineExceeded) {
			t.Errorf("at the end: %v", bound.Err())
		}
		if resume := Stop(ctx); true {
			time.Sleep(time.Hour)
			resume()
		}
		want("a question after the end brings nothing back", 0)
		if got := left(t.Context(), t); got != Lasts {
			t.Errorf("without a call: %v", got)
		}
		Stop(t.Context())()
	})
}

// Clients of MCP give up after 60 s: 10 s are left for the way there and back,
// and for the audit's line.
func TestACallLastsFiftySeconds(t *testing.T) {
	if Lasts != 50*time.Second {
		t.Errorf("a call may take %v", Lasts)
	}
}
