package guard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"papi-mcp/internal/papi"
)

var ruleVerifyPause = Rule{
	Code:   "guard_verify_pause",
	About:  "After the API has reported too many wrong codes (too_many_invalid_verification_codes), no code is submitted for a WhatsApp sender for as long as it asks, else for 10 minutes: each further try makes the wait longer.",
	Tools:  []string{"whatsapp_sender_verify"},
	Source: "register, 1.2.117",
	check:  verifyPause,
}

func verifyPause(ctx context.Context, g *Guard, c *Call) *Refusal {
	if !givesCode(c) {
		return nil
	}
	until, ok, err := g.opts.Store.Get(ctx, g.pauseKey(c))
	if err != nil {
		return storeFailed(err)
	}
	if !ok {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("too many wrong codes were submitted for this sender; wait until %s before the next try", until),
		Resolution: "tell the person to wait; afterwards have a new code sent with whatsapp_sender_register, and ask them for it. Never guess a code",
		Info:       map[string]any{"until": string(until)},
	}
}

// pauseTTL is how long a verify waits after too many wrong codes, where the
// API does not say: the contract states no time.
const pauseTTL = 10 * time.Minute

// Failed records the error that an allowed call ended with, where it must be
// remembered.
func (g *Guard) Failed(ctx context.Context, c *Call, err error) error {
	var e *papi.Error
	if !errors.As(err, &e) {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	if e.Code == "sender_already_deleted" && c.Row.Tool == "whatsapp_sender_delete" {
		return g.rememberDelete(ctx, c)
	}
	if !slices.Contains([]string{"whatsapp_sender_register", "whatsapp_sender_verify"}, c.Row.Tool) {
		return nil
	}
	switch e.Code {
	case "sender-already-registered": // 429 of the tool: the same as one that succeeded
		return g.rememberRegistration(ctx, c)
	case "too_many_invalid_verification_codes":
		ttl := max(e.RetryAfter, pauseTTL)
		until := g.opts.Now().Add(ttl).UTC().Format(time.RFC3339)
		return g.opts.Store.Put(ctx, g.pauseKey(c), []byte(until), ttl)
	}
	return nil
}

func (g *Guard) pauseKey(c *Call) string {
	return fmt.Sprintf("guard/pause/%s/%s/%v", g.opts.Realm, c.ProjectID, c.Args["senderId"])
}
