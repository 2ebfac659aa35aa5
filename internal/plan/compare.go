package plan

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// compare returns the fields in which a thing that the project has differs from what the
// file wants, and the arguments that an update needs to remove the differences, without
// those that identify the thing. Both items have the form of the arguments of a create.
//
// What the file leaves out stays as it is, as in an update of the API, and null removes a
// field. A list, and an object that an update replaces as one, is compared as one value.
// No differences are: a default of the contract that only one side has, the order of a
// list whose items are unique, the signs between the digits of a phone number, and a
// secret, which no read shows.
func compare(kind *Kind, wants, has *Item) ([]FieldChange, map[string]any) {
	c := &comparison{secret: wants.Secret}
	body := kind.Schema()
	patch := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(wants.Fields)) {
		if body.Properties[name] == nil || slices.Contains(kind.Hidden, name) {
			continue
		}
		part, differs := c.field(body.Properties[name], name, name, wants.Fields[name], has.Fields[name], mergedLevels(kind))
		if differs {
			patch[name] = part
		}
	}
	return c.changes, patch
}

// mergedLevels is how many levels of objects an update merges, those of its arguments
// not counted: within them what is left out stays (updateTemplate, update of senders,
// 1.2.117: details; updateSender of RCS, 1.2.117: object by object).
func mergedLevels(kind *Kind) int {
	if kind.Update == "rcs_sender_update" {
		return 100
	}
	return 1
}

// comparison collects the differences.
type comparison struct {
	secret  []string
	changes []FieldChange
}

// field compares a field, and returns what an update must give for it, and whether it
// differs. merged is how many levels of objects an update merges from here on.
func (c *comparison) field(s *papi.Schema, name, path string, wants, has any, merged int) (any, bool) {
	if slices.Contains(c.secret, path) || papi.RequestSecrets[name] {
		return nil, false
	}
	s = variantOf(s, wants, has)
	if same(s, name, wants, has) {
		return wants, false
	}
	wanted, isObject := wants.(map[string]any)
	there, wasObject := has.(map[string]any)
	switch {
	case isObject && (wasObject || has == nil) && merged > 0:
		return c.merged(s, path, wanted, there, merged)
	case isObject && wasObject:
		for _, key := range slices.Sorted(maps.Keys(union(wanted, there))) {
			c.field(propertyOf(s, key), key, path+"."+key, wanted[key], there[key], 0)
		}
	case c.items(s, name, path, wants, has):
	default:
		c.add(path, wants, has)
	}
	return wants, true
}

// merged compares an object that an update merges: its part that differs suffices.
func (c *comparison) merged(s *papi.Schema, path string, wants, has map[string]any, merged int) (any, bool) {
	parts := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(wants)) {
		if part, differs := c.field(propertyOf(s, key), key, path+"."+key, wants[key], has[key], merged-1); differs {
			parts[key] = part
		}
	}
	return parts, len(parts) > 0
}

// items compares two lists item by item where they have the same ones, and reports
// whether it did.
func (c *comparison) items(s *papi.Schema, name, path string, wants, has any) bool {
	wanted, isList := wants.([]any)
	there, wasList := has.([]any)
	if !isList || !wasList {
		return false
	}
	if by := keyOf(name, wanted, there); by != "" {
		left, right := keyed(wanted, by), keyed(there, by)
		for _, key := range orderedKeys(by, wanted, there) {
			c.item(s, name, path+"."+key, left[key], right[key])
		}
		return true
	}
	if len(wanted) != len(there) || isSet(s, name) {
		return false
	}
	for i := range wanted {
		c.item(s, name, fmt.Sprintf("%s[%d]", path, i), wanted[i], there[i])
	}
	return true
}

func (c *comparison) item(s *papi.Schema, name, path string, wants, has any) {
	item := &papi.Schema{}
	if s.Items != nil {
		item = s.Items
	}
	c.field(item, name, path, wants, has, 0)
}

func (c *comparison) add(path string, wants, has any) {
	change := FieldChange{Path: path}
	if has != nil {
		change.From = jsonvalue.Encode(has)
	}
	if wants != nil {
		change.To = jsonvalue.Encode(wants)
	}
	c.changes = append(c.changes, change)
}

