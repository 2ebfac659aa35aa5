package papi

import (
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/lazyregexp"

	"golang.org/x/text/language"
)

// The kind of an enum is recognized by its values.

func isLanguageList(values []string) bool { return slices.Contains(values, "PT_BR") }

// isCountryList reports whether an enum lists countries, not regions (such as EU)
// or the states of the US.
func isCountryList(values []string) bool {
	return slices.Contains(values, "GB") && isCodeList(values)
}

var codeForm = lazyregexp.New(`^[A-Z]{2,3}$`)

func isCodeList(values []string) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return !codeForm.MatchString(v) && v != "UNRECOGNIZED" })
}

// languagesFor returns the languages of a list that an ISO 639 code or a BCP 47
// tag may mean, old and three-letter codes included: iw is HE, de_AT is DE, zh is
// one of three. A code that is not a language's may be a country's, as jp is.
func languagesFor(given string, values []string) []string {
	tag, err := language.All.Parse(strings.ReplaceAll(given, " ", "-"))
	if err != nil && len(given) == 2 {
		tag, err = languageOf(given)
	}
	base, sure := tag.Base()
	if err != nil || sure < language.High {
		return nil
	}
	name := strings.ToUpper(base.String())
	if base.String() == "no" {
		name = "NB" // Norwegian means Bokmål unless it says Nynorsk
	}
	region, regionSure := tag.Region()
	if exact := name + "_" + region.Canonicalize().String(); regionSure == language.Exact && slices.Contains(values, exact) {
		return []string{exact}
	}
	if slices.Contains(values, name) {
		return []string{name}
	}
	script, scriptSure := tag.Script()
	var all []string
	for _, v := range values {
		if !strings.HasPrefix(v, name+"_") {
			continue
		}
		written, _ := language.Make(v).Script()
		if (regionSure == language.Exact || scriptSure == language.Exact) && written != script {
			continue
		}
		all = append(all, v)
	}
	return all
}

// monolingualCountries are the countries whose code people write for a language, and
// which have only one: KZ, which may mean Kazakh or Russian, is not among them.
const monolingualCountries = "AL AT CN CZ DK GB GE GR HK IL IR JP MX RS UA US VN"

// languageOf returns the language of a country.
func languageOf(country string) (language.Tag, error) {
	if !slices.Contains(strings.Fields(monolingualCountries), strings.ToUpper(country)) {
		return language.Und, fmt.Errorf("%s is not a country with one language", country)
	}
	region, err := language.ParseRegion(country)
	if err != nil {
		return language.Und, err
	}
	return language.Compose(language.Und, region.Canonicalize())
}

// countryFor returns the country of a list that another code of ISO 3166 means:
// UK and GBR are GB.
func countryFor(given string, values []string) []string {
	given = strings.TrimSpace(given)
	if strings.EqualFold(given, "EL") { // as the European Union writes Greece
		given = "GR"
	}
	region, err := language.ParseRegion(given)
	if err != nil {
		return nil
	}
	if found := region.Canonicalize().String(); slices.Contains(values, found) {
		return []string{found}
	}
	return nil
}
