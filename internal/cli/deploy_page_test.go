package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"papi-mcp/internal/docstest"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/events"
	"papi-mcp/internal/server"
)

// deployBlocks returns the code blocks of docs/deploy.md in a language.
func deployBlocks(t *testing.T, language string) []string {
	t.Helper()
	blocks := docstest.Blocks(t, "../../docs/deploy.md", language)
	if len(blocks) == 0 {
		t.Fatalf("docs/deploy.md has no block of %s", language)
	}
	return blocks
}

// checkVariables fails the test for a variable that the program does not read.
func checkVariables(t *testing.T, variables []string) {
	t.Helper()
	for _, f := range unknownVariables(newRoot(&streams{}), variables) {
		t.Error(f.text)
	}
	for _, variable := range variables {
		if name, _, _ := strings.Cut(variable, "="); !strings.HasPrefix(name, variablePrefix) && !slices.Contains(accountNames(), name) {
			t.Errorf("nothing reads %s", name)
		}
	}
}

// parseServe parses the arguments of serve, and returns its flags.
func parseServe(t *testing.T, args []string) (c config, h httpFlags) {
	t.Helper()
	serve := &cobra.Command{}
	c.addServeFlags(serve, &h)
	if len(args) == 0 || args[0] != "serve" {
		t.Fatalf("%v: the command is not serve", args)
	}
	if err := serve.ParseFlags(args[1:]); err != nil {
		t.Errorf("%v: %v", args, err)
	}
	return c, h
}

// packaged returns a file that the .deb and .rpm packages install.
func packaged(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../../release/packages", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// The page shows the unit of the packages, and the file of its variables.
func TestDeployPageShowsThePackagedFiles(t *testing.T) {
	docstest.Fresh(t, "../../docs/deploy.md", "go test ./internal/cli -run DeployPage -update", *update, map[string]string{
		"unit":        "```ini\n" + packaged(t, "papi-mcp.service") + "```\n",
		"environment": "```sh\n" + packaged(t, "environment") + "```\n",
	})
}

// The unit of systemd starts serve with flags and variables that exist, and reloads it by
// SIGHUP. It is not started again where another start would fail too.
func TestDeployPageUnit(t *testing.T) {
	values := map[string][]string{}
	for line := range strings.Lines(packaged(t, "papi-mcp.service")) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(name, "#") {
			values[name] = append(values[name], value)
		}
	}
	start := strings.Fields(strings.Join(values["ExecStart"], " "))
	c, _ := parseServe(t, start[1:])
	if start[0] != "/usr/bin/papi-mcp" || c.file != "/etc/papi-mcp/papi-mcp.yaml" || fmt.Sprint(values["ExecReload"]) != "[/bin/kill -HUP $MAINPID]" {
		t.Errorf("start %q, reload %q", start, values["ExecReload"])
	}
	if stop, err := time.ParseDuration(strings.Join(values["TimeoutStopSec"], "") + "s"); err != nil || stop < 15*time.Second {
		t.Errorf("TimeoutStopSec: %v, %v", stop, err)
	}
	if got := strings.Join(values["RestartPreventExitStatus"], ""); got != fmt.Sprint(int(errorcode.Usage)) {
		t.Errorf("RestartPreventExitStatus=%s", got)
	}
	if got := strings.Join(values["EnvironmentFile"], ""); got != "/etc/papi-mcp/environment" {
		t.Errorf("EnvironmentFile=%s", got)
	}
	variables := regexp.MustCompile(`(?m)^#([A-Z_]+=.*)$`).FindAllStringSubmatch(packaged(t, "environment"), -1)
	if len(variables) != 3 {
		t.Errorf("environment has %d variables", len(variables))
	}
	for _, variable := range variables {
		checkVariables(t, variable[1:])
	}
}

