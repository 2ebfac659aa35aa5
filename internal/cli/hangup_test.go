//go:build unix

package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/sandbox"
)

// hangUp sends SIGHUP, and waits until the log has one more line with the text.
func (w *httpProcess) hangUp(text string) {
	w.t.Helper()
	before := strings.Count(w.output.String(), text)
	if err := w.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		w.t.Fatal(err)
	}
	eventually(w.t, 20*time.Second, func() bool { return strings.Count(w.output.String(), text) > before })
}

// SIGHUP makes a server over HTTP read its files again: all of them, or none where one
// can't be used. Open sessions and running calls are not ended by it.
func TestHangupReloads(t *testing.T) {
	t.Parallel()
	api := newUpstream(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	old, oldHash := auth.NewKey()
	renewed, renewedHash := auth.NewKey()
	desk, deskHash := auth.NewKey()
	key := func(name, hash string) string {
		return "  " + name + ": {hashes: [" + hash + "], projects: [" + projectA + "], toolsets: all, read-only: false}\n"
	}
	const tenants = "tenants:\n  emea: {projects: [" + projectB + "], key-id: \"${EMEA_KEY_ID}\", key-secret: \"${EMEA_KEY_SECRET}\"}\n"
	ofTenant := "  far: {tenant: emea, hashes: [" + strings.Replace(deskHash, deskHash[len("sha256:"):], strings.Repeat("0", 64), 1) + "], projects: all, toolsets: all, read-only: true}\n"
	config := func(keys string) string { return "auth: token\nkeys:\n" + keys + ofTenant + tenants }
	file := write("papi-mcp.yaml", config(key("bot", oldHash)+key("desk", deskHash)))
	w := startHTTP(t, []string{
		"PAPI_BASE_URL=" + api.URL, "PAPI_TOKEN_URL=" + api.URL + "/oauth2/token",
		"SINCH_KEY_ID_FILE=" + write("id", "first-id\n"), "SINCH_KEY_SECRET_FILE=" + write("secret", "canary-first\n"),
		"EMEA_KEY_ID=emea", "EMEA_KEY_SECRET_FILE=" + write("emea", "canary-emea\n"),
	}, "--config", file)
	as := func(key string) string { return "Authorization: Bearer " + key }
	known := func(key string) bool { return strings.HasPrefix(w.request("tools/list", "", "", as(key)), "200") }
	session := w.session(as(desk))
	if got := readsProject(t, w, as(old)); got != projectA || !known(desk) || known(renewed) {
		t.Fatalf("at first: %v", got)
	}

	// A wrong file, and a right one next to a wrong one: everything stays.
	write("papi-mcp.yaml", "auth: token\nkeys: [\n")
	w.hangUp("not reloaded: everything stays as it was")
	write("papi-mcp.yaml", config(key("bot", renewedHash)+key("desk", deskHash)))
	write("id", "second-id\n")
	write("secret", "")
	w.hangUp("not reloaded: everything stays as it was")
	if !strings.Contains(w.output.String(), "SINCH_KEY_SECRET_FILE") || !known(old) || known(renewed) {
		t.Errorf("after wrong files: %s", w.output.String())
	}
	write("secret", "canary-second\n")
	if err := os.Remove(filepath.Join(dir, "emea")); err != nil {
		t.Fatal(err)
	}
	w.hangUp("not reloaded: everything stays as it was")
	if !strings.Contains(w.output.String(), "EMEA_KEY_SECRET_FILE: open") || !known(old) || known(renewed) {
		t.Errorf("without the file of a tenant: %s", w.output.String())
	}

	write("emea", "canary-emea\n")
	w.hangUp("msg=reloaded keys=3 scopes=0 tenants=1")
	if known(old) || !known(renewed) {
		t.Error("the keys were not replaced")
	}
	if got := readsProject(t, w, as(renewed)); got != projectA {
		t.Errorf("with the new key: %v", got)
	}
	if asked := api.keysAsked(); fmt.Sprint(asked) != "[first-id second-id]" {
		t.Errorf("tokens were asked for with %v", asked)
	}
	if status, _, answer := w.send(http.MethodPost, "/mcp", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, session, as(desk)); status != http.StatusOK {
		t.Errorf("the session is gone: %d %s", status, answer)
	}
	for _, secret := range []string{old, renewed, desk, "canary"} {
		if strings.Contains(w.output.String(), secret) {
			t.Errorf("%s is in the log", secret)
		}
	}
}

// A call that runs during SIGHUP ends as if there was none.
func TestACallSurvivesAHangup(t *testing.T) {
	t.Parallel()
	api := newSlowAPI(t)
	w := startHTTP(t, []string{"PAPI_BASE_URL=" + api.URL, "SINCH_ACCESS_TOKEN=token", "SINCH_PROJECT_ID=" + projectA})
	answered := make(chan map[string]any)
	go func() { answered <- w.call("webhook_list", `{}`) }()
	eventually(t, 20*time.Second, func() bool { return api.running.Load() == 1 })
	w.hangUp("msg=reloaded")
	close(api.release)
	if got := <-answered; got["data"] == nil {
		t.Errorf("got %v", got)
	}
}

// Over stdio a hangup means that the client's terminal is gone: the server stops as with
// SIGTERM, and running calls are answered. One that was started with nohup stays.
func TestHangupOnStdio(t *testing.T) {
	// Tests that were started with nohup themselves would pass the ignored signal on.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	api := newSlowAPI(t)
	for _, nohup := range []bool{false, true} {
		var log lockedBuffer
		cmd := program(t.Context(), api.URL)
		if nohup {
			cmd.Path, cmd.Args = "/bin/sh", append([]string{"sh", "-c", `trap "" HUP; exec "$@"`, "sh"}, cmd.Args...)
		}
		cmd.Stderr = &log
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(in, hello)
		eventually(t, 20*time.Second, func() bool { return strings.Contains(log.String(), "msg=started") })
		if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		want := "reason=SIGHUP"
		if nohup {
			want = `reason="stdin closed"`
			if err := in.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Wait(); err != nil || !strings.Contains(log.String(), "msg=stopped "+want) {
			t.Errorf("nohup %v: %v, %s", nohup, err, log.String())
		}
	}
}

// A subscription outlives its server, and ends with the caller's key. No line of the log
// has its URL or its secret.
func TestACallbackOverRestarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, state := filepath.Join(dir, "papi-mcp.yaml"), filepath.Join(dir, "state.db")
	key, hash := auth.NewKey()
	other, otherHash := auth.NewKey()
	both := `bot: {hashes: [` + hash + `], projects: all, toolsets: all, read-only: false}
  other: {hashes: [` + otherHash + `], projects: all, toolsets: all, read-only: false}`
	writeKeys(t, file, both)
	api := sandbox.New(sandbox.Options{})
	if err := api.Seed("shop"); err != nil {
		t.Fatal(err)
	}
	upstream := httptest.NewServer(api)
	t.Cleanup(func() { upstream.Close(); api.Close() })
	env := []string{"PAPI_BASE_URL=" + upstream.URL, "PAPI_TOKEN_URL=" + upstream.URL + "/oauth2/token", "SINCH_KEY_ID=any", "SINCH_KEY_SECRET=any"}
	args := []string{"--config", file, "--store", state, "--callbacks", "test-loopback"}
	as, asOther := "Authorization: Bearer "+key, "Authorization: Bearer "+other

	w := startHTTP(t, env, args...)
	url, bodies := newCallback(t)
	got := w.events("subscribe", subscribeTo(url), as)
	if jsonvalue.Text(got, "result.id") == "" || jsonvalue.Field(got, "result.refreshBefore") != nil || jsonvalue.Text(got, "result.resultType") != "complete" {
		t.Fatalf("subscribed: %v", got)
	}
	otherURL, otherBodies := newCallback(t)
	if got := w.events("subscribe", subscribeTo(otherURL), asOther); jsonvalue.Text(got, "result.id") == "" {
		t.Fatalf("subscribed: %v", got)
	}
	stopped := w.ends()

	w = startHTTP(t, env, args...)
	w.call("project_confirm", `{"projectId":"`+sandbox.DefaultProject+`"}`, asOther)
	create := func(name string) {
		t.Helper()
		if got := w.call("whatsapp_template_create", fmt.Sprintf(`{"projectId":%q,"name":%q,"language":"EN_US","category":"MARKETING","details":{"components":[{"type":"BODY","text":"News of %[2]s."}]}}`, sandbox.DefaultProject, name), asOther); got["errorCode"] != nil {
			t.Fatal(got)
		}
	}
	create("told_of")
	for who, bodies := range map[string]<-chan map[string]any{"the caller": bodies, "the other": otherBodies} {
		got := nextBody(t, bodies)
		for jsonvalue.Text(got, "data.ids.templateName") != "told_of" { // the seed data changes too
			got = nextBody(t, bodies)
		}
		if jsonvalue.Text(got, "eventId") == "" {
			t.Errorf("%s got %v", who, got)
		}
	}

	writeKeys(t, file, `other: {hashes: [`+otherHash+`], projects: all, toolsets: all, read-only: false}`)
	w.hangUp("reloaded")
	create("not_told_of")
	for got := nextBody(t, bodies); ; got = nextBody(t, bodies) {
		if got["type"] == "terminated" {
			if code, _ := jsonvalue.Number(got, "error.code"); code != -32024 {
				t.Errorf("terminated: %v", got)
			}
			break
		}
		if jsonvalue.Text(got, "data.ids.templateName") == "not_told_of" {
			t.Errorf("without a key: %v", got)
		}
	}
	output := stopped + w.ends()
	for _, secret := range []string{callbackSecret, callbackSecret[6:], "secret-path"} {
		if strings.Contains(output, secret) {
			t.Errorf("the log has %s", secret)
		}
	}
}
