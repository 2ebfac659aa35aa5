package mcpevents

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/store"
)

// retention is how long an occurrence is kept, and what was last seen of a thing that
// no client asks about any more; maxRecords is how many are kept for each tenant.
const (
	retention  = 30 * 24 * time.Hour
	maxRecords = 100_000
)

// maxScan bounds how many records one read of the log looks at, and scanBatch how many it
// fetches together.
const (
	maxScan   = 2000
	scanBatch = 200
)

// record is an occurrence in the log, with what an interest is compared with.
type record struct {
	EventID   string            `json:"eventId"`
	Name      string            `json:"name"`
	Timestamp time.Time         `json:"timestamp"`
	Data      json.RawMessage   `json:"data"`
	Project   string            `json:"project"`
	IDs       map[string]string `json:"ids,omitempty"`
	// Enters is the state that began, "" where that is the same as before.
	Enters  string `json:"enters,omitempty"`
	Settled bool   `json:"settled,omitempty"`
}

// matches reports whether an interest in the record's type is one in it.
func (r *record) matches(a *arguments) bool {
	if r.Project != a.Project || a.Settled && !r.Settled {
		return false
	}
	for id, value := range a.IDs {
		if r.IDs[id] != value {
			return false
		}
	}
	if len(a.States) == 0 {
		return true
	}
	for _, state := range a.States {
		if state == r.Enters {
			return true
		}
	}
	return false
}

// place is the part of the store's names that belongs to a tenant.
func place(tenant string) string { return "mcpevents/" + url.QueryEscape(tenant) + "/" }

func logOf(tenant string) string { return place(tenant) + "log" }

// After implements Log.
func (s *Service) After(ctx context.Context, owner Owner, in Interest, cursor string, notBefore time.Time, limit int) (Page, error) {
	t, wanted := in.parsed()
	stream := logOf(owner.Tenant)
	id, err := s.logID(ctx, owner.Tenant)
	if err != nil {
		return Page{}, err
	}
	position, known := parseCursor(id, cursor)
	records, last, err := s.opts.Store.Read(ctx, stream, position, scanBatch)
	if err != nil {
		return Page{}, err
	}
	if !known || position > last { // from now, or a cursor of another log
		now := formatCursor(id, last)
		return Page{Start: now, Cursor: now, Truncated: cursor != ""}, nil
	}
	page := Page{Start: cursor}
	for scanned := 0; len(records) > 0; {
		if records[0].Number != position+1 {
			page.Truncated = true
			if scanned == 0 {
				page.Start = formatCursor(id, records[0].Number-1)
			}
		}
		for _, stored := range records {
			position = stored.Number
			scanned++
			var r record
			if t == nil || json.Unmarshal(stored.Value, &r) != nil || r.Name != t.Name || !r.matches(&wanted) {
				continue
			}
			if stored.Time.Before(notBefore) {
				page.Truncated, page.Start = true, formatCursor(id, position)
				continue
			}
			page.Occurrences = append(page.Occurrences, Occurrence{
				EventID: r.EventID, Name: r.Name, Timestamp: r.Timestamp, Data: r.Data, Cursor: formatCursor(id, position),
			})
			if len(page.Occurrences) == limit {
				break
			}
		}
		if len(page.Occurrences) == limit || scanned >= maxScan || position >= last {
			break
		}
		if records, last, err = s.opts.Store.Read(ctx, stream, position, scanBatch); err != nil {
			return Page{}, err
		}
	}
	if len(records) == 0 && position < last { // nothing is kept any more
		position, page.Truncated, page.Start = last, true, formatCursor(id, last)
	}
	page.Cursor, page.More = formatCursor(id, position), position < last
	return page, nil
}

// Watch implements Log.
func (s *Service) Watch(tenant string) (woken <-chan struct{}, stop func()) {
	return s.opts.Store.Watch(logOf(tenant))
}

// add adds an occurrence to the log of a tenant, unless it is there already.
func (s *Service) add(ctx context.Context, tenant string, r *record) error {
	keep := store.Keep{Count: maxRecords, Age: retention, ID: retention + 24*time.Hour}
	added, err := s.opts.Store.Append(ctx, logOf(tenant), r.EventID, jsonvalue.Encode(r), keep)
	if err != nil {
		return err
	}
	if added {
		s.opts.Occurred(r.Name)
	}
	return s.opts.Store.Notify(ctx, logOf(tenant))
}

// logID returns the id of a tenant's log: a cursor of a log that was lost, as with the
// process whose memory it was in, is none of the next one's.
func (s *Service) logID(ctx context.Context, tenant string) (string, error) {
	key := logOf(tenant) + "/id"
	for {
		id, ok, err := s.opts.Store.Get(ctx, key)
		if err != nil || ok {
			return string(id), err
		}
		if _, err := s.opts.Store.Add(ctx, key, []byte(rand.Text()[:10]), 0); err != nil {
			return "", err
		}
	}
}

// formatCursor is the cursor after a record of a log.
func formatCursor(log string, number int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(log + "." + strconv.FormatInt(number, 10)))
}

// parseCursor returns the number of the record that a cursor is after; known is false for
// one of another log, and for none.
func parseCursor(log, cursor string) (number int64, known bool) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	of, digits, _ := strings.Cut(string(raw), ".")
	number, wrong := strconv.ParseInt(digits, 10, 64)
	if err != nil || wrong != nil || of != log || number < 0 {
		return 0, false
	}
	return number, true
}
