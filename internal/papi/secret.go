package papi

import (
	"slices"
	"strings"
	"unicode"
)

// Masked stands where a secret stood.
const Masked = "***"

// SecretNames are names of fields that hold what only their owner may read.
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

// AnswerSecrets are the secrets of answers. An answer's code is a template's
// or a category's, and no secret.
var AnswerSecrets = SecretNames{
	"authToken":            true,
	"bearerToken":          true,
	"longLivedAccessToken": true,
	"secret":               true,
}

// SoundsSecret reports whether what stands under a name may be a secret: the
// names that the API has for them, and what callers make of those. What it is a
// name of decides, not what the name holds somewhere: otp and facebook_token
// are secrets, otpType and nextPageToken are not.
func SoundsSecret(name string) bool {
	if RequestSecrets[name] || AnswerSecrets[name] {
		return true
	}
	words := wordsOf(name)
	for len(words) > 1 && neutral[words[len(words)-1]] { // tokenValue is the token
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
		return false // it leads to a page
	case last == "key":
		return slices.Contains(secretKeys, before)
	case last == "code":
		return slices.Contains(secretCodes, before)
	}
	for _, ends := range secretWords {
		if strings.HasSuffix(last, ends) {
			return true
		}
	}
	for _, what := range secretKeys {
		if strings.HasSuffix(last, what+"key") {
			return true
		}
	}
	for _, what := range secretCodes {
		if strings.HasSuffix(last, what+"code") {
			return true
		}
	}
	return slices.Contains(shortSecretWords, last)
}

var (
	// secretWords end the name of a secret, shortSecretWords are one by
	// themselves: "pin" ends harmless words too. All are singular.
	secretWords      = []string{"token", "secret", "password", "passwd", "passphrase", "passcode", "credential", "authorization", "apikey", "cookie"}
	shortSecretWords = []string{"otp", "pin", "pas", "pwd", "auth", "jwt", "bearer"} // pass without its s
	// secretKeys and secretCodes are the kinds of keys and codes that are secret.
	secretKeys  = []string{"api", "app", "access", "private", "secret", "signing", "encryption", "auth", "authentication", "shared", "account", "master"}
	secretCodes = []string{"otp", "authentication", "authorization", "auth", "verification", "confirmation", "security", "facebook", "access", "signup", "login", "recovery", "time", "mfa", "pin", "sms", "registration"}
	// neutral are words that add nothing to a name.
	neutral = map[string]bool{"value": true, "text": true, "string": true, "raw": true, "plain": true}
	// pageTokens are the tokens of paging.
	pageTokens = []string{"page", "next", "previous", "continuation", "cursor"}
)

// wordsOf splits a name into its words, in lower case: otpType, otp_type and
// OTP-Type are otp and type.
func wordsOf(name string) []string {
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

// MaskSecrets masks what stands under a name that sounds secret, at any depth.
func MaskSecrets(value any) any { return maskWhere(value, SoundsSecret) }

// MaskAnswered does the same for what the API answers, where a code is a
// template's or a category's.
func MaskAnswered(value any) any {
	return maskWhere(value, func(name string) bool { return name != "code" && SoundsSecret(name) })
}

// Mask returns a JSON value in which what stands under the names is replaced by
// Masked, at any depth: a copy, or the value itself where it holds none.
func (n SecretNames) Mask(value any) any { return maskWhere(value, n.holds) }

// holds knows a name with hidden characters in it too, since they go later.
func (n SecretNames) holds(name string) bool { return n[Printable(name)] }

func maskWhere(value any, secret func(name string) bool) any {
	if !stands(value, secret) { // hardly any does, and looking costs less than a copy
		return value
	}
	return mask(value, secret)
}

// stands reports whether something stands under a secret name.
func stands(value any, secret func(name string) bool) bool {
	switch v := value.(type) {
	case map[string]any:
		for name, field := range v {
			if secret(name) && field != nil || stands(field, secret) {
				return true
			}
		}
	case []any:
		for _, item := range v {
			if stands(item, secret) {
				return true
			}
		}
	}
	return false
}

func mask(value any, secret func(name string) bool) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, field := range v {
			if secret(name) && field != nil {
				out[name] = Masked
			} else {
				out[name] = mask(field, secret)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = mask(item, secret)
		}
		return out
	}
	return value
}
