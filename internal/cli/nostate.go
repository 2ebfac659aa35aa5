package cli

import (
	"context"
	"fmt"
	"time"

	"papi-mcp/internal/store"
)

// setCallStore sets --store for one call. A call for which nothing has to be kept needs
// no folder for state; any other reports that there is none.
func (c *config) setCallStore(s *streams) {
	if c.store == "" && !c.sandbox {
		if _, err := stateFile(); err != nil {
			c.store, c.noState = memory, err
		}
	}
	c.setDefaultStore(s)
}

// noState is the store of a process that has nothing to keep state in. It is empty, and
// what would have to outlive the process is refused: a token that the next process does
// not accept, a refusal that it does not know.
type noState struct {
	store.Store
	reason error
}

// Put implements store.Store.
func (n noState) Put(context.Context, string, []byte, time.Duration) error { return n.err() }

// Add implements store.Store.
func (n noState) Add(context.Context, string, []byte, time.Duration) (bool, error) {
	return false, n.err()
}

// Swap implements store.Store.
func (n noState) Swap(context.Context, string, []byte, []byte, time.Duration) (bool, error) {
	return false, n.err()
}

func (n noState) err() error {
	return fmt.Errorf("%w; set HOME or XDG_STATE_HOME, or give --store with the path of a file", n.reason)
}
