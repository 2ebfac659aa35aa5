package plan

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// snapshot is what the lists of a project showed when a plan began, with what the steps
// of the plan would have done by then. It is a [Project] whose reads it keeps, and a
// guard.Reader: the rules that check a planned call read from it, so that a thousand
// calls cost no more requests than the lists. What no list shows is read once.
type snapshot struct {
	Project

	mu    sync.Mutex
	made  map[string]func() (map[string]any, error) // by tool and arguments
	lists map[string][]map[string]any               // the items, by list and its path arguments
	none  map[string]bool                           // the lists that the project does not have
}

func newSnapshot(p Project) *snapshot {
	return &snapshot{Project: p, made: map[string]func() (map[string]any, error){}, lists: map[string][]map[string]any{}, none: map[string]bool{}}
}

// Read implements Project. A read that was made before is not made again.
func (s *snapshot) Read(ctx context.Context, tool string, arguments map[string]any) (map[string]any, error) {
	key := tool + string(jsonvalue.Encode(arguments))
	s.mu.Lock()
	once := s.made[key]
	if once == nil {
		once = sync.OnceValues(func() (map[string]any, error) { return s.Project.Read(ctx, tool, arguments) })
		s.made[key] = once
	}
	s.mu.Unlock()
	answer, err := once()
	if err != nil {
		return nil, err
	}
	row := catalog.Lookup(tool)
	if within := onlyPath(row, arguments); row.Resource != nil && row.Resource.List == tool && len(filtersOf(arguments, within)) == 0 {
		s.mu.Lock()
		defer s.mu.Unlock()
		if list := listKey(tool, within); s.lists[list] == nil {
			s.lists[list], s.none[list] = slices.Clone(jsonvalue.Objects(answer, row.List())), answer[row.List()] == nil
			if s.lists[list] == nil {
				s.lists[list] = []map[string]any{}
			}
		}
	}
	return answer, nil
}

// snapshotReader is the guard.Reader of a snapshot.
type snapshotReader struct{ *snapshot }

// Read implements guard.Reader.
func (r snapshotReader) Read(ctx context.Context, _, tool string, args map[string]any) (map[string]any, error) {
	row := catalog.Lookup(tool)
	switch resource := row.Resource; {
	case resource == nil:
	case tool == resource.List:
		within := onlyPath(row, args)
		filters := filtersOf(args, within)
		items, known := r.list(tool, within)
		if name, ok := filters["templateName"].(string); ok && len(filters) == 1 {
			items = slices.DeleteFunc(items, func(item map[string]any) bool { return !strings.HasPrefix(nameOf(item), name) })
			delete(filters, "templateName")
		}
		if known && len(filters) == 0 {
			return map[string]any{row.List(): asList(items)}, nil
		}
	case tool == resource.Get:
		if items, known := r.list(resource.List, onlyPath(catalog.Lookup(resource.List), args)); known {
			return found(resource, items, args)
		}
	case tool == "whatsapp_template_language_list":
		if items, known := r.list(resource.List, map[string]any{}); known {
			items = slices.DeleteFunc(items, func(item map[string]any) bool { return item["name"] != args["templateName"] })
			if len(items) == 0 {
				return nil, absent(resource)
			}
			return map[string]any{row.List(): asList(items)}, nil
		}
	}
	return r.snapshot.Read(ctx, tool, args)
}

// found is the item that the arguments of a read name.
func found(resource *catalog.Resource, items []map[string]any, args map[string]any) (map[string]any, error) {
	for _, item := range items {
		if isNamed(resource, item, args) {
			return item, nil
		}
	}
	return nil, absent(resource)
}

// isNamed reports whether the arguments of a read of a resource name an item.
func isNamed(resource *catalog.Resource, item, args map[string]any) bool {
	for name, field := range resource.IDs {
		if want, given := args[name]; given && jsonvalue.Text(item, field) != want {
			return false
		}
	}
	return true
}

// absent is the error of a read of what a list does not have.
func absent(resource *catalog.Resource) error {
	return &papi.Error{Status: http.StatusNotFound, Code: "not_found", Message: "the project has no such " + resource.Called(1)}
}

// list are the items of a list that was read, and false where it was not.
func (s *snapshot) list(tool string, within map[string]any) ([]map[string]any, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	items, known := s.lists[listKey(tool, within)]
	return slices.Clone(items), known
}

// lacks reports whether the project has no list of a kind, not even an empty one.
func (s *snapshot) lacks(kind *Kind) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.none[listKey(kind.Resource.List, map[string]any{})]
}

// created notes that a step creates a thing: a list shows it as the call describes it.
func (s *snapshot) created(kind *Kind, args map[string]any) {
	key := s.listOf(kind, args)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists[key] = append(s.lists[key], maps.Clone(args))
}

// deleted notes that a step deletes a thing.
func (s *snapshot) deleted(kind *Kind, target map[string]any) {
	key := s.listOf(kind, target)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists[key] = slices.DeleteFunc(slices.Clone(s.lists[key]), func(item map[string]any) bool { return isNamed(kind.Resource, item, target) })
}

func (s *snapshot) listOf(kind *Kind, args map[string]any) string {
	return listKey(kind.Resource.List, onlyPath(catalog.Lookup(kind.Resource.List), args))
}

// onlyPath are the arguments that are in the path of a tool's operation.
func onlyPath(row *catalog.Row, args map[string]any) map[string]any {
	path := map[string]any{}
	for _, name := range row.Op().PathIDs() {
		if value, given := args[name]; given {
			path[name] = value
		}
	}
	return path
}

// filtersOf are the arguments of a list that select some of its items.
func filtersOf(args, within map[string]any) map[string]any {
	filters := map[string]any{}
	for name, value := range args {
		if _, isPath := within[name]; !isPath && name != "pageSize" {
			filters[name] = value
		}
	}
	return filters
}

func listKey(tool string, within map[string]any) string {
	return tool + string(jsonvalue.Encode(within))
}

// nameOf is the name of a KakaoTalk template in a list: the pending one, else the live
// one.
func nameOf(item map[string]any) string {
	if name := jsonvalue.Text(item, "changes.details.name"); name != "" {
		return name
	}
	return jsonvalue.Text(item, "details.name")
}

func asList(items []map[string]any) []any {
	list := make([]any, len(items))
	for i, item := range items {
		list[i] = item
	}
	return list
}