// same reports whether two values of a field are the same to the API.
func same(s *papi.Schema, name string, wants, has any) bool {
	s = variantOf(s, wants, has)
	if isDefault(s, wants) && isDefault(s, has) {
		return true
	}
	switch w := wants.(type) {
	case string:
		h, isText := has.(string)
		return isText && plainText(s, name, w) == plainText(s, name, h)
	case map[string]any:
		h, isObject := has.(map[string]any)
		if !isObject && has != nil {
			return false
		}
		for key := range union(w, h) {
			if !same(propertyOf(s, key), key, w[key], h[key]) {
				return false
			}
		}
		return true
	case []any:
		h, isList := has.([]any)
		return isList && len(w) == len(h) && sameItems(s, name, w, h)
	}
	return papi.SameJSON(wants, has)
}

// sameItems compares two lists of the same length.
func sameItems(s *papi.Schema, name string, wants, has []any) bool {
	item := s.Items
	if item == nil {
		item = &papi.Schema{}
	}
	if by := keyOf(name, wants, has); by != "" {
		left, right := keyed(wants, by), keyed(has, by)
		for key := range union(left, right) {
			if !same(item, name, left[key], right[key]) {
				return false
			}
		}
		return true
	}
	if !isSet(s, name) {
		for i := range wants {
			if !same(item, name, wants[i], has[i]) {
				return false
			}
		}
		return true
	}
	left := slices.Clone(has)
	for _, want := range wants {
		i := slices.IndexFunc(left, func(one any) bool { return same(item, name, want, one) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}

// isDefault reports whether a value says no more than its absence: null, an empty list,
// the default of the contract.
func isDefault(s *papi.Schema, value any) bool {
	if list, ok := value.([]any); ok && len(list) == 0 {
		return true
	}
	return value == nil || s.Default != nil && papi.SameJSON(value, s.Default)
}

// plainText is a text without what makes no difference to the API.
func plainText(s *papi.Schema, name, text string) string {
	switch {
	case strings.Contains(s.Format, "phone number") || slices.Contains(phoneFields, name):
		return digits(text)
	case s.Format == "hex":
		return strings.ToLower(text)
	case s.Format == "url":
		return plainURL(text)
	}
	return text
}

// phoneFields are the fields that have phone numbers, and a pattern in place of a format
// (RcsSenderDetailsBrandPhoneDto, the answers for the verification, 1.2.117). They are
// also those of a list of numbers.
var phoneFields = []string{"number", "phone", "phoneNumber", "adminPhoneNo", "testNumbers"}

// digits are the digits of a phone number, without the signs between them and before
// the country code: + or 00.
func digits(number string) string {
	only := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
	return strings.TrimPrefix(only, "00")
}

// plainURL is a URL with its host in lower case, and with the path that an empty one
// means. What is not a URL stays.
func plainURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return text
	}
	u.Host = strings.ToLower(u.Host)
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

// isSet reports whether the order of a list's items means nothing: the contract says
// that they are unique, and they are not shown in their order, as the buttons of a
// message are.
func isSet(s *papi.Schema, name string) bool { return s.UniqueItems && name != "buttons" }

// keyOf is the field that identifies the items of two lists whose order means nothing:
// a message has one component of a type, and KakaoTalk's buttons say their place. It
// is "" where there is none, or an item lacks it or shares it with another.
func keyOf(name string, lists ...[]any) string {
	by := map[string]string{"components": "type", "buttons": "ordering"}[name]
	if by == "" {
		return ""
	}
	for _, list := range lists {
		if len(keyed(list, by)) != len(list) {
			return ""
		}
	}
	return by
}

// keyed has the items of a list by the text of a field.
func keyed(list []any, by string) map[string]any {
	items := map[string]any{}
	for _, item := range list {
		if key := jsonvalue.Text(item, by); key != "" {
			items[key] = item
		}
	}
	return items
}

// orderedKeys are the keys of the items of lists, each once, in their order.
func orderedKeys(by string, lists ...[]any) []string {
	var keys []string
	for _, list := range lists {
		for _, item := range list {
			if key := jsonvalue.Text(item, by); !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// variantOf is a schema without references; of a union, the variant that the value that
// is wanted means, or that the project has where none is wanted.
func variantOf(s *papi.Schema, wants, has any) *papi.Schema {
	if s = s.Resolve(); len(s.AnyOf) == 0 {
		return s
	}
	value := wants
	if value == nil {
		value = has
	}
	if variant := s.Variant(value); variant != nil {
		return variant.Resolve()
	}
	return s
}

// propertyOf is the schema of a property; what the contract does not know may have any
// value.
func propertyOf(s *papi.Schema, name string) *papi.Schema {
	if p := s.Properties[name]; p != nil {
		return p
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		return s.AdditionalProperties.Schema
	}
	return &papi.Schema{}
}

func union(a, b map[string]any) map[string]any {
	all := map[string]any{}
	maps.Copy(all, a)
	maps.Copy(all, b)
	return all
}
