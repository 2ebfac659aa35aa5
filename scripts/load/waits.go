package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	waits          = 1000
	waitsOfEach    = 20 // as many as a caller may have
	maxWaitsMemory = 50 // MB more resident than without
	// measurements are how often it is measured, each time with another server, until it is
	// no more than that: garbage that was not collected yet, and other work of the machine,
	// only add to it.
	measurements = 5
)

// waits measures what 1,000 open calls of wait cost, in both kinds of protocol: for one
// thing, and for a thing each. The things do not change. Each kind has a server of its own,
// so that all are measured at the same time: they do little but wait.
func (l *load) waits(ctx context.Context) error {
	sandbox, err := start(ctx, nil, l.binary, "sandbox", "--addr", "127.0.0.1:0", "--clock", "manual")
	if err != nil {
		return err
	}
	ids, err := smsApps(sandbox.url)
	if err != nil {
		return errors.Join(err, sandbox.stop())
	}
	fmt.Printf("%d calls of wait, of %d callers:\n", waits, waits/waitsOfEach)
	var kinds errgroup.Group
	for _, protocol := range []string{withSessions, sessionless} {
		for _, things := range []int{1, waits} {
			kinds.Go(func() error {
				for range measurements {
					more, err := l.waitsFor(ctx, sandbox.url, protocol, ids[:things])
					if err != nil || more <= maxWaitsMemory {
						return err
					}
				}
				return fmt.Errorf("the waits use more than %d MB", maxWaitsMemory)
			})
		}
	}
	return errors.Join(kinds.Wait(), sandbox.stop())
}

// smsApps creates SMS apps, which are provisioned as long as the clock stands still.
func smsApps(sandbox string) (ids []string, err error) {
	for len(ids) < waits {
		r, err := http.NewRequest(http.MethodPost, sandbox+"/v1/projects/"+project+"/sms/smsApps", strings.NewReader(`{"name":"Example","region":"EU"}`))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Authorization", "Bearer sandbox")
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return nil, err
		}
		var app struct {
			ID string `json:"id"`
		}
		err = errors.Join(json.NewDecoder(resp.Body).Decode(&app), resp.Body.Close())
		if err != nil || app.ID == "" {
			return nil, fmt.Errorf("an SMS app: status %d, %w", resp.StatusCode, err)
		}
		ids = append(ids, app.ID)
	}
	return ids, nil
}

// measured is for how long the waits are open: they read most often at first.
const measured = 20 * time.Second

// waitsFor opens the waits, each on a connection of its own to a server that has none
// before, and returns how many MB larger they make its process.
func (l *load) waitsFor(ctx context.Context, sandbox, protocol string, ids []string) (more float64, err error) {
	dir, err := os.MkdirTemp("", "load")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	config := filepath.Join(dir, "config.yaml")
	var keys bytes.Buffer
	keys.WriteString("auth: token\nkeys:\n")
	key := func(i int) string { return fmt.Sprintf("key-%d", i/waitsOfEach) }
	for i := 0; i < waits; i += waitsOfEach {
		fmt.Fprintf(&keys, "  %s: {hashes: [\"sha256:%x\"], projects: all, toolsets: all, read-only: true}\n", key(i), sha256.Sum256([]byte(key(i))))
	}
	if err := os.WriteFile(config, keys.Bytes(), 0o600); err != nil {
		return 0, err
	}
	server, err := start(ctx, []string{
		"PAPI_BASE_URL=" + sandbox, "PAPI_TOKEN_URL=" + sandbox + "/oauth2/token", "SINCH_KEY_ID=any", "SINCH_KEY_SECRET=any", "SINCH_PROJECT_ID=" + project,
	}, l.binary, "serve", "--http", "127.0.0.1:0", "--config", config, "--rate", "10000", "--burst", "10000")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	server.key = key(0)
	shared := newHTTP(waits)
	defer shared.CloseIdleConnections()
	// What is loaded for any wait is no cost of these.
	first, err := openIn(shared, server.url, key(0), protocol)
	if err != nil {
		return 0, err
	}
	if _, err := first.request("tools/call", wait(ids[0], 1)); err != nil {
		return 0, err
	}
	before, err := server.use()
	if err != nil {
		return 0, err
	}
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	var calling errgroup.Group
	var caller *client
	for i := range waits {
		if i%waitsOfEach == 0 {
			if caller, err = openIn(shared, server.url, key(i), protocol); err != nil {
				return 0, err
			}
		}
		waiter := *caller
		waiter.ctx = waiting
		calling.Go(func() error {
			a, err := waiter.request("tools/call", wait(ids[i%len(ids)], 60))
			if waiting.Err() == nil {
				return fmt.Errorf("a wait ended early: %w %.300s", err, a.result)
			}
			return nil
		})
	}
	time.Sleep(measured)
	during, err := server.use()
	if open := during.gauges["papi_mcp_requests_open"]; err == nil && open < waits {
		err = fmt.Errorf("only %.0f waits are open", open)
	}
	cancel()
	if err := errors.Join(err, calling.Wait()); err != nil {
		return 0, err
	}
	const mb = 1 << 20
	more = (during.resident - before.resident) / mb
	fmt.Printf("  %s, for %4d things     %5.1f MB more resident, %.1f MB at most while they began; %.0f requests to the API in %v\n",
		protocol, len(ids), more, (during.peak-before.resident)/mb, during.requests-before.requests, measured)
	return more, nil
}

const waitTool = "wait"

func wait(smsAppID string, seconds int) string {
	return fmt.Sprintf(`{"name":%q,"arguments":{"for":[{"tool":"sms_app_get","args":{"smsAppId":%q}}],"timeoutSeconds":%d}}`, waitTool, smsAppID, seconds)
}
