package catalog

import (
	"slices"
	"strings"
	"testing"
)

// Each trigger of the contract reports on a resource with a tool that reads it, or is
// known to report on none.
func TestEachTriggerReportsOnAResource(t *testing.T) {
	none := []string{EveryTrigger, "RCS_ACCOUNT_COMMENT_ADDED"}
	for _, trigger := range Triggers() {
		r := OfTrigger(trigger)
		switch {
		case slices.Contains(none, trigger):
			if r != nil {
				t.Errorf("%s reports on %s", trigger, r.Name)
			}
		case r == nil:
			t.Errorf("%s reports on nothing that is known", trigger)
		case strings.Split(r.Name, "_")[0] != strings.ToLower(strings.Split(trigger, "_")[0]):
			t.Errorf("%s reports on a %s", trigger, r.Name)
		}
	}
	for _, row := range Rows() { // the rows say the same
		if row.Wait == nil {
			continue
		}
		for _, trigger := range row.Wait.Triggers {
			if r := OfTrigger(trigger); r == nil || r.Get != row.Wait.Read {
				t.Errorf("%s ends with %s, which reports on another thing than %s reads", row.Tool, trigger, row.Wait.Read)
			}
		}
	}
	for _, unknown := range []string{"", "ALL", "WHATSAPP_", "SMS_APP", "FAX_SENT", "whatsapp"} {
		if r := OfTrigger(unknown); r != nil {
			t.Errorf("%q reports on %s", unknown, r.Name)
		}
	}
	if r := OfTrigger("RCS_SENDER_SOMETHING_NEW"); r == nil || r.Name != "rcs_sender" {
		t.Errorf("a new trigger of an RCS sender reports on %v", r)
	}
}

func TestTriggersOfAFamily(t *testing.T) {
	for name, want := range map[string]int{"whatsapp": 25, "whatsapp_templates": 8, "whatsapp_template": 8, "rcs": 5, "rcs_sender": 3, "kakaotalk": 7, "bundles": 1, "bundle": 1, "sms": 0, "ALL": 0, "": 0, "webhooks": 0} {
		found := TriggersOf(name)
		if len(found) != want || slices.Contains(found, EveryTrigger) {
			t.Errorf("%s has %d triggers, want %d: %v", name, len(found), want, found)
		}
	}
}
