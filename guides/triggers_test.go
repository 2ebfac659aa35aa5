package guides

import (
	"cmp"
	"slices"
	"testing"

	"papi-mcp/internal/papi"
)

// Each trigger is explained: by the contract, else by the words here, which name
// no other triggers.
func TestEachTriggerIsExplained(t *testing.T) {
	contract := papi.LookupSchema(triggersSchema).EnumDescriptions
	for _, trigger := range triggers() {
		if cmp.Or(contract[trigger], reported[trigger]) == "" {
			t.Errorf("the contract does not explain %s: add it to reported in guides/triggers.go", trigger)
		}
	}
	for trigger := range reported {
		if !slices.Contains(triggers(), trigger) || contract[trigger] != "" {
			t.Errorf("remove %s from reported in guides/triggers.go: the contract has no such trigger, or explains it", trigger)
		}
	}
}
