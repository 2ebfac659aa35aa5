package guard

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// A grant is what is left of a person's yes to a plan: it takes the place of a token for
// those calls of the plan that a person must confirm ([PlanApproval.Marked]), each once.
// It is bound to the principal, the project, the API and the plan's hash, and of each call
// to the tool, the arguments and what the question said. All other rules are as for any
// call: those of a marked call are checked by new reads, and what was said must still be
// so; the other calls of the plan may share their reads ([Reading]).
//
// A call is marked as taken in the store before it is sent, and as made when its outcome
// is known. One that the API refused can be made again. One whose outcome is not known
// (its process was killed, the answer was lost) can be made again after takenTTL, if
// what was said still holds: who then still finds the thing as it was knows that the
// first call had no effect.

const (
	grantTTL = 24 * time.Hour
	// takenTTL is longer than the deadline of a call, and thus than one can be on its way.
	takenTTL = 2 * time.Minute
)

// PlannedCall says of a call which plan it belongs to.
type PlannedCall struct {
	// Grant is the id of the plan's grant, and Hash the plan's hash.
	Grant, Hash string
}

// grant is what the store has of a grant.
type grant struct {
	Realm     string    `json:"realm"`
	Principal string    `json:"principal"`
	Project   string    `json:"project"`
	Plan      string    `json:"plan"`
	Expires   time.Time `json:"expires"`
	// Marked has, by the hash of the call, what the question said of it.
	Marked map[string]string `json:"marked"`
}

// taken is what the store has of a call that was made with a grant.
type taken struct {
	At   time.Time `json:"at"`
	Made bool      `json:"made,omitempty"`
}

func grantKey(id string) string { return "guard/grant/" + id }

func takenKey(id, call string) string { return "guard/granted/" + id + "/" + call }

// storeGrant stores a grant, and returns its id and until when it is valid.
func (g *Guard) storeGrant(ctx context.Context, p *PlanApproval, marked map[string]string) (Grant, error) {
	id := make([]byte, 16)
	if _, err := io.ReadFull(g.opts.Random, id); err != nil {
		return Grant{}, err
	}
	granted := Grant{ID: hex.EncodeToString(id), Expires: g.opts.Now().Add(grantTTL)}
	record := grant{
		Realm: g.opts.Realm, Principal: p.Principal, Project: p.ProjectID, Plan: p.Hash, Expires: granted.Expires, Marked: marked,
	}
	return granted, g.opts.Store.Put(ctx, grantKey(granted.ID), jsonvalue.Encode(record), grantTTL)
}

// readGrant returns a grant, nil where there is none of this id, or it has expired.
func (g *Guard) readGrant(ctx context.Context, id string) (*grant, error) {
	raw, ok, err := g.opts.Store.Get(ctx, grantKey(id))
	if err != nil || !ok {
		return nil, err
	}
	var record grant
	if err := json.Unmarshal(raw, &record); err != nil {
		return nil, fmt.Errorf("the grant of a plan in the store is damaged: %w", err)
	}
	if !g.opts.Now().Before(record.Expires) {
		return nil, nil
	}
	return &record, nil
}

// Granted reports whether a grant is valid for calls of the principal for a plan in a
// project.
func (g *Guard) Granted(ctx context.Context, principal, projectID string, planned PlannedCall) (bool, *Refusal) {
	record, err := g.readGrant(ctx, planned.Grant)
	if err != nil {
		return false, storeFailed(err)
	}
	return record != nil && record.isFor(g, principal, projectID, planned.Hash), nil
}

func (r *grant) isFor(g *Guard, principal, projectID, hash string) bool {
	return r.Realm == g.opts.Realm && r.Principal == principal && r.Project == projectID && r.Plan == hash
}

// openGrant reads the grant that comes with a call, for the checks that follow.
func (g *Guard) openGrant(ctx context.Context, c *Call) *Refusal {
	record, err := g.readGrant(ctx, c.Planned.Grant)
	switch {
	case err != nil:
		return storeFailed(err)
	case record == nil:
		return &Refusal{
			Code:    errorcode.PlanExpired,
			Message: "the approval of this plan is no longer valid, 24 hours after it was given; nothing was sent",
		}
	case !record.isFor(g, c.Principal, c.ProjectID, c.Planned.Hash):
		return notGranted(c, reasonOther, "the approval is for another plan, project or caller")
	}
	c.grant, c.Confirmed = record, ByPlan
	return nil
}

