package guard

import (
	"context"
	"fmt"
	"slices"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

var readWhatsappAccount = Read{Tool: "whatsapp_account_get"}

var whatsappAccountRules = []Rule{
	{
		Name:  "whatsapp_token_source",
		About: "A long-lived token is made of a token (facebookToken) or a code (facebookCode) of the signup: at least one is given.",
		Tools: []string{"whatsapp_access_token_create"},
		check: tokenSource,
	},
	{
		Name:  "whatsapp_account_one",
		About: "A project has one WhatsApp account.",
		Tools: []string{"whatsapp_account_create"},
		Reads: []Read{readWhatsappAccount},
		judge: accountOne,
	},
	{
		Name:  "whatsapp_account_update_state",
		About: "A WhatsApp account is updated when it, or its pending changes, are REJECTED.",
		Tools: []string{"whatsapp_account_update"},
		Reads: []Read{readWhatsappAccount},
		judge: accountUpdate,
	},
	{
		Name:   "whatsapp_account_empty",
		About:  "A WhatsApp account is deleted when no sender is left in it, live or pending.",
		Tools:  []string{"whatsapp_account_delete"},
		Reads:  []Read{{Tool: "whatsapp_sender_list"}},
		Closed: true,
		judge:  accountEmpty,
		recall: leaveDeleted,
	},
}

func tokenSource(_ context.Context, _ *Guard, c *Call) *Refusal {
	if !jsonvalue.IsEmpty(c.Args["facebookToken"]) || !jsonvalue.IsEmpty(c.Args["facebookCode"]) {
		return nil
	}
	return &Refusal{
		Message:    "neither facebookToken nor facebookCode is given",
		Resolution: "ask the person for the token, or the code, that the embedded signup gave them",
		Next:       []catalog.Next{{Do: "make the token", Tool: c.Row.Tool, Args: c.Args, Needs: []string{"facebookCode"}}},
	}
}

func accountOne(c *Call, s seen) *Refusal {
	account := s["whatsapp_account_get"]
	state, changes := jsonvalue.Text(account, "state"), pending(account)
	if state == "" && changes == "" {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("the project has its WhatsApp account already: it is %s, its pending changes: %s", or(state, "not live yet"), or(changes, "none")),
		Resolution: "work with the account that is there; one that was REJECTED is changed with whatsapp_account_update",
		Info:       map[string]any{"state": or(state, "not live yet"), "changes": or(changes, "none")},
		Next:       []catalog.Next{readWhatsappAccount.next(c, "look at its state, and what comes next in it")},
	}
}

func accountUpdate(c *Call, s seen) *Refusal {
	account := s["whatsapp_account_get"]
	state, changes := jsonvalue.Text(account, "state"), pending(account)
	if state == "REJECTED" || changes == "REJECTED" {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("only a REJECTED account can be updated; this one is %s, its pending changes: %s", or(state, "not live yet"), or(changes, "none")),
		Resolution: "look at the account, and do what its state asks for",
		Info:       map[string]any{"state": or(state, "not live yet"), "changes": or(changes, "none"), "needed": []string{"REJECTED"}},
		Next:       []catalog.Next{readWhatsappAccount.next(c, "look at its state, and what comes next in it")},
	}
}

func accountEmpty(_ *Call, s seen) *Refusal {
	list := s["whatsapp_sender_list"]
	senders := jsonvalue.Objects(list, "senders")
	if len(senders) == 0 {
		return nil
	}
	ids := make([]string, len(senders))
	var next []catalog.Next
	for i, sender := range senders {
		ids[i] = jsonvalue.Text(sender, "id")
		tool, do := "whatsapp_sender_delete", "delete the sender, when the person agrees and unless that was done elsewhere: it goes after 30 days"
		if jsonvalue.Text(sender, "state") == "" {
			tool, do = "whatsapp_sender_changes_discard", "discard the sender that never was live, when the person agrees"
			if !slices.Contains([]string{"DRAFT", "REJECTED", "ERROR"}, pending(sender)) { // no others can be discarded
				tool, do = "whatsapp_sender_get", "look again later: nothing can be done about this sender until its change has ended"
			}
		}
		next = append(next, catalog.Next{Do: do, Tool: tool, Args: map[string]any{"senderId": ids[i]}, Needs: []string{}})
	}
	return &Refusal{
		Message:    fmt.Sprintf("the account still has senders: %d", total(list, "senders")),
		Resolution: "delete the senders first, and the account when they are gone",
		Info:       map[string]any{"senderIds": ids},
		Next:       next,
	}
}

// senderRemoval is how long a deleted sender is still there
// (WhatsappSendersController_delete_v1).
const senderRemoval = 30 * 24 * time.Hour

// rememberDelete remembers that a sender is being deleted: no answer of the API
// shows it.
func (g *Guard) rememberDelete(ctx context.Context, c *Call) error {
	return g.opts.Store.Put(ctx, g.deleteKey(c, c.Args["senderId"]), []byte("deleted"), senderRemoval)
}

func (g *Guard) deleteKey(c *Call, senderID any) string {
	return fmt.Sprintf("guard/delete/%s/%s/%v", g.opts.Realm, c.ProjectID, senderID)
}

// leaveDeleted takes the senders out of the offer that are being deleted
// already.
func leaveDeleted(ctx context.Context, g *Guard, c *Call, r *Refusal) error {
	going := []string{}
	var next []catalog.Next
	for _, n := range r.Next {
		_, deleted, err := g.opts.Store.Get(ctx, g.deleteKey(c, n.Args["senderId"]))
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
		r.Info["beingDeleted"] = going
		r.Message += fmt.Sprintf("; being deleted, which takes 30 days: %d", len(going))
	}
	if next == nil {
		next = []catalog.Next{{Do: "all of them are being deleted: look again when they are gone, then delete the account", Tool: "whatsapp_sender_list", Args: map[string]any{}, Needs: []string{}}}
	}
	r.Next = next
	return nil
}

var whatsappAccountSummaries = []Summary{{Tool: "whatsapp_account_delete", Reads: []Read{readWhatsappAccount}, text: askAccountDelete}}

func askAccountDelete(_ map[string]any, answers seen) sentences {
	account := answers.of(readWhatsappAccount)
	return sentences{
		ask:    "Delete the project's WhatsApp account",
		name:   nameOf(account, "details.wabaName", "changes.details.wabaName"),
		effect: noWayBack,
		facts:  stateAndChanges(account),
	}
}
