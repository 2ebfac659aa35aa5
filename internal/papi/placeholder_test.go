package papi

import "testing"

func TestHasPlaceholder(t *testing.T) {
	for _, setting := range []string{
		"${SINCH_PROJECT_ID}", "${input:sinch-secret}", "${env:SINCH_KEY_ID}", "${SINCH_KEY_ID:-}", "a,${OTHER}",
		"{{SINCH_PROJECT_ID}}", "$SINCH_PROJECT_ID", "%SINCH_PROJECT_ID%", "<your-project>", "<PROJECT_ID>", " <key id> ",
		"your-project-id", "YOUR_KEY_SECRET", "Your Project", "your-project-id, 1111", "https://<host>/oauth2/token",
	} {
		if !HasPlaceholder(setting) {
			t.Errorf("%q is a placeholder", setting)
		}
	}
	for _, setting := range []string{
		"", "00000000-0000-0000-0000-000000000000", "any", "Zx81-vQp3-77Lm", "a$b", "$ecret-Of-12", "100%", "50%of%", "p{a}s{s}", "a<b>c",
		"https://provisioning.example.com/base", "http://127.0.0.1:8089/oauth2/token", "https://your-host.example.com/x", "yourself", "~A.b_c-d", "x, y",
	} {
		if HasPlaceholder(setting) {
			t.Errorf("%q is not a placeholder", setting)
		}
	}
}
