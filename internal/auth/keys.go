package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
)

// Key is a caller that proves itself with an API key.
type Key struct {
	// Name is the caller's, told in logs and in the audit.
	Name string
	// Hashes are the SHA-256 of its keys: more than one while they are being
	// replaced. A key is random and long ([NewKey]), so that its hash can't be
	// searched for, and needs no salt.
	Hashes [][sha256.Size]byte
	Grant  Grant
}

// hashPrefix begins the hash of a key as it is written, and keeps one of
// digits alone from being read as a number.
const hashPrefix = "sha256:"

// NewKey makes an API key, and the hash by which it is known: sha256: and 64
// hexadecimal digits.
func NewKey() (key, hash string) {
	key = "pmk_" + rand.Text()
	sum := sha256.Sum256([]byte(key))
	return key, hashPrefix + hex.EncodeToString(sum[:])
}

// ParseHash reads the hash of a key.
func ParseHash(text string) (hash [sha256.Size]byte, err error) {
	digits, ok := strings.CutPrefix(text, hashPrefix)
	raw, err := hex.DecodeString(digits)
	if !ok || err != nil || len(raw) != sha256.Size {
		return hash, errors.New("this is not the hash of a key: " + hashPrefix + " and 64 hexadecimal digits")
	}
	return [sha256.Size]byte(raw), nil
}

// Keys knows callers by their API keys, sent as bearer tokens. It asks for the
// keys with each request, so that they can change.
func Keys(keys func() []Key) Authenticator { return apiKeys(keys) }

type apiKeys func() []Key

// Authenticate implements Authenticator.
func (keys apiKeys) Authenticate(r *http.Request) (Identity, *Failure) {
	token := bearer(r)
	if token == "" {
		return Identity{}, &Failure{
			Status: http.StatusUnauthorized, Challenge: `Bearer realm="papi-mcp"`, Code: errorcode.Unauthorized,
			Message: "an API key is missing: send the header Authorization: Bearer KEY",
		}
	}
	if papi.HasPlaceholder(token) {
		return Identity{}, &Failure{
			Status: http.StatusUnauthorized, Challenge: `Bearer realm="papi-mcp", error="invalid_token"`, Code: errorcode.ConfigurationUnfilled,
			Message: "the header Authorization still holds a placeholder: put the API key into the configuration of the client",
		}
	}
	sum := sha256.Sum256([]byte(token))
	var known *Key
	for _, key := range keys() { // all of them: the time taken tells nothing
		for _, hash := range key.Hashes {
			if subtle.ConstantTimeCompare(sum[:], hash[:]) == 1 {
				known = &key
			}
		}
	}
	if known == nil {
		return Identity{}, &Failure{
			Status: http.StatusUnauthorized, Challenge: `Bearer realm="papi-mcp", error="invalid_token"`, Code: errorcode.Unauthorized,
			Message: "this API key is not known here: it may have been replaced; ask whoever runs the server",
		}
	}
	caller := "key:" + known.Name
	return Identity{Caller: caller, Principal: principal(caller, known.Grant.Tenant), Grant: known.Grant}, nil
}

// principal is a caller's name, with the tenant that it works for.
func principal(caller, tenant string) string {
	if tenant == "" {
		return caller
	}
	return caller + "@" + tenant
}
