package wait

import "sync"

// How many calls may wait at the same time.
const (
	MaxWaits             = 2000 // on a server
	MaxWaitsPerPrincipal = 20
)

// Limit bounds how many calls wait at the same time. It is safe for use by many
// goroutines; its zero value is ready.
type Limit struct {
	// Changed is called with the number of open waits whenever it changes, one call
	// after the other; nil: it is not. It is set before the limit is used.
	Changed func(open int)

	mu    sync.Mutex
	all   int
	byWho map[string]int
}

// Enter counts a call of a principal; leave, which must be called once, ends it. It
// returns false where the principal, or the server, has too many.
func (l *Limit) Enter(principal string) (leave func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= MaxWaits || l.byWho[principal] >= MaxWaitsPerPrincipal {
		return nil, false
	}
	if l.byWho == nil {
		l.byWho = map[string]int{}
	}
	l.add(1)
	l.byWho[principal]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.add(-1)
		if l.byWho[principal]--; l.byWho[principal] == 0 {
			delete(l.byWho, principal)
		}
	}, true
}

// add counts waits. The caller holds mu.
func (l *Limit) add(n int) {
	l.all += n
	if l.Changed != nil {
		l.Changed(l.all)
	}
}