func notGranted(c *Call, reason, why string) *Refusal {
	return &Refusal{
		Code:       errorcode.ConfirmationInvalid,
		Message:    fmt.Sprintf("the approval of the plan does not cover this call of %s: %s; nothing was sent", c.Row.Tool, why),
		Resolution: "plan again, and apply that plan: a person is asked about it",
		Info:       map[string]any{"reason": reason},
		Next:       nextDo(asResolved),
	}
}

// takeGrant has the grant take the place of a confirmation of the call, for the first time.
func (g *Guard) takeGrant(ctx context.Context, c *Call) *Refusal {
	call := hex.EncodeToString(g.subjectOf(c, false).callHash())
	said, marked := c.grant.Marked[call]
	if !marked {
		return notGranted(c, reasonOther, "it is not one of the calls that the person agreed to")
	}
	if now := g.factsOf(ctx, c); said != now {
		return planChanged(c, said, now)
	}
	until, err := g.take(ctx, takenKey(c.Planned.Grant, call))
	switch {
	case err != nil:
		return storeFailed(err)
	case until.IsZero():
		c.taken = call
		return nil
	case until.After(c.grant.Expires):
		return notGranted(c, reasonUsed, "it was made before")
	}
	r := notGranted(c, ReasonOpen, "it was begun before, and how that ended is not known yet")
	r.Resolution = "make it again after additionalInformation.until, if it is still needed then"
	r.Info["until"] = until.UTC().Format(time.RFC3339)
	return r
}

// ReasonOpen is the reason for which a call of a plan is not sent a second time yet.
const ReasonOpen = "open"

// planChanged refuses a call about something that is no longer as the plan said.
func planChanged(c *Call, said, now string) *Refusal {
	return &Refusal{
		Code:    errorcode.PlanChanged,
		Message: fmt.Sprintf("%s: what the plan was approved with has changed; nothing was sent", c.Row.Tool),
		Info:    map[string]any{"approved": papi.Truncate(said, maxOfLine), "now": papi.Truncate(now, maxOfLine)},
		Next:    nextDo(asResolved),
	}
}

// take marks a call as taken. Where it was taken before, it returns until when the call
// can't be made: the end of time where it was made.
func (g *Guard) take(ctx context.Context, key string) (until time.Time, err error) {
	now := g.opts.APINow()
	fresh := jsonvalue.Encode(taken{At: now})
	if first, err := g.opts.Store.Add(ctx, key, fresh, grantTTL); err != nil || first {
		return time.Time{}, err
	}
	raw, ok, err := g.opts.Store.Get(ctx, key)
	if err != nil {
		return time.Time{}, err
	}
	var before taken
	if ok && json.Unmarshal(raw, &before) != nil {
		return time.Time{}, errors.New("the record of a call of a plan in the store is damaged")
	}
	switch until := before.At.Add(takenTTL); {
	case before.Made:
		return never, nil
	case ok && now.Before(until):
		return until, nil
	}
	if !ok {
		raw = nil
	}
	swapped, err := g.opts.Store.Swap(ctx, key, raw, fresh, grantTTL)
	if err != nil || swapped {
		return time.Time{}, err
	}
	return now.Add(takenTTL), nil // another process was first
}

var never = time.Unix(1<<40, 0)

// grantDone records that a call that was taken was made.
func (g *Guard) grantDone(ctx context.Context, c *Call) error {
	if c.taken == "" || c.unknown {
		return nil
	}
	made := jsonvalue.Encode(taken{At: g.opts.APINow(), Made: true})
	return g.opts.Store.Put(ctx, takenKey(c.Planned.Grant, c.taken), made, grantTTL)
}

// grantFailed returns a call that was taken, and that the API refused.
func (g *Guard) grantFailed(ctx context.Context, c *Call, e *papi.Error) error {
	if c.unknown = e.Unknown; c.taken == "" || e.Unknown {
		return nil
	}
	return g.opts.Store.Delete(ctx, takenKey(c.Planned.Grant, c.taken))
}
