package sandbox

import (
	"time"
)

// clock computes the API's time from the real time.
type clock struct {
	manual   bool
	speed    float64
	base     time.Time // the API's time at realBase
	realBase time.Time
}

func newClock(o Options) clock {
	c := clock{manual: o.Manual, speed: o.Speed, base: o.Start, realBase: time.Now()}
	if c.speed <= 0 || c.manual {
		c.speed = 1
	}
	switch {
	case !c.base.IsZero():
	case c.manual:
		c.base = ManualStart
	default:
		c.base = c.realBase
	}
	c.base = c.base.UTC().Truncate(time.Millisecond)
	return c
}

func (c *clock) now() time.Time {
	if c.manual {
		return c.base
	}
	return c.base.Add(time.Duration(float64(time.Since(c.realBase)) * c.speed)).Truncate(time.Millisecond)
}

// Now returns the API's time.
func (s *Sandbox) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	return s.now
}

// Settle waits until no webhook is being delivered.
func (s *Sandbox) Settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	for s.inFlight > 0 {
		s.idle.Wait()
	}
}

// run lets events happen when they are due, whether requests come or not.
func (s *Sandbox) run() {
	const maxWait = time.Hour
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-s.stopped.Done():
			return
		case <-s.wake:
		case <-timer.C:
		}
		s.mu.Lock()
		s.catchUp()
		wait := maxWait
		if len(s.state.Queue) > 0 {
			wait = time.Duration(float64(s.state.Queue[0].At.Sub(s.clock.now()))/s.clock.speed) + time.Millisecond
		}
		s.mu.Unlock()
		timer.Reset(min(max(wait, 0), maxWait))
	}
}
