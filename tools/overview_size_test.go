package tools

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
	"papi-mcp/internal/tokentest"
)

// inSandbox returns a set in front of a sandbox.
func inSandbox(t *testing.T, box *sandbox.Sandbox, dynamic bool) *Set {
	t.Helper()
	t.Cleanup(box.Close)
	client, err := papi.New(papi.Config{BaseURL: "http://sandbox", AccessToken: sandbox.StaticToken, Transport: box.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := catalog.Select(catalog.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	opts := guard.Options{Default: sandbox.DefaultProject, Mode: guard.Off, Store: store.NewMemory(), Reader: dispatch.Reader{API: client}}
	return New(Options{Rows: rows, Guard: guard.New(opts), API: client, Dynamic: dynamic})
}

// What a project contains is small, in a shop and in a project with a dozen of each
// thing.
func TestAnOverviewIsSmall(t *testing.T) {
	shop, full := sandbox.New(sandbox.Options{Seed: 1, Manual: true}), sandbox.New(sandbox.Options{Seed: 1, Manual: true})
	if err := shop.Seed("shop"); err != nil {
		t.Fatal(err)
	}
	if err := full.Play(bytes.NewReader(encode(projectScript()))); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		set  *Set
		most int
	}{{inSandbox(t, shop, false), 450}, {inSandbox(t, full, false), 1300}} {
		for _, tool := range []string{"project_overview", "project_confirm"} {
			r := encode(do(t, tt.set, tool, map[string]any{argProject: sandbox.DefaultProject}).Structured)
			n := tokentest.Count(string(r))
			t.Logf("%s: %d tokens", tool, n)
			if n > tt.most || n < 100 {
				t.Errorf("%s: %d tokens: %s", tool, n, r)
			}
		}
	}
}

// Of many projects the first are listed, and the others are counted.
func TestManyProjectsAreListedBriefly(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), func(o *guard.Options) {
		o.Projects = nil
		for i := range 50 {
			o.Projects = append(o.Projects, fmt.Sprintf("%08x-4a76-4f7e-b602-b4eb9195c4ec", i*7919))
		}
	})
	out := do(t, set, "project_confirm", nil)
	r := result(t, out)
	if n := tokentest.Count(string(encode(out.Structured))); n > 400 || len(jsonvalue.List(r, "data.projects")) != 10 || jsonvalue.Field(r, "data.projectsMore") != 40.0 {
		t.Errorf("%d tokens: %s", n, encode(r))
	}
}

// An agent that sees the listed tools alone can follow each next step as it is written.
func TestNextIsFollowedThroughFewTools(t *testing.T) {
	followed := map[string]int{}
	for _, seed := range []func(*sandbox.Sandbox) error{
		func(*sandbox.Sandbox) error { return nil },
		func(box *sandbox.Sandbox) error { return box.Seed("shop") },
		func(box *sandbox.Sandbox) error { return box.Play(bytes.NewReader(encode(projectScript()))) },
	} {
		box := sandbox.New(sandbox.Options{Seed: 1, Manual: true})
		if err := seed(box); err != nil {
			t.Fatal(err)
		}
		followNext(t, inSandbox(t, box, true), followed)
	}
	if len(followed) < 20 {
		t.Errorf("only %d tools are followed: %v", len(followed), followed)
	}
}

// followNext calls what reads without ids, what next leads to from there, and so on. It
// counts the steps by their tool.
func followNext(t *testing.T, set *Set, followed map[string]int) {
	t.Helper()
	type call struct {
		via, tool string
		args      map[string]any
		fromStep  bool
	}
	queue := []call{{"project_overview", "project_overview", nil, false}, {ToolCallWrite, "webhook_delete", map[string]any{"webhookId": "gone"}, false}, {ToolCallWrite, "webhook_create", map[string]any{"target": 7}, false}, {toolCallRead, "no_such_tool", nil, false}}
	for _, row := range set.opts.Rows {
		if row.Effect == catalog.Read && len(row.Op().PathIDs()) == 0 && row.Op().Body == nil {
			queue = append(queue, call{toolCallRead, row.Tool, map[string]any{}, false})
		}
	}
	seen := map[string]bool{}
	for len(queue) > 0 && len(seen) < 400 {
		c := queue[0]
		queue = queue[1:]
		key := string(encode([]any{c.tool, c.args}))
		if seen[key] {
			continue
		}
		seen[key] = true
		given := c.args
		if set.routes(c.via) {
			given = map[string]any{"tool": c.tool, "arguments": c.args}
		}
		out := do(t, set, c.via, given)
		var next []catalog.Next
		switch o := out.Structured.(type) {
		case *Result:
			next = o.Next
		case *Error:
			next = o.Next
		}
		for _, n := range next {
			if n.Tool == "" {
				continue
			}
			via := n.Via
			if via == "" {
				via = n.Tool
			}
			if !set.lists(via) {
				t.Errorf("after %s: %s is not listed", c.tool, encode(n))
			}
			args := map[string]any{}
			for name, value := range n.Args {
				args[name] = value
			}
			for _, name := range n.Needs {
				args[name] = true // for the variant
			}
			known := set.checked(n.Tool).Variant(args).Properties
			for _, name := range n.Needs {
				if known[name] == nil {
					t.Fatalf("after %s: %s has no %s", c.tool, encode(n), name)
				}
				args[name] = known[name].Sample(true)
			}
			if set.writes(n.Tool) {
				args[argDryRun] = true
			}
			followed[n.Tool]++
			queue = append(queue, call{via, n.Tool, args, true})
		}
		if e, _ := out.Structured.(*Error); e != nil && slices.Contains([]string{"unknown_tool", "invalid_arguments"}, e.Code) && c.fromStep {
			t.Errorf("%s %s: %s", c.tool, encode(c.args), encode(e))
		}
	}
	t.Logf("%d calls, %d tools by next steps", len(seen), len(followed))
}
