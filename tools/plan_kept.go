package tools

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/plan"
)

// Documents and plans that a call returns the id of are kept for a day, those of a
// principal for its calls alone.
const (
	keptFor = 24 * time.Hour
	// maxDocuments is how many are kept of a principal: the oldest makes room for a new one.
	maxDocuments = 20
	// maxDocumentsBytes is how large one may be.
	maxDocumentsBytes = 1 << 20
	// maxDocument is how large a document in a call may be.
	maxDocument = 256 << 10
)

// keptDocument is a document that was exported, or planned.
type keptDocument struct {
	// Text is the file, and Vars the values of its variables. Exported reports that
	// project_export wrote it.
	Text     string            `json:"text"`
	Vars     map[string]string `json:"vars,omitempty"`
	Exported bool              `json:"exported,omitempty"`
	// ProjectID, Only and Plan are those of a plan.
	ProjectID string     `json:"projectId,omitempty"`
	Only      []string   `json:"only,omitempty"`
	Plan      *plan.Plan `json:"plan,omitempty"`
}

// keptKey begins the keys of what is kept of a principal.
func (s *Set) keptKey(caller Caller) string {
	sum := sha256.Sum256(jsonvalue.Encode([]string{s.opts.Realm, caller.Principal}))
	return "plan/kept/" + hex.EncodeToString(sum[:16]) + "/"
}

// keep stores a document, and returns its id, which begins with kind.
func (s *Set) keep(ctx context.Context, caller Caller, kind string, d keptDocument) (string, *Error) {
	value := jsonvalue.Encode(d)
	if len(value) > maxDocumentsBytes {
		return "", &Error{
			Code: errorcode.PlanTooLarge, Message: fmt.Sprintf("the document with its plan has %d KiB, and at most %d KiB are kept", len(value)>>10, maxDocumentsBytes>>10),
			Resolution: "use only to take a part of it, or papi-mcp export, plan and apply on the command line, which have no such limit",
		}
	}
	prefix := s.keptKey(caller)
	keys, err := s.opts.Store.Keys(ctx, prefix)
	if err != nil {
		return "", storeUnavailable(err)
	}
	for len(keys) >= maxDocuments { // they are in the order of their times
		if err := s.opts.Store.Delete(ctx, keys[0]); err != nil {
			return "", storeUnavailable(err)
		}
		keys = keys[1:]
	}
	id := kind + strings.ToLower(rand.Text()[:8])
	key := fmt.Sprintf("%s%016x-%s", prefix, s.opts.Now().UnixNano(), id)
	if err := s.opts.Store.Put(ctx, key, value, keptFor); err != nil {
		return "", storeUnavailable(err)
	}
	return id, nil
}

// kept returns what has an id, of which name is the argument.
func (s *Set) kept(ctx context.Context, caller Caller, name, id string) (*keptDocument, *Error) {
	keys, err := s.opts.Store.Keys(ctx, s.keptKey(caller))
	if err != nil {
		return nil, storeUnavailable(err)
	}
	for _, key := range keys {
		if !strings.HasSuffix(key, "-"+id) {
			continue
		}
		raw, ok, err := s.opts.Store.Get(ctx, key)
		if err != nil {
			return nil, storeUnavailable(err)
		}
		var d keptDocument
		if ok && json.Unmarshal(raw, &d) == nil && (d.Plan != nil) == (name == argPlanID) {
			return &d, nil
		}
	}
	return nil, &Error{Code: errorcode.PlanExpired, Message: fmt.Sprintf("there is no %s %s: each is kept for 24 hours, the last %d of a caller, and only for the caller that made it", name, papi.Echo(id), maxDocuments)}
}
