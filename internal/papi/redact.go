package papi

import (
	"encoding/json"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
)

// redactor removes known secrets from texts from outside: Meta's "malformed access
// token" quotes the token, and a proxy's error page may show the request.
type redactor struct {
	*strings.Replacer
	known map[string]bool // the secrets, including short ones
	codes bool            // some of them are short codes of digits
}

// redactor returns a redactor of the client's credentials and the request's secrets.
func (x *call) redactor() redactor {
	_, credential, _ := strings.Cut(x.authorization, " ")
	return newRedactor(slices.Concat(x.client.auth.secrets, []string{credential}, RequestSecrets.valuesIn(x.request.Body)))
}

// newRedactor returns a redactor of secrets. Long ones are removed from any text, as
// they are and as JSON writes them; short numeric codes where they are a separate
// number; all of them from the fields that RequestSecrets names.
func newRedactor(secrets []string) redactor {
	// A shorter one could be part of an ordinary word.
	const minLength = 6
	var pairs []string
	codes := false
	known := map[string]bool{}
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		known[secret] = true
		if len(secret) < minLength {
			codes = codes || shortCode.MatchString(secret)
			continue
		}
		pairs = append(pairs, secret, Masked)
		if raw, err := json.Marshal(secret); err == nil && string(raw[1:len(raw)-1]) != secret {
			pairs = append(pairs, string(raw[1:len(raw)-1]), Masked)
		}
	}
	return redactor{strings.NewReplacer(pairs...), known, codes}
}

var shortCode = lazyregexp.New(`^[0-9]{4,}$`)

// numbers matches numbers with the words that they are part of.
var numbers = lazyregexp.New(`[\p{L}\p{N}_.-]*[0-9]{4,}[\p{L}\p{N}_.-]*`)

func (r redactor) text(s string) string {
	s = r.Replace(s)
	if !r.codes {
		return s
	}
	return numbers.ReplaceAllStringFunc(s, func(number string) string {
		if code := strings.TrimRight(number, ".-"); r.known[code] {
			return Masked + number[len(code):]
		}
		return number
	})
}

// value returns a JSON value without the secrets in its texts.
func (r redactor) value(value any) any {
	return jsonvalue.Map(value, func(name string, value any) (any, bool) {
		text := jsonvalue.Text(value, "")
		if RequestSecrets[name] && r.known[text] {
			return Masked, true
		}
		redacted := r.text(text)
		return redacted, redacted != text
	})
}

// valuesIn returns the values of the names in a JSON value, at any depth.
func (n SecretNames) valuesIn(value any) []string {
	var all []string
	for name, field := range jsonvalue.All(value) {
		if n[name] {
			all = append(all, jsonvalue.Text(field, ""))
		}
	}
	return all
}
