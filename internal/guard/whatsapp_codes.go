package guard

import (
	"context"
	"fmt"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

var ruleRegisterFirst = Rule{
	Code:       "guard_register_first",
	About:      "A code is submitted for a WhatsApp sender after a registration that was made here within 24 hours, since its state does not show whether a code was sent; registeredElsewhere says that the person requested one elsewhere. Without a code, which is for a number that Meta has verified already, no registration is needed.",
	Tools:      []string{"whatsapp_sender_verify"},
	Source:     "register, verify, 1.2.117",
	When:       "a code is given",
	applies:    givesCode,
	checkGuard: registerFirst,
}

func registerFirst(ctx context.Context, g *Guard, c *Call) *Refusal {
	if c.RegisteredElsewhere {
		return nil
	}
	_, ok, err := g.opts.Store.Get(ctx, g.senderKey("register", c, c.Args["senderId"]))
	if err != nil {
		return storeFailed(err)
	}
	if ok {
		return nil
	}
	id := map[string]any{"senderId": c.Args["senderId"]}
	elsewhere := map[string]any{"senderId": c.Args["senderId"], "registeredElsewhere": true}
	return &Refusal{
		Message:    "no whatsapp_sender_register of this sender in the last 24 hours is known to this server",
		Resolution: "have a code sent first, and ask the person for it; give registeredElsewhere: true only if the person says that they have a code from the dashboard, or from before a restart of the server",
		Next: []catalog.Next{
			nextCall("have a code sent", "whatsapp_sender_register", id, "method"),
			nextCall("or submit one sent elsewhere", "whatsapp_sender_verify", elsewhere, "code"),
		},
	}
}

// givesCode reports whether a verify submits a code. Meta may have verified the
// number already; then there is none.
func givesCode(c *Call) bool { return c.Args["code"] != nil }

// registrationTTL is how long a registration is remembered.
const registrationTTL = 24 * time.Hour

var ruleVerifyPause = Rule{
	Code:       "guard_verify_pause",
	About:      "After the API has reported too many wrong codes (too_many_invalid_verification_codes), no code is submitted for a WhatsApp sender for as long as it asks, else for 10 minutes: each further attempt makes the wait longer.",
	Tools:      []string{"whatsapp_sender_verify"},
	Source:     "register, 1.2.117",
	When:       "a code is given",
	applies:    givesCode,
	checkGuard: verifyPause,
}

func verifyPause(ctx context.Context, g *Guard, c *Call) *Refusal {
	until, ok, err := g.opts.Store.Get(ctx, g.senderKey("pause", c, c.Args["senderId"]))
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

func (g *Guard) registrationDone(ctx context.Context, c *Call, _ map[string]any) error {
	return g.opts.Store.Put(ctx, g.senderKey("register", c, c.Args["senderId"]), []byte(c.Principal), registrationTTL)
}

func (g *Guard) codeFailed(ctx context.Context, c *Call, e *papi.Error) error {
	switch e.Code {
	case "sender-already-registered": // 429 of the registration: the same as one that succeeded
		return g.registrationDone(ctx, c, nil)
	case "too_many_invalid_verification_codes":
		ttl := max(e.RetryAfter, pauseTTL)
		until := g.opts.Now().Add(ttl).UTC().Format(time.RFC3339)
		return g.opts.Store.Put(ctx, g.senderKey("pause", c, c.Args["senderId"]), []byte(until), ttl)
	}
	return nil
}
