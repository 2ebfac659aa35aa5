package sandbox

import (
	"cmp"
	"fmt"
	"time"

	"papi-mcp/internal/jsonvalue"
)

// The authors of activities.
const (
	byCaller    = "Provisioning API user"
	bySinch     = "Sinch"
	byMeta      = "Meta"
	byKakao     = "KakaoTalk"
	byRegistrar = "US brand registry"
)

// activity is an entry in a resource's history.
type activity struct {
	Type    string    `json:"type"`
	Created time.Time `json:"created"`
	Comment string    `json:"comment,omitempty"`
	Author  string    `json:"author,omitempty"` // "" is byCaller
	Number  int       `json:"number"`
}

// Activities are listed newest first.
func (a activity) sortKey() string { return fmt.Sprintf("%012d", 999_999_999_999-a.Number) }
func (a activity) facet() string   { return "" }

func (a activity) render() map[string]any {
	doc := map[string]any{"type": a.Type, "created": formatTime(a.Created), "author": cmp.Or(a.Author, byCaller)}
	if a.Comment != "" {
		doc["comment"] = a.Comment
	}
	return doc
}

// history lists what happened to a resource. Embed it in a resource that has
// activities.
type history struct {
	Activities *table[activity] `json:"activities"`
}

// record adds an activity of the caller.
func (h *history) record(now time.Time, kind string) { h.add(activity{Type: kind, Created: now}) }

// recordBy adds an activity of another author, with the reason or "".
func (h *history) recordBy(author string, now time.Time, kind, reason string) {
	h.add(activity{Type: kind, Created: now, Comment: reason, Author: author})
}

func (h *history) add(a activity) {
	if h.Activities == nil {
		h.Activities = newTable[activity]()
	}
	a.Number = h.Activities.len() + 1
	h.Activities.put(a.sortKey(), a)
}

// listActivities answers a page of the history.
func (c *call) listActivities(h *history) answer {
	return listPage(c, h.Activities, "notifications", 50, filter{}, activity.render)
}

// comment adds the body's comment to a history, calls notify with it, and returns
// the answer.
func (c *call) comment(h *history, notify func(comment map[string]any)) answer {
	h.add(activity{Type: "COMMENT_ADDED", Created: c.now, Comment: jsonvalue.Text(c.body, "comment")})
	notify(map[string]any{"comment": c.body["comment"]})
	return c.ok(map[string]any{"type": "CREATED", "comment": c.body["comment"], "created": formatTime(c.now)})
}
