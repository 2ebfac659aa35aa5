package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/spf13/cobra"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/server"
	"papi-mcp/internal/store"
	"papi-mcp/tools"
)

func newDemo(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Run a tour on the sandbox, with a real MCP client",
		Long: `Start the server and the sandbox, connect a real MCP client, and go through typical
work: confirm the project, create a webhook, bring a WhatsApp sender to ACTIVE, get a
template approved, see calls refused, and confirm a delete. It needs no account and
no network. It fails if a step does not have the expected result.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), time.Minute)
			defer cancel()
			d := &demo{out: s.out}
			return failed(d.run(ctx))
		},
	}
}

// demo is the tour: an agent (the calls below), a person (who answers questions and
// reads the phone), and the server with the sandbox.
type demo struct {
	out  io.Writer
	step int

	box      *sandbox.Sandbox
	tools    *tools.Set
	client   *client.Client
	confirms bool // how the person answers the next question
	asked    int
	err      error // the first one: after it nothing is called and nothing printed
}

func (d *demo) run(ctx context.Context) error {
	d.box = sandbox.New(sandbox.Options{Seed: 1, Manual: true})
	defer d.box.Close()
	stop, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer stop()
	d.overview(ctx)
	d.confirmProject(ctx)
	d.webhook(ctx)
	d.sender(ctx)
	d.template(ctx)
	d.deletion(ctx)
	if d.err != nil {
		return fmt.Errorf("the tour did not go as expected: %w", d.err)
	}
	d.line("")
	d.line("That was the tour: %d steps, all as expected.\nTo add papi-mcp to your agent's client: papi-mcp init (README.md says how).\nTo try more by hand: papi-mcp call project_overview --sandbox-name trial", d.step)
	return nil
}

// connect starts the server and a client, connected by pipes; stop stops both.
func (d *demo) connect(ctx context.Context) (stop func(), err error) {
	api, err := papi.New(papi.Config{
		BaseURL: "http://sandbox.localhost", TokenURL: "http://sandbox.localhost/oauth2/token",
		KeyID: "demo", KeySecret: "demo", Transport: d.box.Transport(),
	})
	if err != nil {
		return nil, err
	}
	rows, err := catalog.Select(catalog.Filter{})
	if err != nil {
		return nil, err
	}
	g := guard.New(guard.Options{
		Projects: []string{sandbox.DefaultProject}, Default: sandbox.DefaultProject,
		Store: store.NewMemory(), Reader: dispatch.Reader{API: api}, About: aboutSandbox,
	})
	d.tools = tools.New(tools.Options{Rows: rows, Guard: g, API: api, Sandbox: d.box})
	s := server.New(server.Options{
		Name: "papi-mcp", Version: release, Instructions: instructionsFor(spoken{project: sandbox.DefaultProject, advance: true}), Toolbox: d.tools,
		Logger: slog.New(slog.DiscardHandler),
	})
	fromClient, toServer := io.Pipe()
	fromServer, toClient := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer toClient.Close()
		if err := s.ServeStdio(ctx, fromClient, toClient); err != nil {
			toClient.CloseWithError(err)
		}
	}()
	d.client = client.NewClient(transport.NewIO(fromServer, toServer, io.NopCloser(strings.NewReader(""))), client.WithElicitationHandler(d))
	stop = func() {
		toServer.Close()
		<-ended
		d.client.Close()
	}
	if err := d.client.Start(ctx); err != nil {
		stop()
		return nil, err
	}
	hello := mcp.InitializeRequest{}
	hello.Params.ProtocolVersion = mcp.LATEST_PROTOCOL_VERSION
	hello.Params.ClientInfo = mcp.Implementation{Name: "papi-mcp demo", Version: release}
	if _, err := d.client.Initialize(ctx, hello); err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

// Elicit answers the client's question as the person.
func (d *demo) Elicit(_ context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	d.asked++
	answer := &mcp.ElicitationResult{}
	answer.Action, answer.Content = mcp.ElicitationResponseActionAccept, map[string]any{}
	verdict := "yes"
	if !d.confirms {
		answer.Action, answer.Content = mcp.ElicitationResponseActionDecline, nil
		verdict = "no"
	}
	d.line("  question:\n    %s", strings.ReplaceAll(strings.TrimSpace(request.Params.Message), "\n", "\n    "))
	d.line("  person: %s", verdict)
	return answer, nil
}

// The steps. Each says what the agent wants, makes calls, and checks their results.

func (d *demo) overview(ctx context.Context) {
	d.title("See what exists")
	list, err := d.client.ListTools(ctx, mcp.ListToolsRequest{})
	if err != nil {
		d.err = err
		return
	}
	d.say("The server offers %d tools; I read the project first.", len(list.Tools))
	if want := len(d.tools.Tools()); len(list.Tools) != want {
		d.err = fmt.Errorf("%d tools are listed, not %d", len(list.Tools), want)
	}
	d.call(ctx, "project_overview", args{}, expect{"data.whatsappAccount": "none"})
}

func (d *demo) confirmProject(ctx context.Context) {
	d.title("Confirm the project")
	d.say("Before I change anything, the person confirms the project.")
	d.confirms = true
	d.call(ctx, "project_confirm", args{"projectId": sandbox.DefaultProject}, expect{"data.confirmed": true})
	d.expectAsked(1)
}

func (d *demo) webhook(ctx context.Context) {
	d.title("Create a webhook, and see a call refused")
	hook := args{"target": "https://example.com/papi", "secret": "a-secret-of-high-entropy", "triggers": []string{"ALL", "WHATSAPP_SENDER_ACTIVE"}}
	d.say("I want all events, and those of active senders.")
	d.call(ctx, "webhook_create", hook, expect{"errorCode": "guard_all_alone"})
	d.say("ALL includes the other trigger. I leave the triggers out: ALL is the default.")
	delete(hook, "triggers")
	d.call(ctx, "webhook_create", hook, expect{"done": "created", "warnings.0": "triggers: not given, so ALL is used"})
}

func (d *demo) sender(ctx context.Context) {
	d.title("Bring a WhatsApp sender to ACTIVE")
	d.say("The signup at Meta returned a code; I create the sender with it.")
	created := d.call(ctx, "whatsapp_sender_create", args{
		"wabaId": "100000000005678", "phoneNumberId": "200000000005678", "authenticationCode": "from-the-signup", "region": "EU", "businessManager": "SINCH_UK",
	}, expect{"pending": "IN_PROGRESS"})
	id := args{"senderId": at(created, "ids.senderId")}
	d.say("It is being set up, which takes a minute or more. In the sandbox I move the clock.")
	d.call(ctx, tools.SandboxAdvance, args{"seconds": 600}, expect{})
	d.say("A code that was not requested can't be submitted:")
	d.call(ctx, "whatsapp_sender_verify", jsonvalue.With(id, "code", "123456"), expect{"errorCode": "guard_register_first"})
	d.say("So I read its state first, and request a code.")
	d.call(ctx, "whatsapp_sender_get", id, expect{"state": "PENDING_VERIFICATION", "next.0.tool": "whatsapp_sender_register"})
	registered := d.call(ctx, "whatsapp_sender_register", jsonvalue.With(id, "method", "SMS"), expect{"next.0.needs.0": "code"})
	d.say("The person would read the code from the phone. The sandbox shows it in the answer.")
	d.call(ctx, "whatsapp_sender_verify", jsonvalue.With(id, "code", at(registered, "sandbox.code")), expect{"done": "verified"})
	d.nextChange(ctx, "ACTIVE")
	d.call(ctx, "whatsapp_sender_get", id, expect{"state": "ACTIVE", "data.bearerToken": papi.Masked})
}

func (d *demo) template(ctx context.Context) {
	d.title("Create a template, and wait for its approval")
	d.say("A first message needs a template. I write values in lower case that are upper case in the API: they are corrected.")
	d.call(ctx, "whatsapp_template_create", args{
		"name": "order_shipped", "language": "en_us", "category": "utility",
		"details": args{"components": []args{{"type": "body", "text": "Your order is on its way."}}},
	}, expect{"ids.templateName": "order_shipped", "ids.languageCode": "EN_US"})
	d.say("Meta reviews it, which takes up to a day. I move the clock to the next change, and to the one after.")
	d.nextChange(ctx, "PENDING")
	d.nextChange(ctx, "APPROVED")
	d.call(ctx, "whatsapp_template_get", args{"templateName": "order_shipped", "languageCode": "EN_US"}, expect{"state": "APPROVED"})
}

func (d *demo) deletion(ctx context.Context) {
	d.title("Delete a webhook, and confirm it")
	list := d.call(ctx, "webhook_list", args{}, expect{"data.cols.0": "webhookId", "data.rows.0.1": "https://example.com/papi"})
	id := args{"webhookId": at(list, "data.rows.0.0")}
	asked := d.asked
	d.confirms = false
	d.call(ctx, "webhook_delete", id, expect{"errorCode": errorcode.ConfirmationDeclined})
	d.say("I do not repeat it. Later the person asks for it:")
	d.confirms = true
	d.call(ctx, "webhook_delete", id, expect{"done": "deleted"})
	d.expectAsked(asked + 2)
}

// nextChange moves the sandbox's clock to the next change of a state.
func (d *demo) nextChange(ctx context.Context, after string) {
	d.call(ctx, tools.SandboxAdvance, args{"until": "change"}, expect{"data.changes.0.after": after})
}

func (d *demo) expectAsked(times int) {
	if d.err == nil && d.asked != times {
		d.err = fmt.Errorf("the person was asked %d times, not %d", d.asked, times)
	}
}

// args are the arguments of a call.
type args = map[string]any

// expect has the expected values at paths of the answer.
type expect map[string]any

// call makes a call, shows it and its answer, and checks the expected values.
func (d *demo) call(ctx context.Context, tool string, a args, want expect) (answer any) {
	if d.err != nil {
		return nil
	}
	d.line("  %s %s", tool, spaced(a))
	request := mcp.CallToolRequest{}
	request.Params.Name, request.Params.Arguments = tool, a
	result, err := d.client.CallTool(ctx, request)
	if err != nil {
		d.err = fmt.Errorf("%s: %w", tool, err)
		return nil
	}
	answer = result.StructuredContent
	d.show(answer, result.IsError)
	for path, value := range want {
		if got := at(answer, path); got != value {
			d.err = fmt.Errorf("%s: %s is %v, not %v: %s", tool, path, got, value, jsonvalue.Encode(answer))
		}
	}
	return answer
}

// show prints a summary of an answer.
func (d *demo) show(answer any, isError bool) {
	if isError {
		d.line("    refused, %v: %v", at(answer, "errorCode"), at(answer, "message"))
		d.line("    resolution: %v", at(answer, "resolution"))
		return
	}
	var parts []string
	if done := at(answer, "done"); done != nil {
		parts = append(parts, fmt.Sprint(done))
	}
	for _, key := range []string{"state", "pending"} {
		if v := at(answer, key); v != nil {
			parts = append(parts, fmt.Sprintf("%s %v", key, v))
		}
	}
	if ids, ok := at(answer, "ids").(map[string]any); ok && len(ids) > 0 {
		parts = append(parts, "ids "+spaced(ids))
	}
	if rows, ok := at(answer, "data.rows").([]any); ok {
		parts = append(parts, fmt.Sprintf("rows: %d, of %v", len(rows), at(answer, "data.cols")))
	}
	if len(parts) == 0 {
		parts = append(parts, "read")
	}
	d.line("    %s", strings.Join(parts, ", "))
	changes, _ := at(answer, "data.changes").([]any)
	for _, c := range changes {
		d.line("    %v: from %v to %v", at(c, "resource"), at(c, "before"), at(c, "after"))
	}
	if code := at(answer, "sandbox.code"); code != nil {
		d.line("    sandbox: the phone received the code %v", code)
	}
	warnings, _ := at(answer, "warnings").([]any)
	for _, w := range warnings {
		d.line("    warning: %v", w)
	}
	if next := at(answer, "next.0.do"); next != nil {
		d.line("    next: %v", next)
	}
}

// spaced returns an object as JSON with spaces, at which its line can be broken.
func spaced(object map[string]any) string {
	return strings.ReplaceAll(string(jsonvalue.Encode(object)), `,"`, `, "`)
}

// at returns the value at a dotted path; numbers are list indexes.
func at(value any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

func (d *demo) title(text string) {
	d.step++
	d.line("")
	d.line("%d. %s", d.step, text)
}

func (d *demo) say(format string, a ...any) { d.line("  agent: "+format, a...) }

func (d *demo) line(format string, a ...any) {
	if d.err != nil {
		return
	}
	text := fmt.Sprintf(format, a...)
	for line := range strings.SplitSeq(text, "\n") { // what does not fit is continued further in
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		fmt.Fprintln(d.out, strings.ReplaceAll(wrap(line, terminalColumns-2), "\n"+indent, "\n"+indent+"  "))
	}
}
