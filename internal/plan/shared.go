package plan

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
)

// sharedFor is how long the calls of a run share what they have read.
const sharedFor = time.Minute

// Shared are the reads that the calls of a run share: the guard checks each of them, and
// with reads of its own it would double the requests. A list is read when the check of a
// call first needs it, and shows what the calls of the run have done since. It is read
// again after a minute, and after a call that failed. It is for calls that no person is
// asked about: what the API has learned meanwhile from elsewhere, the API refuses itself.
// It may be used by several goroutines.
type Shared struct {
	project Project

	mu       sync.Mutex
	snapshot *snapshot
	begun    time.Time
}

// NewShared returns the reads that the calls of a run of a project share. None is made yet.
func NewShared(p Project) *Shared { return &Shared{project: p} }

// current is the snapshot that is in use.
func (s *Shared) current() *snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.snapshot == nil || time.Since(s.begun) > sharedFor {
		s.snapshot, s.begun = newSnapshot(s.project), time.Now()
	}
	return s.snapshot
}

// Read implements guard.Reader.
func (s *Shared) Read(ctx context.Context, projectID, tool string, args map[string]any) (map[string]any, error) {
	now := s.current()
	if resource := catalog.Lookup(tool).Resource; resource != nil {
		if _, err := now.Read(ctx, resource.List, onlyPath(catalog.Lookup(resource.List), args)); err != nil {
			s.Forget()
			return nil, err
		}
	}
	return snapshotReader{now}.Read(ctx, projectID, tool, args)
}

var _ guard.Reader = (*Shared)(nil)

// Forget has what comes next read again.
func (s *Shared) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.snapshot = nil
}

// Made notes what a call has done. What is set up after its create has a state that the
// call does not tell, so that it is read again.
func (s *Shared) Made(call Call) {
	i := slices.IndexFunc(Kinds, func(k *Kind) bool { return slices.Contains([]string{k.Create, k.Update, k.Delete}, call.Tool) })
	if i < 0 {
		s.Forget()
		return
	}
	kind, now := Kinds[i], s.current()
	items, known := now.list(kind.Resource.List, onlyPath(catalog.Lookup(kind.Resource.List), call.Arguments))
	switch {
	case !known: // what reads it will see it
	case call.Tool == kind.Delete:
		now.deleted(kind, call.Arguments)
	case call.Tool == kind.Update:
		now.changed(kind, call.Arguments)
	case kind.Name == "webhooks" || kind == whatsappTemplates:
		if !slices.ContainsFunc(items, func(item map[string]any) bool { // else it was read in the meantime
			return !slices.ContainsFunc(kind.Identity, func(name string) bool { return item[name] != call.Arguments[name] })
		}) {
			now.created(kind, call.Arguments)
		}
	default:
		s.Forget()
	}
}

// changed notes that a call changes fields of a thing, those of its details apart, which
// matter to no check of another thing.
func (s *snapshot) changed(kind *Kind, args map[string]any) {
	key := s.listOf(kind, args)
	s.mu.Lock()
	defer s.mu.Unlock()
	items := slices.Clone(s.lists[key])
	for i, item := range items {
		if !isNamed(kind.Resource, item, args) {
			continue
		}
		items[i] = maps.Clone(item)
		for name, value := range args {
			if _, isNamed := kind.Resource.IDs[name]; !isNamed && name != fieldDetails && name != "status" {
				items[i][name] = value
			}
		}
	}
	s.lists[key] = items
}
