package tools

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
)

// maxSteps is within how many steps next must reach an end.
const maxSteps = 6

// graph walks what next says, in a sandbox with a lived-in shop. An end is a
// step that needs what a person knows, or a person; a step that reads the same
// thing later; a success state, or a list in which nothing needs attention.
type graph struct {
	t     *testing.T
	box   *sandbox.Sandbox
	world []byte // the shop
	set   *Set
	// walked are the calls of this world that lead to an end, while nothing in
	// it was changed.
	walked map[string]bool
}

func newGraph(t *testing.T) *graph {
	g := &graph{t: t, box: sandbox.New(sandbox.Options{Seed: 1, Manual: true})}
	t.Cleanup(g.box.Close)
	if err := g.box.Seed("shop"); err != nil {
		t.Fatal(err)
	}
	g.world = g.dump()
	client, err := papi.New(papi.Config{BaseURL: "http://sandbox", AccessToken: sandbox.StaticToken, Transport: g.box.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := catalog.Select(catalog.Filter{Deprecated: true})
	if err != nil {
		t.Fatal(err)
	}
	opts := guard.Options{Default: sandbox.DefaultProject, Mode: guard.Off, Store: store.NewMemory(), Reader: dispatch.Reader{API: client}}
	g.set = New(Options{Rows: rows, Guard: guard.New(opts), API: client, Now: g.box.Now})
	return g
}

func (g *graph) dump() []byte {
	var b bytes.Buffer
	if err := g.box.Dump(&b); err != nil {
		g.t.Fatal(err)
	}
	return b.Bytes()
}

func (g *graph) load(state []byte) {
	g.t.Helper()
	if err := g.box.Load(bytes.NewReader(state)); err != nil {
		g.t.Fatal(err)
	}
}

// become loads the shop with a thing of it changed, and nothing on its way.
func (g *graph) become(edit func(project map[string]any)) {
	g.t.Helper()
	var world map[string]any
	if err := json.Unmarshal(g.world, &world); err != nil {
		g.t.Fatal(err)
	}
	state := world["state"].(map[string]any)
	state["queue"], state["deliveries"], state["chains"] = []any{}, []any{}, map[string]any{} // nothing is on its way
	edit(state["projects"].(map[string]any)[sandbox.DefaultProject].(map[string]any))
	raw, err := json.Marshal(world)
	if err != nil {
		g.t.Fatal(err)
	}
	g.load(raw)
	g.walked = map[string]bool{}
}

// follow makes a call, and follows all that its answer says, to its ends.
func (g *graph) follow(path []string, n catalog.Next) {
	g.t.Helper()
	call := n.Tool + " " + string(encode(n.Args))
	path = append(slices.Clone(path), call)
	if len(path) > maxSteps+1 {
		g.t.Errorf("no end within %d steps:\n  %s", maxSteps, strings.Join(path, "\n  "))
		return
	}
	if g.walked[call] {
		return
	}
	row := catalog.Lookup(n.Tool)
	changes := row != nil && row.Writes()
	var before []byte
	if changes {
		before = g.dump()
	}
	out := do(g.t, g.set, n.Tool, n.Args)
	if refused := g.refusal(out); refused != "" && len(path) > 1 {
		g.t.Errorf("next leads to what is refused (%s):\n  %s", refused, strings.Join(path, "\n  "))
		return
	}
	if !succeeded(out) || len(path) == 1 {
		g.ends(path, n, out)
	}
	if changes {
		g.load(before)
	} else {
		g.walked[call] = true
	}
}

// succeeded reports whether a result shows a thing that is as it should be.
func succeeded(out Outcome) bool {
	r, ok := out.Structured.(*Result)
	if !ok || catalog.Lookup(r.Tool) == nil {
		return false
	}
	row := catalog.Lookup(r.Tool)
	return row.Resource != nil && r.State != "" && r.Pending == "" && row.Resource.At(r.State, "").Class == catalog.Success
}

// refusal is the code of an outcome that reports a step that could not be
// taken. That there is nothing of a kind is an answer like any other.
func (g *graph) refusal(out Outcome) string {
	e, failed := out.Structured.(*Error)
	if !failed || catalog.NoneHere(e.Code) {
		return ""
	}
	return e.Code + ": " + e.Message
}

// ends follows what an outcome says.
func (g *graph) ends(path []string, n catalog.Next, out Outcome) {
	g.t.Helper()
	row := catalog.Lookup(n.Tool)
	var next []catalog.Next
	switch o := out.Structured.(type) {
	case *Error:
		if next = o.Next; len(next) == 0 {
			g.t.Errorf("%s is a dead end:\n  %s", o.Code, strings.Join(path, "\n  "))
		}
	case *Result:
		next = o.Next
		if len(next) == 0 && row != nil && row.Resource != nil && row.List() == "" && o.State != "" && row.Resource.At(o.State, o.Pending).Class != catalog.Success {
			g.t.Errorf("%s, %s pending, is a dead end:\n  %s", o.State, o.Pending, strings.Join(path, "\n  "))
		}
	}
	for _, step := range next {
		if strings.ContainsAny(quotedText.ReplaceAllString(step.Do, ""), "{}") {
			g.t.Errorf("a step that is not filled in: %q\n  %s", step.Do, strings.Join(path, "\n  "))
		}
		step = waitedFor(step)
		to := catalog.Lookup(step.Tool)
		switch {
		case step.Tool == "":
		case len(step.Needs) > 0:
			if !out.IsError {
				g.possible(path, step)
			}
		case strings.HasPrefix(step.Do, "if it stays "): // in a state that this world does not have
		case to != nil && !to.Writes() && sameThing(step, n):
		default:
			g.follow(path, step)
		}
	}
}

// quotedText is what others wrote, in a step.
var quotedText = regexp.MustCompile(`"[^"]*"`)

// waitedFor is the read that a step to wait repeats; any other step is as it is.
func waitedFor(step catalog.Next) catalog.Next {
	thing := waitsFor(&step)
	if thing == nil {
		return step
	}
	read := catalog.Next{Do: step.Do, Tool: aboutTool(&step), Args: map[string]any{}}
	args, _ := thing["args"].(map[string]any)
	maps.Copy(read.Args, args)
	for _, name := range step.Needs {
		read.Needs = append(read.Needs, strings.TrimPrefix(name, "for[0].args."))
	}
	return read
}

// withoutWait is the same for a step as it was sent.
func withoutWait(step map[string]any) map[string]any {
	things := jsonvalue.Objects(step, "args.for")
	if step["tool"] != toolWait || len(things) != 1 {
		return step
	}
	return things[0]
}

// sameThing reports whether a step reads what the call read.
func sameThing(step, n catalog.Next) bool {
	return step.Tool == n.Tool && slices.Equal(encode(step.Args), encode(n.Args))
}

// possible checks that the state lets a step through that needs what a person
// knows. What they would say is a sample, so other rules are not heard.
func (g *graph) possible(path []string, n catalog.Next) {
	g.t.Helper()
	row := catalog.Lookup(n.Tool)
	if row == nil || !row.Writes() {
		return
	}
	known := newArguments(row, true).advertised.Properties
	args := maps.Clone(n.Args)
	for _, name := range n.Needs {
		if known[name] == nil {
			g.t.Errorf("%s can't need %s:\n  %s", n.Tool, name, strings.Join(path, "\n  "))
			return
		}
		args[name] = known[name].Sample(true)
	}
	args[argDryRun] = true
	out := do(g.t, g.set, n.Tool, args)
	r, ok := out.Structured.(*Result)
	if !ok { // a sample that the arguments' check does not take
		return
	}
	listed := string(encode(r.Data))
	for _, rule := range guard.Rules {
		if strings.HasSuffix(rule.Code, "_state") && strings.Contains(listed, `"`+rule.Code+`"`) {
			g.t.Errorf("next leads to %s, which %s refuses:\n  %s", n.Tool, rule.Code, strings.Join(path, "\n  "))
		}
	}
}

// From each state of each thing next leads to an end, by steps that are never
// refused: from the thing itself, from its list, and from the overview.
func TestNextOfEachStateReachesAnEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	g := newGraph(t)
	g.worlds(func(thing graphThing, where string) {
		g.follow(nil, thing.read)
		list := catalog.ListOf(catalog.Lookup(thing.read.Tool).Toolset)
		for _, n := range []catalog.Next{{Tool: list, Args: map[string]any{}}, {Tool: "project_overview", Args: map[string]any{}}} {
			if n.Tool != "" {
				g.follow(nil, n)
			}
		}
		if t.Failed() {
			t.Fatal("in " + where)
		}
	})
}

// From each part that is reviewed separately too.
func TestNextOfEachPartReachesAnEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	g := newGraph(t)
	things := graphThings()
	at := func(name string) graphThing {
		return things[slices.IndexFunc(things, func(thing graphThing) bool { return thing.name == name })]
	}
	sender := at("whatsapp_sender")
	id := sender.read.Args["senderId"].(string)
	for _, state := range enumOf(sender.states) {
		for _, field := range []string{"displayName", "username"} {
			for _, status := range enumOf("WhatsappWhatsAppSenderFieldUpdateStatusEnum") {
				g.become(func(p map[string]any) {
					sender.edit(p, state, "")
					part(p, "senders", id, "doc")["metadata"].(map[string]any)[field] = map[string]any{"status": status, "value": "Example", "rejectionReason": "because {again}"}
				})
				g.follow(nil, sender.read)
			}
		}
	}
	for _, ban := range enumOf("WhatsappWabaBanStatesEnum") {
		account := at("whatsapp_account")
		g.become(func(p map[string]any) {
			account.edit(p, "ONBOARDED", "")
			part(p, "account", "doc")["wabaBanState"] = ban
		})
		g.follow(nil, account.read)
	}
	for _, status := range enumOf("RcsBrandRegistrationProcessStatusesEnum") {
		rcs := at("rcs_sender")
		g.become(func(p map[string]any) {
			rcs.edit(p, "PREPARING_LAUNCH", "")
			part(p, "rcsSenders", rcs.read.Args["senderId"].(string), "doc")["brandDetails"] = map[string]any{"id": "b", "status": "DRAFT", "registration": map[string]any{"id": "r", "status": status}}
		})
		g.follow(nil, rcs.read)
	}
}

