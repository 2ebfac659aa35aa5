// Command newoperation follows the steps of CONTRIBUTING.md in a copy of the
// tree: it adds an operation that the API does not have, runs the tests that
// must then pass, calls the new tool on the sandbox with the real binary, and
// checks that nothing but the contract, the row, the sandbox handler, the
// snapshot and what the tests write was changed.
//
// Run it at the root of the repository:
//
//	go run ./scripts/newoperation [-keep]
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// The operation that is added: an action on all webhooks of a project.
const (
	tool      = "webhook_ping"
	operation = "WebhookWebhookController_pingWebhooks_v1"
	path      = "/v1/projects/{projectId}/webhooks/ping"

	definition = `{
		"operationId": "` + operation + `",
		"tags": ["Webhooks"],
		"summary": "send a test event to every webhook",
		"description": "- sends one test event to each webhook of the project",
		"x-maturity": "GA",
		"parameters": [{"name": "projectId", "in": "path", "required": true, "schema": {"type": "string"}, "description": "project id (from the Sinch Dashboard)"}],
		"responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/WebhookPingDto"}}}}},
		"x-error-codes": {"401": ["unauthorized_error"], "500": ["internal_error"]}
	}`
	schema = `{"type": "object", "required": ["sent"], "properties": {"sent": {"type": "integer", "description": "events that were sent"}}}`

	row = `	{
		Tool: "` + tool + `", Operation: "` + operation + `", Effect: Action,
		About:      "Send a test event to every webhook of the project.",
		Phrases:    []string{"try out our callback", "simulate a delivery", "does the endpoint receive anything"},
		Next:       []Step{{Do: "see the webhooks", Tool: "webhook_list"}},
		Idempotent: true,
		Done:       "test events sent",
		Keep:       []string{"sent"},
	},
`
	handler = `	"` + operation + `": func(c *call) answer {
		return c.ok(map[string]any{"sent": len(c.project.Webhooks)})
	},
`
)

// files are those that adding the operation changes, besides the pages in
// markdown that the tests write.
var files = []string{
	"internal/catalog/webhooks.go",
	"internal/papi/contract/webhook.json",
	"internal/sandbox/webhooks.go",
	"tools/listed/" + tool + ".json",
}

func main() {
	keep := flag.Bool("keep", false, "keep the copy, to look into it")
	flag.Parse()
	dir, err := os.MkdirTemp("", "newoperation")
	if err == nil {
		err = tree(dir).add()
	}
	if *keep {
		fmt.Println("kept in", dir)
	} else {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "newoperation:", err)
		os.Exit(1)
	}
}

// tree is the folder of the copy.
type tree string

func (t tree) add() error {
	var commands []string
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"copy the tree", t.copyTree},
		{"read the commands", func() (err error) { commands, err = t.commands(); return err }},
		{"the contract", func() error { return t.contract(commands[0]) }},
		{"the row", func() error {
			return t.insert("internal/catalog/webhooks.go", "var webhooks = []Row{\n", row)
		}},
		{"the sandbox handler", func() error {
			return t.insert("internal/sandbox/webhooks.go", "var webhookHandlers = map[string]handler{\n", handler)
		}},
		{"the snapshot and the tables", func() error { return t.run("sh", "-ec", commands[1]) }},
		{"the tests", func() error { return t.run("sh", "-ec", commands[2]) }},
		{"a call", t.call},
		{"what has changed", t.changes},
	} {
		fmt.Println("--", step.name)
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

// commands are the blocks of commands in the steps of CONTRIBUTING.md: the
// splitter, what writes the snapshot, and the tests.
func (t tree) commands() ([]string, error) {
	raw, err := os.ReadFile(t.path("CONTRIBUTING.md"))
	if err != nil {
		return nil, err
	}
	_, steps, _ := strings.Cut(string(raw), "\n## Adding an operation\n")
	steps, _, _ = strings.Cut(steps, "\n## ")
	var blocks []string
	for _, block := range strings.Split(steps, "```sh\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		blocks = append(blocks, block)
	}
	if len(blocks) != 3 {
		return nil, fmt.Errorf("CONTRIBUTING.md has %d blocks of commands for an operation, not 3", len(blocks))
	}
	return blocks, nil
}

// copyTree copies what git knows or would add, as a repository of its own.
func (t tree) copyTree() error {
	list, err := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(strings.Trim(string(list), "\x00"), "\x00") {
		raw, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) { // deleted, and not yet committed
			continue
		}
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(t.path(name)), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(t.path(name), raw, 0o644); err != nil {
			return err
		}
	}
	return errors.Join(
		t.run("git", "init", "--quiet"),
		t.run("git", "add", "--all"),
		t.run("git", "-c", "user.name=newoperation", "-c", "user.email=newoperation@localhost", "commit", "--quiet", "--message", "the tree"),
	)
}

// contract makes the document of a new version, and has it split. The test of
// the catalog then names the operation, which has no row yet.
func (t tree) contract(split string) error {
	document, err := t.document()
	if err != nil {
		return err
	}
	from := t.path("papi.json")
	if err := os.WriteFile(from, document, 0o644); err != nil {
		return err
	}
	if err := errors.Join(t.run("sh", "-ec", split), os.Remove(from)); err != nil {
		return err
	}
	out, err := t.command("go", "test", "./internal/catalog").CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte(path)) {
		return fmt.Errorf("go test ./internal/catalog does not name the operation without a row:\n%s", out)
	}
	return nil
}

