package mcpevents

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/tools"
)

// known is what was last seen of the things of a kind in a project, or of the comments on
// a thing, as the store has it. All who read any of them share it, so that each change is
// noticed once.
type known struct {
	// Epoch and Number are those of the last occurrence: they make its id.
	Epoch  string `json:"epoch"`
	Number int64  `json:"number"`
	// All reports that Things are all there were, so that any other is new.
	All    bool                  `json:"all,omitempty"`
	Things map[string]knownThing `json:"things,omitempty"`
	// Comments are nil before the first reading.
	Comments *knownComments `json:"comments,omitempty"`
	// Unlogged are occurrences that may not be in the log yet: they are written together
	// with what was seen, so that none is lost in a crash before they are added.
	Unlogged []record `json:"unlogged,omitempty"`
	// Written is the day of the last change, by which the entry expires.
	Written time.Time `json:"written"`
}

// knownThing is what was last seen of a thing, in short names since there may be thousands.
type knownThing struct {
	Print   string `json:"p,omitempty"`
	State   string `json:"s,omitempty"`
	Name    string `json:"n,omitempty"`
	Quality string `json:"q,omitempty"`
	Absent  bool   `json:"absent,omitempty"` // there was no such thing
	// Change is another number after each change of what is above.
	Change int64 `json:"c,omitempty"`
}

// changedTo is another condition of the thing, numbered.
func (t knownThing) changedTo(next knownThing, occurrences int64) knownThing {
	next.Change = t.Change
	if next != t {
		next.Change = max(t.Change, occurrences) + 1 // also of one that comes back
	}
	return next
}

type knownComments struct {
	Last time.Time `json:"last"`         // time of the newest
	At   []string  `json:"at,omitempty"` // hashes of those of that time
}

// reading is what was read of the things of a kind.
type reading struct {
	tools.Observed
	gone []string // keys of things that are not there any more
	all  bool     // Things are all there are
}

// group is what shares an entry of what is known: the things of a kind in a project, or
// the comments on one thing.
type group struct {
	tenant string
	of     *Type
	query  tools.Query
}

// groupOf returns the group of a query; its type is nil where no type has the tool.
func groupOf(tenant string, query tools.Query) group {
	for _, t := range Types() {
		if t.read.Tool == query.Tool || t.list != nil && t.list.Tool == query.Tool {
			return group{tenant, t, query}
		}
	}
	return group{tenant, nil, query}
}

// key is that of the group's entry in the store.
func (g group) key() string {
	parts := []string{g.of.read.Tool, g.query.Project}
	for _, id := range g.of.needed() {
		parts = append(parts, fmt.Sprint(g.query.Args[id]))
	}
	return place(g.tenant) + "seen/" + hash(parts...)
}

// hash is a short hash of texts.
func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:12])
}

// thing is the key of one thing among those of the group.
func (g group) thing(ids map[string]string) string {
	var parts []string
	for _, id := range g.of.ids() {
		parts = append(parts, ids[id])
	}
	return string(jsonvalue.Encode(parts))
}

// idsOf are the ids of which thing made a key.
func (g group) idsOf(key string) map[string]string {
	var parts []string
	_ = json.Unmarshal([]byte(key), &parts) // which was encoded here
	ids := map[string]string{}
	for i, id := range g.of.ids() {
		if i < len(parts) {
			ids[id] = parts[i]
		}
	}
	return ids
}

// isOne reports whether the query is for one thing.
func (g group) isOne() bool { return g.query.Tool == g.of.read.Tool }

// ownThing is the key of the thing that the query is for.
func (g group) ownThing() string {
	ids := map[string]string{}
	for name, value := range g.query.Args {
		ids[name] = fmt.Sprint(value)
	}
	return g.thing(ids)
}

// has reports whether the query was seen before, so that a change of it shows.
func (k *known) has(g group) bool {
	if g.of.what == commentAdded {
		return k.Comments != nil
	}
	if !g.isOne() {
		return k.All
	}
	_, seen := k.Things[g.ownThing()]
	return seen || k.All
}

