package cli

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/server"
)

// httpFlags are the flags of serve over HTTP.
type httpFlags struct {
	addr, metricsAddr string
	hosts, origins    []string
	tlsCert, tlsKey   string
	authMode          string
	limits            server.HTTPLimits
}

func (f *httpFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.addr, "http", "", "serve many clients over HTTP on this address, such as 127.0.0.1:8080, instead of one on standard input and output")
	flags.StringVar(&f.authMode, "auth", "none", "who may call over HTTP: none (everybody, on loopback only)")
	flags.StringVar(&f.metricsAddr, "metrics-addr", "", "an address of its own for /metrics, without authentication")
	flags.StringSliceVar(&f.hosts, "allow-host", nil, "names, beside the loopback's, by which clients reach the server (Host header); * for any")
	flags.StringSliceVar(&f.origins, "allow-origin", nil, "origins of web pages that may call, such as https://app.example.com (CORS)")
	flags.StringVar(&f.tlsCert, "tls-cert", "", "certificate with its chain, in PEM; read again when it changes")
	flags.StringVar(&f.tlsKey, "tls-key", "", "its private key, in PEM")
	flags.IntVar(&f.limits.Running, "max-running", server.DefaultHTTPLimits.Running, "calls over HTTP that run at the same time")
	flags.IntVar(&f.limits.Waiting, "max-waiting", server.DefaultHTTPLimits.Waiting, "calls that may wait for one of them to end; more are refused")
	flags.IntVar(&f.limits.Sessions, "max-sessions", server.DefaultHTTPLimits.Sessions, "sessions of the older protocols that are open at the same time")
	flags.DurationVar(&f.limits.SessionIdle, "session-idle", server.DefaultHTTPLimits.SessionIdle, "how long a session may be unused until it ends")
}

// given tells whether a flag was given that means something over HTTP alone.
func (f *httpFlags) given() bool {
	d := server.DefaultHTTPLimits
	return f.metricsAddr != "" || len(f.hosts)+len(f.origins) > 0 || f.tlsCert != "" || f.tlsKey != "" || f.authMode != "none" ||
		f.limits.Running != d.Running || f.limits.Waiting != d.Waiting || f.limits.Sessions != d.Sessions || f.limits.SessionIdle != d.SessionIdle
}

// check refuses what must not be served.
func (f *httpFlags) check(c *config) error {
	if (f.tlsCert == "") != (f.tlsKey == "") {
		return usage("--tls-cert and --tls-key belong together")
	}
	if f.authMode != "none" {
		return usage("--auth %q: give none", f.authMode)
	}
	if isLoopbackAddr(f.addr) {
		return nil
	}
	if f.authMode == "none" {
		return usage("--http %s: with --auth none everybody who reaches this address could provision channels with your key; listen on 127.0.0.1, or choose another --auth", f.addr)
	}
	if guard.Mode(c.confirm) == guard.Off {
		return usage("--confirm off with --http %s: nobody would confirm what others ask for; listen on 127.0.0.1, or choose auto or human", f.addr)
	}
	return nil
}

// isLoopbackAddr tells whether an address is reached from this machine alone.
func isLoopbackAddr(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// serveHTTP serves until ctx ends. It prints the server's URL as one line on
// standard output once it listens.
func (f *httpFlags) serve(ctx context.Context, s *streams, c *config, a *app, m *server.Metrics) error {
	logger := c.logger(s)
	h := newServer(c, s, a, m).HTTP(server.HTTPOptions{
		Authenticate: auth.None(),
		Hosts:        trim(f.hosts),
		Origins:      trim(f.origins),
		Ready:        a.ready,
		Limits:       f.limits,
	})
	listener, err := net.Listen("tcp", f.addr)
	if err != nil {
		h.Close()
		return &exitError{exitFailed, err.Error()}
	}
	scheme := "http"
	if f.tlsCert != "" {
		config, err := server.TLS(f.tlsCert, f.tlsKey, logger)
		if err != nil {
			_ = listener.Close() // nobody has come
			h.Close()
			return &exitError{exitFailed, err.Error()}
		}
		scheme, listener = "https", tls.NewListener(listener, config)
	}
	if f.metricsAddr != "" {
		stop, err := serveMetrics(f.metricsAddr, m)
		if err != nil {
			_ = listener.Close() // nobody has come
			h.Close()
			return &exitError{exitFailed, err.Error()}
		}
		defer stop()
	}
	fmt.Fprintf(s.out, "%s://%s/mcp\n", scheme, listener.Addr())
	if err := h.Serve(ctx, listener); err != nil {
		return &exitError{exitFailed, err.Error()}
	}
	return nil
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

// ready tells whether a call can succeed: there is a token, and the API
// answers.
func (a *app) ready(ctx context.Context) error {
	if _, err := a.client.Token(ctx); err != nil {
		return err
	}
	if a.project == "" {
		return nil // no project to ask about
	}
	_, err := a.client.Do(ctx, catalog.Lookup("webhook_list").Request(a.project, nil))
	return err
}
