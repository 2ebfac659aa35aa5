package guard

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

var ruleTokenSource = Rule{
	Code:   "guard_whatsapp_token_source",
	About:  "A long-lived token is created from a token (facebookToken) or a code (facebookCode) of the signup: at least one is given.",
	Tools:  []string{"whatsapp_access_token_create"},
	Source: "createLongLivedAccessToken, 1.2.117",
	check:  tokenSource,
}

func tokenSource(c *Call, _ answers) *Refusal {
	if !jsonvalue.IsEmpty(c.Args["facebookToken"]) || !jsonvalue.IsEmpty(c.Args["facebookCode"]) {
		return nil
	}
	return &Refusal{
		Message:    "neither facebookToken nor facebookCode is given",
		Resolution: "ask the person for the token, or the code, that the embedded signup gave them",
		Next:       []catalog.Next{nextCall("create the token", c.Row.Tool, c.Args, "facebookCode")},
	}
}

var ruleAccountOne = Rule{
	Code:   "guard_whatsapp_account_one",
	About:  "A project has one WhatsApp account.",
	Tools:  []string{"whatsapp_account_create"},
	Source: "createAccount, 1.2.117",
	Reads:  []*Read{readWhatsappAccount},
	check:  accountOne,
}

func accountOne(c *Call, a answers) *Refusal {
	account := a.of(readWhatsappAccount)
	state, changes := jsonvalue.Text(account, "state"), pending(account)
	if state == "" && changes == "" {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("the project already has a WhatsApp account: it is %s, its pending changes: %s", cmp.Or(state, "not live yet"), cmp.Or(changes, "none")),
		Resolution: "use the existing account; one that was " + oneOf(catalog.WhatsappAccountUpdate.Live) + " is changed with whatsapp_account_update",
		Info:       stateInfo(state, changes),
		Next:       []catalog.Next{readWhatsappAccount.next(c, "check its state")},
	}
}

var ruleAccountEmpty = Rule{
	Code:       "guard_whatsapp_account_empty",
	About:      "A WhatsApp account can be deleted only when no sender is left in it, live or pending.",
	Tools:      []string{"whatsapp_account_delete"},
	Source:     "deleteAccount, 1.2.117",
	Reads:      []*Read{readWhatsappSenders},
	FailClosed: true,
	check:      accountEmpty,
	complete:   withoutDeleted,
}

func accountEmpty(_ *Call, a answers) *Refusal {
	list := a.of(readWhatsappSenders)
	senders := jsonvalue.Objects(list, "senders")
	if len(senders) == 0 {
		return nil
	}
	ids := make([]string, len(senders))
	var next []catalog.Next
	for i, sender := range senders {
		ids[i] = jsonvalue.Text(sender, "id")
		tool, do := "whatsapp_sender_get", "wait until its change has ended"
		switch {
		case jsonvalue.Text(sender, "state") != "":
			tool, do = "whatsapp_sender_delete", "delete it, if agreed and not deleted elsewhere: it goes after 30 days"
		case catalog.WhatsappSenderDiscard.AllowsChanges(pending(sender)):
			tool, do = "whatsapp_sender_changes_discard", "discard it, which was never live, if the person agrees"
		}
		next = append(next, nextCall(do, tool, map[string]any{"senderId": ids[i]}))
	}
	return &Refusal{
		Message:    fmt.Sprintf("the account still has senders: %d", total(list, "senders")),
		Resolution: "delete the senders first, then the account when they are gone",
		Info:       map[string]any{"senderIds": few(ids)},
		Next:       next,
	}
}

// senderRemoval is how long a deleted sender stays (delete, 1.2.117).
const senderRemoval = 30 * 24 * time.Hour

// deleteDone records that a sender is being deleted: no answer of the API shows it.
func (g *Guard) deleteDone(ctx context.Context, c *Call, _ map[string]any) error {
	return g.opts.Store.Put(ctx, g.senderKey("delete", c, c.Args["senderId"]), []byte("deleted"), senderRemoval)
}

func (g *Guard) deleteFailed(ctx context.Context, c *Call, e *papi.Error) error {
	if e.Code != "sender_already_deleted" {
		return nil
	}
	return g.deleteDone(ctx, c, nil)
}

// withoutDeleted removes from the next steps the senders that are being deleted
// already.
func withoutDeleted(ctx context.Context, g *Guard, c *Call, r *Refusal) error {
	going := []string{}
	var next []catalog.Next
	for _, n := range r.Next {
		_, deleted, err := g.opts.Store.Get(ctx, g.senderKey("delete", c, n.Args["senderId"]))
		if err != nil {
			return err
		}
		if deleted && n.Tool == "whatsapp_sender_delete" {
			going = append(going, fmt.Sprint(n.Args["senderId"]))
			continue
		}
		next = append(next, n)
	}
	if len(going) > 0 {
		r.Info["beingDeleted"] = few(going)
		r.Message += fmt.Sprintf("; being deleted, which takes 30 days: %d", len(going))
	}
	if next == nil {
		next = []catalog.Next{nextCall("all are being deleted: check again when they are gone", "whatsapp_sender_list", nil)}
	}
	r.Next = next
	return nil
}

var whatsappAccountSummaries = []Summary{
	questionAbout("whatsapp_account_delete", readWhatsappAccount, "wabaName", sentences{ask: "Delete the project's WhatsApp account", effect: noWayBack}, stateAndChanges),
}
