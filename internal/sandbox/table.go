package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// entry is what a table holds.
type entry interface {
	// order is where the entry stands in lists; no two have the same.
	sortKey() string
	// facet is what lists are filtered by: few different values.
	facet() string
}

// table holds entries by id, and for each facet the ids in order. So a page
// costs the same however long the list is, whatever it is filtered by.
type table[T entry] struct {
	items map[string]T
	keys  map[string]place
	lists map[string][]place // by facet
}

// place is where an entry stands.
type place struct{ order, facet, id string }

func byOrder(a, b place) int { return strings.Compare(a.order, b.order) }

func newTable[T entry]() *table[T] {
	return &table[T]{items: map[string]T{}, keys: map[string]place{}, lists: map[string][]place{}}
}

func (t *table[T]) len() int { return len(t.items) }

func (t *table[T]) get(id string) (T, bool) {
	item, ok := t.items[id]
	return item, ok
}

// put adds an entry, or puts a changed one into its new place.
func (t *table[T]) put(id string, item T) {
	now := place{item.sortKey(), item.facet(), id}
	if old, ok := t.keys[id]; !ok || old != now {
		t.remove(id)
		list := t.lists[now.facet]
		at, _ := slices.BinarySearchFunc(list, now, byOrder)
		t.lists[now.facet] = slices.Insert(list, at, now)
		t.keys[id] = now
	}
	t.items[id] = item
}

func (t *table[T]) remove(id string) {
	old, ok := t.keys[id]
	if !ok {
		return
	}
	list := t.lists[old.facet]
	at, _ := slices.BinarySearchFunc(list, old, byOrder)
	t.lists[old.facet] = slices.Delete(list, at, at+1)
	delete(t.keys, id)
	delete(t.items, id)
}

// all returns the entries in order.
func (t *table[T]) all() []T {
	out, _ := t.cut(t.choose(filter{}), "", t.len())
	return out
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

// filter chooses entries of a table.
type filter struct {
	facet  func(string) bool // nil: all
	prefix string            // of the order
}

// choose returns the parts of the lists that filter leaves.
func (t *table[T]) choose(p filter) [][]place {
	var chosen [][]place
	for facet, list := range t.lists {
		if p.facet != nil && !p.facet(facet) {
			continue
		}
		if p.prefix != "" {
			from, _ := slices.BinarySearchFunc(list, p.prefix, compareKey)
			to, _ := slices.BinarySearchFunc(list, p.prefix+"\xff", compareKey)
			list = list[from:to]
		}
		if len(list) > 0 {
			chosen = append(chosen, list)
		}
	}
	return chosen
}

func compareKey(p place, order string) int { return strings.Compare(p.order, order) }

// bounds of a page: the order of the first entry of the page before, and of
// the one after; "" where there is none.
type bounds struct{ before, after string }

// cut returns size entries of the lists, merged, beginning at the order from.
func (t *table[T]) cut(lists [][]place, from string, size int) ([]T, bounds) {
	at := make([]int, len(lists))
	for i, list := range lists {
		at[i], _ = slices.BinarySearchFunc(list, from, compareKey)
	}
	var b bounds
	back := slices.Clone(at)
	for range size {
		best := -1
		for i, list := range lists {
			if back[i] > 0 && (best < 0 || list[back[i]-1].order > lists[best][back[best]-1].order) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		back[best]--
		b.before = lists[best][back[best]].order
	}
	items := make([]T, 0, min(size, len(t.items)))
	for {
		best := -1
		for i, list := range lists {
			if at[i] < len(list) && (best < 0 || list[at[i]].order < lists[best][at[best]].order) {
				best = i
			}
		}
		if best < 0 {
			return items, b
		}
		next := lists[best][at[best]]
		if len(items) == size {
			b.after = next.order
			return items, b
		}
		items = append(items, t.items[next.id])
		at[best]++
	}
}

// listPage answers a page of a table under the name that the answer's schema has
// for the items. standard is the size of a page when the request names none.
func listPage[T entry](c *call, t *table[T], name string, standard int, p filter, show func(T) map[string]any) answer {
	size := standard
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
	lists := t.choose(p)
	total := 0
	for _, l := range lists {
		total += len(l)
	}
	items, b := t.cut(lists, from, size)
	shown := make([]any, len(items))
	for i, item := range items {
		shown[i] = show(item)
	}
	doc := map[string]any{"totalSize": total, "pageSize": size, name: shown}
	if b.before != "" {
		doc["previousPageToken"] = c.pageToken(b.before)
	}
	if b.after != "" {
		doc["nextPageToken"] = c.pageToken(b.after)
	}
	return c.ok(doc)
}

// pageToken names the page that begins at an order. It is good for this list
// only.
func (c *call) pageToken(order string) string {
	return base64.RawURLEncoding.EncodeToString(append(c.tokenMark(order), order...))
}

func (c *call) openPageToken(token string) (order string, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) <= tokenMarkBytes {
		return "", false
	}
	order = string(raw[tokenMarkBytes:])
	if string(c.tokenMark(order)) != string(raw[:tokenMarkBytes]) {
		return "", false
	}
	return order, true
}

const tokenMarkBytes = 6

func (c *call) tokenMark(order string) []byte {
	sum := sha256.Sum256([]byte(c.path + "\x00" + order))
	return sum[:tokenMarkBytes]
}

// document is an entry that only has a document, document by a text of it.
type document struct {
	place string
	doc   map[string]any
}

func (l document) sortKey() string { return l.place }
func (l document) facet() string   { return "" }

// documentTable makes a table of documents, in their order.
func documentTable(docs []map[string]any) *table[document] {
	t := newTable[document]()
	for i, doc := range docs {
		place := fmt.Sprintf("%06d", i)
		t.put(place, document{place, doc})
	}
	return t
}
