package guard

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

var readWhatsappSender = Read{Tool: "whatsapp_sender_get"}

var whatsappSenderRules = []Rule{
	{
		Name:  "whatsapp_sender_region",
		About: "A WhatsApp sender's region goes with its business manager, in an account's senderDetails too: BR with SINCH_BR or SINCH_MX, EU with SINCH_UK, US with any of the three.",
		Tools: []string{"whatsapp_sender_create", "whatsapp_account_create"},
		check: senderRegion,
	},
	{
		Name:  "whatsapp_sender_account",
		About: "A WhatsApp sender's business manager and WABA are those of the project's account, where it has one, and its region goes with that business manager. What is left out is the account's.",
		Tools: []string{"whatsapp_sender_create", "whatsapp_account_update"},
		Reads: []Read{{Tool: "whatsapp_account_get", When: "a region, businessManager or wabaId is given", needed: namesAccount}},
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

// givenRegion is the region that a call wants a sender in, and where it stands.
func givenRegion(c *Call) (region, path string) {
	if region := jsonvalue.Text(c.Args, "senderDetails.region"); region != "" {
		return region, "senderDetails.region"
	}
	return jsonvalue.Text(c.Args, "region"), "region"
}

// regionFits tells which business managers serve a region, nil where the one
// that is given does. The contract's table ("allowed region x business
// manager", createSender) leaves some of them out: those are the API's to judge.
func regionFits(region, manager string) []string {
	allowed := businessManagers[region]
	if allowed == nil || slices.Contains(allowed, manager) || !slices.Contains(businessManagers["US"], manager) {
		return nil
	}
	return allowed
}

func senderRegion(_ context.Context, _ *Guard, c *Call) *Refusal {
	region, path := givenRegion(c)
	manager := jsonvalue.Text(c.Args, "businessManager")
	allowed := regionFits(region, manager)
	if allowed == nil {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("%s %s does not go with business manager %s; it goes with %s", path, region, manager, strings.Join(allowed, " or ")),
		Resolution: "ask the person which of the two is right, and give the other to match, or leave businessManager out where the project has one",
		Info:       map[string]any{"region": region, "businessManagers": allowed},
	}
}

func namesAccount(c *Call) bool {
	region, _ := givenRegion(c)
	return region != "" || jsonvalue.Text(c.Args, "businessManager") != "" || jsonvalue.Text(c.Args, "wabaId") != ""
}

func senderAccount(c *Call, s seen) *Refusal {
	account := s["whatsapp_account_get"]
	var wrong []string
	for _, name := range []string{"businessManager", "wabaId"} {
		has, given := jsonvalue.Text(account, name), jsonvalue.Text(c.Args, name)
		if has == "" || has == "UNRECOGNIZED" || given == "" || has == given {
			continue
		}
		wrong = append(wrong, fmt.Sprintf("%s is %s, and the project's account has %s", name, given, has))
	}
	info := map[string]any{"businessManager": account["businessManager"], "wabaId": account["wabaId"]}
	region, path := givenRegion(c)
	if manager := jsonvalue.Text(account, "businessManager"); regionFits(region, manager) != nil {
		wrong = append(wrong, fmt.Sprintf("%s is %s, and the account's business manager %s serves %s", path, region, manager, strings.Join(regionsOf(manager), " and ")))
		info["regions"] = regionsOf(manager)
	}
	if wrong == nil {
		return nil
	}
	return &Refusal{
		Message:    strings.Join(wrong, "; "),
		Resolution: "give what the account has, or leave it out, or work in the right project; ask the person which",
		Info:       info,
		Next:       []catalog.Next{readWhatsappAccount.next(c, "look at the project's account")},
	}
}

// regionsOf are the regions that a business manager serves.
func regionsOf(manager string) []string {
	var regions []string
	for _, region := range slices.Sorted(maps.Keys(businessManagers)) {
		if slices.Contains(businessManagers[region], manager) {
			regions = append(regions, region)
		}
	}
	return regions
}

func displayNameReview(c *Call, s seen) *Refusal {
	review := jsonvalue.Object(s["whatsapp_sender_get"], "metadata.displayName")
	if jsonvalue.Text(review, "status") != "PENDING" {
		return nil
	}
	return &Refusal{
		Message:    "a display name of the sender is being reviewed, and can't be changed until that is decided",
		Resolution: "wait for the review, or change the other fields without displayName",
		Info:       map[string]any{"status": "PENDING"},
		Next:       []catalog.Next{readWhatsappSender.next(c, "look again later, whether the review is decided")},
	}
}

var whatsappSenderSummaries = []Summary{
	{Tool: "whatsapp_sender_delete", Reads: []Read{readWhatsappSender}, text: askWhatsappSenderDelete},
	{Tool: "whatsapp_sender_changes_discard", Reads: []Read{readWhatsappSender}, text: askWhatsappDiscard},
}

func askWhatsappSenderDelete(_ map[string]any, answers seen) sentences {
	sender := answers.of(readWhatsappSender)
	s := sentences{
		ask:    "Delete the WhatsApp sender",
		name:   whatsappName(sender),
		effect: "Its last messages are delivered for 30 days, then it is gone. " + noWayBack,
		facts:  stateAndChanges(sender),
	}
	if number := strings.TrimSpace(jsonvalue.Text(sender, "countryCode") + " " + jsonvalue.Text(sender, "phoneNumber")); number != "" {
		s.name = strings.TrimSpace(s.name + " with the number " + Name(number))
	}
	if app := jsonvalue.Text(sender, "conversationApiAppDetails.id"); app != "" {
		s.facts += fmt.Sprintf(" The Conversation app %s is connected to it.", Name(app))
	}
	return s
}

func askWhatsappDiscard(_ map[string]any, answers seen) sentences {
	sender := answers.of(readWhatsappSender)
	return sentences{ask: "Discard the pending changes of the WhatsApp sender", name: whatsappName(sender), facts: lostChanges(sender)}
}

func whatsappName(sender map[string]any) string {
	return nameOf(sender, "details.displayName", "changes.details.displayName")
}
