package papi

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

// Mask returns a copy of a JSON value in which what stands under the names is
// replaced by Masked, at any depth.
func (n SecretNames) Mask(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, field := range v {
			if n[name] && field != nil {
				out[name] = Masked
			} else {
				out[name] = n.Mask(field)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = n.Mask(item)
		}
		return out
	}
	return value
}
