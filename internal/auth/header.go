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

// CredentialsHeader brings the credentials for the API with a request: base64
// of projectId:keyId:keySecret.
const CredentialsHeader = "X-Sinch-Credentials"

// maxCredentials bounds the header's value, in bytes.
const maxCredentials = 2048

// Header takes the credentials for the API from each request, beside whom next
// knows its caller as. The project is that of the credentials, and no other.
//
// The principal holds a fingerprint of all three parts, the secret among them:
// who names another's project and key without their secret shares nothing with
// them. The caller stays whom next knows, whatever credentials it brings.
func Header(next Authenticator) Authenticator { return fromHeader{next} }

type fromHeader struct{ next Authenticator }

// Authenticate implements Authenticator.
func (f fromHeader) Authenticate(r *http.Request) (Identity, *Failure) {
	id, failure := f.next.Authenticate(r)
	if failure != nil {
		return Identity{}, failure
	}
	given := r.Header.Values(CredentialsHeader)
	credentials, ok := parseCredentials(given)
	if !ok && !slices.ContainsFunc(given, papi.HasPlaceholder) {
		return Identity{}, &Failure{
			Status: http.StatusBadRequest, Code: errorcode.CredentialsMissing,
			Message: "each request must bring the header " + CredentialsHeader + ", once: base64 of projectId:keyId:keySecret",
		}
	}
	if !ok || papi.HasPlaceholder(credentials.ProjectID) || papi.HasPlaceholder(credentials.KeyID) || papi.HasPlaceholder(credentials.KeySecret) {
		return Identity{}, &Failure{
			Status: http.StatusBadRequest, Code: errorcode.ConfigurationUnfilled,
			Message: CredentialsHeader + ", or a part of it, still holds a placeholder: put the value into the configuration of the client",
		}
	}
	if len(id.Grant.Projects) > 0 && !slices.Contains(id.Grant.Projects, credentials.ProjectID) {
		return Identity{}, &Failure{
			Status: http.StatusForbidden, Code: errorcode.ProjectNotGranted,
			Message: "the project in " + CredentialsHeader + " is not among those that this caller may touch",
		}
	}
	id.Grant.Projects = []string{credentials.ProjectID}
	id.Credentials = &credentials
	id.Caller = id.CountedAs()
	id.Principal = principal(id.Principal, credentials.Fingerprint())
	return id, nil
}

// Fingerprint tells credentials from all others, and does not give them away.
func (c Credentials) Fingerprint() string {
	// No part can hold a NUL, so that no other three parts come to the same.
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
	if len(parts) != 3 || slices.ContainsFunc(parts, func(part string) bool { return !visible(part) }) {
		return c, false
	}
	return Credentials{ProjectID: parts[0], KeyID: parts[1], KeySecret: parts[2]}, true
}

// visible reports whether a text has visible ASCII characters alone, and at least
// one: nothing else is in an id or a key.
func visible(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}
