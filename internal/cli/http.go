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
	"runtime/debug"
	"time"

	"github.com/spf13/pflag"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/loopback"
	"papi-mcp/internal/server"
	"papi-mcp/internal/settings"
)

// httpFlags are the flags of serve over HTTP.
type httpFlags struct {
	addr, metricsAddr string
	hosts, origins    []string
	tlsCert, tlsKey   string
	publicURL         string
	limits            server.HTTPLimits
	access            accessFlags
}

func (f *httpFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.addr, "http", "", "serve many clients over HTTP on this address, such as 127.0.0.1:8080, instead of one on standard input and output")
	flags.StringVar(&f.metricsAddr, "metrics-addr", "", "an address of its own for /metrics, without authentication")
	flags.StringVar(&f.publicURL, "public-url", "", "the URL by which clients reach the server, such as https://papi.example.com; its host is allowed")
	flags.StringSliceVar(&f.hosts, "allow-host", nil, "names, beside the loopback's, by which clients reach the server (Host header); * for any")
	flags.StringSliceVar(&f.origins, "allow-origin", nil, "origins of web pages that may call, such as https://app.example.com (CORS)")
	flags.StringVar(&f.tlsCert, "tls-cert", "", "certificate with its chain, in PEM; read again when it changes")
	flags.StringVar(&f.tlsKey, "tls-key", "", "its private key, in PEM")
	d := server.DefaultHTTPLimits
	flags.IntVar(&f.limits.Running, "max-running", d.Running, "calls over HTTP that run at the same time")
	flags.IntVar(&f.limits.Waiting, "max-waiting", d.Waiting, "calls that may wait for one of them to end; more are refused")
	flags.IntVar(&f.limits.Sessions, "max-sessions", d.Sessions, "sessions of the older protocols that are open at the same time")
	flags.DurationVar(&f.limits.SessionIdleTimeout, "session-idle", d.SessionIdleTimeout, "how long a session may be unused until it ends")
	flags.Float64Var(&f.limits.Rate, "rate", d.Rate, "requests a second that one caller may make for long; with --auth none, where all are one, without limit unless given")
	flags.IntVar(&f.limits.Burst, "burst", d.Burst, "requests that one caller may make at once")
	f.access.add(flags)
}

// given names a flag that was given though it means something over HTTP alone;
// "" for none.
func given(flags *pflag.FlagSet) string {
	of := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(httpFlags).add(of)
	name := ""
	of.VisitAll(func(f *pflag.Flag) {
		if flags.Changed(f.Name) {
			name = f.Name
		}
	})
	return name
}

// check refuses what must not be served.
func (f *httpFlags) check(c *config, file *settings.File, flags *pflag.FlagSet) error {
	switch u, err := url.Parse(f.publicURL); {
	case (f.tlsCert == "") != (f.tlsKey == ""):
		return usage("--tls-cert and --tls-key belong together")
	case f.limits.Running < 1 || f.limits.Waiting < 1 || f.limits.Sessions < 1 || f.limits.SessionIdleTimeout <= 0 || f.limits.Rate < 0 || f.limits.Burst < 1:
		return usage("--max-running, --max-waiting, --max-sessions, --session-idle and --burst must be over 0, and --rate not under it (0 is no limit)")
	case f.publicURL != "" && (err != nil || u.Host == "" || f.publicURL != u.Scheme+"://"+u.Host || u.Scheme != "https" && u.Scheme != "http"):
		return usage("--public-url %q: give scheme and host alone, such as https://papi.example.com", f.publicURL)
	}
	if err := f.access.check(f.publicURL, file); err != nil {
		return err
	}
	if f.access.mode == authNone && !flags.Changed("rate") {
		f.limits.Rate = 0
	}
	if host, _, err := net.SplitHostPort(f.addr); err == nil && loopback.IsHost(host) {
		return nil
	}
	if f.access.mode == authNone {
		return usage("--http %s: with --auth none everybody who reaches this address could provision channels with your key; listen on 127.0.0.1, or choose --auth token or oidc", f.addr)
	}
	if guard.Mode(c.confirm) == guard.Off {
		return usage("--confirm off with --http %s: nobody would confirm what others ask for; listen on 127.0.0.1, or choose auto or human", f.addr)
	}
	return nil
}

