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

// Key is a caller with API keys.
type Key struct {
	// Name is the caller's, as it appears in the log and the audit log.
	Name string
	// Hashes are the SHA-256 of its keys: more than one while they are being
	// replaced. A key is long and random ([NewKey]), so its hash can't be guessed
	// and needs no salt.
	Hashes [][sha256.Size]byte
	Grant  Grant
}

// hashPrefix begins the written hash of a key. It keeps YAML from reading a hash
// of digits alone as a number.
const hashPrefix = "sha256:"

// NewKey returns a new API key and its hash: sha256: and 64 hexadecimal digits.
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

// Keys authenticates callers by API keys, sent as bearer tokens. It calls keys
// for each request, so that they can change.
func Keys(keys func() []Key) Authenticator {
	const missing = `Bearer realm="papi-mcp"`
	const invalid = missing + `, error="invalid_token"`
	refuse := func(challenge, code, message string) (Identity, *Failure) {
		return Identity{}, &Failure{Status: http.StatusUnauthorized, Challenge: challenge, Code: code, Message: message}
	}
	return func(r *http.Request) (Identity, *Failure) {
		token := bearer(r)
		if token == "" {
			return refuse(missing, errorcode.Unauthorized, "an API key is missing: send the header Authorization: Bearer KEY")
		}
		if papi.HasPlaceholder(token) {
			return refuse(invalid, errorcode.ConfigurationUnfilled, "the header Authorization is still a placeholder: put the API key into the configuration of the client")
		}
		sum := sha256.Sum256([]byte(token))
		var known *Key
		for _, key := range keys() { // all of them, so that the time taken reveals nothing
			for _, hash := range key.Hashes {
				if subtle.ConstantTimeCompare(sum[:], hash[:]) == 1 {
					known = &key
				}
			}
		}
		if known == nil {
			return refuse(invalid, errorcode.Unauthorized, "this API key is not known here: it may have been replaced; ask the server's operator")
		}
		caller := "key:" + known.Name
		return Identity{Caller: caller, Principal: principal(caller, known.Grant.Tenant), Grant: known.Grant}, nil
	}
}

// principal is a caller's name with its tenant.
func principal(caller, tenant string) string {
	if tenant == "" {
		return caller
	}
	return caller + "@" + tenant
}
