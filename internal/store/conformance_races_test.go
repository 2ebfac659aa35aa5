package store

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Of a hundred who do the same thing together, one succeeds.
func races(c *checked) {
	old := []byte("old")
	c.must(c.Put(c.ctx(), "swapped", old, 0))
	c.must(c.Put(c.ctx(), "removed", old, 0))
	c.must(c.Put(c.ctx(), "expired", old, time.Second))
	c.is(true)(c.Push(c.ctx(), "q", "finished", nil, 0))
	c.advance(time.Second)
	leased := c.leases(1, time.Hour, "finished")[0]
	stores := []Store{c.open(), c.open(), c.open()}
	for name, do := range map[string]func(s Store, n int) (bool, error){
		"add":              func(s Store, _ int) (bool, error) { return s.Add(c.ctx(), "added", nil, time.Minute) },
		"add what expired": func(s Store, _ int) (bool, error) { return s.Add(c.ctx(), "expired", nil, time.Minute) },
		"swap":             func(s Store, n int) (bool, error) { return s.Swap(c.ctx(), "swapped", old, fmt.Append(nil, n), 0) },
		"create":           func(s Store, n int) (bool, error) { return s.Swap(c.ctx(), "created", nil, fmt.Append(nil, n), 0) },
		"remove":           func(s Store, _ int) (bool, error) { return s.Swap(c.ctx(), "removed", old, nil, 0) },
		"append":           func(s Store, _ int) (bool, error) { return s.Append(c.ctx(), "s", "id", nil, Keep{}) },
		"push":             func(s Store, _ int) (bool, error) { return s.Push(c.ctx(), "q", "pushed", nil, time.Hour) },
		"finish":           func(s Store, _ int) (bool, error) { return s.Finish(c.ctx(), "q", leased) },
	} {
		var winners atomic.Int32
		var all sync.WaitGroup
		start := make(chan struct{})
		for n := range 100 {
			all.Go(func() {
				<-start
				if won, err := do(stores[n%len(stores)], n); err != nil {
					c.Errorf("%s: %v", name, err)
				} else if won {
					winners.Add(1)
				}
			})
		}
		close(start)
		all.Wait()
		if winners.Load() != 1 {
			c.Errorf("%s: %d of 100 succeeded", name, winners.Load())
		}
	}
}
