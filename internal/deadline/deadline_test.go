package deadline

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// remaining is the time until the deadline of a bound context.
func remaining(ctx context.Context, t *testing.T) time.Duration {
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
		ctx := Start(t.Context(), Timeout)
		want := func(when string, want time.Duration) {
			t.Helper()
			if got := remaining(ctx, t); got != want {
				t.Errorf("%s: %v left, want %v", when, got, want)
			}
		}
		want("at the start", Timeout)
		time.Sleep(20 * time.Second)
		want("after 20 s", Timeout-20*time.Second)

		resume := Stop(ctx)
		again := Stop(ctx)
		time.Sleep(time.Hour)
		again()
		time.Sleep(time.Hour)
		resume()
		resume() // once
		want("after two hours of thinking", Timeout-20*time.Second)

		time.Sleep(Timeout - 20*time.Second)
		bound, cancel := Bound(ctx)
		defer cancel()
		if !errors.Is(bound.Err(), context.DeadlineExceeded) {
			t.Errorf("at the end: %v", bound.Err())
		}
		if resume := Stop(ctx); true {
			time.Sleep(time.Hour)
			resume()
		}
		want("a question after the deadline adds no time", 0)
		if got := remaining(t.Context(), t); got != Timeout {
			t.Errorf("without a call: %v", got)
		}
		Stop(t.Context())()
	})
}

// MCP clients cancel a request after 60 s: 10 s remain for the network and for the
// line in the audit log.
func TestTimeoutIsFiftySeconds(t *testing.T) {
	if Timeout != 50*time.Second {
		t.Errorf("a call may take %v", Timeout)
	}
}
