package papi

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Sample returns a value that the schema allows: a minimal one, with only what is
// required, or a full one, with every property that is not deprecated. Examples
// and tests use samples; their values are plausible, and do no harm when they are
// sent.
func (s *Schema) Sample(full bool) any {
	return sampler{full: full}.sample(s, "", 0)
}

type sampler struct {
	full  bool
	small bool // with something in each object and list, and without what is needed later
	depth int  // of objects
}

// maxSampleDepth is where the lists of a recursive schema end.
const maxSampleDepth = 8

func (m sampler) sample(s *Schema, name string, n int) any {
	s = s.Resolve()
	switch {
	case s.Const != nil:
		return s.Const
	case len(s.Enum) > 0:
		return m.enum(s, n)
	case len(s.AnyOf) > 0:
		return m.sample(m.variant(s), name, n)
	case s.Type.Has("object") || s.Properties != nil:
		return m.object(s, n)
	case s.Type.Has("array"):
		return m.array(s, name)
	case s.Type.Has("boolean"):
		return true
	case s.Type.Has("number"), s.Type.Has("integer"):
		return m.number(s, name)
	}
	return m.text(s, name, n)
}

// variant chooses a variant of a union that is not deprecated: the one with the most
// properties for a full sample, else the first.
func (m sampler) variant(s *Schema) *Schema {
	current := slices.DeleteFunc(slices.Clone(s.AnyOf), func(v *Schema) bool { return v.Resolve().IsDeprecated() })
	if len(current) == 0 {
		return s.AnyOf[0]
	}
	if m.small {
		return slices.MinFunc(current, func(a, b *Schema) int { return cmp.Compare(usualness(a), usualness(b)) })
	}
	if m.full {
		return slices.MaxFunc(current, func(a, b *Schema) int { return len(a.Resolve().Properties) - len(b.Resolve().Properties) })
	}
	return current[0]
}

// usualness is the least preference of a variant's fixed values.
func usualness(variant *Schema) int {
	least := len(preferred)
	for _, value := range variant.Resolve().fixedValues() {
		least = min(least, preference(value))
	}
	return least
}

// IsDeprecated reports whether the contract deprecates the schema, by its flag or in
// its description.
func (s *Schema) IsDeprecated() bool {
	return s.Deprecated || strings.HasPrefix(strings.ToLower(s.Description), "deprecated")
}

func (m sampler) object(s *Schema, n int) map[string]any {
	m.depth++
	out := map[string]any{}
	required := s.Required
	if m.small {
		if required = s.MustHave(false); len(required) == 0 && len(s.Properties) > 0 {
			required = s.Order()[:1]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name].Resolve()
		if slices.Contains(required, name) || m.full && !p.IsDeprecated() {
			out[name] = m.sample(p, name, n)
		}
	}
	if (m.full || m.small) && s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil && len(s.Properties) == 0 {
		out["US"] = m.sample(s.AdditionalProperties.Schema, "factor", n)
	}
	return out
}

func (m sampler) array(s *Schema, name string) []any {
	length := 1
	if s.MinItems != nil && !(m.small && *s.MinItems == 0) {
		length = *s.MinItems
	}
	if m.full && length < 2 && (s.MaxItems == nil || *s.MaxItems >= 2) {
		length = 2
	}
	if s.Items == nil || m.depth > maxSampleDepth {
		return []any{}
	}
	items := s.Items.Resolve()
	// A union of components: one of each type, as they must be different.
	if len(items.AnyOf) > 0 && m.full {
		return m.oneOfEach(items, s.MaxItems)
	}
	if len(items.Enum) > 0 && length > len(items.Enum) {
		length = len(items.Enum)
	}
	out := make([]any, length)
	for i := range out {
		out[i] = m.sample(items, name, i)
	}
	return out
}

func (m sampler) oneOfEach(items *Schema, max *int) []any {
	var out []any
	seen := map[string]bool{}
	for _, v := range items.AnyOf {
		value := m.sample(v, "", len(out))
		kind := fmt.Sprint(value)
		if fields, ok := value.(map[string]any); ok {
			kind = fmt.Sprint(fields["type"])
		}
		if !seen[kind] && (max == nil || len(out) < *max) {
			seen[kind] = true
			out = append(out, value)
		}
	}
	return out
}

