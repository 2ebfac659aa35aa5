package tools

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

type schemaGetArgs struct {
	Tool string `json:"tool" jsonschema:"description=name of the tool"`
}

// toolSchema is what schema_get tells of a tool.
type toolSchema struct {
	Tool        string       `json:"tool"`
	About       string       `json:"about"`
	Operation   string       `json:"operation,omitempty"` // METHOD /path
	APIVersion  string       `json:"apiVersion,omitempty"`
	Maturity    string       `json:"maturity,omitempty"`
	Confirm     string       `json:"confirm,omitempty"`
	Notes       []string     `json:"notes"`
	InputSchema *papi.Schema `json:"inputSchema"`
	// Example has the least that a call can give.
	Example map[string]any      `json:"example"`
	Errors  map[string][]string `json:"errors"` // codes by status
}

func (s *Set) schemaGet(_ context.Context, _ Caller, args schemaGetArgs) Outcome {
	for _, c := range s.core {
		if c.name == args.Tool {
			example, _ := c.schema().Sample(true).(map[string]any)
			return s.schemaResult(&toolSchema{
				Tool: c.name, About: c.about, Notes: []string{}, InputSchema: c.schema(), Example: example, Errors: map[string][]string{},
			})
		}
	}
	t, ok := s.tools[args.Tool]
	if !ok {
		return s.unknownTool(args.Tool).outcome()
	}
	a, op := t.arguments(), t.row.Op()
	errors := map[string][]string{}
	for status, codes := range op.Errors {
		errors[strconv.Itoa(status)] = codes
	}
	return s.schemaResult(&toolSchema{
		Tool: t.row.Tool, About: t.row.About,
		Operation:  op.Method + " " + op.Path,
		APIVersion: papi.ContractVersion, Maturity: op.Maturity, Confirm: t.row.Confirm,
		Notes:       notes(t.row),
		InputSchema: inlined(a.checked),
		Example:     example(a),
		Errors:      errors,
	})
}

func (s *Set) schemaResult(schema *toolSchema) Outcome {
	r := newResult("schema_get", "")
	r.Data = schema
	return Outcome{Structured: r}
}

// examples are the arguments of tools of which the least that the schema allows
// would be refused.
var examples = map[string]string{
	"whatsapp_account_update":  `{"wabaName":"Example Shop"}`,
	"whatsapp_sender_create":   `{"wabaId":"100000000000001","phoneNumberId":"200000000000001","authenticationCode":"the code of the signup","region":"EU","businessManager":"SINCH_UK"}`,
	"whatsapp_template_create": `{"name":"order_shipped","language":"EN_US","category":"UTILITY","details":{"components":[{"type":"BODY","text":"Order {{1}} is on its way.","examples":["1001"]}]}}`,
	"sms_app_update":           `{"smsAppId":"the id","name":"Alerts"}`,
	"bundle_create":            `{"name":"Example Shop","region":"EU","smsApp":true}`,
}

// example has the least arguments that a call of the tool can give.
func example(a *arguments) map[string]any {
	if known, ok := examples[a.row.Tool]; ok {
		var given map[string]any
		if err := json.Unmarshal([]byte(known), &given); err != nil {
			panic("tools: " + err.Error())
		}
		return given
	}
	least, _ := a.checked.Sample(false).(map[string]any)
	for name := range ownArguments {
		if !slices.Contains(a.advertised.Required, name) {
			delete(least, name)
		}
	}
	return least
}

// notes are the contract's rules of an operation, one a line, with its events
// by name and the states that answers have.
func notes(row *catalog.Row) []string {
	events := "papi://triggers lists them"
	if row.Wait != nil && len(row.Wait.Triggers) > 0 {
		events = strings.Join(row.Wait.Triggers, ", ") + "; papi://triggers explains them"
	}
	// The contract's own text names a state that no answer has.
	fill := strings.NewReplacer("(see callbacks)", "("+events+")", "PENDING_LAUNCH", "PREPARING_LAUNCH")
	all := []string{}
	for line := range strings.Lines(row.Op().Notes) {
		all = append(all, fill.Replace(strings.TrimSpace(strings.TrimPrefix(line, "- "))))
	}
	return all
}

// inlined returns a schema with its references replaced by what they point to,
// and nothing left out.
func inlined(s *papi.Schema) *papi.Schema {
	return rewrite(s, func(*papi.Schema) {})
}
