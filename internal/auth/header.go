package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
)

// CredentialsHeader holds a request's credentials for the API: base64 of
// projectId:keyId:keySecret.
const CredentialsHeader = "X-Sinch-Credentials"

// maxCredentials bounds the header's value, in bytes.
const maxCredentials = 2048

// WithCredentials has next authenticate the caller, and takes the credentials
// for the API from each request. The grant is reduced to their project.
//
// The principal holds a fingerprint of all three parts, the secret included:
// naming another caller's project and key without their secret gives access to
// nothing of theirs. Identity.Caller stays what next returned.
func WithCredentials(next Authenticator) Authenticator {
	return func(r *http.Request) (Identity, *Failure) {
		id, failure := next(r)
		if failure != nil {
			return Identity{}, failure
		}
		given := r.Header.Values(CredentialsHeader)
		credentials, ok := parseCredentials(given)
		if !ok && !slices.ContainsFunc(given, papi.HasPlaceholder) {
			return Identity{}, NewFailure(http.StatusBadRequest, errorcode.CredentialsMissing, "each request must send the header "+CredentialsHeader+", once: base64 of projectId:keyId:keySecret")
		}
		if !ok || papi.HasPlaceholder(credentials.ProjectID) || papi.HasPlaceholder(credentials.KeyID) || papi.HasPlaceholder(credentials.KeySecret) {
			return Identity{}, NewFailure(http.StatusBadRequest, errorcode.ConfigurationUnfilled, CredentialsHeader+", or a part of it, is still a placeholder: put the value into the configuration of the client")
		}
		if len(id.Grant.Projects) > 0 && !slices.Contains(id.Grant.Projects, credentials.ProjectID) {
			return Identity{}, NewFailure(http.StatusForbidden, errorcode.ProjectNotGranted, "the project in "+CredentialsHeader+" is not among those that this caller may use")
		}
		id.Grant.Projects = []string{credentials.ProjectID}
		id.Credentials = &credentials
		id.Caller = id.LimitKey()
		id.Principal = principal(id.Principal, credentials.Fingerprint())
		return id, nil
	}
}

// Fingerprint identifies the credentials without revealing them.
func (c Credentials) Fingerprint() string {
	// No part can hold a NUL, so no other three parts give the same text.
	sum := sha256.Sum256([]byte(c.ProjectID + "\x00" + c.KeyID + "\x00" + c.KeySecret))
	return hex.EncodeToString(sum[:16])
}

func parseCredentials(values []string) (c Credentials, ok bool) {
	if len(values) != 1 || len(values[0]) > maxCredentials {
		return c, false
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(values[0]))
	if err != nil {
		return c, false
	}
	text := strings.TrimRight(string(raw), "\r\n") // as echo ends what is piped into base64
	parts := strings.SplitN(text, ":", 3)          // a secret may hold a colon
	if len(parts) != 3 || slices.ContainsFunc(parts, func(part string) bool { return !isVisibleASCII(part) }) {
		return c, false
	}
	return Credentials{ProjectID: parts[0], KeyID: parts[1], KeySecret: parts[2]}, true
}

// isVisibleASCII reports whether a text is not empty and has only visible ASCII
// characters, as ids and keys do.
func isVisibleASCII(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}
