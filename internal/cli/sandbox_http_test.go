package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/jsonvalue"
)

// All callers of a sandbox over HTTP share its clock. A caller is shown what changes in
// its own projects, a code in its own answer, and one that only reads moves nothing.
func TestASandboxOfManyCallers(t *testing.T) {
	t.Parallel()
	keys, hashes := map[string]string{}, map[string]string{}
	for _, name := range []string{"ann", "bob", "looker"} {
		keys[name], hashes[name] = auth.NewKey()
	}
	file := filepath.Join(t.TempDir(), "papi-mcp.yaml")
	text := `
auth: token
sandbox: true
clock: manual
start: "2026-03-01T00:00:00Z"
verbose: true
keys:
  ann: {hashes: [` + hashes["ann"] + `], projects: [` + projectA + `], toolsets: all, read-only: false}
  bob: {hashes: [` + hashes["bob"] + `], projects: [` + projectB + `], toolsets: all, read-only: false}
  looker: {hashes: [` + hashes["looker"] + `], projects: [` + projectA + `], toolsets: all, read-only: true}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w := startHTTP(t, nil, "--config", file)
	as := func(name string) string { return "Authorization: Bearer " + keys[name] }
	call := func(name, tool, args string) map[string]any {
		t.Helper()
		return w.call(tool, args, as(name))
	}
	for name, offered := range map[string]bool{"ann": true, "bob": true, "looker": false} {
		if got := strings.Contains(w.tools(as(name)), "sandbox_advance"); got != offered {
			t.Errorf("%s is offered the clock: %v", name, got)
		}
	}
	if got := call("looker", "sandbox_advance", `{"seconds":1}`); !strings.Contains(jsonvalue.Text(got, "errorCode"), "-32602") {
		t.Errorf("the looker: %v", got)
	}
	for _, name := range []string{"ann", "bob"} {
		shown := call(name, "project_confirm", `{}`)
		call(name, "project_confirm", `{"projectId":"`+jsonvalue.Text(jsonvalue.List(shown, "next")[0], "args.projectId")+`"}`)
	}
	if made := call("bob", "sms_app_create", `{"name":"Example","region":"EU"}`); made["errorCode"] != nil {
		t.Fatal(made)
	}
	if moved := call("ann", "sandbox_advance", `{"until":"change"}`); moved["done"] != "advanced by 1m0s" || jsonvalue.Text(moved, "data.changesElsewhere") != "1" || jsonvalue.List(moved, "data.changes") != nil {
		t.Errorf("ann moves bob's project: %v", moved)
	}
	if moved := call("bob", "sandbox_advance", `{"seconds":60}`); moved["now"] != "2026-03-01T00:02:00Z" {
		t.Errorf("the clock is not shared: %v", moved)
	}
	call("ann", "kakaotalk_sender_create", `{"plusFriendId":"exampleshop","details":{"adminPhoneNo":"+15550120","name":"Example Shop","topLevelCategoryCode":"019","midLevelCategoryCode":"0006","subLevelCategoryCode":"0001"}}`)
	call("bob", "sandbox_advance", `{"seconds":600}`)
	registered := call("ann", "kakaotalk_sender_register", `{"plusFriendId":"exampleshop"}`)
	code := jsonvalue.Text(registered, "sandbox.code")
	if len(code) != 6 {
		t.Fatal(registered)
	}
	log := strings.ReplaceAll(w.output.String(), `"sandbox":{"code":"`+code+`"}`, "") // output has the answers too
	log = strings.ReplaceAll(log, `\"sandbox\":{\"code\":\"`+code+`\"}`, "")
	if strings.Contains(log, code) || !strings.Contains(log, "kakaotalk_sender_register") {
		t.Errorf("the log has the code %s: %s", code, log)
	}
}
