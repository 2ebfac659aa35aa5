package guard

import (
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
)

var ruleEmptyUpdate = Rule{
	Code:   "guard_empty_update",
	About:  "An update names at least one field to change; objects without a field count as nothing, null counts as a field. A status SUBMIT alone is left to the API: it may submit what is pending.",
	Tools:  []string{"rcs_sender_update", "whatsapp_account_update", "whatsapp_sender_update", "kakaotalk_sender_update", "sms_app_update"},
	Source: "updateSender, updateAccount, update, updateSmsApp, 1.2.117",
	check:  emptyUpdate,
}

// emptyUpdate is for the operations that document no_fields_to_update. That of a
// KakaoTalk template is not one: it takes an empty body.
func emptyUpdate(c *Call, _ answers) *Refusal {
	var fields []string
	for _, body := range c.Row.Op().Variants() {
		for name := range body.Properties {
			switch value, given := c.Args[name]; {
			case name == "status" && value == catalog.AsDraft:
			case given && hasField(value):
				return nil
			}
			if name != "status" && !slices.Contains(fields, name) {
				fields = append(fields, name)
			}
		}
	}
	slices.Sort(fields)
	return &Refusal{
		Message:    fmt.Sprintf("%s has nothing to change", c.Row.Tool),
		Resolution: "give the fields to change, within " + strings.Join(fields, ", ") + "; schema_get lists them",
		Next:       []catalog.Next{nextCall("change what the person wants changed", c.Row.Tool, pathArgs(c.Row, c.Args), fields...)},
	}
}

// hasField reports whether a value is more than objects within objects.
func hasField(value any) bool {
	fields, ok := value.(map[string]any)
	if !ok {
		return true
	}
	for _, v := range fields {
		if hasField(v) {
			return true
		}
	}
	return false
}
