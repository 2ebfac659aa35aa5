package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/tailscale/hujson"

	"papi-mcp/internal/clientconfig"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/sandbox"
)

const testSecret = "s3cret-0f-the-key"

// runInit runs the program as a script does, in a folder and with a home folder of its
// own, and returns its output and exit code.
func runInit(t *testing.T, home, folder string, env []string, args ...string) (out, errOut string, code errorcode.Exit) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "papi-mcp", append([]string{"init"}, args...)...)
	cmd.Dir = folder
	cmd.Env = append([]string{"HOME=" + home, "USERPROFILE=" + home, "APPDATA=" + filepath.Join(home, "AppData", "Roaming"), "PATH=" + os.Getenv("PATH"), "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1"}, env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), errorcode.Exit(cmd.ProcessState.ExitCode())
}

// entryOf is an entry of a client's file, as the client reads it.
type entryOf struct {
	Type, Command string
	Args          []string
	Env           map[string]string
	EnvVars       []string `json:"env_vars" toml:"env_vars"`
}

// readEntry reads the server's entry of a document with a parser of its format, and
// returns it with the ids of the questions that the client asks.
func readEntry(t *testing.T, c *clientconfig.Client, document string) (entry entryOf, asks []string) {
	t.Helper()
	var servers map[string]entryOf
	switch c.Format {
	case clientconfig.TOML:
		var file map[string]map[string]entryOf
		if _, err := toml.Decode(document, &file); err != nil {
			t.Fatalf("%v\n%s", err, document)
		}
		servers = file[c.Key]
	default:
		standard, err := hujson.Standardize([]byte(document))
		if err != nil {
			t.Fatalf("%v\n%s", err, document)
		}
		if c.Format == clientconfig.JSON && !json.Valid([]byte(document)) {
			t.Fatalf("this is not plain JSON:\n%s", document)
		}
		var file map[string]json.RawMessage
		if err := json.Unmarshal(standard, &file); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(file[c.Key], &servers); err != nil {
			t.Fatal(err)
		}
		var questions []struct{ Type, ID, Description string }
		if raw := file["inputs"]; raw != nil {
			if err := json.Unmarshal(raw, &questions); err != nil {
				t.Fatal(err)
			}
		}
		for _, q := range questions {
			if q.Type != "promptString" || q.Description == "" {
				t.Errorf("%+v", q)
			}
			asks = append(asks, q.ID)
		}
	}
	entry, ok := servers["papi"]
	if !ok || len(servers) != 1 {
		t.Fatalf("%q has %v:\n%s", c.Key, servers, document)
	}
	if (entry.Type == "stdio") != c.Stdio {
		t.Errorf("%s has the type %q", c.ID, entry.Type)
	}
	return entry, asks
}

// environment returns the variables that the client gives the server: those of the entry,
// with what they refer to in the client's environment. A person fills in what the client
// asks for, and placeholders.
func (e entryOf) environment(asks []string) []string {
	refers := map[string]string{"your-key-secret": testSecret, "your-key-id": "key"}
	for name, value := range map[string]string{keySecretVariable: testSecret, keyIDVariable: "key"} {
		refers["${"+name+"}"], refers["${env:"+name+"}"] = value, value
		if slices.Contains(e.EnvVars, name) {
			e.Env[name] = value
		}
	}
	for _, id := range asks {
		refers["${input:"+id+"}"] = testSecret
	}
	var list []string
	for name, value := range e.Env {
		if referred, ok := refers[value]; ok {
			value = referred
		}
		list = append(list, name+"="+value)
	}
	return list
}

// startEntry starts the server as the client would, and returns the number of its tools
// and the error code of a read.
func startEntry(t *testing.T, e entryOf, env []string) (tools int, errorCode any) {
	t.Helper()
	c := client.NewClient(transport.NewStdioWithOptions(e.Command, env, e.Args, transport.WithCommandFunc(func(ctx context.Context, command string, env, args []string) (*exec.Cmd, error) {
		cmd := exec.CommandContext(ctx, command, args...)
		cmd.Env = append([]string{"XDG_STATE_HOME=" + t.TempDir()}, env...)
		return cmd, nil
	})))
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var initialize mcp.InitializeRequest
	initialize.Params.ProtocolVersion = mcp.LATEST_PROTOCOL_VERSION
	initialize.Params.ClientInfo = mcp.Implementation{Name: "client", Version: "1"}
	if _, err := c.Initialize(ctx, initialize); err != nil {
		t.Fatal(err)
	}
	listed, err := c.ListTools(ctx, mcp.ListToolsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var call mcp.CallToolRequest
	call.Params.Name = "webhook_list"
	result, err := c.CallTool(ctx, call)
	if err != nil {
		t.Fatal(err)
	}
	content, _ := result.StructuredContent.(map[string]any)
	return len(listed.Tools), content["errorCode"]
}

// keyedAPI is a sandbox that issues tokens to one key alone.
func keyedAPI(t *testing.T) (env []string, tokens func() int) {
	t.Helper()
	box := sandbox.New(sandbox.Options{Seed: 1})
	var mu sync.Mutex
	issued := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth2/token" {
			id, secret, _ := r.BasicAuth()
			if id != "key" || secret != testSecret {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			mu.Lock()
			issued++
			mu.Unlock()
		}
		box.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { server.Close(); box.Close() })
	return []string{"PAPI_BASE_URL=" + server.URL, "PAPI_TOKEN_URL=" + server.URL + "/oauth2/token"}, func() int {
		mu.Lock()
		defer mu.Unlock()
		return issued
	}
}

