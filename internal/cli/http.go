package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/events"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/loopback"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/server"
	"papi-mcp/internal/settings"
)

// httpFlags are the flags of serve over HTTP.
type httpFlags struct {
	addr, metricsAddr string
	hosts, origins    []string
	tlsCert, tlsKey   string
	publicURL         string
	maxEventAge       time.Duration
	limits            server.HTTPLimits
	drain             time.Duration
	callbacks         string
	auth              authFlags
}

func (f *httpFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.addr, "http", "", "serve many clients over HTTP on this address, such as 127.0.0.1:8080, instead of one on standard input and output")
	flags.StringVar(&f.metricsAddr, "metrics-addr", "", "a separate address for /metrics, without authentication")
	flags.StringVar(&f.publicURL, "public-url", "", "URL at which clients and the API reach the server, such as https://papi.example.com; its host is allowed, and webhooks of the API are received at its /events/")
	addMaxEventAge(flags, &f.maxEventAge)
	flags.StringSliceVar(&f.hosts, "allow-host", nil, "host names, besides loopback's, at which clients reach the server (Host header); * for any")
	flags.StringSliceVar(&f.origins, "allow-origin", nil, "origins of web pages that may call, such as https://app.example.com (CORS)")
	flags.StringVar(&f.tlsCert, "tls-cert", "", "PEM file with the certificate and its chain; read again when it changes")
	flags.StringVar(&f.tlsKey, "tls-key", "", "PEM file with its private key")
	f.limits = server.DefaultHTTPLimits
	flags.IntVar(&f.limits.Running, "max-running", f.limits.Running, "maximum number of calls that run at the same time")
	flags.IntVar(&f.limits.Waiting, "max-waiting", f.limits.Waiting, "maximum number of calls that wait for one of them to end; more are refused")
	flags.IntVar(&f.limits.Sessions, "max-sessions", f.limits.Sessions, "maximum number of open sessions of the older protocols")
	flags.DurationVar(&f.limits.SessionIdleTimeout, "session-idle", f.limits.SessionIdleTimeout, "how long a session may be idle before it is closed")
	flags.Float64Var(&f.limits.Rate, "rate", f.limits.Rate, "requests per second that one caller may make on average; with --auth none all are one caller, and the default is no limit")
	flags.IntVar(&f.limits.Burst, "burst", f.limits.Burst, "requests that one caller may make in a burst")
	flags.DurationVar(&f.drain, "drain", 0, "how long calls are still accepted when the server is asked to stop, while /readyz fails, so that a load balancer can send them elsewhere; a second signal ends it")
	choice(flags, &f.callbacks, "callbacks", callbacksPublic, callbacksHelp, callbacksPublic, callbacksOff, callbacksLoopback)
	f.auth.add(flags)
}

// faults returns the flags that contradict each other, or are unsafe.
func (f *httpFlags) faults(c *config, file *settings.File) []fault {
	found := addressFault("http", f.addr)
	valid := len(found) == 0
	if f.metricsAddr != "" {
		found = append(found, addressFault("metrics-addr", f.metricsAddr)...)
	}
	if (f.tlsCert == "") != (f.tlsKey == "") {
		found = append(found, faultf("tls-cert", "--tls-cert and --tls-key need each other"))
	}
	for _, limit := range []struct {
		flag  string
		valid bool
	}{
		{"max-running", f.limits.Running > 0}, {"max-waiting", f.limits.Waiting > 0}, {"max-sessions", f.limits.Sessions > 0},
		{"session-idle", f.limits.SessionIdleTimeout > 0}, {"burst", f.limits.Burst > 0},
	} {
		if !limit.valid {
			found = append(found, faultf(limit.flag, "--%s must be greater than 0", limit.flag))
		}
	}
	if f.drain < 0 {
		found = append(found, faultf("drain", "--drain must be 0 (stop immediately) or greater"))
	}
	if f.limits.Rate < 0 {
		found = append(found, faultf("rate", "--rate must be 0 (no limit) or greater"))
	}
	if u, err := url.Parse(f.publicURL); f.publicURL != "" && (err != nil || u.Host == "" || f.publicURL != u.Scheme+"://"+u.Host || u.Scheme != "https" && u.Scheme != "http") {
		found = append(found, faultf("public-url", "--public-url %s: use only scheme and host, such as https://papi.example.com", papi.Quoted(f.publicURL, 200)))
	}
	found = append(append(found, f.auth.faults(f.publicURL, file)...), f.callbackFaults()...)
	found = append(found, maxEventAgeFaults(f.maxEventAge)...)
	if f.publicURL == "" && f.maxEventAge != events.DefaultMaxAge {
		found = append(found, faultf("max-event-age", "--max-event-age needs --public-url: without it no events are received"))
	}
	if host, _, _ := net.SplitHostPort(f.addr); !valid || loopback.IsHost(host) {
		return found
	}
	if f.auth.mode == authNone {
		found = append(found, faultf("http", "--http %s: with --auth none anyone who reaches this address could provision channels with your key; listen on 127.0.0.1, or use --auth token or oidc", f.addr))
	}
	if guard.Mode(c.confirm) == guard.Off {
		found = append(found, faultf("confirm", "--confirm off with --http %s: calls of others would need no confirmation; listen on 127.0.0.1, or use auto or human", f.addr))
	}
	return found
}

