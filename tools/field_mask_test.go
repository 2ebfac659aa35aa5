package tools

import (
	"net/http"
	"slices"
	"testing"

	"papi-mcp/internal/catalog"
)

// fields sets the API's fieldMask where there is one, with what the result itself needs.
func TestFieldsSetTheFieldMask(t *testing.T) {
	needed := []string{"changes.status", "language", "name", "rejectionCode", "state"}
	for _, c := range []struct {
		tool   string
		fields []string
		want   []string // besides what is needed
	}{
		{"whatsapp_template_list", []string{"qualityScore"}, []string{"qualityScore"}},
		{"whatsapp_template_list", []string{"templates.qualityScore"}, []string{"qualityScore"}},
		{"whatsapp_template_get", []string{"details.components"}, []string{"details.components"}},
		{"whatsapp_template_get", []string{"details.components[0].buttons.url"}, []string{"details.components.0.buttons.0.url"}},
		{"whatsapp_template_get", []string{"details.components.0.text"}, []string{"details.components.0.text"}},
		{"whatsapp_template_get", []string{"details.optimization.bidAmount", "name"}, []string{"details.optimization"}},
		{"whatsapp_template_language_list", []string{"analytics.sent"}, []string{"analytics.0.sent"}},
		{"whatsapp_template_list", []string{"qualityScore", "unknown"}, nil},
		{"whatsapp_template_list", nil, nil},
		{"whatsapp_sender_list", []string{"name"}, nil},
	} {
		var got []string
		for _, value := range fieldMask(catalog.Lookup(c.tool), c.fields) {
			got = append(got, value.(string))
		}
		want := c.want
		if want != nil {
			want = slices.Sorted(slices.Values(slices.Concat(needed, want)))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s with fields %v: %v, want %v", c.tool, c.fields, got, want)
		}
	}
}

// The API is asked for the mask, whatever else the call says of it.
func TestFieldsAreSentAsFieldMask(t *testing.T) {
	set, api := newSet(t, answerJSON(http.StatusOK, map[string]any{"templates": []any{}}), nil)
	mask := func(args map[string]any) []string {
		t.Helper()
		if out := do(t, set, "whatsapp_template_list", args); out.IsError {
			t.Fatalf("%+v", out.Structured)
		}
		return api.last().query["fieldMask"]
	}
	if got := mask(map[string]any{"fields": []any{"name"}}); !slices.Contains(got, "name") || slices.Contains(got, "details") {
		t.Errorf("fields: %v", got)
	}
	if got := mask(map[string]any{"fields": []any{"name"}, "fieldMask": []any{"details"}}); !slices.Equal(got, []string{"details"}) {
		t.Errorf("with a fieldMask of the call's own: %v", got)
	}
	if got := mask(map[string]any{}); got != nil {
		t.Errorf("without fields: %v", got)
	}
}
