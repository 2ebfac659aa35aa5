package cli

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/papi"
	"papi-mcp/internal/reload"
	"papi-mcp/internal/server"
	"papi-mcp/internal/store"
)

// endedBySignal returns a context that ends at the first of the signals, with its name as
// the cause; stop releases it.
func endedBySignal(parent context.Context, signals ...os.Signal) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	received := make(chan os.Signal, 1)
	signal.Notify(received, signals...)
	go func() {
		select {
		case s := <-received:
			cancel(errors.New(signalName(s)))
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(received)
		cancel(context.Canceled)
	}
}

func signalName(s os.Signal) string {
	switch s {
	case os.Interrupt:
		return "SIGINT"
	case syscall.SIGTERM:
		return "SIGTERM"
	case syscall.SIGHUP:
		return "SIGHUP"
	}
	return s.String()
}

// lifetime is that of a server, from its start.
type lifetime struct {
	log   *slog.Logger
	since time.Time
}

// started logs that a server has started, and what it is. The line has no secret: of the
// store it has the kind, of the projects how many there are.
func (c *config) started(log *slog.Logger, p *prepared, transport ...slog.Attr) lifetime {
	attributes := []slog.Attr{
		slog.String("version", Version()),
		slog.String("protocols", strings.Join(mcp.ValidProtocolVersions, ",")),
	}
	attributes = append(attributes, transport...)
	projects := slog.String("projects", "any")
	if n := len(p.app.account().Projects); n > 0 {
		projects = slog.Int("projects", n)
	}
	attributes = append(attributes, slog.String("store", storeKind(c.store)), projects, slog.Int("tools", p.app.tools.Count()),
		slog.Bool("readOnly", c.readOnly), slog.Bool("sandbox", c.sandbox))
	log.LogAttrs(context.Background(), slog.LevelInfo, "started", attributes...)
	return lifetime{log, time.Now()}
}

// stopped logs that the server has stopped: at a signal, when its input was closed, or
// with an error.
func (l lifetime) stopped(ctx context.Context, s *server.Server, err error) {
	reason := "stdin closed"
	switch {
	case ctx.Err() != nil:
		reason = context.Cause(ctx).Error()
	case err != nil:
		reason = "error"
	}
	open, cancelled := s.CallsAtStop()
	attributes := []slog.Attr{
		slog.String("reason", reason), slog.String("uptime", time.Since(l.since).Round(time.Millisecond).String()),
		slog.Int("openCalls", open), slog.Int("cancelledCalls", cancelled),
	}
	if err != nil {
		attributes = append(attributes, slog.Any("error", err))
	}
	l.log.LogAttrs(context.Background(), slog.LevelInfo, "stopped", attributes...)
}

// serveStdio serves one client, and returns nil where it was stopped by a signal.
func (c *config) serveStdio(ctx context.Context, s *streams, p *prepared) error {
	log := c.logger(s)
	begun := lifetime{log, time.Now()}
	quiet := false
	srv := newServer(c, s, p.app, nil, func(client string) {
		// A person at a terminal has been shown that it waits.
		if quiet = client == inspector || client == "" && isTerminal(s.in); !quiet {
			c.started(log, p, slog.String("transports", "stdio"), slog.String("client", papi.Printable(client)))
		}
	})
	defer p.app.runEvents(ctx, false)()
	err := srv.ServeStdio(ctx, s.in, s.out)
	if ctx.Err() != nil {
		err = nil
	}
	if !quiet {
		begun.stopped(ctx, srv, err)
	}
	return err
}

// reloadOn reads files again on each hangup, until ctx ends. Everything stays as it was
// where one of them can't be used.
func (p *prepared) reloadOn(ctx context.Context, hangups <-chan os.Signal, log *slog.Logger) {
	for {
		select {
		case <-hangups:
		case <-ctx.Done():
			return
		}
		if err := reload.All(p.reloadable...); err != nil {
			log.Error("not reloaded: everything stays as it was", "error", err)
			continue
		}
		grants := p.grants.Current()
		log.Info("reloaded", "keys", len(grants.keys), "scopes", len(grants.file.Scopes), "tenants", len(grants.tenants))
	}
}

// storeKind returns the kind of a store by the value of --store, which may have a
// password in it.
func storeKind(name string) string {
	switch {
	case name == memory:
		return memory
	case store.IsPostgres(name):
		return "postgres"
	}
	return "file"
}
