package plan

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
)

// sandboxProject is a project in a sandbox, without the guard.
type sandboxProject struct {
	t      testing.TB
	box    *sandbox.Sandbox
	client *papi.Client
}

func newSandboxProject(t testing.TB) *sandboxProject {
	t.Helper()
	box := sandbox.New(sandbox.Options{Seed: 1, Manual: true})
	t.Cleanup(box.Close)
	client, err := papi.New(papi.Config{BaseURL: "http://sandbox.localhost", AccessToken: sandbox.StaticToken, Transport: box.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	return &sandboxProject{t: t, box: box, client: client}
}

// Read implements Reader.
func (p *sandboxProject) Read(ctx context.Context, tool string, args map[string]any) (map[string]any, error) {
	row := catalog.Lookup(tool)
	sent, err := dispatch.SendAll(ctx, p.client, row, sandbox.DefaultProject, args, func([]any) bool { return false })
	if e, ok := errors.AsType[*papi.Error](err); ok && e.Code == row.Resource.NoneHere {
		return nil, nil
	}
	answer, _ := sent.Answer.(map[string]any)
	return answer, err
}

// items are those of the project.
func (p *sandboxProject) items() []*Item {
	p.t.Helper()
	items, err := ReadProject(context.Background(), p, Kinds)
	if err != nil {
		p.t.Fatal(err)
	}
	return items
}

// edit changes the state of the sandbox, in which nothing else happens any more.
func (p *sandboxProject) edit(change func(project map[string]any)) {
	p.t.Helper()
	var b bytes.Buffer
	if err := p.box.Dump(&b); err != nil {
		p.t.Fatal(err)
	}
	var world map[string]any
	if err := json.Unmarshal(b.Bytes(), &world); err != nil {
		p.t.Fatal(err)
	}
	state := world["state"].(map[string]any)
	state["queue"] = []any{}
	change(state["projects"].(map[string]any)[sandbox.DefaultProject].(map[string]any))
	raw, err := json.Marshal(world)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.box.Load(bytes.NewReader(raw)); err != nil {
		p.t.Fatal(err)
	}
}
