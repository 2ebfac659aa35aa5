package papi

import "slices"

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

// Mask returns a JSON value in which what stands under the names is replaced by
// Masked, at any depth: a copy, or the value itself where it holds none.
func (n SecretNames) Mask(value any) any {
	if !n.stands(value) { // hardly any does, and looking costs less than a copy
		return value
	}
	return n.mask(value)
}

// stands tells whether something stands under one of the names.
func (n SecretNames) stands(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		for name, field := range v {
			if n[name] && field != nil || n.stands(field) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, n.stands)
	}
	return false
}

func (n SecretNames) mask(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, field := range v {
			if n[name] && field != nil {
				out[name] = Masked
			} else {
				out[name] = n.mask(field)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = n.mask(item)
		}
		return out
	}
	return value
}
