package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/settings"
)

// Each variable of an account may name a file with its value; a line break at its end
// does not belong to it.
func TestAccountInFiles(t *testing.T) {
	api := newUpstream(t)
	dir := t.TempDir()
	file := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	values := map[string]string{
		"SINCH_PROJECT_ID": projectA, "SINCH_KEY_ID": "id-in-a-file", "SINCH_KEY_SECRET": "canary-secret",
		"PAPI_BASE_URL": api.URL, "PAPI_TOKEN_URL": api.URL + "/oauth2/token", "PAPI_AUTH": "oauth",
	}
	for _, end := range []string{"", "\n", "\r\n"} {
		for name, value := range values {
			t.Setenv(name+settings.FileSuffix, file(name, value+end))
		}
		if code, out, errOut := run(t, nil, "call", "webhook_list", "--store", "memory"); code != int(errorcode.Done) || !strings.Contains(out, "data") {
			t.Errorf("%q: %d, %s%s", end, code, out, errOut)
		}
	}
	if asked := api.keysAsked(); !slices.Equal(asked, []string{"id-in-a-file", "id-in-a-file", "id-in-a-file"}) {
		t.Errorf("tokens were asked for with %q", asked)
	}
	code, out, _ := run(t, nil, "doctor", "--store", "memory")
	if code != int(errorcode.Done) || !strings.Contains(out, "SINCH_KEY_ID_FILE and SINCH_KEY_SECRET_FILE are set") || !strings.Contains(out, projectA) || strings.Contains(out, "canary") {
		t.Errorf("doctor: %d, %s", code, out)
	}
	config := file("papi-mcp.yaml", "read-only: true\n")
	if code, out, errOut := run(t, nil, "config", "check", config); code != int(errorcode.Done) {
		t.Errorf("config check: %d, %s%s", code, out, errOut)
	}

	for name, test := range map[string]struct {
		env  map[string]string
		says string
	}{
		"both":           {map[string]string{"SINCH_KEY_SECRET": "canary-other"}, "SINCH_KEY_SECRET and SINCH_KEY_SECRET_FILE are both set: unset one"},
		"no file":        {map[string]string{"SINCH_KEY_SECRET_FILE": filepath.Join(dir, "none")}, "SINCH_KEY_SECRET_FILE: open " + filepath.Join(dir, "none")},
		"a folder":       {map[string]string{"SINCH_KEY_ID_FILE": dir}, "SINCH_KEY_ID_FILE: read " + dir},
		"an empty file":  {map[string]string{"SINCH_KEY_SECRET_FILE": file("empty", "\n")}, "SINCH_KEY_SECRET_FILE: " + filepath.Join(dir, "empty") + " is empty"},
		"a project":      {map[string]string{"SINCH_PROJECT_ID_FILE": file("empty", "")}, "SINCH_PROJECT_ID_FILE"},
		"a placeholder":  {map[string]string{"SINCH_KEY_SECRET_FILE": "<path>"}, "SINCH_KEY_SECRET_FILE was not filled in"},
		"placeholder in": {map[string]string{"SINCH_KEY_SECRET_FILE": file("placeholder", "your-key-secret")}, "SINCH_KEY_SECRET_FILE was not filled in"},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range test.env {
				if strings.HasSuffix(variable, settings.FileSuffix) {
					t.Setenv(variable, value)
				}
			}
			for _, args := range [][]string{{"call", "webhook_list", "--store", "memory"}, {"config", "check", config}, {"doctor", "--store", "memory"}, {"serve", "--store", "memory"}} {
				code, out, errOut := run(t, test.env, args...)
				want := errorcode.Failed
				if args[0] == "call" || args[0] == "serve" {
					want = errorcode.Usage
				}
				if args[0] == "serve" && strings.Contains(name, "placeholder") { // each call reports it
					want = errorcode.Done
				}
				shown := strings.ReplaceAll(strings.Join(strings.Fields(out+errOut), " "), "“", `"`)
				if code != int(want) || !strings.Contains(shown, test.says) || strings.Contains(shown, "canary") {
					t.Errorf("%v: exit %d\n%s%s", args, code, out, errOut)
				}
			}
		})
	}
}

// ${NAME} in the configuration file is the content of the file that NAME_FILE names, too.
func TestTenantsWithSecretsInFiles(t *testing.T) {
	dir := t.TempDir()
	config, secret := filepath.Join(dir, "papi-mcp.yaml"), filepath.Join(dir, "secret")
	text := "http: 127.0.0.1:0\nauth: token\nkeys:\n  bot: {tenant: emea, hashes: [\"sha256:" + strings.Repeat("0", 64) + "\"], projects: all, toolsets: all, read-only: true}\n" +
		"tenants:\n  emea: {projects: [" + projectA + "], key-id: emea, key-secret: \"${EMEA_SECRET}\"}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("EMEA_SECRET_FILE", secret)
	if code, _, errOut := run(t, nil, "config", "check", config); code != int(errorcode.Failed) || !strings.Contains(errOut, "tenants.emea.key-secret") || !strings.Contains(errOut, "EMEA_SECRET_FILE: open "+secret) {
		t.Errorf("no file: %d, %s", code, errOut)
	}
	if err := os.WriteFile(secret, []byte("canary\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, errOut := run(t, nil, "config", "check", config); code != int(errorcode.Done) || !strings.Contains(out, "is valid") {
		t.Errorf("%d, %s%s", code, out, errOut)
	}
	file, err := settings.NewReader(newRoot(&streams{}).Flags()).Read(config)
	if err != nil {
		t.Fatal(err)
	}
	if file.Tenants["emea"].KeySecret != "canary" || !slices.Equal(file.Secrets, []string{secret}) {
		t.Errorf("got %+v, %v", file.Tenants, file.Secrets)
	}
	t.Setenv("EMEA_SECRET", "canary-other")
	if code, _, errOut := run(t, nil, "config", "check", config); code != int(errorcode.Failed) || !strings.Contains(errOut, "EMEA_SECRET and EMEA_SECRET_FILE are both set") || strings.Contains(errOut, "canary") {
		t.Errorf("both: %d, %s", code, errOut)
	}
}
