package plan

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
)

// guardedProject is a project of the sandbox behind the guard. It counts requests.
type guardedProject struct {
	*sandboxProject
	id    string
	guard *guard.Guard
	sent  *atomic.Int64
}

func newGuardedProject(t testing.TB) *guardedProject {
	t.Helper()
	p := &guardedProject{sandboxProject: newSandboxProject(t), id: sandbox.DefaultProject, sent: new(atomic.Int64)}
	client, err := papi.New(papi.Config{BaseURL: "http://sandbox.localhost", AccessToken: sandbox.StaticToken, Transport: countedTransport{p.box.Transport(), p.sent}})
	if err != nil {
		t.Fatal(err)
	}
	p.client = client
	p.guard = guard.New(guard.Options{Default: sandbox.DefaultProject, Store: store.NewMemory(), Reader: dispatch.Reader{API: client}, APINow: p.box.Now})
	return p
}

type countedTransport struct {
	http.RoundTripper
	sent *atomic.Int64
}

func (c countedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	c.sent.Add(1)
	return c.RoundTripper.RoundTrip(r)
}

// Read implements Project: a list is read with all of its pages.
func (p *guardedProject) Read(ctx context.Context, tool string, args map[string]any) (map[string]any, error) {
	if row := catalog.Lookup(tool); row.Resource != nil && row.Resource.List == tool {
		largest := row.Op().Parameter("pageSize").Schema.Resolve().Maximum
		sent, err := dispatch.SendAll(ctx, p.client, row, p.id, jsonvalue.With(args, "pageSize", int(*largest)), func([]any) bool { return false })
		if e, ok := errors.AsType[*papi.Error](err); ok && catalog.NoneHere(e.Code) {
			return nil, nil
		}
		answer, _ := sent.Answer.(map[string]any)
		return answer, err
	}
	return dispatch.Reader{API: p.client}.Read(ctx, p.id, tool, args)
}

// do makes a call, past the guard.
func (p *guardedProject) do(tool string, args map[string]any) (map[string]any, error) {
	sent, err := dispatch.Send(context.Background(), p.client, catalog.Lookup(tool), p.id, args)
	answer, _ := sent.Answer.(map[string]any)
	return answer, err
}

// must makes a call that has to go well.
func (p *guardedProject) must(tool string, args map[string]any) {
	p.t.Helper()
	if _, err := p.do(tool, args); err != nil {
		p.t.Fatalf("%s: %v", tool, err)
	}
}

func (p *guardedProject) call(tool string, args map[string]any) *guard.Call {
	own := map[string]any{}
	for name, value := range args {
		if name != "ignoreLint" {
			own[name] = value
		}
	}
	return &guard.Call{Row: catalog.Lookup(tool), ProjectID: p.id, CommandLine: true, Args: own}
}

// Preview implements Project.
func (p *guardedProject) Preview(ctx context.Context, tool string, args map[string]any) (Preview, error) {
	c := p.call(tool, args)
	seen := p.guard.Preview(ctx, c)
	out := Preview{Question: seen.Summary, Facts: seen.Facts, Warnings: c.Warnings}
	if seen.Refusal != nil {
		out.Refused, out.Reason = seen.Refusal.Code, seen.Refusal.Message+"; "+seen.Refusal.Resolution
	}
	return out, nil
}

// Now implements Project.
func (p *guardedProject) Now() time.Time { return p.box.Now() }

// plan makes a plan of what is wanted and unwanted.
func (p *guardedProject) plan(o MakeOptions, items []*Item, remove ...*Item) *Plan {
	p.t.Helper()
	made, err := Make(context.Background(), p, &Document{ProjectID: p.id, Items: items, Delete: remove}, o)
	if err != nil {
		p.t.Fatal(err)
	}
	return made
}

// execute makes the calls of a plan in their order, and reports them to the guard.
func (p *guardedProject) execute(made *Plan) {
	p.t.Helper()
	for _, step := range made.Steps {
		for _, call := range step.Calls {
			args := map[string]any{}
			for name, value := range call.Arguments {
				args[name] = value
			}
			if args["secret"] != nil {
				args["secret"] = "a Secret of 21 signs"
			}
			gc := p.call(call.Tool, args)
			if seen := p.guard.Preview(context.Background(), gc); seen.Refusal != nil {
				p.t.Fatalf("%s: refused when it is made: %+v", step.ID, seen.Refusal)
			}
			answer, err := p.do(call.Tool, gc.Args)
			if err != nil {
				p.t.Fatalf("%s: %s %v: %v", step.ID, call.Tool, call.Arguments, err)
			}
			if err := p.guard.Done(context.Background(), gc, answer); err != nil {
				p.t.Fatal(err)
			}
		}
	}
}

// item is an item of a file.
func (p *guardedProject) item(kind, fields string) *Item { return fileItem(p.t, kind, fields) }

func fileItem(t testing.TB, kind, fields string) *Item {
	t.Helper()
	k := LookupKind(kind)
	item := &Item{Kind: k, Fields: decoded(t, fields), At: func(string) Position { return Position{File: "f.yaml", Line: 1, Column: 1} }}
	for name, set := range map[string]*bool{fieldDraft: &item.Draft, fieldLaunch: &item.Launch} {
		*set = item.Fields[name] == true
		delete(item.Fields, name)
	}
	item.Identity = k.identity(item.Fields)
	if id, ok := item.Fields[fieldID].(string); ok {
		item.Identity[fieldID] = id
		delete(item.Fields, fieldID)
	}
	if item.Fields["phoneNumber"] != nil {
		item.Identity["phoneNumber"] = item.Fields["phoneNumber"].(string)
	}
	if item.Fields["secret"] != nil {
		item.Secret = []string{"secret"}
	}
	item.Key = k.key(item.Identity)
	return item
}

// desired are the items of a project as a file would have them.
func (p *guardedProject) desired() []*Item {
	var items []*Item
	for _, item := range p.items() {
		if item.Unmanaged == "" {
			wanted := *item
			wanted.At = func(string) Position { return Position{} }
			items = append(items, &wanted)
		}
	}
	return items
}