// Every configuration that init writes or prints, for each client, scope, and the
// sandbox or an account, is read by a parser of its format, and the server in it starts,
// lists its tools and answers a read.
func TestInitEntriesStart(t *testing.T) {
	api, tokens := keyedAPI(t)
	for _, c := range clientconfig.Clients {
		scopes := []string{userScope}
		if c.Project != "" {
			scopes = append(scopes, projectScope)
		}
		for _, scope := range scopes {
			for _, shared := range []bool{false, true} {
				if shared && scope == userScope {
					continue
				}
				for use, args := range map[string][]string{
					"sandbox": {"--sandbox"},
					"account": {"--account", "--project", sandbox.DefaultProject, "--key-id", "key"},
				} {
					name := c.ID + " " + scope + " " + use
					if shared {
						name += " in git"
					}
					t.Run(name, func(t *testing.T) {
						home := t.TempDir()
						folder := filepath.Join(home, "project") // on Windows only the user's profile is private
						if err := os.Mkdir(folder, 0o700); err != nil {
							t.Fatal(err)
						}
						if shared {
							if out, err := exec.Command("git", "init", "-q", folder).CombinedOutput(); err != nil {
								t.Fatalf("%v: %s", err, out)
							}
						}
						args := append([]string{"--client", c.ID}, args...)
						if scope != userScope {
							args = append(args, "--scope", scope)
						}
						env := []string{keySecretVariable + "=" + testSecret}
						if use == "account" {
							env = append(env, api...)
						}
						out, errOut, code := runInit(t, home, folder, env, args...)
						if code != errorcode.Done {
							t.Fatalf("exit code %d: %s", code, errOut)
						}
						if strings.Contains(out+errOut, testSecret) {
							t.Errorf("the secret is shown:\n%s%s", out, errOut)
						}
						document, wasWritten := out, false
						for path, text := range files(t, home) {
							if wasWritten {
								t.Errorf("%s was written too", path)
							}
							document, wasWritten = text, true
						}
						if wantWritten := c.Format == clientconfig.JSON && c.ID != clientconfig.Other; wasWritten != wantWritten {
							t.Fatalf("written: %v, want %v\n%s%s", wasWritten, wantWritten, out, errOut)
						}
						entry, asks := readEntry(t, &c, document)
						if !filepath.IsAbs(entry.Command) {
							t.Errorf("the command is %s", entry.Command)
						}
						if has := strings.Contains(document, testSecret); has != (wasWritten && use == "account" && !shared) {
							t.Errorf("the secret is written: %v\n%s", has, document)
						}
						before := tokens()
						n, errorCode := startEntry(t, entry, entry.environment(asks))
						if n < 50 || errorCode != nil {
							t.Errorf("%d tools, and the read returned %v\n%s", n, errorCode, document)
						}
						if used := tokens() > before; used != (use == "account") {
							t.Errorf("the key was used: %v", used)
						}

						// With --print, nothing is written and the same server is started.
						home, folder = t.TempDir(), t.TempDir()
						printed, errOut, code := runInit(t, home, folder, env, append(args, "--print")...)
						if code != errorcode.Done || strings.Contains(printed+errOut, testSecret) || len(files(t, home))+len(files(t, folder)) > 0 {
							t.Fatalf("--print: exit code %d\n%s%s", code, printed, errOut)
						}
						if again, _ := readEntry(t, &c, printed); again.Command != entry.Command || !slices.Equal(again.Args, entry.Args) {
							t.Errorf("--print: %+v, written: %+v", again, entry)
						}
					})
				}
			}
		}
	}
}

