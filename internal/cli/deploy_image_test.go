package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/docstest"
	"papi-mcp/internal/store/pgtest"
	publish "papi-mcp/release"
)

// The page's commands start the image of the next release with arguments that exist.
func TestDeployPageImage(t *testing.T) {
	home, err := publish.ReadHome()
	if err != nil {
		t.Fatal(err)
	}
	image := home.Image + ":" + home.Version
	onStdio := []string{"run", "--rm", "--interactive", "--read-only", "--cap-drop", "ALL", "--volume", "papi-mcp:/state",
		"--env", "SINCH_PROJECT_ID", "--env", "SINCH_KEY_ID", "--env", "SINCH_KEY_SECRET", image}
	entry := fmt.Sprintf("{\n  \"mcpServers\": {\n    \"papi\": {\n      \"command\": \"docker\",\n      \"args\": [\"%s\"]\n    }\n  }\n}", strings.Join(onStdio, `", "`))
	if !json.Valid([]byte(entry)) {
		t.Error(entry)
	}
	lines := []string{
		"docker run --rm --interactive " + image + " serve --sandbox",
		"docker run --rm " + image + " config key",
		"docker run --detach --read-only --cap-drop ALL --publish 127.0.0.1:8080:8080 --env CALLER_HASH --volume ./deploy/papi-mcp.yaml:/etc/papi-mcp.yaml:ro " +
			image + " serve --sandbox --config /etc/papi-mcp.yaml",
	}
	for _, line := range append(lines, "docker "+strings.Join(onStdio, " ")+" serve") {
		_, args, _ := strings.Cut(line, " "+image+" ")
		if args == "config key" {
			continue
		}
		parseServe(t, strings.Fields(args))
	}
	docstest.Fresh(t, "../../docs/deploy.md", "go test ./internal/cli -run DeployPage -update", *update, map[string]string{
		"image": "A client on stdio starts the container, with the credentials in its own environment or in the entry's `env`:\n\n```json\n" + entry + "\n```\n\n" +
			"The sandbox on stdio; a key for a caller over HTTP, with its hash; and the sandbox over HTTP, for that caller:\n\n```sh\n" + strings.Join(lines, "\n") + "\n```\n",
	})
}

// composeFile is what deploy/compose.yaml has. How compose reads it is checked by
// release/check.
type composeFile struct {
	Services map[string]composeService
	Configs  map[string]struct{ File string }
	Secrets  map[string]struct{ File string }
}

type composeService struct {
	Command     []string
	Environment map[string]string
	Configs     []struct{ Source, Target string }
	Secrets     []string
	Ports       []string
	Healthcheck struct{ Test []string }
	StopGrace   string `yaml:"stop_grace_period"`
}

func readCompose(t *testing.T) (file composeFile) {
	t.Helper()
	raw, err := os.ReadFile("../../deploy/compose.yaml")
	if err == nil {
		err = yaml.Unmarshal(raw, &file)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// env returns the variables of a service, with its files in a folder of the test.
func (s composeService) env(t *testing.T, file composeFile, secrets, hash string) []string {
	t.Helper()
	replace := []string{"/run/secrets/", secrets + "/", "${SINCH_PROJECT_ID:-}", projectA, "${CALLER_HASH:?papi-mcp config key prints one}", hash}
	for _, config := range s.Configs {
		replace = append(replace, config.Target, filepath.Join("../../deploy", file.Configs[config.Source].File))
	}
	var env, known []string
	for name, value := range s.Environment {
		if path, isSecret := strings.CutPrefix(value, "/run/secrets/"); isSecret && !slices.Contains(s.Secrets, path) {
			t.Errorf("%s=%s: the service has no such secret", name, value)
		}
		variable := name + "=" + strings.NewReplacer(replace...).Replace(value)
		env = append(env, variable)
		if name != "CALLER_HASH" {
			known = append(known, variable)
		}
	}
	checkVariables(t, known)
	return env
}

// The services of compose.yaml work together: the tables are created, both servers accept
// the caller's key and share what was confirmed, and their health check succeeds.
func TestDeployCompose(t *testing.T) {
	api := newUpstream(t)
	key, hash := auth.NewKey()
	file := readCompose(t)
	folder := t.TempDir()
	values := map[string]string{
		"key-id": "id", "key-secret": "secret", "store": pgtest.URL(t), "store-key": keyOf("a"), "postgres-password": "of the image of PostgreSQL",
	}
	written := map[string]bool{}
	for _, block := range deployBlocks(t, "sh") {
		for _, found := range regexp.MustCompile(`> secrets/([\w-]+)\n`).FindAllStringSubmatch(block, -1) {
			written[found[1]] = true
		}
	}
	for name, secret := range file.Secrets {
		if !written[name] || values[name] == "" || secret.File != "./secrets/"+name {
			t.Errorf("the page does not write the secret %s, or elsewhere than %s", name, secret.File)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(values[name]+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if len(written) != len(file.Secrets) {
		t.Errorf("the page writes %v", written)
	}

	migrate := exec.CommandContext(t.Context(), "papi-mcp", file.Services["migrate"].Command...)
	migrate.Env = append(migrate.Environ(), file.Services["migrate"].env(t, file, folder, hash)...)
	if out, err := migrate.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	service := file.Services["papi-mcp"]
	env := append(service.env(t, file, folder, hash), "PAPI_BASE_URL="+api.URL, "PAPI_TOKEN_URL="+api.URL+"/oauth2/token")
	bearer := "Authorization: Bearer " + key
	servers := make([]*httpProcess, 2)
	for i := range servers {
		servers[i] = startHTTP(t, env, service.Command[1:]...)
	}
	if got := servers[0].call("project_confirm", confirmA, bearer); got["errorCode"] != nil {
		t.Fatalf("%v", got)
	}
	if got := servers[1].call("webhook_create", `{"target":"https://example.com/a","secret":"a-secret-of-a-test","triggers":["ALL"]}`, bearer); got["errorCode"] != nil {
		t.Errorf("the second server does not know what the first one does: %v", got)
	}
	check := exec.CommandContext(t.Context(), "papi-mcp", service.Healthcheck.Test[2:]...)
	check.Env = append(append(check.Environ(), env...), "PAPI_MCP_HTTP="+strings.TrimPrefix(servers[0].url, "http://"))
	if out, err := check.CombinedOutput(); err != nil || string(out) != "alive\n" {
		t.Errorf("%v: %s", err, out)
	}

	sandbox := file.Services["sandbox"]
	w := startHTTP(t, sandbox.env(t, file, folder, hash), sandbox.Command[1:]...)
	if got := w.call("webhook_list", `{}`, bearer); got["errorCode"] != nil {
		t.Errorf("%v", got)
	}
	if status, _, _ := w.send(http.MethodPost, "/mcp", older); status != http.StatusUnauthorized {
		t.Errorf("without a key: %d", status)
	}
	// The port that is published is the one that the servers listen on.
	config, err := os.ReadFile("../../deploy/papi-mcp.yaml")
	if err != nil || !strings.Contains(string(config), "\nhttp: 0.0.0.0:8080\n") {
		t.Errorf("%v, %s", err, config)
	}
	for _, s := range []composeService{service, sandbox} {
		if len(s.Ports) != 1 || !strings.HasPrefix(s.Ports[0], "127.0.0.1:8080") || !strings.HasSuffix(s.Ports[0], ":8080") || s.StopGrace != "30s" {
			t.Errorf("ports %v, stopped after %s", s.Ports, s.StopGrace)
		}
	}
}
