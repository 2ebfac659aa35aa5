//go:build unix

// Command chaos runs three replicas of papi-mcp on one PostgreSQL behind a round-robin
// proxy, with clients of both kinds of protocols: those with sessions, and 2026-07-28. A
// replica is killed and started again every second; PostgreSQL is cut off for five seconds,
// and crashes and restarts once. It fails if
//
//   - a confirmed call reaches the API twice
//   - a confirmation of a project that was acknowledged is not valid any more
//   - a token, or the answer to a question, is accepted twice
//   - a call that a person declined reaches the API
//   - an event that was acknowledged is not in the inbox, or is there twice
//   - a client that subscribed to events is not sent one, or is sent it again with
//     another id
//
// Run it at the root of the repository:
//
//	go run ./scripts/chaos [-server BINARY] [-for 60s] [-update]
//
// With -update it writes its figures into docs/deploy.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/store/pgtest"
	"papi-mcp/scripts/compare"
)

const (
	replicas   = 3
	killEvery  = time.Second
	cutOff     = 5 * time.Second
	perKind    = 3                 // clients of each kind
	lastEvents = 100 * time.Second // in which subscribers are sent the last events: what a replica had leased is due again
	settleTime = time.Minute       // in which the last rounds end, when nothing is killed any more
)

func main() {
	binary := flag.String("server", "", "the server's binary; default: built from this directory")
	duration := flag.Duration("for", time.Minute, "how long replicas are killed")
	update := flag.Bool("update", false, "write the figures into docs/deploy.md")
	flag.Parse()
	r := &results{errors: map[string]int{}}
	err := run(*binary, *duration, r)
	fmt.Print(r.table(*duration))
	if err == nil && *update {
		err = compare.WriteFigures("docs/deploy.md", "chaos", r.table(*duration))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

func run(binary string, duration time.Duration, r *results) (err error) {
	if duration < 4*cutOff {
		return fmt.Errorf("-for %v: use at least %v, since PostgreSQL is cut off and restarted in it", duration, 4*cutOff)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, duration+2*settleTime)
	defer cancel()
	dir, err := os.MkdirTemp("", "chaos")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if binary == "" {
		if _, binary, err = compare.Build(dir, ""); err != nil {
			return err
		}
	}
	postgres, err := pgtest.Start()
	if err != nil {
		return err
	}
	defer postgres.Stop()
	link, err := newLink(postgres.Addr())
	if err != nil {
		return err
	}
	defer link.close()

	api := newAPI()
	defer api.close()
	key, hash := auth.NewKey()
	file := filepath.Join(dir, "papi-mcp.yaml")
	if err := os.WriteFile(file, []byte(fmt.Sprintf(configuration, hash)), 0o600); err != nil {
		return err
	}
	var all []*replica
	for n := range replicas {
		one, err := newReplica(filepath.Join(dir, fmt.Sprint("replica-", n, ".log")), binary, []string{
			"PAPI_BASE_URL=" + api.url, "PAPI_TOKEN_URL=" + api.url + "/oauth2/token", "SINCH_KEY_ID=any", "SINCH_KEY_SECRET=any",
			"PAPI_MCP_STORE=" + link.url(postgres.Database()), "PAPI_MCP_CONFIG=" + file,
		})
		if err != nil {
			return err
		}
		all = append(all, one)
		defer one.stop()
		go one.run(ctx)
	}
	for _, one := range all {
		if err := one.waitUntilReady(ctx); err != nil {
			return err
		}
	}
	balancer, err := newBalancer(all)
	if err != nil {
		return err
	}
	defer balancer.close()
	sender, err := newSender(ctx, postgres.Database(), balancer.url)
	if err != nil {
		return err
	}
	defer sender.close()
	caller := &client{url: balancer.url, key: key, http: newHTTPClient()}
	publisher, err := newPublisher(ctx, api, caller)
	if err != nil {
		return err
	}
	defer publisher.close()

	// The clients begin no round after chaos, and end the one that they are in.
	chaos, calm := context.WithTimeout(ctx, duration)
	defer calm()
	rest, end := context.WithTimeout(ctx, duration+settleTime)
	defer end()
	last, over := context.WithTimeout(ctx, duration+lastEvents)
	defer over()
	var clients errgroup.Group
	for n := range perKind {
		for _, kind := range kinds {
			c := &client{url: balancer.url, key: key, kind: kind, name: fmt.Sprint(kind.name, " ", n), api: api, results: r, http: newHTTPClient()}
			clients.Go(func() error { return c.rounds(chaos, rest) })
		}
	}
	reader := &client{url: balancer.url, key: key, kind: kinds[0], name: "reader", api: api, results: r, http: newHTTPClient()}
	clients.Go(func() error { return reader.read(chaos, link) })
	for range senders {
		clients.Go(func() error { return sender.send(chaos, rest, r) })
	}
	clients.Go(func() error { return publisher.publish(chaos, last, sender, r) })
	clients.Go(func() error { return disturb(chaos, all, link, postgres, duration, r) })
	if err = clients.Wait(); err == nil {
		publisher.check(r)
		err = sender.check(ctx, r)
	}
	if err == nil && r.violations() > 0 {
		err = errors.New("what must not happen has happened: see the table")
	}
	if err != nil {
		for _, one := range all {
			one.showLog(os.Stderr)
		}
	}
	return err
}

// configuration is that of the replicas: one caller, who may do everything, and has no rate
// limit.
const configuration = `auth: token
public-url: ` + publicURL + `
callbacks: test-loopback
rate: 0
log-format: json
keys:
  chaos: {hashes: ["%s"], projects: all, toolsets: all, read-only: false}
`

// newHTTPClient returns a client that uses no connection twice.
func newHTTPClient() *http.Client {
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
}

// disturb kills a replica every second, cuts PostgreSQL off and restarts it.
func disturb(ctx context.Context, all []*replica, link *link, postgres *pgtest.Server, duration time.Duration, r *results) error {
	kill := time.NewTicker(killEvery)
	defer kill.Stop()
	cut, crash := time.After(duration/4), time.After(duration*3/4)
	var reopen <-chan time.Time
	for n := 0; ; {
		select {
		case <-kill.C:
			all[n%replicas].kill()
			r.count(&r.kills)
			n++
		case <-cut:
			link.cut()
			reopen = time.After(cutOff)
		case <-reopen:
			link.reopen()
		case <-crash:
			postgres.Crash()
			if err := postgres.Start(); err != nil {
				return err
			}
		case <-ctx.Done():
			link.reopen()
			return nil
		}
	}
}

// listen listens on a free port of the loopback.
func listen() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }
