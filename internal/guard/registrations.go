package guard

import (
	"context"
	"fmt"
	"time"

	"papi-mcp/internal/catalog"
)

var ruleRegisterFirst = Rule{
	Code:   "guard_register_first",
	About:  "A code is submitted for a WhatsApp sender after a registration that was made here within 24 hours, since its state does not show whether a code was sent; registeredElsewhere says that the person requested one elsewhere. Without a code, which is for a number that Meta has verified already, no registration is needed.",
	Tools:  []string{"whatsapp_sender_verify"},
	Source: "register, verify, 1.2.117",
	check:  registerFirst,
}

func registerFirst(ctx context.Context, g *Guard, c *Call) *Refusal {
	if c.RegisteredElsewhere || !givesCode(c) {
		return nil
	}
	_, ok, err := g.opts.Store.Get(ctx, g.registrationKey(c))
	if err != nil {
		return storeFailed(err)
	}
	if ok {
		return nil
	}
	id := map[string]any{"senderId": c.Args["senderId"]}
	elsewhere := map[string]any{"senderId": c.Args["senderId"], "registeredElsewhere": true}
	return &Refusal{
		Message:    "no whatsapp_sender_register of this sender in the last 24 hours is known here: it was requested elsewhere, or not at all, or the server has been restarted since and keeps no state (--store memory)",
		Resolution: "call whatsapp_sender_register first, and ask the person for the code that arrives; if the person has a code from the last 24 hours, because it was requested in the dashboard or before a restart of the server, say so with registeredElsewhere: true",
		Next: []catalog.Next{
			nextCall("have a code sent to the sender's phone", "whatsapp_sender_register", id, "method"),
			nextCall("only if the person says that a code was requested elsewhere, or before a restart of the server: submit that code", "whatsapp_sender_verify", elsewhere, "code"),
		},
	}
}

// givesCode reports whether a verify submits a code. Meta may have verified the
// number already; then there is none.
func givesCode(c *Call) bool { return c.Args["code"] != nil }

// registrationTTL is how long a registration is remembered.
const registrationTTL = 24 * time.Hour

func (g *Guard) registrationKey(c *Call) string {
	return fmt.Sprintf("guard/register/%s/%s/%v", g.opts.Realm, c.ProjectID, c.Args["senderId"])
}
