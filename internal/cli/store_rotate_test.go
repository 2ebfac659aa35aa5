package cli

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/sandbox"
)

// After rotate-key a token that was signed with the old key is not valid, and a confirmed
// project still is.
func TestStoreRotateKey(t *testing.T) {
	api := newUpstream(t)
	file := filepath.Join(t.TempDir(), "state.db")
	env := map[string]string{
		"PAPI_BASE_URL": api.URL, "PAPI_TOKEN_URL": api.URL + "/oauth2/token", "SINCH_KEY_ID": "any", "SINCH_KEY_SECRET": "any", "SINCH_PROJECT_ID": sandbox.DefaultProject,
	}
	call := func(tool, arguments string) (answer map[string]any) {
		t.Helper()
		_, out, errOut := run(t, env, "call", tool, arguments, "--store", file)
		if err := json.Unmarshal([]byte(out), &answer); err != nil {
			t.Fatalf("%s%s", out, errOut)
		}
		return answer
	}
	call("project_confirm", `{"projectId":"`+sandbox.DefaultProject+`"}`)
	hook, _ := at(call("webhook_create", `{"target":"https://example.com/hook","secret":"sixteen-or-more-signs"}`), "ids.webhookId").(string)
	ask := func() string {
		t.Helper()
		token, _ := at(call("webhook_delete", `{"webhookId":"`+hook+`"}`), "confirmation.token").(string)
		return token
	}
	remove := func(token string) map[string]any {
		t.Helper()
		return call("webhook_delete", `{"webhookId":"`+hook+`","confirm":"`+token+`"}`)
	}
	old := ask()
	if code, out, errOut := run(t, env, "store", "rotate-key", "--store", file); code != int(errorcode.Done) || !strings.Contains(out, "the key was removed") {
		t.Fatalf("%d, %s%s", code, out, errOut)
	}
	if code, out, errOut := run(t, env, "store", "rotate-key", "--store", file); code != int(errorcode.Done) || !strings.Contains(out, "there was no key") {
		t.Errorf("a second time: %d, %s%s", code, out, errOut)
	}
	if got := remove(old); got["errorCode"] != "confirmation_invalid" {
		t.Errorf("the old token: %v", got)
	}
	if got := remove(ask()); got["done"] != "deleted" {
		t.Errorf("a new token: %v", got)
	}

	// A name that is misspelt makes no file, and is no log without lines.
	none := filepath.Join(t.TempDir(), "none.db")
	for _, command := range [][]string{{"store", "rotate-key"}, {"store", "migrate", "--store-key", keyOf("a")}, {"audit", "verify"}} {
		code, _, errOut := run(t, env, append(command, "--store", none)...)
		if _, err := os.Stat(none); code != int(errorcode.Usage) || !strings.Contains(errOut, none) || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v of a file that does not exist: %d, %s, %v", command, code, errOut, err)
		}
	}

	// A file that a server over HTTP uses is refused.
	startHTTP(t, nil, "--sandbox", "--store", file)
	if code, _, errOut := run(t, env, "store", "rotate-key", "--store", file); code != int(errorcode.Failed) || !strings.Contains(errOut, file) {
		t.Errorf("a file in use: %d, %s", code, errOut)
	}
	for _, args := range [][]string{{"store", "rotate-key"}, {"store", "rotate-key", "--store", "memory"}, {"store", "rotate-key", "--store", "redis://h"}} {
		if code, _, errOut := run(t, env, args...); code != int(errorcode.Usage) || !strings.Contains(errOut, "store") {
			t.Errorf("%v: %d, %s", args, code, errOut)
		}
	}
}
