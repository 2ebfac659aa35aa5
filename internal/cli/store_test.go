package cli

import (
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/store"
	"papi-mcp/internal/store/pgtest"
)

// keyOf is a key for --store-key, of one letter.
func keyOf(letter string) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(letter, 32)))
}

const confirmA = `{"projectId":"` + projectA + `"}`

// callsTo is the environment of a server whose calls go to an API.
func callsTo(api *upstream) []string {
	return []string{"PAPI_BASE_URL=" + api.URL, "PAPI_TOKEN_URL=" + api.URL + "/oauth2/token", "SINCH_KEY_ID=k", "SINCH_KEY_SECRET=s", "SINCH_PROJECT_ID=" + projectA}
}

// refused starts a server over HTTP that must not start, and returns its exit code and
// what it says.
func refusedToStart(t *testing.T, env []string, args ...string) (code errorcode.Exit, said string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "papi-mcp", append([]string{"serve", "--http", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(cmd.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Errorf("%v started: %s", args, out)
	}
	return errorcode.Exit(cmd.ProcessState.ExitCode()), string(out)
}

// Two servers over HTTP can't use the same file, while the processes of one user can; a
// server keeps it for itself, and the next one continues.
func TestAFileHasOneServer(t *testing.T) {
	t.Parallel()
	api := newUpstream(t)
	file := filepath.Join(t.TempDir(), "state.db")
	w := startHTTP(t, callsTo(api), "--store", file)
	if got := w.call("project_confirm", confirmA); got["errorCode"] != nil {
		t.Fatalf("%v", got)
	}
	code, said := refusedToStart(t, callsTo(api), "--store", file)
	if code != errorcode.Failed || !strings.Contains(said, file) || !strings.Contains(said, "held by another process") {
		t.Errorf("%d: %s", code, said)
	}
	if err := interrupt(w.cmd); err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	next := startHTTP(t, callsTo(api), "--store", file)
	if got := next.call("webhook_create", `{"target":"https://example.com/a","secret":"a-secret-of-a-test","triggers":["ALL"]}`); got["errorCode"] != nil {
		t.Errorf("the confirmed project is lost: %v", got)
	}
}

// Replicas that share a database accept each other's confirmations, each token once, and
// each has a chain of audit lines, which one command verifies. The password of the
// database is nowhere.
func TestReplicasShareADatabase(t *testing.T) {
	t.Parallel()
	const password = "canary-91c4-canary"
	api := newUpstream(t)
	url := strings.Replace(pgtest.URL(t), "papi@", "papi:"+password+"@", 1)
	keyFile := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(keyFile, []byte(keyOf("a")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	// All of them start at the same time on an empty database.
	replicas := make([]*httpProcess, 3)
	var all sync.WaitGroup
	for i := range replicas {
		all.Go(func() {
			replicas[i] = startHTTP(t, append(callsTo(api), "PAPI_MCP_STORE="+url), "--store-key", keyFile, "--audit", "store", "--replica", fmt.Sprint("r", i), "--verbose")
		})
	}
	all.Wait()
	if got := replicas[0].call("project_confirm", confirmA); got["errorCode"] != nil {
		t.Fatalf("%v", got)
	}
	made := replicas[1].call("webhook_create", `{"target":"https://example.com/a","secret":"a-secret-of-a-test","triggers":["ALL"]}`)
	id := jsonvalue.Text(made, "ids.webhookId")
	if id == "" {
		t.Fatalf("%v", made)
	}
	asked := replicas[2].call("webhook_delete", `{"webhookId":"`+id+`"}`)
	token := jsonvalue.Text(asked, "confirmation.token")
	if token == "" {
		t.Fatalf("%v", asked)
	}
	deletes := `{"webhookId":"` + id + `","confirm":"` + token + `"}`
	if got := replicas[0].call("webhook_delete", deletes); got["errorCode"] != nil {
		t.Errorf("the token of another replica: %v", got)
	}
	if got := replicas[1].call("webhook_delete", deletes); got["errorCode"] != "confirmation_invalid" || jsonvalue.Text(got, "additionalInformation.reason") != "spent" {
		t.Errorf("a second time: %v", got)
	}

	verify := func(args ...string) (string, error) {
		out, err := exec.CommandContext(t.Context(), "papi-mcp", append([]string{"audit", "verify", "--store", url}, args...)...).CombinedOutput()
		return string(out), err
	}
	out, err := verify()
	if err != nil || strings.Count(out, "\n") != 3 {
		t.Errorf("%v: %s", err, out)
	}
	for i := range replicas {
		if !strings.Contains(out, fmt.Sprintf("r%d: ", i)) {
			t.Errorf("no chain of replica %d in %s", i, out)
		}
	}
	_, last, _ := strings.Cut(strings.SplitN(out, "\n", 2)[0], "last ")
	if out, err := verify("--noted", last); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := verify("--noted", strings.Repeat("a", 64)); err == nil || !strings.Contains(out, "the noted line is not there") {
		t.Errorf("%v: %s", err, out)
	}
	pgtest.Exec(t, url, `update papi_mcp_entries set value = 'altered' where key = 'audit/chain/r1/line/00000000000000000001'`)
	if out, err := verify(); err == nil || !strings.Contains(out, "r1: line 1: ") || !strings.Contains(out, "r2: ") {
		t.Errorf("an altered line: %v: %s", err, out)
	}

	for name, args := range map[string][]string{
		"without a key": {}, "another key": {"--store-key", "env:OTHER_KEY"}, "no such key": {"--store-key", "/no/such/file"}, "no key": {"--store-key", "env:NO_KEY"},
	} {
		code, said := refusedToStart(t, append(callsTo(api), "PAPI_MCP_STORE="+url, "OTHER_KEY="+keyOf("b")), args...)
		if code != errorcode.Usage || !strings.Contains(said, "--store-key") || strings.Contains(said, password) || strings.Contains(said, keyOf("b")) {
			t.Errorf("%s: %d %s", name, code, said)
		}
	}
	// The key is replaced: the new one in front, then alone.
	for _, keys := range []string{keyOf("b") + "," + keyOf("a"), keyOf("b")} {
		next := startHTTP(t, append(callsTo(api), "PAPI_MCP_STORE="+url, "PAPI_MCP_STORE_KEY="+keys))
		if got := next.call("webhook_delete", deletes); jsonvalue.Text(got, "additionalInformation.reason") != "spent" {
			t.Errorf("with the keys %s: %v", keys, got)
		}
	}
	for _, w := range replicas {
		if strings.Contains(w.output.String(), password) {
			t.Error("the password is in the log")
		}
	}
}

// While the database can't be reached, reads continue, and what has to be stored is refused
// in bounded time; nothing is sent. Then it works again.
func TestTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	api := newUpstream(t)
	url := pgtest.URL(t)
	proxy := pgtest.NewProxy(t, hostOf(t, url))
	w := startHTTP(t, callsTo(api), "--store", proxy.URL(url))
	if got := w.call("project_confirm", confirmA); got["errorCode"] != nil {
		t.Fatalf("%v", got)
	}
	const create = `{"target":"https://example.com/%s","secret":"a-secret-of-a-test","triggers":["ALL"]}`
	for name, away := range map[string]struct{ begin, end func() }{
		"stalled": {proxy.Stall, proxy.Resume},
		"refused": {func() { proxy.Stall(); proxy.Cut() }, proxy.Resume},
	} {
		away.begin()
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if got := w.call("webhook_create", fmt.Sprintf(create, name)); got["errorCode"] != errorcode.StoreUnavailable {
					t.Errorf("%s: a write: %v", name, got)
				}
			})
		}
		for range 5 {
			if got := w.call("webhook_list", `{}`); got["errorCode"] != nil || strings.Contains(fmt.Sprint(got), "example.com/"+name) {
				t.Errorf("%s: a read: %v", name, got)
			}
		}
		all.Wait()
		if got := w.call("project_confirm", confirmA); got["errorCode"] != errorcode.StoreUnavailable {
			t.Errorf("%s: a confirmation: %v", name, got)
		}
		away.end()
		if got := w.call("webhook_create", fmt.Sprintf(create, name)); got["errorCode"] != nil {
			t.Errorf("%s, and back: %v", name, got)
		}
	}
}

