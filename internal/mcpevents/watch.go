package mcpevents

import (
	"context"
	"time"
)

// Keep implements Watches.
func (s *Service) Keep(ctx context.Context, owner Owner, in Interest, until time.Time) error {
	return nil
}
