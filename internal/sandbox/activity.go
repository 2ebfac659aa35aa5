package sandbox

import (
	"fmt"
	"time"
)

// author is who is behind what the API's users do.
const author = "Provisioning API user"

// activity is an entry of a resource's history.
type activity struct {
	Type    string    `json:"type"`
	Created time.Time `json:"created"`
	Comment string    `json:"comment,omitempty"`
	Number  int       `json:"number"`
}

// Activities are listed newest first.
func (a activity) order() string { return fmt.Sprintf("%012d", 999_999_999_999-a.Number) }
func (a activity) facet() string { return "" }

func (a activity) shown() map[string]any {
	doc := map[string]any{"type": a.Type, "created": stamp(a.Created), "author": author}
	if a.Comment != "" {
		doc["comment"] = a.Comment
	}
	return doc
}

// history is what happened to a resource.
type history struct {
	Activities *table[activity] `json:"activities"`
}

// note adds to the history.
func (h *history) note(at time.Time, kind string) { h.add(at, kind, "") }

func (h *history) add(at time.Time, kind, comment string) {
	if h.Activities == nil {
		h.Activities = newTable[activity]()
	}
	a := activity{Type: kind, Created: at, Comment: comment, Number: h.Activities.len() + 1}
	h.Activities.put(a.order(), a)
}

// listActivities answers a page of the history.
func (c *call) listActivities(h *history) answer {
	return list(c, h.Activities, "notifications", 50, pick{}, activity.shown)
}

// comment adds the body's comment to the history, and answers it.
func (c *call) comment(h *history) answer {
	h.add(c.at, "COMMENT_ADDED", text(c.body, "comment"))
	return c.ok(map[string]any{"type": "CREATED", "comment": c.body["comment"], "created": stamp(c.at)})
}