// allowedHosts are the names by which clients may reach the server.
func (f *httpFlags) allowedHosts() []string {
	hosts := trim(f.hosts)
	if u, err := url.Parse(f.publicURL); err == nil && u.Hostname() != "" {
		hosts = append(hosts, u.Hostname())
	}
	return hosts
}

// garbage is how much the heap may grow between collections, in percent of
// what lives. That is little here, and each call makes much: with the usual 100
// a twentieth of the time went into collecting (scripts/load).
const garbage = 800

// muchMemory is how much the process may use before it collects more often than
// that: what lives is little, unless a caller sees to it that it is not.
const muchMemory = 512 << 20

// serve serves until ctx ends. It prints the server's URL as one line on
// standard output once it listens.
func (f *httpFlags) serve(ctx context.Context, s *streams, c *config, p *prepared) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
		if os.Getenv("GOMEMLIMIT") == "" {
			debug.SetMemoryLimit(muchMemory)
		}
	}
	logger := c.logger(s)
	options := server.HTTPOptions{
		Hosts:   f.allowedHosts(),
		Origins: trim(f.origins),
		Ready:   p.app.ready,
		Limits:  f.limits,
	}
	f.access.options(&options, f.publicURL, p.app, p.access, logger)
	h := newServer(c, s, p.app, p.metrics).HTTP(options)
	stop, listener, scheme, err := f.listen(logger, p.metrics)
	if err != nil {
		h.Close()
		return &exitError{exitFailed, err.Error()}
	}
	defer stop()
	fmt.Fprintf(s.out, "%s://%s/mcp\n", scheme, listener.Addr())
	if err := h.Serve(ctx, listener); err != nil {
		return &exitError{exitFailed, err.Error()}
	}
	return nil
}

// listen opens the listener, and that of the metrics; stop closes the latter.
func (f *httpFlags) listen(logger *slog.Logger, m *server.Metrics) (stop func(), listener net.Listener, scheme string, err error) {
	secure, err := f.secure(logger)
	if err != nil {
		return nil, nil, "", err
	}
	stop, scheme = func() {}, "http"
	if f.metricsAddr != "" {
		if stop, err = serveMetrics(f.metricsAddr, m); err != nil {
			return nil, nil, "", err
		}
	}
	if listener, err = net.Listen("tcp", f.addr); err != nil {
		stop()
		return nil, nil, "", err
	}
	if secure != nil {
		scheme, listener = "https", tls.NewListener(listener, secure)
	}
	return stop, listener, scheme, nil
}

// secure is the configuration of TLS, nil for none.
func (f *httpFlags) secure(logger *slog.Logger) (*tls.Config, error) {
	if f.tlsCert == "" {
		return nil, nil
	}
	return server.TLS(f.tlsCert, f.tlsKey, logger)
}

// serveMetrics serves /metrics on an address of its own until stop.
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

// ready reports whether a call can succeed: there is a token, and the API
// answers. Where the server has no credentials of its own, and its tenants have
// theirs, it reports whether the API answers at all.
func (a *app) ready(ctx context.Context) error {
	if len(a.unfilled) > 0 {
		return errors.New(unfilledText(a.unfilled))
	}
	if !a.client.HasCredentials() {
		return a.client.Reach(ctx)
	}
	if _, err := a.client.Token(ctx); err != nil {
		return err
	}
	if a.project == "" {
		return a.client.Reach(ctx) // no project to ask about
	}
	_, err := a.client.Do(ctx, dispatch.NewRequest(catalog.Lookup("webhook_list"), a.project, nil))
	return err
}