// readKnown returns what is known of a group, and the entry as the store has it.
func (s *Service) readKnown(ctx context.Context, g group) (*known, []byte, error) {
	raw, _, err := s.opts.Store.Get(ctx, g.key())
	if err != nil {
		return nil, nil, err
	}
	k := &known{}
	if raw == nil || json.Unmarshal(raw, k) != nil {
		k = &known{Epoch: rand.Text()}
	}
	return k, raw, nil
}

var errContended = errors.New("what was seen is being changed by others")

// errOvertaken is the error of a reading during which another one was noted that differs:
// it is not known which of them is the older.
var errOvertaken = errors.New("another reading was noted meanwhile")

// maxSwaps bounds how often a change is tried again that others came before.
const maxSwaps = 20

// note compares a reading with what is known, and adds each change to the log once,
// however many others notice it, and however this process ends. It reports whether there was
// a change. before is what was known when the reading began; see errOvertaken.
func (s *Service) note(ctx context.Context, g group, before *known, read reading) (changed bool, err error) {
	for range maxSwaps {
		k, raw, err := s.readKnown(ctx, g)
		if err != nil {
			return changed, err
		}
		if len(k.Unlogged) > 0 {
			if err := s.addUnlogged(ctx, g, k, raw); err != nil {
				return changed, err
			}
			continue
		}
		now := s.opts.Now()
		next := k.after(g, read, now)
		if next != nil && read.overtaken(g, before, k) {
			return changed, errOvertaken
		}
		if next == nil && now.Sub(k.Written) < 24*time.Hour {
			return changed, nil
		}
		if next == nil {
			next = k
		}
		next.Written = now
		written := jsonvalue.Encode(next)
		swapped, err := s.opts.Store.Swap(ctx, g.key(), raw, written, retention)
		switch {
		case err != nil:
			return changed, err
		case !swapped:
			continue
		case len(next.Unlogged) == 0:
			return changed, nil
		}
		return true, s.addUnlogged(ctx, g, next, written)
	}
	return changed, errContended
}

// addUnlogged adds the occurrences that may not be in the log, and notes that they are.
func (s *Service) addUnlogged(ctx context.Context, g group, k *known, raw []byte) error {
	for i := range k.Unlogged {
		if err := s.add(ctx, g.tenant, &k.Unlogged[i]); err != nil {
			return err
		}
	}
	if s.hooks != nil {
		if err := s.hooks.Appended(ctx, g.tenant); err != nil {
			return err
		}
	}
	done := *k
	done.Unlogged = nil
	_, err := s.opts.Store.Swap(ctx, g.key(), raw, jsonvalue.Encode(done), retention) // else another has done it
	return err
}

// overtaken reports whether something that was read was noted otherwise since before.
func (r *reading) overtaken(g group, before, now *known) bool {
	differs := func(key string) bool { return before.Things[key] != now.Things[key] }
	return slices.ContainsFunc(r.Things, func(seen tools.Seen) bool { return differs(g.thing(seen.IDs)) }) || slices.ContainsFunc(r.gone, differs)
}

// after returns what is known after a reading, with the occurrences that it shows; nil
// where that is the same.
func (k *known) after(g group, read reading, now time.Time) *known {
	next := *k
	next.Things = maps.Clone(k.Things)
	if next.Things == nil {
		next.Things = map[string]knownThing{}
	}
	if g.of.what == commentAdded {
		next.comment(g, read, now)
	} else {
		for _, seen := range read.Things {
			next.see(g, seen, now)
		}
		for _, key := range read.gone {
			next.miss(g, key, now)
		}
		next.All = k.All || read.all
		if next.All { // then what is absent is not there
			maps.DeleteFunc(next.Things, func(_ string, t knownThing) bool { return t.Absent })
		}
	}
	if k.All == next.All && len(next.Unlogged) == 0 && maps.Equal(k.Things, next.Things) && k.Comments.equal(next.Comments) {
		return nil
	}
	return &next
}

func (c *knownComments) equal(other *knownComments) bool {
	if c == nil || other == nil {
		return c == other
	}
	return c.Last.Equal(other.Last) && slices.Equal(c.At, other.At)
}

