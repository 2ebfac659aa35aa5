package guard

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

var ruleSenderRegion = Rule{
	Code:   "guard_whatsapp_sender_region",
	About:  "A WhatsApp sender's region goes with its business manager, in an account's senderDetails too: BR with SINCH_BR or SINCH_MX, EU with SINCH_UK, US with any of the three.",
	Tools:  []string{"whatsapp_sender_create", "whatsapp_account_create"},
	Source: "createSender, 1.2.117",
	check:  senderRegion,
}

func senderRegion(c *Call, _ answers) *Refusal {
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

// businessManagers are those that senders of a region may have.
var businessManagers = map[string][]string{
	"BR": {"SINCH_BR", "SINCH_MX"},
	"EU": {"SINCH_UK"},
	"US": {"SINCH_BR", "SINCH_MX", "SINCH_UK"},
}

// givenRegion is the region that a call wants a sender in, and its path.
func givenRegion(c *Call) (region, path string) {
	if region := jsonvalue.Text(c.Args, "senderDetails.region"); region != "" {
		return region, "senderDetails.region"
	}
	return jsonvalue.Text(c.Args, "region"), "region"
}

// regionFits returns the business managers that serve a region, nil where the
// given one does. The contract's table ("allowed region x business manager",
// createSender) leaves some of them out: the API decides about those.
func regionFits(region, manager string) []string {
	allowed := businessManagers[region]
	if allowed == nil || slices.Contains(allowed, manager) || !slices.Contains(businessManagers["US"], manager) {
		return nil
	}
	return allowed
}

var ruleSenderAccount = Rule{
	Code:    "guard_whatsapp_sender_account",
	About:   "A WhatsApp sender's business manager and WABA are those of the project's account, where it has one, and its region goes with that business manager. What is left out is the account's.",
	Tools:   []string{"whatsapp_sender_create", "whatsapp_account_update"},
	Source:  "createSender, 1.2.117",
	When:    "a region, businessManager or wabaId is given",
	applies: namesAccount,
	Reads:   []*Read{readWhatsappAccount},
	check:   senderAccount,
}

func senderAccount(c *Call, a answers) *Refusal {
	account := a.of(readWhatsappAccount)
	var wrong []string
	for _, name := range []string{"businessManager", "wabaId"} {
		has, given := jsonvalue.Text(account, name), jsonvalue.Text(c.Args, name)
		if has == "" || has == catalog.Unrecognized || given == "" || has == given {
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
	return refuseAll(wrong, Refusal{
		Resolution: "give what the account has, or leave it out, or work in the right project; ask the person which",
		Info:       info,
		Next:       []catalog.Next{readWhatsappAccount.next(c, "check the project's account")},
	})
}

func namesAccount(c *Call) bool {
	region, _ := givenRegion(c)
	return region != "" || jsonvalue.Text(c.Args, "businessManager") != "" || jsonvalue.Text(c.Args, "wabaId") != ""
}

// regionsOf are the regions that a business manager serves.
func regionsOf(manager string) []string {
	all := slices.Sorted(maps.Keys(businessManagers))
	return slices.DeleteFunc(all, func(region string) bool { return !slices.Contains(businessManagers[region], manager) })
}

var ruleDisplayNameReview = withState(catalog.WhatsappSenderDisplayName, Rule{
	About:   "The display name of a WhatsApp sender is not changed while a review of it is running.",
	When:    "a display name is given",
	applies: givesDetail("displayName"),
	Reads:   []*Read{readWhatsappSender},
	check:   displayNameReview,
})

func displayNameReview(c *Call, a answers) *Refusal {
	status := jsonvalue.Text(a.of(readWhatsappSender), catalog.WhatsappSenderDisplayName.Field)
	if catalog.WhatsappSenderDisplayName.AllowsState(status) {
		return nil
	}
	return &Refusal{
		Message:    "a display name of the sender is being reviewed, and can't be changed until that is decided",
		Resolution: "wait for the review, or change the other fields without displayName",
		Info:       map[string]any{"status": status},
		Next:       []catalog.Next{readWhatsappSender.next(c, "check again later, whether the review is decided")},
	}
}

var whatsappSenderSummaries = []Summary{
	{Tool: "whatsapp_sender_delete", Reads: []*Read{readWhatsappSender}, text: askWhatsappSenderDelete},
	questionAbout("whatsapp_sender_changes_discard", readWhatsappSender, "displayName", sentences{ask: "Discard the pending changes of the WhatsApp sender"}, lostChanges),
}

func askWhatsappSenderDelete(_ map[string]any, a answers) sentences {
	sender := a.of(readWhatsappSender)
	s := sentences{
		ask:    "Delete the WhatsApp sender",
		name:   detailName(sender, "displayName"),
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
