package plan

import "context"

// ReadProject returns what a project has of some kinds, in the order of Kinds, with
// their lists read at the same time.
func ReadProject(ctx context.Context, p Project, kinds []*Kind) ([]*Item, error) { panic("not yet") }

// FromLive returns an item for an answer of the API. parent is the item that it belongs
// to, nil for none.
func FromLive(kind *Kind, answer map[string]any, parent *Item) *Item { panic("not yet") }