func hostOf(t *testing.T, url string) string {
	t.Helper()
	_, rest, _ := strings.Cut(url, "@")
	host, _, _ := strings.Cut(rest, "/")
	return host
}

// A database that can't be reached ends a server over HTTP at its start. A call, and a
// server on stdio, need it only for what has to be stored.
func TestADatabaseThatIsNotThere(t *testing.T) {
	t.Parallel()
	api := newUpstream(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "postgres://papi:canary-91c4-canary@" + listener.Addr().String() + "/papi?sslmode=disable"
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup // each waits for the database
	defer all.Wait()
	all.Go(func() {
		code, said := refusedToStart(t, callsTo(api), "--store", url)
		if code != errorcode.TryAgain || !strings.Contains(said, listener.Addr().String()) || strings.Contains(said, "canary") {
			t.Errorf("%d: %s", code, said)
		}
	})
	for args, want := range map[string]string{
		"webhook_list": `"data"`,
		// The project is named, so that only the record of questions has to be read.
		`webhook_create {"projectId":"` + projectA + `","target":"https://example.com/a","secret":"a-secret-of-a-test","triggers":["ALL"]}`: errorcode.StoreUnavailable,
	} {
		all.Go(func() {
			cmd := exec.CommandContext(t.Context(), "papi-mcp", append([]string{"call"}, strings.Fields(args)...)...)
			cmd.Env = append(cmd.Environ(), append(callsTo(api), "PAPI_MCP_STORE="+url)...)
			out, _ := cmd.Output() // its code is that of the error
			if !strings.Contains(string(out), want) {
				t.Errorf("call %s: %s", args, out)
			}
		})
	}
	stdio := exec.CommandContext(t.Context(), "papi-mcp", "serve", "--store", url, "--audit", "store")
	stdio.Env = append(stdio.Environ(), callsTo(api)...)
	stdio.Stdin = strings.NewReader(older + "\n" + `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"webhook_list","arguments":{}}}` + "\n" +
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"project_confirm","arguments":` + confirmA + `}}` + "\n")
	out, err := stdio.Output()
	if err != nil || !strings.Contains(string(out), errorcode.StoreUnavailable) || !strings.Contains(string(out), "0 items") {
		t.Errorf("%v: %s", err, out)
	}
}

// store migrate creates the tables for a role that may not, which can then serve.
func TestStoreMigrate(t *testing.T) {
	api := newUpstream(t)
	url := pgtest.URL(t)
	pgtest.Exec(t, url, "create role cli_app login", "revoke create on schema public from public")
	defer pgtest.Exec(t, url, "drop owned by cli_app", "drop role cli_app")
	app := strings.Replace(url, "papi@", "cli_app@", 1)
	code, said := refusedToStart(t, callsTo(api), "--store", app)
	if code != errorcode.Usage || !strings.Contains(said, "papi-mcp store migrate") {
		t.Errorf("before: %d %s", code, said)
	}
	migrate := func(want errorcode.Exit, says string, args ...string) {
		t.Helper()
		code, out, errOut := run(t, nil, append([]string{"store", "migrate"}, args...)...)
		if code != int(want) || !strings.Contains(out+errOut, says) {
			t.Errorf("%v: %d %s%s", args, code, out, errOut)
		}
	}
	migrate(errorcode.Usage, "this role may not change it", "--store", app)
	migrate(errorcode.Done, "the schema has version 1 now, it had 0", "--store", url)
	migrate(errorcode.Done, "the role cli_app may use it", "--store", url, "--grant", "cli_app")
	migrate(errorcode.Done, "the schema has version 1 already", "--store", app)
	migrate(errorcode.Failed, "does not exist", "--store", url, "--grant", "no such role")
	migrate(errorcode.Usage, "name the store")
	migrate(errorcode.Usage, "name the store", "--store", "memory")
	migrate(errorcode.Usage, "a file has no tables", "--store", filepath.Join(t.TempDir(), "state.db"))
	migrate(errorcode.Usage, "use memory, the path of a file, or the URL", "--store", "mysql://u:canary@h/d")
	migrate(errorcode.Usage, "use memory, the path of a file, or the URL", "--store", "postgres:/h/d")
	migrate(errorcode.Usage, "use memory, the path of a file, or the URL", "--store", "host=h password=canary dbname=d")
	w := startHTTP(t, callsTo(api), "--store", app)
	if got := w.call("project_confirm", confirmA); got["errorCode"] != nil {
		t.Errorf("%v", got)
	}
	_, out, _ := run(t, nil, "doctor", "--store", app)
	if !strings.Contains(out, "ok    store") || !strings.Contains(out, "schema version 1") {
		t.Errorf("the doctor: %s", out)
	}
	pgtest.Exec(t, url, "insert into papi_mcp_version (version_id, is_applied) values (99, true)")
	code, said = refusedToStart(t, callsTo(api), "--store", app)
	if code != errorcode.Usage || !strings.Contains(said, "version 99") || !strings.Contains(said, "newer") {
		t.Errorf("a newer schema: %d %s", code, said)
	}
	if _, out, _ := run(t, nil, "doctor", "--store", app); !strings.Contains(out, "FAIL  store") || !strings.Contains(out, "version 99") {
		t.Errorf("the doctor, of a newer schema: %s", out)
	}

	// The secrets of a file are encrypted by the same command.
	file := filepath.Join(t.TempDir(), "state.db")
	if err := store.NewFile(file).Put(t.Context(), store.SecretPrefix+"a", []byte("\x00not encrypted"), 0); err != nil {
		t.Fatal(err)
	}
	migrate(errorcode.Done, "all secrets are encrypted with the first key", "--store", file, "--store-key", keyOf("a"))
	migrate(errorcode.Failed, "--store-key", "--store", file, "--store-key", keyOf("b"))
	if value, _, err := store.NewFile(file).Get(t.Context(), store.SecretPrefix+"a"); err != nil || strings.Contains(string(value), "not encrypted") {
		t.Errorf("%q, %v", value, err)
	}
	if _, out, _ := run(t, nil, "doctor", "--store", file, "--store-key", keyOf("b")); !strings.Contains(out, "FAIL  store-key") {
		t.Errorf("the doctor, with another key: %s", out)
	}
}

// What the flags of a store can't have is refused without a word of a password or a key.
func TestStoreFlags(t *testing.T) {
	for flags, want := range map[string]string{
		"--store mysql://u:canary@h/d":                        `--store "mysql://...": use memory`,
		"--store postgres://u:canary@h:port/d":                "is not valid",
		"--store postgres:u:canary@h":                         "--store with settings of a connection: use memory",
		"--store x --store-key canary":                        "--store-key is neither the path of a file",
		"--store x --store-key env:CANARY_UNSET":              "is not set",
		"--store x --store-key .":                             "--store-key",
		"--store memory --replica not/valid":                  "--replica",
		"--store memory --audit store":                        "needs a persistent --store",
		"--store x --replica " + strings.Repeat("canary", 50): "--replica",
	} {
		t.Run(flags, func(t *testing.T) {
			code, _, said := run(t, nil, append([]string{"serve"}, strings.Fields(flags)...)...)
			if code != int(errorcode.Usage) || !strings.Contains(said, want) || strings.Contains(said, "canary@") || strings.Contains(said, "canary\n") {
				t.Errorf("%d: %s", code, said)
			}
		})
	}
}
