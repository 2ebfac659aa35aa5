package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"papi-mcp/internal/events"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/settings"
	"papi-mcp/internal/store"
)

// webhookSecretVariable has the secret of a webhook that was created by hand.
const webhookSecretVariable = "SINCH_WEBHOOK_SECRET"

func newListen(s *streams) *cobra.Command {
	var (
		c    config
		addr string
	)
	cmd := &cobra.Command{
		Use:   "listen",
		Short: "Receive the events of webhooks, and print each as a JSON line",
		Long: `Receive the events that the API sends to webhooks, and print each as a line of JSON
on standard output, with the fields id, received, type, projectId, payload, and more
(an object with anything else that the API sent). Secrets in it are masked. Logs, and
the address that it listens on, are written to standard error.

` + webhookSecretVariable + ` has the secret of a webhook that you created yourself, whose
target leads here, at any path; ` + webhookSecretVariable + settings.FileSuffix + ` names a file with it. An event is
printed before it is acknowledged: if the output is closed, the API sends it again.
An event that the API sends again is printed once while this process runs; after a
restart it may be printed again, with the same id.

With --store it receives, at /events/ID, the events for the servers (serve --http with
--public-url) that share that store, and stores them there: a proxy may send /events/
here, and the rest to these servers.

Signatures are checked: an event with a wrong one is refused with 401. Ctrl-C stops the
command, after it has received the events that are on their way.
`,
		Example: `  ` + webhookSecretVariable + `_FILE=secret.txt papi-mcp listen
  papi-mcp listen --addr 0.0.0.0:8091 --store postgres://papi@db/papi`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := refuse(append(addressFault("addr", addr), maxEventAgeFaults(c.maxEventAge)...)); err != nil {
				return err
			}
			return c.listen(cmd.Context(), s, addr)
		},
	}
	f := cmd.Flags()
	f.StringVar(&addr, "addr", "127.0.0.1:8091", "address to listen on; port 0 chooses a free one, which standard error has")
	addMaxEventAge(f, &c.maxEventAge)
	c.addStoreFlags(f, "store of the servers whose webhooks to receive for: the path of a file, or postgres://USER@HOST/DATABASE. Without it, "+webhookSecretVariable+" says which webhook")
	choice(f, &c.logFormat, "log-format", "text", "format of the log on standard error: text or json", "text", "json")
	f.BoolVar(&c.verbose, "verbose", false, "log more to standard error")
	return cmd
}

// listen receives events until ctx ends, or the output is closed.
func (c *config) listen(ctx context.Context, s *streams, addr string) error {
	log := c.logger(s)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	printer := &eventPrinter{out: s.out, lost: stop}
	options := events.ReceiverOptions{Received: printer.print, Logger: log, Count: func(outcome string) {
		if outcome != events.OutcomeStored {
			log.Info("no new event", "outcome", outcome)
		}
	}}
	handler, path, end, err := c.listener(ctx, options)
	if err != nil {
		return err
	}
	defer end()
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return usage("--addr: %v", err)
	}
	log.Info("listening", "address", "http://"+listener.Addr().String(), "path", path)
	mux := http.NewServeMux()
	mux.Handle(path, handler)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "{\"status\":\"alive\"}\n") // an error means that the client is gone
	})
	err = serveUntilDone(ctx, listener, mux)
	log.Info("stopped", "reason", context.Cause(ctx), "events", printer.count())
	return err
}

// listener returns the receiver, the pattern of the paths at which it is mounted, and a
// function that closes its store.
func (c *config) listener(ctx context.Context, o events.ReceiverOptions) (_ http.Handler, path string, end func(), _ error) {
	secret, err := settings.Lookup(webhookSecretVariable)
	switch {
	case err != nil:
		return nil, "", nil, usage("%v", err)
	case papi.HasPlaceholder(secret.Value):
		return nil, "", nil, usage("%s", placeholderMessage([]string{secret.Name}))
	case secret.Value != "" && c.store != "":
		return nil, "", nil, usage("%s is for a webhook that you created yourself, and --store for those of servers: give one of them", webhookSecretVariable)
	case secret.Value != "":
		handler, err := receiverOfOne(ctx, o, secret.Value, c.maxEventAge)
		return handler, "/", func() {}, failed(err)
	case c.store == "" || c.store == memory:
		return nil, "", nil, usage("set %s to the secret of the webhook, or %s%s to the path of a file with it; or give --store to receive for the webhooks of servers", webhookSecretVariable, webhookSecretVariable, settings.FileSuffix)
	}
	if err := c.mustExist(); err != nil {
		return nil, "", nil, err
	}
	c.alone = true
	opened, end, err := c.openStore(ctx, o.Logger)
	if err != nil {
		return nil, "", nil, err
	}
	o.Registrations, o.Inboxes = events.NewRegistrations(opened, "", c.maxEventAge), events.NewInboxes(opened, c.maxEventAge)
	return events.NewReceiver(o), events.Pattern, end, nil
}

// receiverOfOne returns a receiver for one webhook that keeps nothing, at any path.
func receiverOfOne(ctx context.Context, o events.ReceiverOptions, secret string, maxAge time.Duration) (http.Handler, error) {
	const id = "webhook-by-hand-0" // the same each time, since the ids of events depend on it
	inMemory := store.NewMemory()
	o.Registrations, o.Inboxes = events.NewRegistrations(inMemory, "", maxAge), events.NewInboxes(inMemory, maxAge)
	if _, err := o.Registrations.AddWith(ctx, events.Registration{ID: id}, secret); err != nil {
		return nil, err
	}
	receiver := events.NewReceiver(o)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.SetPathValue("id", id)
		receiver.ServeHTTP(w, r)
	}), nil
}

// eventPrinter prints events, one at a time.
type eventPrinter struct {
	mu      sync.Mutex
	out     io.Writer
	printed int
	lost    func(cause error) // called when the output is closed
}

// count returns how many events were printed.
func (p *eventPrinter) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.printed
}

// print prints an event as a line of JSON.
func (p *eventPrinter) print(e events.Event) error {
	line := jsonvalue.Encode(struct {
		ID        string          `json:"id"`
		Received  time.Time       `json:"received"`
		Type      string          `json:"type,omitempty"`
		ProjectID string          `json:"projectId,omitempty"`
		Payload   json.RawMessage `json:"payload,omitempty"`
		More      json.RawMessage `json:"more,omitempty"`
	}{e.ID, e.Received.Truncate(time.Millisecond), e.Type, e.ProjectID, e.Payload, e.More})
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.out.Write(append(line, '\n')); err != nil {
		p.lost(fmt.Errorf("standard output: %w", err))
		return err
	}
	p.printed++
	return nil
}
