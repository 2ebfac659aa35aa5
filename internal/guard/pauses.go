package guard

import (
	"context"
	"fmt"
	"time"
)

var ruleVerifyPause = Rule{
	Code:   "guard_verify_pause",
	About:  "After the API has reported too many wrong codes (too_many_invalid_verification_codes), no code is submitted for a WhatsApp sender for as long as it asks, else for 10 minutes: each further attempt makes the wait longer.",
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

func (g *Guard) pauseKey(c *Call) string {
	return fmt.Sprintf("guard/pause/%s/%s/%v", g.opts.Realm, c.ProjectID, c.Args["senderId"])
}