// see notes the condition of a thing.
func (k *known) see(g group, seen tools.Seen, now time.Time) {
	key := g.thing(seen.IDs)
	old, had := k.Things[key]
	k.Things[key] = old.changedTo(knownThing{Print: seen.Print, State: seen.State, Name: seen.Name, Quality: seen.Quality}, k.Number)
	if !had && !k.All {
		return // the first time
	}
	if old.Print != seen.Print {
		r := k.occurs(g, statusChanged, g.idsOf(key), now)
		if r == nil {
			return
		}
		if r.Settled = seen.Settled; seen.Name != old.Name {
			r.Enters = seen.Name
		}
		data := map[string]any{"state": seen.State, "class": seen.Class}
		was := "new"
		if old.State != "" {
			data["before"], was = old.State, "was "+old.State
		}
		if seen.Reason != "" {
			data["reason"] = seen.Reason
		}
		if !seen.Since.IsZero() {
			data["since"] = seen.Since.UTC().Format(time.RFC3339)
		}
		k.publish(g, r, data, fmt.Sprintf("%s (%s)", seen.Line, was))
	}
	if had && !old.Absent && old.Quality != seen.Quality {
		if r := k.occurs(g, qualityChanged, g.idsOf(key), now); r != nil {
			k.publish(g, r, map[string]any{"before": old.Quality, "quality": seen.Quality}, fmt.Sprintf("quality %s (was %s)", seen.Quality, old.Quality))
		}
	}
}

// miss notes that a thing is not there.
func (k *known) miss(g group, key string, now time.Time) {
	old, had := k.Things[key]
	k.Things[key] = old.changedTo(knownThing{Absent: true}, k.Number)
	if !had || old.Absent {
		return
	}
	if r := k.occurs(g, statusChanged, g.idsOf(key), now); r != nil {
		r.Enters, r.Settled = Deleted, true
		k.publish(g, r, map[string]any{"state": Deleted, "class": "Failure", "before": old.State}, "not there any more (was "+old.State+")")
	}
}

// comment notes the comments on a thing.
func (k *known) comment(g group, read reading, now time.Time) {
	next := &knownComments{}
	if k.Comments != nil {
		next.Last, next.At = k.Comments.Last, slices.Clone(k.Comments.At)
	}
	for _, c := range slices.Backward(read.Comments) { // the oldest first
		print := hash(c.Author, c.Text)
		switch {
		case c.At.IsZero() || c.At.Before(next.Last) || c.At.Equal(next.Last) && slices.Contains(next.At, print):
			continue
		case c.At.Equal(next.Last):
			next.At = append(next.At, print)
		default:
			next.Last, next.At = c.At, []string{print}
		}
		if k.Comments == nil {
			continue
		}
		if r := k.occurs(g, commentAdded, g.idsOf(g.ownThing()), now); r != nil {
			k.publish(g, r, map[string]any{"comment": c.Text, "author": c.Author, "created": c.At.UTC().Format(time.RFC3339)}, "comment by "+c.Author)
		}
	}
	k.Comments = next
}

// occurs returns the next occurrence of a thing in the group; nil where no type of event
// is about it.
func (k *known) occurs(g group, what change, ids map[string]string, now time.Time) *record {
	for _, t := range Types() {
		if t.read == g.of.read && t.what == what {
			k.Number++
			return &record{
				EventID: "evt_" + hash(g.key(), k.Epoch, fmt.Sprint(k.Number)), Name: t.Name, Timestamp: now.UTC().Truncate(time.Millisecond),
				Project: g.query.Project, IDs: ids,
			}
		}
	}
	return nil
}

// maxText bounds the sentence in an occurrence, in bytes.
const maxText = 500

// publish completes an occurrence, and has it added to the log.
func (k *known) publish(g group, r *record, data map[string]any, says string) {
	shown := map[string]string{}
	words := []string{g.of.called}
	for _, id := range g.of.ids() {
		if papi.Printable(r.IDs[id]) == r.IDs[id] { // else it would name another thing
			shown[id] = r.IDs[id]
			words = append(words, r.IDs[id])
		}
	}
	data["projectId"], data["ids"], data["tool"] = r.Project, shown, g.of.readsThing()
	data["text"] = papi.Printable(papi.Truncate(strings.Join(words, " ")+": "+says, maxText))
	r.Data = jsonvalue.Encode(data)
	k.Unlogged = append(k.Unlogged, *r)
}
