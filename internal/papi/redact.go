package papi

import (
	"encoding/json"
	"slices"
	"strings"
)

// redactor removes known secrets from texts of others: Meta's "malformed
// access token" quotes the token, and a proxy's error page may show the whole
// request.
type redactor struct{ *strings.Replacer }

// redactor knows the credentials of the client and the secrets of the request.
func (x *call) redactor() redactor {
	_, credential, _ := strings.Cut(x.authorization, " ")
	return newRedactor(slices.Concat(x.client.auth.key, []string{credential}, RequestSecrets.in(x.request.Body)))
}

// newRedactor removes secrets, as far as they are long enough to be some.
func newRedactor(secrets []string) redactor {
	// Anything shorter is no secret, and would leave holes in plain words.
	const shortest = 6
	var pairs []string
	for _, secret := range secrets {
		if len(secret) >= shortest {
			pairs = append(pairs, secret, Masked)
		}
	}
	return redactor{strings.NewReplacer(pairs...)}
}

func (r redactor) text(s string) string { return r.Replace(s) }

// value removes the secrets from all texts of a JSON value, which it changes.
func (r redactor) value(value any) any {
	switch v := value.(type) {
	case string:
		return r.Replace(v)
	case json.Number:
		if hidden := r.Replace(v.String()); hidden != v.String() {
			return hidden
		}
	case map[string]any:
		for name, field := range v {
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
