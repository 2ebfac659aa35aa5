package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// entry is an item of a table.
type entry interface {
	// sortKey orders the entries of a list; no two entries have the same.
	sortKey() string
	// facet is what lists are filtered by. It has few different values.
	facet() string
}

// table holds entries by id, and an index of them for each facet. So a page
// costs the same however long the list is, and whatever it is filtered by.
type table[T entry] struct {
	items   map[string]T
	keys    map[string]indexKey   // by id
	indexes map[string][]indexKey // by facet, sorted
}

type indexKey struct{ sortKey, facet, id string }

func compareKeys(a, b indexKey) int              { return strings.Compare(a.sortKey, b.sortKey) }
func compareSortKey(k indexKey, sort string) int { return strings.Compare(k.sortKey, sort) }

func newTable[T entry]() *table[T] {
	return &table[T]{items: map[string]T{}, keys: map[string]indexKey{}, indexes: map[string][]indexKey{}}
}

func (t *table[T]) len() int { return len(t.items) }

func (t *table[T]) get(id string) (T, bool) {
	item, ok := t.items[id]
	return item, ok
}

// put adds an entry, or indexes it again after a change.
func (t *table[T]) put(id string, item T) {
	key := indexKey{item.sortKey(), item.facet(), id}
	if old, ok := t.keys[id]; !ok || old != key {
		t.remove(id)
		index := t.indexes[key.facet]
		i, _ := slices.BinarySearchFunc(index, key, compareKeys)
		t.indexes[key.facet] = slices.Insert(index, i, key)
		t.keys[id] = key
	}
	t.items[id] = item
}

func (t *table[T]) remove(id string) {
	key, ok := t.keys[id]
	if !ok {
		return
	}
	index := t.indexes[key.facet]
	i, _ := slices.BinarySearchFunc(index, key, compareKeys)
	t.indexes[key.facet] = slices.Delete(index, i, i+1)
	delete(t.keys, id)
	delete(t.items, id)
}

// all returns the entries in order.
func (t *table[T]) all() []T { return t.matching(filter{}) }

// matching returns the entries that a filter matches, in order.
func (t *table[T]) matching(f filter) []T {
	items, _ := t.page(t.match(f), "", t.len())
	return items
}

// MarshalJSON writes the entries by id.
func (t *table[T]) MarshalJSON() ([]byte, error) { return json.Marshal(t.items) }

// UnmarshalJSON reads entries by id.
func (t *table[T]) UnmarshalJSON(b []byte) error {
	var items map[string]T
	if err := json.Unmarshal(b, &items); err != nil {
		return err
	}
	var none T
	for id, item := range items {
		if any(item) == any(none) {
			return fmt.Errorf("%q is null", id)
		}
	}
	*t = *newTable[T]()
	for id, item := range items {
		t.put(id, item)
	}
	return nil
}

// filter selects entries of a table.
type filter struct {
	facet  func(string) bool // nil: all
	prefix string            // of the sort key
}

// match returns the parts of the indexes that a filter matches.
func (t *table[T]) match(f filter) [][]indexKey {
	var matches [][]indexKey
	for facet, index := range t.indexes {
		if f.facet != nil && !f.facet(facet) {
			continue
		}
		if f.prefix != "" {
			from, _ := slices.BinarySearchFunc(index, f.prefix, compareSortKey)
			to, _ := slices.BinarySearchFunc(index, f.prefix+"\xff", compareSortKey)
			index = index[from:to]
		}
		if len(index) > 0 {
			matches = append(matches, index)
		}
	}
	return matches
}

// bounds are the sort keys at which the previous and the next page begin; ""
// where there is none.
type bounds struct{ previous, next string }

// page merges indexes and returns up to size entries, from the sort key on.
func (t *table[T]) page(indexes [][]indexKey, from string, size int) ([]T, bounds) {
	positions := make([]int, len(indexes))
	for i, index := range indexes {
		positions[i], _ = slices.BinarySearchFunc(index, from, compareSortKey)
	}
	var b bounds
	back := slices.Clone(positions)
	for range size {
		last := -1
		for i, index := range indexes {
			if back[i] > 0 && (last < 0 || index[back[i]-1].sortKey > indexes[last][back[last]-1].sortKey) {
				last = i
			}
		}
		if last < 0 {
			break
		}
		back[last]--
		b.previous = indexes[last][back[last]].sortKey
	}
	items := make([]T, 0, min(size, len(t.items)))
	for {
		first := -1
		for i, index := range indexes {
			if positions[i] < len(index) && (first < 0 || index[positions[i]].sortKey < indexes[first][positions[first]].sortKey) {
				first = i
			}
		}
		if first < 0 {
			return items, b
		}
		key := indexes[first][positions[first]]
		if len(items) == size {
			b.next = key.sortKey
			return items, b
		}
		items = append(items, t.items[key.id])
		positions[first]++
	}
}

// listPage answers a page of a table. name is the field of the items in the
// answer's schema; defaultSize is the size of a page when the request has none.
func listPage[T entry](c *call, t *table[T], name string, defaultSize int, f filter, render func(T) map[string]any) answer {
	size := defaultSize
	if n, ok := c.query["pageSize"].(float64); ok {
		size = int(n)
	}
	from := ""
	if token, given := c.query["pageToken"].(string); given {
		var ok bool
		if from, ok = c.openPageToken(token); !ok && c.documents("invalid_page_token") {
			return c.fail("invalid_page_token")
		}
	}
	indexes := t.match(f)
	total := 0
	for _, index := range indexes {
		total += len(index)
	}
	entries, b := t.page(indexes, from, size)
	items := make([]any, len(entries))
	for i, e := range entries {
		items[i] = render(e)
	}
	doc := map[string]any{"totalSize": total, "pageSize": size, name: items}
	if b.previous != "" {
		doc["previousPageToken"] = c.pageToken(b.previous)
	}
	if b.next != "" {
		doc["nextPageToken"] = c.pageToken(b.next)
	}
	return c.ok(doc)
}

// pageToken returns the token of the page that begins at a sort key. It is valid
// for this list only.
func (c *call) pageToken(sortKey string) string {
	return base64.RawURLEncoding.EncodeToString(append(c.pageChecksum(sortKey), sortKey...))
}

func (c *call) openPageToken(token string) (sortKey string, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) <= pageChecksumSize {
		return "", false
	}
	sortKey = string(raw[pageChecksumSize:])
	if string(c.pageChecksum(sortKey)) != string(raw[:pageChecksumSize]) {
		return "", false
	}
	return sortKey, true
}

const pageChecksumSize = 6

func (c *call) pageChecksum(sortKey string) []byte {
	sum := sha256.Sum256([]byte(c.path + "\x00" + sortKey))
	return sum[:pageChecksumSize]
}

// listDocuments answers a page of documents that are in order.
func listDocuments(c *call, name string, docs []map[string]any) answer {
	t := newTable[document]()
	for i, doc := range docs {
		id := fmt.Sprintf("%06d", i)
		t.put(id, document{id, doc})
	}
	return listPage(c, t, name, 50, filter{}, func(d document) map[string]any { return d.doc })
}

type document struct {
	id  string
	doc map[string]any
}

func (d document) sortKey() string { return d.id }
func (d document) facet() string   { return "" }