// document joins the files of the contract to the OpenAPI document of which
// they were made, with the new operation.
func (t tree) document() ([]byte, error) {
	type object = map[string]any
	paths, schemas := map[string]object{}, object{}
	read := func(name string, into any) error {
		raw, err := os.ReadFile(t.path("internal/papi/contract/" + name))
		if err != nil {
			return err
		}
		return json.Unmarshal(raw, into)
	}
	files, err := os.ReadDir(t.path("internal/papi/contract"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		var family struct {
			Operations []struct {
				ID, Method, Path, Tag, Summary, Notes, Maturity string
				Deprecated                                      bool
				Parameters                                      []json.RawMessage
				Body                                            json.RawMessage
				Answers                                         map[string]json.RawMessage
				Errors                                          map[string][]string
			}
			Schemas map[string]json.RawMessage
		}
		if err := read(file.Name(), &family); err != nil {
			return nil, err
		}
		for name, schema := range family.Schemas {
			schemas[name] = schema
		}
		content := func(schema json.RawMessage) object {
			if string(schema) == "null" { // an answer without a body
				return object{}
			}
			return object{"content": object{"application/json": object{"schema": schema}}}
		}
		for _, op := range family.Operations {
			made := object{
				"operationId": op.ID, "tags": strings.Split(op.Tag, ", "), "summary": op.Summary, "description": op.Notes,
				"x-maturity": op.Maturity, "deprecated": op.Deprecated, "parameters": op.Parameters, "x-error-codes": op.Errors,
			}
			if op.Body != nil {
				made["requestBody"] = content(op.Body)
			}
			answers := object{}
			for status, schema := range op.Answers {
				answers[status] = content(schema)
			}
			made["responses"] = answers
			if paths[op.Path] == nil {
				paths[op.Path] = object{}
			}
			paths[op.Path][strings.ToLower(op.Method)] = made
		}
	}
	paths[path] = object{"post": json.RawMessage(definition)}
	schemas["WebhookPingDto"] = json.RawMessage(schema)
	var api struct {
		Version string
		Errors  json.RawMessage
	}
	if err := read("api.json", &api); err != nil {
		return nil, err
	}
	var document bytes.Buffer
	encoder := json.NewEncoder(&document)
	encoder.SetEscapeHTML(false) // so that what is split again is as it was
	err = encoder.Encode(object{
		"info": object{"version": api.Version}, "paths": paths,
		"components": object{"schemas": schemas}, "x-error-codes": api.Errors,
	})
	return document.Bytes(), err
}

// insert puts a text behind another one in a file.
func (t tree) insert(name, after, text string) error {
	raw, err := os.ReadFile(t.path(name))
	if err != nil {
		return err
	}
	if strings.Count(string(raw), after) != 1 {
		return fmt.Errorf("%s: %q is not there once", name, after)
	}
	text = strings.Replace(string(raw), after, after+text, 1)
	if err := os.WriteFile(t.path(name), []byte(text), 0o644); err != nil {
		return err
	}
	return t.run("gofmt", "-w", name)
}

// call calls the new tool on the sandbox.
func (t tree) call() error {
	if err := t.run("go", "build", "-o", "papi-mcp", "."); err != nil {
		return err
	}
	defer func() { _ = os.Remove(t.path("papi-mcp")) }()
	call := t.command(t.path("papi-mcp"), "call", tool, `{"projectId":"00000000-0000-0000-0000-000000000000"}`, "--sandbox")
	call.Stderr = os.Stderr
	out, err := call.Output()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	var result struct {
		Done string
		Data struct{ Sent *int }
		Next []struct{ Tool string }
	}
	if err := json.Unmarshal(out, &result); err != nil {
		return err
	}
	if result.Done != "test events sent" || result.Data.Sent == nil || len(result.Next) != 1 {
		return fmt.Errorf("the tool answered %s", out)
	}
	return nil
}

// changes checks which files are not as they were.
func (t tree) changes() error {
	if err := t.run("git", "add", "--all"); err != nil {
		return err
	}
	stat := t.command("git", "diff", "--cached", "--stat")
	stat.Stdout = os.Stdout
	if err := stat.Run(); err != nil {
		return err
	}
	out, err := t.command("git", "diff", "--cached", "--name-only").Output()
	if err != nil {
		return err
	}
	changed := strings.Fields(string(out))
	for _, name := range files {
		if !slices.Contains(changed, name) {
			return fmt.Errorf("%s has not changed", name)
		}
	}
	for _, name := range changed {
		if !slices.Contains(files, name) && filepath.Ext(name) != ".md" {
			return fmt.Errorf("%s has changed, which is a fifth place", name)
		}
	}
	return nil
}

func (t tree) path(name string) string { return filepath.Join(string(t), filepath.FromSlash(name)) }

func (t tree) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = string(t)
	return cmd
}

// run runs a command in the copy, and shows its output where it fails.
func (t tree) run(name string, args ...string) error {
	out, err := t.command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}
