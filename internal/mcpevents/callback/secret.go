package callback

import (
	"encoding/base64"
	"strings"
)

// secretPrefix begins a symmetric secret of Standard Webhooks.
const secretPrefix = "whsec_"

// How many bytes a secret has.
const minSecret, maxSecret = 24, 64

// decodeSecret returns the bytes of a secret: whsec_ and the base64 of 24 to 64 bytes.
func decodeSecret(text string) (secret []byte, ok bool) {
	encoded, ok := strings.CutPrefix(text, secretPrefix)
	if !ok {
		return nil, false
	}
	// Some libraries leave the padding out. A line break is ignored by Go's decoder alone.
	secret, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil || strings.ContainsAny(encoded, "\r\n") || len(secret) < minSecret || len(secret) > maxSecret {
		return nil, false
	}
	return secret, true
}
