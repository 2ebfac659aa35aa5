package papi

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// redactor removes known secrets from texts of others: Meta's "malformed
// access token" quotes the token, and a proxy's error page may show the whole
// request.
type redactor struct {
	*strings.Replacer
	known map[string]bool // the secrets, short ones too
	codes bool            // some of them are short codes of digits
}

// redactor knows the credentials of the client and the secrets of the request.
func (x *call) redactor() redactor {
	_, credential, _ := strings.Cut(x.authorization, " ")
	return newRedactor(slices.Concat(x.client.auth.key, []string{credential}, RequestSecrets.in(x.request.Body)))
}

// newRedactor removes secrets: from texts as far as they are long enough to be
// some, as they are and as JSON has them, and short codes where they stand as a
// number of their own; from fields that bear a secret's name whatever their
// length.
func newRedactor(secrets []string) redactor {
	// Anything shorter would leave holes in plain words.
	const shortest = 6
	var pairs []string
	codes := false
	known := map[string]bool{}
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		known[secret] = true
		if len(secret) < shortest {
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

var shortCode = regexp.MustCompile(`^[0-9]{4,}$`)

// numbers finds numbers with what they are a part of. It is compiled when it is
// first needed: the classes of Unicode would cost each start-up.
var numbers = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[\p{L}\p{N}_.-]*[0-9]{4,}[\p{L}\p{N}_.-]*`)
})

func (r redactor) text(s string) string {
	s = r.Replace(s)
	if !r.codes {
		return s
	}
	return numbers().ReplaceAllStringFunc(s, func(number string) string {
		if code := strings.TrimRight(number, ".-"); r.known[code] {
			return Masked + number[len(code):]
		}
		return number
	})
}

// value removes the secrets from all texts of a JSON value, which it changes.
func (r redactor) value(value any) any {
	switch v := value.(type) {
	case string:
		return r.text(v)
	case json.Number:
		if hidden := r.text(v.String()); hidden != v.String() {
			return hidden
		}
	case map[string]any:
		for name, field := range v {
			if RequestSecrets[name] && r.known[fmt.Sprint(field)] {
				v[name] = Masked
				continue
			}
			v[name] = r.value(field)
		}
	case []any:
		for i, item := range v {
			v[i] = r.value(item)
		}
	}
	return value
}

// in lists what stands under the names in a JSON value, at any depth.
func (n SecretNames) in(value any) []string {
	var all []string
	switch v := value.(type) {
	case map[string]any:
		for name, field := range v {
			switch secret := field.(type) {
			case string:
				if n[name] {
					all = append(all, secret)
				}
			case json.Number:
				if n[name] {
					all = append(all, secret.String())
				}
			default:
				all = append(all, n.in(field)...)
			}
		}
	case []any:
		for _, item := range v {
			all = append(all, n.in(item)...)
		}
	}
	return all
}
