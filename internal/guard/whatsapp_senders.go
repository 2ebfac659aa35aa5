package guard

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
)

var readWhatsappSender = Read{Tool: "whatsapp_sender_get"}

var whatsappSenderRules = []Rule{
	{
		Name:  "whatsapp_sender_region",
		About: "A WhatsApp sender's region goes with its business manager: BR with SINCH_BR or SINCH_MX, EU with SINCH_UK, US with any of the three.",
		Tools: []string{"whatsapp_sender_create"},
		check: senderRegion,
	},
	{
		Name:  "whatsapp_sender_account",
		About: "A WhatsApp sender's business manager and WABA are those of the project's account, where it has one.",
		Tools: []string{"whatsapp_sender_create"},
		Reads: []Read{{Tool: "whatsapp_account_get", When: "a businessManager or wabaId is given", needed: namesAccount}},
		judge: senderAccount,
	},
	{
		Name:  "whatsapp_sender_update_state",
		About: "A WhatsApp sender is updated when ACTIVE, or not yet live, and while its pending changes are DRAFT or REJECTED.",
		Tools: []string{"whatsapp_sender_update"},
		Reads: []Read{readWhatsappSender},
		judge: standing{states: []string{"ACTIVE"}, changes: []string{"DRAFT", "REJECTED"}}.judge(readWhatsappSender),
	},
	{
		Name:  "whatsapp_display_name_review",
		About: "The display name of a WhatsApp sender is not changed while a review of it is running.",
		Tools: []string{"whatsapp_sender_update"},
		Reads: []Read{{Tool: "whatsapp_sender_get", When: "a display name is given", needed: givesDetail("displayName")}},
		judge: displayNameReview,
	},
	{
		Name:   "whatsapp_sender_discard_state",
		About:  "Pending changes of a WhatsApp sender are discarded when DRAFT, REJECTED or ERROR.",
		Tools:  []string{"whatsapp_sender_changes_discard"},
		Reads:  []Read{readWhatsappSender},
		Closed: true,
		judge:  standing{changes: []string{"DRAFT", "REJECTED", "ERROR"}, must: true}.judge(readWhatsappSender),
	},
}

// businessManagers are those that senders of a region may have.
var businessManagers = map[string][]string{
	"BR": {"SINCH_BR", "SINCH_MX"},
	"EU": {"SINCH_UK"},
	"US": {"SINCH_BR", "SINCH_MX", "SINCH_UK"},
}

func senderRegion(_ context.Context, _ *Guard, c *Call) *Refusal {
	region, manager := text(c.Args, "region"), text(c.Args, "businessManager")
	allowed, known := businessManagers[region]
	if !known || manager == "" || slices.Contains(allowed, manager) {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("region %s does not go with business manager %s; it goes with %s", region, manager, strings.Join(allowed, " or ")),
		Resolution: "ask the person which of the two is right, and give the other to match, or leave businessManager out where the project has one",
		Info:       map[string]any{"region": region, "businessManagers": allowed},
	}
}

func namesAccount(c *Call) bool {
	return text(c.Args, "businessManager") != "" || text(c.Args, "wabaId") != ""
}

func senderAccount(c *Call, s seen) *Refusal {
	account := s["whatsapp_account_get"]
	var wrong []string
	for _, name := range []string{"businessManager", "wabaId"} {
		has, given := text(account, name), text(c.Args, name)
		if has == "" || has == "UNRECOGNIZED" || given == "" || has == given {
			continue
		}
		wrong = append(wrong, fmt.Sprintf("%s is %s, and the project's account has %s", name, given, has))
	}
	if wrong == nil {
		return nil
	}
	return &Refusal{
		Message:    strings.Join(wrong, "; "),
		Resolution: "give what the account has, or create the sender in the right project; ask the person which",
		Info:       map[string]any{"businessManager": account["businessManager"], "wabaId": account["wabaId"]},
		Next:       []catalog.Next{readWhatsappAccount.next(c, "look at the project's account")},
	}
}

func displayNameReview(c *Call, s seen) *Refusal {
	review := object(s["whatsapp_sender_get"], "metadata", "displayName")
	if text(review, "status") != "PENDING" {
		return nil
	}
	return &Refusal{
		Message:    "a display name of the sender is being reviewed, and can't be changed until that is decided",
		Resolution: "wait for the review, or change the other fields without displayName",
		Info:       map[string]any{"status": "PENDING"},
		Next:       []catalog.Next{readWhatsappSender.next(c, "look again later, whether the review is decided")},
	}
}

// showWhatsappSenderDelete tells which sender goes.
func showWhatsappSenderDelete(_ *Call, s seen) string {
	sender := s["whatsapp_sender_get"]
	told := called("The sender", whatsappName(sender))
	if number := strings.TrimSpace(text(sender, "countryCode") + " " + text(sender, "phoneNumber")); number != "" {
		told += " with the number " + name(number)
	}
	told += " " + stands(sender) + "."
	if app := text(object(sender, "conversationApiAppDetails"), "id"); app != "" {
		told += fmt.Sprintf(" The Conversation app %s is connected to it.", name(app))
	}
	return told
}

// showWhatsappDiscard tells which changes are lost.
func showWhatsappDiscard(_ *Call, s seen) string {
	sender := s["whatsapp_sender_get"]
	return lostChanges(called("The sender", whatsappName(sender)), sender)
}

func whatsappName(sender map[string]any) string {
	if name := text(object(sender, "details"), "displayName"); name != "" {
		return name
	}
	return text(object(sender, "changes", "details"), "displayName")
}