// The packaged configuration is refused as it is, since it has no caller, and valid with the
// key that it shows.
func TestPackagedConfiguration(t *testing.T) {
	text := strings.ReplaceAll(packaged(t, "papi-mcp.yaml"), "/var/lib/papi-mcp", t.TempDir())
	before, keys, found := strings.Cut(text, "#keys:")
	if !found {
		t.Fatal("papi-mcp.yaml shows no key")
	}
	filled := before + strings.ReplaceAll("#keys:"+keys, "#", "")
	filled = strings.Replace(filled, "sha256:...", "sha256:"+strings.Repeat("0", 64), 1)
	for _, test := range []struct {
		text    string
		command []string
		exit    errorcode.Exit
		says    string
	}{
		{text, []string{"serve", "--config"}, errorcode.Usage, "--auth token needs keys"},
		{filled, []string{"config", "check"}, errorcode.Done, "keys: 1"},
	} {
		file := filepath.Join(t.TempDir(), "papi-mcp.yaml")
		if err := os.WriteFile(file, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out, errOut := run(t, nil, append(test.command, file)...); code != int(test.exit) || !strings.Contains(out+errOut, test.says) {
			t.Errorf("%v: %d, %s%s", test.command, code, out, errOut)
		}
	}
}

// The configuration files of the page are valid, once their certificates exist.
func TestDeployPageConfigurations(t *testing.T) {
	files := 0
	for _, block := range deployBlocks(t, "yaml") {
		if !strings.HasPrefix(block, "# /etc/papi-mcp/papi-mcp.yaml\n") {
			continue
		}
		files++
		dir := t.TempDir()
		cert, key := certificate(t, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
		text := strings.NewReplacer("/etc/papi-mcp/cert.pem", cert, "/etc/papi-mcp/key.pem", key, "/etc/papi-mcp/store-key", filepath.Join(dir, "store-key"), "/var/lib/papi-mcp/", dir+"/").Replace(block)
		if err := os.WriteFile(filepath.Join(dir, "store-key"), []byte(strings.Repeat("0", 64)), 0o600); err != nil {
			t.Fatal(err)
		}
		// The replicas' store is in a variable.
		t.Setenv("PAPI_MCP_STORE", map[bool]string{true: "", false: "postgres://papi@127.0.0.1/papi"}[strings.Contains(text, "\nstore: ")])
		file := filepath.Join(dir, "papi-mcp.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out, errOut := run(t, nil, "config", "check", file); code != int(errorcode.Done) || !strings.Contains(out, "keys: 1") {
			t.Errorf("%d, %s%s\n%s", code, out, errOut, block)
		}
	}
	if files != 2 {
		t.Errorf("%d files", files)
	}
}

// manifest is what deploy/kubernetes.yaml has.
type manifest struct {
	Kind string
	Data map[string]string
	Spec struct {
		Replicas int
		Selector any
		Ports    []struct {
			TargetPort string `yaml:"targetPort"`
		}
		MaxUnavailable any `yaml:"maxUnavailable"`
		Template       struct {
			Metadata struct{ Labels map[string]string }
			Spec     podSpec
		}
	}
}

type podSpec struct {
	EnableServiceLinks            *bool `yaml:"enableServiceLinks"`
	TerminationGracePeriodSeconds int   `yaml:"terminationGracePeriodSeconds"`
	Containers                    []struct {
		Args                          []string
		Env                           []struct{ Name, Value string }
		Ports                         []struct{ Name string }
		LivenessProbe, ReadinessProbe probe
		VolumeMounts                  []struct {
			Name      string
			MountPath string `yaml:"mountPath"`
		} `yaml:"volumeMounts"`
		Resources struct {
			Limits   map[string]string
			Requests map[string]string
		}
	}
	Volumes []struct {
		Name   string
		Secret struct {
			SecretName string `yaml:"secretName"`
		}
		ConfigMap struct{ Name string } `yaml:"configMap"`
	}
}

type probe struct {
	HTTPGet struct {
		Path, Port  string
		HTTPHeaders []struct{ Name, Value string } `yaml:"httpHeaders"`
	} `yaml:"httpGet"`
	TimeoutSeconds int `yaml:"timeoutSeconds"`
}

// UnmarshalYAML reads the probes by their names in YAML.
func (p *podSpec) UnmarshalYAML(node *yaml.Node) error {
	type plain podSpec
	if err := node.Decode((*plain)(p)); err != nil {
		return err
	}
	var probes struct {
		Containers []struct {
			Liveness  probe `yaml:"livenessProbe"`
			Readiness probe `yaml:"readinessProbe"`
		}
	}
	if err := node.Decode(&probes); err != nil {
		return err
	}
	for i, c := range probes.Containers {
		p.Containers[i].LivenessProbe, p.Containers[i].ReadinessProbe = c.Liveness, c.Readiness
	}
	return nil
}

// The manifest's server starts with its flags, its variables and its files, and answers its
// probes.
func TestDeployPageManifest(t *testing.T) {
	kinds := map[string]manifest{}
	raw, err := os.ReadFile("../../deploy/kubernetes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for decoder := yaml.NewDecoder(bytes.NewReader(raw)); ; {
		var m manifest
		err := decoder.Decode(&m)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		kinds[m.Kind] = m
	}
	deployment := kinds["Deployment"].Spec
	pod := deployment.Template.Spec
	if len(pod.Containers) != 1 || deployment.Replicas != 3 {
		t.Fatalf("%+v", deployment)
	}
	container := pod.Containers[0]
	if pod.EnableServiceLinks == nil || *pod.EnableServiceLinks {
		t.Error("enableServiceLinks is not false")
	}
	labels := fmt.Sprint(deployment.Template.Metadata.Labels)
	for _, selector := range []any{deployment.Selector, kinds["Service"].Spec.Selector, kinds["PodDisruptionBudget"].Spec.Selector} {
		if !strings.Contains(fmt.Sprint(selector), labels) {
			t.Errorf("%v does not select %s", selector, labels)
		}
	}
	if fmt.Sprint(kinds["PodDisruptionBudget"].Spec.MaxUnavailable) != "1" || container.Resources.Limits["memory"] == "" || container.Resources.Requests["memory"] == "" {
		t.Error("no budget, or no resources")
	}

	_, flags := parseServe(t, container.Args)
	if stop := time.Duration(pod.TerminationGracePeriodSeconds) * time.Second; flags.drain <= 0 || stop <= flags.drain+10*time.Second {
		t.Errorf("--drain %v, terminationGracePeriodSeconds %v", flags.drain, stop)
	}
	ports := map[string]bool{}
	for _, p := range container.Ports {
		ports[p.Name] = true
	}
	if services := kinds["Service"].Spec.Ports; len(services) != 1 || !ports[services[0].TargetPort] {
		t.Errorf("the service has the ports %v", services)
	}

	// The files of its volumes, in a folder of the test.
	dir := t.TempDir()
	secrets := deploySecrets(t)
	replace := []string{"0.0.0.0:8080", "127.0.0.1:0", "0.0.0.0:9090", "127.0.0.1:0"}
	for _, mount := range container.VolumeMounts {
		for _, volume := range pod.Volumes {
			if volume.Name != mount.Name {
				continue
			}
			files := kinds["ConfigMap"].Data
			if volume.Secret.SecretName != "" {
				files = secrets
			}
			folder := filepath.Join(dir, volume.Name)
			if err := os.Mkdir(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			for name, text := range files {
				if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			replace = append(replace, mount.MountPath, folder)
		}
	}
	inTest := strings.NewReplacer(replace...)
	var env []string
	for _, v := range container.Env {
		env = append(env, inTest.Replace(v.Name+"="+v.Value))
	}
	checkVariables(t, env)
	for i, arg := range container.Args {
		container.Args[i] = inTest.Replace(arg)
	}
	api := newUpstream(t)
	w := startHTTP(t, append(env, "PAPI_BASE_URL="+api.URL, "PAPI_TOKEN_URL="+api.URL+"/oauth2/token"), container.Args[1:]...)
	for want, p := range map[string]probe{`{"status":"alive"}`: container.LivenessProbe, `{"status":"ready"}`: container.ReadinessProbe} {
		request, err := http.NewRequest(http.MethodGet, w.url+p.HTTPGet.Path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = "10.1.2.3:8080" // as the kubelet has it
		for _, header := range p.HTTPGet.HTTPHeaders {
			if header.Name == "Host" {
				request.Host = header.Value
			}
		}
		resp, err := w.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || strings.TrimSpace(string(body)) != want || !ports[p.HTTPGet.Port] {
			t.Errorf("%s: %d %s", p.HTTPGet.Path, resp.StatusCode, body)
		}
	}
	if container.ReadinessProbe.TimeoutSeconds <= 5 {
		t.Error("the readiness probe does not wait for the server's own check")
	}
}

// deploySecrets returns the files of the secret that the page creates.
func deploySecrets(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	values := map[string]string{"key-id": "id\n", "key-secret": "secret\n", "store": "memory\n", "store-key": strings.Repeat("0", 64) + "\n"}
	for _, block := range deployBlocks(t, "sh") {
		for _, found := range regexp.MustCompile(`--from-file=([\w-]+)`).FindAllStringSubmatch(block, -1) {
			value, ok := values[found[1]]
			if !ok {
				t.Errorf("the test knows no value for %s", found[1])
			}
			files[found[1]] = value
		}
	}
	return files
}

// directive is one of nginx's configuration: its words, and those of its block.
type directive struct {
	words []string
	block []directive
}

// parseNginx reads directives until a closing brace, or the end.
func parseNginx(tokens []string) (found []directive, rest []string, err error) {
	var words []string
	for len(tokens) > 0 {
		token := tokens[0]
		tokens = tokens[1:]
		switch token {
		case ";":
			if len(words) == 0 {
				return nil, nil, errors.New("an empty directive")
			}
			found, words = append(found, directive{words: words}), nil
		case "{":
			var block []directive
			if block, tokens, err = parseNginx(tokens); err != nil {
				return nil, nil, err
			}
			if len(tokens) == 0 || tokens[0] != "}" {
				return nil, nil, fmt.Errorf("%v is not closed", words)
			}
			found, words, tokens = append(found, directive{words, block}), nil, tokens[1:]
		case "}":
			if len(words) > 0 {
				return nil, nil, fmt.Errorf("%v has no semicolon", words)
			}
			return found, append([]string{"}"}, tokens...), nil
		default:
			words = append(words, token)
		}
	}
	if len(words) > 0 {
		return nil, nil, fmt.Errorf("%v has no semicolon", words)
	}
	return found, nil, nil
}

// all returns the directives of a name, in blocks too.
func all(in []directive, name string) (found []directive) {
	for _, d := range in {
		if d.words[0] == name {
			found = append(found, d)
		}
		found = append(found, all(d.block, name)...)
	}
	return found
}

// nginx sends the requests of one caller to one replica, except in the protocol without
// sessions; serves the paths of the server and no others; and waits as long as it does.
// Events go to any replica, and may be sent to a second one.
func TestDeployPageNginx(t *testing.T) {
	blocks := deployBlocks(t, "nginx")
	text := regexp.MustCompile(`(?m)(^|\s)#.*$`).ReplaceAllString(blocks[0], "")
	tokens := regexp.MustCompile(`[;{}]|[^\s;{}]+`).FindAllString(text, -1)
	conf, rest, err := parseNginx(tokens)
	if err != nil || len(rest) > 0 || len(blocks) != 1 {
		t.Fatalf("%v, %v", err, rest)
	}
	one := func(in []directive, name string) []string {
		t.Helper()
		found := all(in, name)
		if len(found) != 1 {
			t.Fatalf("%d directives %s", len(found), name)
		}
		return found[0].words
	}
	// What the replica is chosen by, with the maps applied to the variables of a request.
	choose := func(request map[string]string) string {
		for _, m := range all(conf, "map") {
			value := ""
			for _, line := range m.block {
				if key := strings.Trim(line.words[0], `"`); key == request[m.words[1]] || value == "" && key == "default" {
					value = line.words[1]
				}
			}
			request[m.words[2]] = request[value]
		}
		return request[one(conf, "hash")[1]]
	}
	request := func(version, key, id string) map[string]string {
		return map[string]string{"$http_mcp_protocol_version": version, "$http_authorization": key, "$request_id": id, "$remote_addr": "192.0.2.1"}
	}
	for _, test := range []struct{ version, key, id, want string }{
		{"", "Bearer a", "1", "Bearer a"}, // initialize
		{"2025-11-25", "Bearer a", "2", "Bearer a"},
		{"2025-11-25", "", "3", "192.0.2.1"},
		{"2026-07-28", "Bearer a", "4", "4"},
	} {
		if got := choose(request(test.version, test.key, test.id)); got != test.want {
			t.Errorf("%+v: the replica of %q", test, got)
		}
	}
	if servers := all(all(conf, "upstream"), "server"); len(servers) < 3 {
		t.Errorf("%d replicas", len(servers))
	}
	locations := all(conf, "location")
	location, mcp, toReceiver := regexp.MustCompile(locations[0].words[2]), locations[0].block, locations[1].block
	for _, path := range []string{"/mcp", "/mcp/", "/sse", "/message", "/.well-known/oauth-protected-resource/mcp"} {
		if !location.MatchString(path) {
			t.Errorf("%s is not served", path)
		}
	}
	for _, path := range []string{"/metrics", "/healthz", "/readyz", "/", "/mcp/x", "/mcpx", "/events/x"} {
		if location.MatchString(path) {
			t.Errorf("%s is served", path)
		}
	}
	if got := one(conf, "client_max_body_size")[1]; got != fmt.Sprint(server.DefaultHTTPLimits.Body>>20, "m") {
		t.Errorf("client_max_body_size %s", got)
	}
	if wait, err := time.ParseDuration(one(mcp, "proxy_read_timeout")[1]); err != nil || wait < 105*time.Second || wait < 2*server.DefaultHTTPLimits.Heartbeat {
		t.Errorf("proxy_read_timeout %v, %v", wait, err)
	}
	if repeated := one(mcp, "proxy_next_upstream"); slices.Contains(repeated, "non_idempotent") || !slices.Contains(repeated, "error") {
		t.Errorf("%v", repeated)
	}
	if one(mcp, "proxy_buffering")[1] != "off" {
		t.Error("answers are buffered")
	}
	for _, block := range [][]directive{mcp, toReceiver} {
		if !slices.ContainsFunc(all(block, "proxy_set_header"), func(d directive) bool { return slices.Equal(d.words[1:], []string{"Host", "$host"}) }) {
			t.Error("the Host is not passed on")
		}
	}
	if locations[1].words[1] != events.Path || !slices.Contains(one(toReceiver, "proxy_next_upstream"), "non_idempotent") {
		t.Errorf("events: %v", locations[1])
	}
	if wait, err := time.ParseDuration(one(toReceiver, "proxy_read_timeout")[1]); err != nil || wait <= 20*time.Second {
		t.Errorf("events: proxy_read_timeout %v, %v", wait, err)
	}
}

// The variables that Kubernetes sets for services: those of one named papi-mcp are ignored,
// those of papi-mcp-store refused, as the page says.
func TestDeployPageServiceLinks(t *testing.T) {
	raw, err := os.ReadFile("../../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(PAPI_MCP_[A-Z0-9_]*(?:SERVICE|PORT)[A-Z0-9_]*)`").FindAllSubmatch(raw, -1)
	if len(named) != 5 {
		t.Errorf("the page names %d variables", len(named))
	}
	for _, m := range named {
		name := string(m[1])
		found := unknownVariables(newRoot(&streams{}), []string{name + "=tcp://10.0.0.1:80"})
		if isOther := bytes.Contains(m[1], []byte("_STORE_")); isOther != (len(found) == 1) || isOther && !strings.Contains(found[0].text, "enableServiceLinks: false") {
			t.Errorf("%s: %v", name, found)
		}
	}
}
