package tools

import (
	"context"
	"fmt"
	"time"

	"papi-mcp/internal/wait"
)

// queueEvents collects the events of this tenant until stop, which must be called; none where no
// receiver runs.
func (s *Set) queueEvents(ctx context.Context) (queue *eventQueue, stop func()) {
	queue = newEventQueue()
	if s.opts.Events == nil {
		return queue, func() {}
	}
	return queue, s.opts.Events.Feeds.Follow(ctx, s.opts.Tenant, queue.add)
}

// wake has those things read that the events are about. What an event says of a thing is
// not used: it may be late, out of order, or one of many.
func wake(queue *eventQueue, things []*followed, followers []*wait.Follower) {
	found, missed := queue.take()
	if missed {
		for _, follower := range followers {
			follower.Wake()
		}
		return
	}
	for _, e := range found {
		about := reportedBy(e)
		for i, f := range things {
			if e.ProjectID == f.project && f.isReportedBy(&about) {
				followers[i].Wake()
			}
		}
	}
}

// isReportedBy reports whether an event of its project may be about the thing: it names no
// other one.
func (f *followed) isReportedBy(e *reported) bool {
	if e.resource != nil && e.resource != f.row.Resource {
		return false
	}
	ids := pathIDs(f.row, f.call.args)
	if f.last != nil { // a thing may be read by another id than its own
		return e.about(ids) || e.about(f.last.ids)
	}
	return e.about(ids)
}

// readsOf says when the things of a wait are read.
func readsOf(things []*followed) string {
	reported := every(things, func(f *followed) bool { return f.reported })
	shortest, longest := wait.Intervals(reported)
	by := "polling"
	if reported {
		by = "on events, else"
	}
	return fmt.Sprintf("%s every %s to %s", by, brief(shortest), brief(longest))
}

// brief is a duration in seconds or minutes.
func brief(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d s", d/time.Second)
}