// files returns the files below a folder that are not git's, by path.
func files(t *testing.T, root string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == ".git" {
				return filepath.SkipDir
			}
			return nil
		}
		raw, err := os.ReadFile(path)
		found[path] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// The table has the clients that the command promises.
func TestInitHasEveryClient(t *testing.T) {
	for _, name := range []string{"Claude Desktop", "Claude Code", "VS Code", "Cursor", "Codex", "Gemini CLI", "other"} {
		if clientconfig.Lookup(name) == nil {
			t.Errorf("there is no %s", name)
		}
	}
}

// The flags that select tools reach the server.
func TestInitPassesSelectionOn(t *testing.T) {
	home := t.TempDir()
	for flags, want := range map[string]string{
		"":                                       "serve --sandbox --seed-data shop",
		"--dynamic":                              "serve --dynamic --sandbox --seed-data shop",
		"--toolsets rcs,webhooks --read-only":    "serve --read-only --toolsets rcs,webhooks --sandbox --seed-data shop",
		"--toolsets rcs --toolsets webhooks":     "serve --toolsets rcs,webhooks --sandbox --seed-data shop",
		"--tools webhook_list --read-only=false": "serve --tools webhook_list --sandbox --seed-data shop",
	} {
		out, errOut, code := runInit(t, home, home, nil, append([]string{"--client", "codex", "--sandbox"}, strings.Fields(flags)...)...)
		if code != errorcode.Done {
			t.Fatalf("%s: %s", flags, errOut)
		}
		entry, _ := readEntry(t, clientconfig.Lookup("codex"), out)
		if got := strings.Join(entry.Args, " "); got != want {
			t.Errorf("%q: %s, want %s", flags, got, want)
		}
	}
}

// A program that go run built is gone when a client would start it.
func TestInitAfterGoRun(t *testing.T) {
	self, err := exec.LookPath("papi-mcp")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"go-build1234567/b001/exe", "cache/ab/" + strings.Repeat("0123456789abcdef", 4) + "-d"} {
		home := t.TempDir()
		program := filepath.Join(home, filepath.FromSlash(folder), filepath.Base(self))
		if err := os.MkdirAll(filepath.Dir(program), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(program, raw, 0o700); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(program, "init", "--client", "cursor", "--sandbox")
		cmd.Env = []string{"HOME=" + home, "USERPROFILE=" + home}
		out, err := cmd.CombinedOutput()
		if err == nil || cmd.ProcessState.ExitCode() != int(errorcode.Usage) || !strings.Contains(string(out), "go build -o papi-mcp") {
			t.Errorf("%s: %v\n%s", folder, err, out)
		}
		if _, err := os.Stat(filepath.Join(home, ".cursor")); err == nil {
			t.Errorf("%s: the configuration was written", folder)
		}
	}
}

// A program in a temporary folder can be gone later; that is said.
func TestInitFromATemporaryFolder(t *testing.T) {
	home := t.TempDir() // below the folder in which the program of the tests is
	const said = "This program is in a temporary folder"
	for variable, want := range map[string]bool{"TMPDIR=" + os.TempDir(): true, "TMPDIR=" + home: false} {
		if runtime.GOOS == "windows" {
			variable = strings.Replace(variable, "TMPDIR", "TMP", 1)
		}
		_, errOut, code := runInit(t, home, home, []string{variable}, "--client", "codex", "--sandbox")
		if code != errorcode.Done || strings.Contains(errOut, said) != want {
			t.Errorf("%s: exit code %d\n%s", variable, code, errOut)
		}
	}
}

// What npx has started is gone from its cache later: the entry starts npx, with the same
// version.
func TestInitFromNPM(t *testing.T) {
	const pkg = "@a-scope/papi-mcp@1.2.3"
	want := []string{"npx", "-y", pkg, "serve", "--read-only", "--sandbox", "--seed-data", "shop"}
	if runtime.GOOS == "windows" {
		want = append([]string{"cmd", "/c"}, want...)
	}
	home := t.TempDir()
	for _, c := range clientconfig.Clients {
		out, errOut, code := runInit(t, home, home, []string{npmPackageVariable + "=" + pkg, "TMPDIR=" + os.TempDir()}, "--client", c.ID, "--sandbox", "--read-only", "--print")
		if code != errorcode.Done {
			t.Fatal(errOut)
		}
		entry, _ := readEntry(t, &c, out)
		if got := append([]string{entry.Command}, entry.Args...); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", c.ID, got, want)
		}
		if !strings.Contains(errOut, "npx -y "+pkg+" doctor --sandbox") || strings.Contains(errOut, "temporary folder") {
			t.Errorf("%s: %s", c.ID, errOut)
		}
	}
}
