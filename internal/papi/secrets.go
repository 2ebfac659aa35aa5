package papi

import (
	"slices"
	"strings"
	"unicode"

	"papi-mcp/internal/jsonvalue"
)

// Masked replaces a secret.
const Masked = "***"

// SecretNames are names of fields whose values are secret.
type SecretNames map[string]bool

// RequestSecrets are the secrets of requests: keys, tokens, one-time codes and
// signup codes.
var RequestSecrets = SecretNames{
	"accessToken":         true,
	"authenticationCode":  true,
	"code":                true,
	"facebookAccessToken": true,
	"facebookCode":        true,
	"facebookToken":       true,
	"secret":              true,
}

// AnswerSecrets are the secrets of answers. An answer's code is a template's or a
// category's, and not secret.
var AnswerSecrets = SecretNames{
	"authToken":            true,
	"bearerToken":          true,
	"longLivedAccessToken": true,
	"secret":               true,
}

// IsSecretName reports whether the value of a name may be secret: a name that the
// API has for a secret, or a caller's variation of one. Its last word decides: otp
// and facebook_token are secret, otpType and nextPageToken are not.
func IsSecretName(name string) bool {
	if RequestSecrets[name] || AnswerSecrets[name] {
		return true
	}
	words := splitWords(name)
	for len(words) > 1 && neutralWords[words[len(words)-1]] { // tokenValue is a token
		words = words[:len(words)-1]
	}
	if len(words) == 0 {
		return false
	}
	last, before := words[len(words)-1], ""
	if len(words) > 1 {
		before = words[len(words)-2]
	}
	last = strings.TrimSuffix(last, "s")
	switch {
	case last == "token" && slices.Contains(pageTokens, before), last == "pagetoken":
		return false // of paging
	case last == "key":
		return slices.Contains(secretKeys, before)
	case last == "code":
		return slices.Contains(secretCodes, before)
	}
	endsWith := func(suffix string) bool { return strings.HasSuffix(last, suffix) }
	return slices.ContainsFunc(secretWords, endsWith) ||
		slices.ContainsFunc(secretKeys, func(kind string) bool { return endsWith(kind + "key") }) ||
		slices.ContainsFunc(secretCodes, func(kind string) bool { return endsWith(kind + "code") }) ||
		slices.Contains(shortSecretWords, last)
}

var (
	// secretWords are the ends of secret names. shortSecretWords count only as
	// complete words: "pin" is also the end of harmless ones. All are singular.
	secretWords      = []string{"token", "secret", "password", "passwd", "passphrase", "passcode", "credential", "authorization", "apikey", "cookie"}
	shortSecretWords = []string{"otp", "pin", "pas", "pwd", "auth", "jwt", "bearer"} // pass without its s
	// secretKeys and secretCodes are the kinds of keys and codes that are secret.
	secretKeys  = []string{"api", "app", "access", "private", "secret", "signing", "encryption", "auth", "authentication", "shared", "account", "master"}
	secretCodes = []string{"otp", "authentication", "authorization", "auth", "verification", "confirmation", "security", "facebook", "access", "signup", "login", "recovery", "time", "mfa", "pin", "sms", "registration"}
	// neutralWords add nothing to a name.
	neutralWords = map[string]bool{"value": true, "text": true, "string": true, "raw": true, "plain": true}
	// pageTokens are the kinds of tokens that are for paging.
	pageTokens = []string{"page", "next", "previous", "continuation", "cursor"}
)

// splitWords splits a name into its words, in lower case: otp and type of otpType,
// otp_type and OTP-Type.
func splitWords(name string) []string {
	var words []string
	begin := 0
	runes := []rune(name)
	add := func(end int) {
		if end > begin {
			words = append(words, strings.ToLower(string(runes[begin:end])))
		}
		begin = end
	}
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			add(i)
			begin = i + 1
		case unicode.IsUpper(r) && i > 0 && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			add(i)
		}
	}
	add(len(runes))
	return words
}

// MaskSecrets masks the values of names that IsSecretName reports, at any depth.
func MaskSecrets(value any) any { return maskWhere(value, IsSecretName) }

// MaskAnswer does the same for answers of the API, whose codes are a template's or
// a category's.
func MaskAnswer(value any) any {
	return maskWhere(value, func(name string) bool { return name != "code" && IsSecretName(name) })
}

// Mask returns a JSON value in which the values of the names are replaced by Masked,
// at any depth: a copy, or the value itself where it has none. A name with hidden
// characters counts as well, since they are removed later.
func (n SecretNames) Mask(value any) any {
	return maskWhere(value, n.has)
}

func maskWhere(value any, secret func(name string) bool) any {
	if !hasSecret(value, secret) { // few values have one, and this costs less than a copy
		return value
	}
	return jsonvalue.Map(value, func(name string, field any) (any, bool) {
		return Masked, field != nil && secret(name)
	})
}

// HasSecret reports whether MaskSecrets masks something in a value.
func HasSecret(value any) bool { return hasSecret(value, IsSecretName) }

// In reports whether Mask masks something in a value.
func (n SecretNames) In(value any) bool { return hasSecret(value, n.has) }

func (n SecretNames) has(name string) bool {
	return n[name] || hasSuspect(name) && n[Printable(name)]
}

func hasSecret(value any, secret func(name string) bool) bool {
	for name, field := range jsonvalue.All(value) {
		if field != nil && secret(name) {
			return true
		}
	}
	return false
}