// allowedHosts returns the host names at which clients may reach the server.
func (f *httpFlags) allowedHosts() []string {
	hosts := nonBlank(f.hosts)
	if u, err := url.Parse(f.publicURL); err == nil && u.Hostname() != "" {
		hosts = append(hosts, u.Hostname())
	}
	return hosts
}

// serve serves until ctx ends, and reads files again on each hangup. It prints the
// server's URL as one line on standard output when it is ready.
func (f *httpFlags) serve(ctx context.Context, s *streams, c *config, p *prepared, hangups <-chan os.Signal) error {
	tuneMemory(p.app.waits)
	logger := c.logger(s)
	tlsConfig, err := f.tlsConfig(p, logger)
	if err != nil {
		return failed(err)
	}
	if f.metricsAddr != "" {
		stop, err := serveMetrics(f.metricsAddr, p.metrics)
		if err != nil {
			return failed(err)
		}
		defer stop()
	}
	listener, err := net.Listen("tcp", f.addr)
	if err != nil {
		return failed(err)
	}
	scheme := "http"
	if tlsConfig != nil {
		scheme, listener = "https", tls.NewListener(listener, tlsConfig)
	}
	address := fmt.Sprintf("%s://%s/mcp", scheme, listener.Addr())
	options := server.HTTPOptions{Hosts: f.allowedHosts(), Origins: nonBlank(f.origins), Ready: p.app.ready, Open: map[string]http.Handler{}, Limits: f.limits}
	if f.drain > 0 {
		options.Drain = func() { f.waitToDrain(logger) }
	}
	f.auth.options(&options, f.publicURL, p.app, p.grants, logger)
	runCallbacks := f.serveCallbacks(c, p, logger)
	if p.app.inboxes != nil {
		options.Open[events.Pattern] = p.app.receiver(p.metrics, logger)
		if c.store == memory && !c.sandbox {
			logger.Warn("events are stored in memory, and lost at the end of this process, as are the secrets of webhooks; use --store")
		}
	}
	srv := newServer(c, s, p.app, p.metrics, nil)
	h := srv.HTTP(options)
	begun := c.started(logger, p, slog.String("transports", "streamable-http,sse"), slog.String("address", address), slog.String("auth", f.auth.mode),
		slog.Int("keys", len(p.grants.Current().keys)), slog.Int("tenants", len(p.grants.Current().tenants)))
	go p.reloadOn(ctx, hangups, logger)
	defer runCallbacks(ctx)()
	defer p.app.runEvents(ctx, true)()
	fmt.Fprintln(s.out, address)
	if isTerminal(s.err) {
		fmt.Fprintf(s.err, "papi-mcp: listening on %s. Ctrl-C stops it.\n", address)
	}
	err = h.Serve(ctx, listener)
	begun.stopped(ctx, srv, err)
	return failed(err)
}

// waitToDrain returns after --drain, or at the next signal.
func (f *httpFlags) waitToDrain(log *slog.Logger) {
	log.Info("draining: not ready, and calls are still accepted", "for", f.drain)
	again := make(chan os.Signal, 1)
	signal.Notify(again, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(again)
	select {
	case <-again:
	case <-time.After(f.drain):
	}
}

// tlsConfig returns the TLS configuration, nil for none.
func (f *httpFlags) tlsConfig(p *prepared, logger *slog.Logger) (*tls.Config, error) {
	if f.tlsCert == "" {
		return nil, nil
	}
	config, certificate, err := server.TLS(f.tlsCert, f.tlsKey, logger)
	if err == nil {
		p.reloadable = append(p.reloadable, certificate)
	}
	return config, err
}

// serveMetrics serves /metrics on a separate address until stop.
func serveMetrics(addr string, m *server.Metrics) (stop func(), err error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Handler())
	hs := &http.Server{Handler: mux, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = hs.Serve(listener) // ends with stop
	}()
	return func() { _ = hs.Close(); <-ended }, nil
}

// ready returns why no call can succeed, nil where one can: there is a token, and
// the API answers. If the server has no credentials of its own, since its tenants
// have theirs, it only checks that the API answers.
func (a *app) ready(ctx context.Context) error {
	if len(a.placeholders) > 0 {
		return errors.New(placeholderMessage(a.placeholders))
	}
	client, err := a.pool.Client()
	if err != nil {
		return err
	}
	if !client.HasCredentials() {
		return client.Ping(ctx)
	}
	if _, err := client.Token(ctx); err != nil {
		return err
	}
	project := a.account().Default
	if project == "" {
		return client.Ping(ctx) // there is no project to read
	}
	_, err = client.Do(ctx, dispatch.NewRequest(catalog.Lookup("webhook_list"), project, nil))
	return err
}
