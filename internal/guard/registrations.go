package guard

import (
	"context"
	"fmt"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

// registers are the tools that have a one-time code sent.
var registers = []string{"whatsapp_sender_register", "kakaotalk_sender_register"}

// registrationTTL is how long a register is remembered.
const registrationTTL = 24 * time.Hour

var registerRules = []Rule{
	{
		Name:  "register_state",
		About: "A WhatsApp sender is registered and verified in state PENDING_VERIFICATION.",
		Tools: []string{"whatsapp_sender_register", "whatsapp_sender_verify"},
		Reads: []Read{readWhatsappSender},
		judge: mustBe(readWhatsappSender, "PENDING_VERIFICATION", func(state string) bool { return state == "PENDING_VERIFICATION" }),
	},
	{
		Name:  "register_first",
		About: "A code is handed in for a WhatsApp sender after a register that went through here within 24 hours, since its state does not show whether one was sent; registeredElsewhere is the person's word for one made outside. Without a code, which is for a number that Meta has verified already, no register is needed.",
		Tools: []string{"whatsapp_sender_verify"},
		check: registerFirst,
	},
	{
		Name:  "kakaotalk_register_state",
		About: "A KakaoTalk sender is registered unless it is ACTIVE.",
		Tools: []string{"kakaotalk_sender_register"},
		Reads: []Read{readKakaoSender},
		judge: mustBe(readKakaoSender, "a state other than ACTIVE", func(state string) bool { return state != "ACTIVE" }),
	},
	{
		Name:  "kakaotalk_verify_state",
		About: "A KakaoTalk sender is verified in state VERIFYING: after its register.",
		Tools: []string{"kakaotalk_sender_verify"},
		Reads: []Read{readKakaoSender},
		judge: mustBe(readKakaoSender, "VERIFYING", func(state string) bool { return state == "VERIFYING" }),
	},
}

// mustBe makes a judgement about a sender's state; want is the good one for a
// reader.
func mustBe(read Read, want string, good func(state string) bool) func(*Call, seen) *Refusal {
	return func(c *Call, s seen) *Refusal {
		sender := s[read.Tool]
		state := jsonvalue.Text(sender, "state")
		if good(state) {
			return nil
		}
		if state == "" {
			state = "none yet"
			if changes := pending(sender); changes != "" {
				state = fmt.Sprintf("none yet (changes %s)", changes)
			}
		}
		return &Refusal{
			Message:    fmt.Sprintf("the sender's state is %s; %s needs %s", state, c.Row.Tool, want),
			Resolution: "look at the sender and do what its state asks for",
			Info:       map[string]any{"state": state, "needed": want},
			Next:       []catalog.Next{read.next(c, "look at the sender, and what comes next for it")},
		}
	}
}

func registerFirst(ctx context.Context, g *Guard, c *Call) *Refusal {
	if c.RegisteredElsewhere || !bringsCode(c) {
		return nil
	}
	_, ok, err := g.opts.Store.Get(ctx, g.registerKey(c))
	if err != nil {
		return storeFailed(err)
	}
	if ok {
		return nil
	}
	id := map[string]any{"senderId": c.Args["senderId"]}
	elsewhere := map[string]any{"senderId": c.Args["senderId"], "registeredElsewhere": true}
	return &Refusal{
		Message:    "no whatsapp_sender_register of this sender in the last 24 hours is known here: it was made elsewhere, or not at all, or the server was restarted since then and keeps no state (--store memory)",
		Resolution: "call whatsapp_sender_register first, and ask the person for the code that arrives; if the person has a code from the last 24 hours, because it was requested in the dashboard or before a restart of the server, say so with registeredElsewhere: true",
		Next: []catalog.Next{
			{Do: "have a code sent to the sender's phone", Tool: "whatsapp_sender_register", Args: id, Needs: []string{"method"}},
			{Do: "only when the person says that a code was requested elsewhere, or before a restart of the server: hand in that code", Tool: "whatsapp_sender_verify", Args: elsewhere, Needs: []string{"code"}},
		},
	}
}

// bringsCode reports whether a verify hands in a code. Meta may have verified the
// number already; then there is none.
func bringsCode(c *Call) bool { return c.Args["code"] != nil }

// rememberRegister remembers that a code was asked for.
func (g *Guard) rememberRegister(ctx context.Context, c *Call) error {
	return g.opts.Store.Put(ctx, g.registerKey(c), []byte(c.Principal), registrationTTL)
}

func (g *Guard) registerKey(c *Call) string {
	id := c.Args["senderId"]
	if id == nil {
		id = c.Args["plusFriendId"]
	}
	return fmt.Sprintf("guard/register/%s/%s/%v", g.opts.Realm, c.ProjectID, id)
}
