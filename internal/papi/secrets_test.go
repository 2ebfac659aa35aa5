package papi

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestIsSecretName(t *testing.T) {
	for _, name := range []string{
		"accessToken", "access_token", "accesstoken", "Access-Token", "authToken", "bearerToken", "facebookToken", "refresh_token", "tokens", "token", "tokenValue",
		"secret", "clientSecret", "client_secret", "keySecret", "webhookSecrets", "secretKey", "secretValue",
		"otp", "OTP", "otpCode", "otp_code", "smsOtp", "oneTimeCode", "one_time_code", "code", "authenticationCode", "authentication_code", "verificationCode", "facebookCode", "facebook_code", "signupCode",
		"password", "Password", "userPassword", "passwd", "pwd", "pass", "passphrase", "pin", "twoFactorPin",
		"apiKey", "api_key", "apikey", "x-api-key", "APIKey", "privateKey", "signingKey", "app_key",
		"credentials", "Authorization", "authorization", "cookie", "jwt", "longLivedAccessToken",
	} {
		if !IsSecretName(name) {
			t.Errorf("%s is shown", name)
		}
	}
	for _, name := range []string{
		"otpType", "otp_type", "otp-type", "OTPType", "tokenType", "token_type", "tokenExpiresAt", "secretName", "secretId", "passwordPolicy", "hasPassword2",
		"pageToken", "page_token", "pagetoken", "nextPageToken", "previousPageToken", "nextToken",
		"codeExpirationMinutes", "code_expiration_minutes", "verificationCodeSent", "codeMethod",
		"templateCode", "categoryCode", "languageCode", "language_code", "countryCode", "errorCode", "subcode", "parentCode", "rejectionCode", "postalCode", "httpStatusCode",
		"signatureHash", "authName", "keyId", "key", "publicKey", "monkey", "author", "authentication", "shipping", "passenger", "spin", "pinned", "compass",
		"name", "text", "value", "", "_",
	} {
		if IsSecretName(name) {
			t.Errorf("%s is masked", name)
		}
	}
}

// Names of the contract that sound secret are known secrets, so that they are
// masked in audit lines and answers, and no known secret is missed.
func TestContractSecretsAreKnown(t *testing.T) {
	names := map[string]bool{}
	for _, op := range Operations() {
		for _, schema := range append(slices.Collect(maps.Values(op.Answers)), op.Body) {
			if schema != nil {
				namesIn(schema, names, map[*Schema]bool{})
			}
		}
		for _, p := range op.Parameters {
			if RequestSecrets[p.Name] || AnswerSecrets[p.Name] || IsSecretName(p.Name) {
				t.Errorf("%s: the parameter %s is a secret in a URL", op.ID, p.Name)
			}
		}
	}
	for name := range names {
		if known := RequestSecrets[name] || AnswerSecrets[name]; IsSecretName(name) && !known {
			t.Errorf("%s sounds secret, and is masked in refused arguments alone", name)
		}
		lower := strings.ToLower(name)
		for _, part := range []string{"token", "secret", "otp", "password", "credential"} {
			if strings.Contains(lower, part) && !IsSecretName(name) && !slices.Contains([]string{"otpType", "pageToken", "nextPageToken", "previousPageToken"}, name) {
				t.Errorf("%s holds %q: is it a secret?", name, part)
			}
		}
	}
	for name := range maps.Keys(RequestSecrets) {
		if !names[name] {
			t.Errorf("%s is a secret of no request", name)
		}
	}
}

// namesIn gathers the names of all properties of a schema, at any depth and in
// every variant.
func namesIn(s *Schema, names map[string]bool, visited map[*Schema]bool) {
	if s == nil || visited[s.Resolve()] {
		return
	}
	s = s.Resolve()
	visited[s] = true
	for name, property := range s.Properties {
		names[name] = true
		namesIn(property, names, visited)
	}
	for _, variant := range s.AnyOf {
		namesIn(variant, names, visited)
	}
	namesIn(s.Items, names, visited)
	if s.AdditionalProperties != nil {
		namesIn(s.AdditionalProperties.Schema, names, visited)
	}
}

func TestGivenValuesAreMaskedAtAnyDepth(t *testing.T) {
	value := map[string]any{"otp_type": "COPY_CODE", "inner": []any{map[string]any{"facebook_token": "EAAB-1", "otp": json.Number("123456")}}}
	raw, err := json.Marshal(echoValue("details", value))
	if want := `{"inner":[{"facebook_token":"***","otp":"***"}],"otp_type":"COPY_CODE"}`; err != nil || string(raw) != want {
		t.Errorf("got  %s\nwant %s", raw, want)
	}
}
