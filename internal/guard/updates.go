package guard

import (
	"context"
	"fmt"

	"papi-mcp/internal/catalog"
)

var updateRules = []Rule{
	{
		Name:  "empty_update",
		About: "An update names at least one field to change; objects without a field count as nothing, null counts as a field. A status SUBMIT alone is left to the API: it may submit what is pending.",
		Tools: []string{"rcs_sender_update", "whatsapp_account_update", "whatsapp_sender_update", "kakaotalk_sender_update", "sms_app_update"},
		check: emptyUpdate,
	},
}

// emptyUpdate knows the operations that document no_fields_to_update. The
// KakaoTalk template's update is not one: its contract takes an empty body.
func emptyUpdate(_ context.Context, _ *Guard, c *Call) *Refusal {
	path := pathArgs(c.Row, c.Args)
	for name, value := range c.Args {
		if _, ok := path[name]; ok || name == "usQuestionnaireVersion" {
			continue
		}
		if name == "status" && value == "DRAFT" {
			continue
		}
		if hasField(value) {
			return nil
		}
	}
	field := "details"
	if c.Row.Tool == "sms_app_update" {
		field = "name"
	}
	return &Refusal{
		Message:    fmt.Sprintf("%s is given nothing to change", c.Row.Tool),
		Resolution: "give the fields to change; schema_get lists them",
		Next:       []catalog.Next{{Do: "change what the person wants changed", Tool: c.Row.Tool, Args: path, Needs: []string{field}}},
	}
}

// hasField tells whether a value is more than objects within objects.
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
