package papi

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// unions are all unions of the bodies that operations take, by path.
func unions() map[string]*Schema {
	found := map[string]*Schema{}
	var look func(s *Schema, path string)
	look = func(s *Schema, path string) {
		r := s.Resolve()
		if len(r.AnyOf) > 0 {
			found[path] = r
		}
		for name, p := range r.Properties {
			look(p, path+"."+name)
		}
		if r.Items != nil {
			look(r.Items, path+"[]")
		}
		for i, v := range r.AnyOf {
			look(v, fmt.Sprintf("%s/%d", path, i))
		}
	}
	for _, op := range Operations() {
		if op.Body != nil {
			look(op.Body, op.ID)
		}
	}
	return found
}

// For each variant of each union of a request, its samples are valid, and each
// single thing that they lack is reported for that variant and no other.
func TestEachVariantOfEachUnion(t *testing.T) {
	opts := CheckOptions{Closed: true, Formats: true}
	all := unions()
	if len(all) != 18 {
		t.Fatalf("%d unions, not 18: a new one needs a look", len(all))
	}
	for path, union := range all {
		for i, v := range union.AnyOf {
			variant := v.Resolve()
			t.Run(fmt.Sprintf("%s/%d", path, i), func(t *testing.T) {
				for _, most := range []bool{false, true} {
					sample := variant.Sample(most)
					if found := union.Violations(sample, opts); len(found) > 0 {
						t.Errorf("the sample (most: %v) of %s is refused: %+v", most, v.Name(), found)
					}
				}
				fields, isObject := variant.Sample(true).(map[string]any)
				if !isObject || variant.IsDeprecated() && !usesOwnName(v, without(union.AnyOf, v), fields) {
					return
				}
				for _, name := range variant.Required {
					left := lacking(fields, name)
					if !variant.MayOmit(name, false) && (!variant.IsDeprecated() || usesOwnName(v, without(union.AnyOf, v), left)) {
						lacks(t, union, left, name)
					}
				}
				for name, field := range fields {
					below, isObject := field.(map[string]any)
					p := variant.Properties[name].Resolve()
					if !isObject || len(p.AnyOf) > 0 {
						continue
					}
					for _, inner := range p.Required {
						if !p.MayOmit(inner, false) {
							changed := maps.Clone(fields)
							changed[name] = lacking(below, inner)
							lacks(t, union, changed, name+"."+inner)
						}
					}
				}
			})
		}
	}
}

// lacks checks that only what a value lacks is reported.
func lacks(t *testing.T, union *Schema, value map[string]any, path string) {
	t.Helper()
	found := union.Violations(value, CheckOptions{Closed: true, Formats: true})
	if len(found) == 1 && found[0].Path == path && strings.HasPrefix(fmt.Sprint(found[0].Allowed), "required") {
		return
	}
	// What is left may be the beginning of several forms.
	if len(found) == 1 && found[0].Path == "" && strings.Contains(fmt.Sprint(found[0].Allowed), "with "+path) {
		return
	}
	raw, _ := json.Marshal(value)
	t.Errorf("without %s: %+v\n%s", path, found, raw)
}

func without(all []*Schema, one *Schema) []*Schema {
	return slices.DeleteFunc(slices.Clone(all), func(s *Schema) bool { return s == one })
}

func lacking(fields map[string]any, name string) map[string]any {
	left := maps.Clone(fields)
	delete(left, name)
	return left
}

// Answers of an RCS sender are needed at launch: whichever of them are given, a
// create is valid.
func TestRcsAnswersMayBeGivenInPart(t *testing.T) {
	for path, union := range unions() {
		if !strings.HasPrefix(path, "Rcs") {
			continue
		}
		for _, v := range union.AnyOf {
			if v.Resolve().IsDeprecated() {
				continue
			}
			all := v.Resolve().Sample(true).(map[string]any)
			for name := range all {
				for _, given := range []map[string]any{{name: all[name]}, lacking(all, name)} {
					if found := union.Violations(given, CheckOptions{Closed: true, Formats: true}); len(found) > 0 {
						t.Errorf("%s: %s: %v is refused: %+v", path, v.Name(), slices.Sorted(maps.Keys(given)), found)
					}
				}
			}
		}
	}
}