// In each state each tool of the thing is called: where it is refused, by the
// guard or by the sandbox, next leads to an end too.
func TestNextOfEachRefusalReachesAnEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	g := newGraph(t)
	g.worlds(func(thing graphThing, where string) {
		toolset := catalog.Lookup(thing.read.Tool).Toolset
		before := g.dump()
		for _, row := range catalog.Rows() {
			if row.Toolset != toolset || !row.Writes() || row.Deprecated {
				continue
			}
			args := pathSample(row)
			for name, known := range thing.read.Args {
				if row.Op().Parameter(name) != nil {
					args[name] = known
				}
			}
			for name, v := range example(newArguments(row, true)) {
				if row.Op().Parameter(name) == nil {
					args[name] = v
				}
			}
			out := do(t, g.set, row.Tool, args)
			call := catalog.Next{Tool: row.Tool, Args: args}
			if e, failed := out.Structured.(*Error); failed {
				g.ends([]string{where + ": " + row.Tool + " answers " + e.Code}, call, out)
			} else if !failed {
				g.ends([]string{where + ": " + row.Tool + " " + string(encode(args))}, call, out)
			}
			g.load(before)
		}
		if t.Failed() {
			t.Fatal("in " + where)
		}
	})
}

// After each error that an operation documents, and where it is not known whether
// it took effect, next leads to an end. The errors are made here: the client
// would wait between the tries of some.
func TestNextOfEachErrorReachesAnEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	g := newGraph(t)
	g.become(func(map[string]any) {})
	shown := map[string]map[string]any{} // by toolset
	for _, thing := range graphThings() {
		toolset := catalog.Lookup(thing.read.Tool).Toolset
		if shown[toolset] == nil {
			shown[toolset] = map[string]any{}
		}
		maps.Copy(shown[toolset], thing.read.Args)
	}
	shown["webhooks"] = map[string]any{"webhookId": graphWebhook(t, g)["webhookId"]}
	for _, row := range catalog.Rows() {
		args := pathSample(row)
		for name := range args {
			if known, ok := shown[row.Toolset][name]; ok {
				args[name] = known
			}
		}
		call := catalog.Next{Tool: row.Tool, Args: args}
		g.become(func(p map[string]any) { // an error of a registration is met in its state
			for _, thing := range graphThings() {
				if strings.HasSuffix(row.Tool, "_register") || strings.HasSuffix(row.Tool, "_verify") {
					switch thing.name {
					case "whatsapp_sender":
						thing.edit(p, "PENDING_VERIFICATION", "")
					case "kakaotalk_sender":
						thing.edit(p, "VERIFYING", "")
					}
				}
			}
		})
		for status, codes := range row.Op().Errors {
			for _, code := range codes {
				for _, unknown := range []bool{false, true} {
					if unknown && (status < 500 || !row.Writes()) {
						continue
					}
					e := &papi.Error{Status: status, Code: code, Unknown: unknown}
					out := Outcome{IsError: true, Structured: &Error{Code: code, Next: g.set.offered(nextAfterError(row, args, e), "")}}
					g.ends([]string{row.Tool + " answers " + code}, call, out)
				}
			}
		}
		for _, code := range []string{errorcode.Unreachable, errorcode.Timeout, errorcode.CredentialsMissing} {
			out := Outcome{IsError: true, Structured: &Error{Code: code, Next: nextAfterError(row, args, &papi.Error{Code: code})}}
			g.ends([]string{row.Tool + " ends with " + code}, call, out)
		}
	}
}

// graphWebhook is a webhook of the shop.
func graphWebhook(t *testing.T, g *graph) map[string]any {
	t.Helper()
	r := result(t, do(t, g.set, "webhook_list", map[string]any{}))
	return records(t, r)[0]
}