// preferred are the enum values that samples use where they can: common ones, and
// none that is deprecated, costs more or suggests gambling and the like.
var preferred = []any{
	"BODY", "QUICK_REPLY", "ALL", "EN_US", "EN", "UTILITY", "EU", "US", "OTHER", "SHOPPING_AND_RETAIL", "RETAIL", "SMS", "TRANSACTIONAL", "CONVERSATIONAL",
	"SINCH_UK", "CUSTOMER", "SUBMIT", "DISPATCH", "HTTP", "WEB_LINK", "NAVIGATE", "COPY_CODE",
}

// enum chooses one of the values: for a minimal sample a preferred one.
func (m sampler) enum(s *Schema, n int) any {
	if !m.full && n == 0 {
		for _, value := range preferred {
			if slices.Contains(s.Enum, value) {
				return value
			}
		}
	}
	return s.Enum[n%len(s.Enum)]
}

func (m sampler) number(s *Schema, name string) any {
	if n, ok := sampleNumbers[name]; ok && s.Maximum == nil && s.Minimum == nil {
		return n
	}
	switch {
	case m.full && s.Maximum != nil:
		return *s.Maximum
	case s.Minimum != nil:
		return *s.Minimum
	}
	return float64(1)
}

// sampleNumbers are those of properties for which 1 is not plausible.
var sampleNumbers = map[string]float64{
	"code":                  123456,
	"messageSendTtlSeconds": 43200, // MARKETING and UTILITY both take it
	"codeExpirationMinutes": 10,
	"endTimestamp":          1694612898734,
}

// samplesByPattern has a text for each pattern of the contract.
var samplesByPattern = map[string]string{
	`^[a-z0-9][a-z0-9_]*[a-z0-9]$`: "sample_name",
	`^\+?[\d+\s]{6,15}$`:           "+15550100001",
	`^(?:\+|00)\d{6,15}$`:          "+15550100001",
	`^\d+$`:                        "000000000",
	`^\d{2}-\d{7}$`:                "00-0000000",
}

// sampleTexts are those of properties for which a name and a number are not
// plausible.
var sampleTexts = map[string]string{
	"projectId": "00000000-0000-0000-0000-000000000000", "senderId": "00000000-0000-0000-0000-000000000001",
	"webhookId": "00000000000000000000000000", "bundleId": "00000000000000000000000000",
	"smsAppId": "00000000000000000000000000000000", "conversationAppId": "00000000000000000000000000", "convApiAppId": "00000000000000000000000000",
	"solutionId": "100000000000001", "flowId": "100000000000001", "wabaId": "100000000000001", "phoneNumberId": "200000000000001",
	"clientBusinessManagerId": "300000000000001", "plusFriendId": "@example", "templateCode": "example_code",
	"templateName": "order_shipped", "testNumber": "+15550100001", "pageToken": "token", "confirm": "token",
	"secret": "Sample-secret-7351", "factor": "1.2", "companyPhoneNumber": "+15550100001", "taxId": "00-0000000",
	"topLevelCategoryCode": "001", "midLevelCategoryCode": "0001", "subLevelCategoryCode": "0001", "categoryCode": "999999",
	"displayName": "Example Shop", "wabaName": "Example Shop", "companyLegalName": "Example Shop Ltd", "comment": "Example comment.",
	"adminPhoneNo": "+15550100001", "tool": "webhook_list", "name": "Example Shop", "label": "Support",
}

func (m sampler) text(s *Schema, name string, n int) string {
	text := strings.TrimSpace(fmt.Sprintf("%s %d", name, n+1))
	if sample, ok := sampleTexts[name]; ok && n == 0 {
		text = sample
	}
	switch s.Format {
	case "url":
		text = fmt.Sprintf("https://example.com/%s/%d", name, n+1)
	case "email":
		text = fmt.Sprintf("name%d@example.com", n+1)
	case "otp":
		text = "123456"
	case "phone number", "e.164 phone number":
		text = fmt.Sprintf("+1555010%04d", n)
	case "numeric phone number":
		text = fmt.Sprintf("555010%04d", n)
	case "digits":
		text = fmt.Sprintf("10000000000000%d", n%10)
	case "country code":
		text = "1"
	case "hex":
		text = "#1A73E8"
	}
	if name == "target" {
		text = fmt.Sprintf("https://example.com/events/%d", n+1)
	}
	if sample, ok := samplesByPattern[s.Pattern]; ok {
		text = sample
	}
	if s.MinLength != nil && len(text) < *s.MinLength {
		text += strings.Repeat("x", *s.MinLength-len(text))
	}
	if s.MaxLength != nil && len(text) > *s.MaxLength {
		text = text[:*s.MaxLength]
	}
	return text
}