func TestVariantsAreChosen(t *testing.T) {
	const (
		rcs     = "RcsSendersController_createSender_v1"
		sender  = "WhatsappSendersController_createSender_v1"
		account = "WhatsappAccountsController_createAccount_v1"
		bundle  = "BundlesBundlesController_create_v1"
	)
	us := func(answers string) string {
		return `{"region":"EU","billingCategory":"CONVERSATIONAL","useCase":"OTP","details":{"questionnaire":{"us":{"answers":` + answers + `}}}}`
	}
	const answers = "details.questionnaire.us.answers."
	for _, tt := range []struct{ name, op, given, want string }{
		{"the tax country stays", rcs, us(`{"companyLegalName":"Example GmbH","taxIdCountry":"DE","ownershipType":"PRIVATE","legalForm":"PARTNERSHIP"}`), ""},
		{"a state that is ignored abroad", rcs, us(`{"taxIdCountry":"DE","addressState":"CA"}`), ""},
		{"a form that one of them has", rcs, us(`{"legalForm":"PARTNERSHIP"}`), ""},
		{"a country that none has", rcs, us(`{"taxIdCountry":"GER"}`), answers + "taxIdCountry: a list []"},
		{"its other code", rcs, us(`{"taxIdCountry":"DEU"}`), answers + "taxIdCountry: a list [DE]"},
		{"stock of a private company", rcs, us(`{"ownershipType":"PRIVATE","stockSymbol":"EX"}`), answers + "stockSymbol: only where ownershipType is PUBLIC []"},
		{"a text of the deprecated form", rcs, us(`{"companyLegalName":"Example","messagesVolume":"10K - 100K messages"}`), answers + "messagesVolume: number []"},
		{"the same with a name of its own", rcs, us(`{"ein":"00-0000000","messagesVolume":"10K - 100K messages"}`), ""},
		{"too short for the current form", rcs, us(`{"companyLegalName":""}`), answers + "companyLegalName: at least 1 character []"},
		{"a signup with a display name", sender, `{"wabaId":"1","phoneNumberId":"2","details":{"displayName":"x"}}`, "details: not allowed with the other names given; it belongs to the form with details, or with phoneNumberProvider and details []"},
		{"a signup without its account", sender, `{"phoneNumberId":"2","authenticationCode":"x"}`, ""},
		{"partner-initiated, without the provider", sender, `{"details":{"displayName":"x","vertical":"OTHER","countryCode":"1","email":"a@example.com"}}`, "phoneNumberProvider: required, one of CUSTOMER, SINCH []"},
		{"a new number", sender, `{"details":{"displayName":"x","countryCode":"1"}}`, "details.phoneNumber: required, string []"},
		{"the deprecated signup", sender, `{"phoneNumberId":"2","facebookCode":"x","name":"x"}`, "details: required, object []"},
		{"an account", account, `{"wabaName":"x"}`, "clientBusinessManagerId: required, string []\nsenderDetails: required, object []"},
		{"nothing of an account", account, `{}`, "clientBusinessManagerId: required, string []\nsenderDetails: required, object []\nwabaName: required, string []"},
		{"the deprecated account", account, `{"companyLegalName":"x"}`, "clientBusinessManagerId: required, string []"},
		{"no type of a union", bundle, `{"region":"EU","smsApp":"yes","convApp":1}`, "convApp: boolean or object []\nsmsApp: boolean or object []"},
		{"a policy of either mode", bundle, `{"region":"EU","convApp":{"retentionPolicy":{"ttl":400}}}`, ""},
		{"a policy of none", bundle, `{"region":"EU","convApp":{"retentionPolicy":{"ttl":4000}}}`, "convApp.retentionPolicy.ttl: at most 3650 []"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var value any
			if err := json.Unmarshal([]byte(tt.given), &value); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range Lookup(tt.op).Body.Violations(value, CheckOptions{Closed: true, Formats: true}) {
				allowed := v.Allowed
				if _, isList := allowed.([]any); isList {
					allowed = "a list"
				}
				got = append(got, fmt.Sprintf("%s: %v [%s]", v.Path, allowed, v.Nearest))
			}
			if strings.Join(got, "\n") != tt.want {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), tt.want)
			}
		})
	}
}
