package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// logLine returns the line of a log in JSON that has the message, and fails the test
// where there is not exactly one.
func logLine(t *testing.T, log, message string) map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(log) {
		var fields map[string]any
		if json.Unmarshal([]byte(line), &fields) == nil && fields["msg"] == message {
			found = append(found, fields)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d lines of %q:\n%s", len(found), message, log)
	}
	return found[0]
}

// The log of a server over HTTP says when it starts, what it is, and why and how it has
// stopped, without secrets.
func TestStartAndStopOverHTTP(t *testing.T) {
	t.Parallel()
	api := newSlowAPI(t)
	dir := t.TempDir()
	w := startHTTP(t, []string{
		"PAPI_BASE_URL=" + api.URL, "SINCH_ACCESS_TOKEN=canary-token", "SINCH_PROJECT_ID=" + projectA + "," + projectB,
	}, "--store", filepath.Join(dir, "canary.db"), "--log-format", "json", "--toolsets", "webhooks")
	answered := make(chan map[string]any)
	go func() { answered <- w.call("webhook_list", `{}`) }()
	eventually(t, 20*time.Second, func() bool { return api.running.Load() == 1 })
	if err := interrupt(w.cmd); err != nil {
		t.Fatal(err)
	}
	if got := <-answered; got["errorCode"] == nil {
		t.Errorf("a call that can't end: %v", got)
	}
	if err := w.cmd.Wait(); err != nil {
		t.Error(err)
	}
	log := w.output.String()
	started, stopped := logLine(t, log, "started"), logLine(t, log, "stopped")
	for field, want := range map[string]any{
		"version": Version(), "protocols": strings.Join(mcp.ValidProtocolVersions, ","), "transports": "streamable-http,sse", "address": w.url + "/mcp",
		"auth": "none", "keys": 0.0, "tenants": 0.0, "store": "file", "projects": 2.0, "readOnly": false, "sandbox": false, "level": "INFO",
	} {
		if started[field] != want {
			t.Errorf("started: %s is %v, want %v", field, started[field], want)
		}
	}
	for field, want := range map[string]any{"reason": "SIGINT", "openCalls": 1.0, "cancelledCalls": 1.0, "level": "INFO"} {
		if stopped[field] != want {
			t.Errorf("stopped: %s is %v, want %v", field, stopped[field], want)
		}
	}
	if uptime, err := time.ParseDuration(fmt.Sprint(stopped["uptime"])); err != nil || uptime <= 0 {
		t.Errorf("uptime %v: %v", stopped["uptime"], err)
	}
	if strings.Contains(log, "canary") || strings.Contains(fmt.Sprint(started), projectA) {
		t.Errorf("the log has a secret, or a project: %s", log)
	}
	if got := slices.Sorted(maps.Keys(stopped)); !slices.Equal(got, []string{"cancelledCalls", "level", "msg", "openCalls", "reason", "time", "uptime"}) {
		t.Errorf("stopped has %v", got)
	}
}

// On stdio both lines are there for a client that introduces itself.
func TestStartAndStopOnStdio(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	cmd := program(t.Context(), "http://127.0.0.1:1", "--log-format", "json", "--sandbox", "--read-only")
	cmd.Stdin, cmd.Stderr = strings.NewReader(hello), &log
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	started, stopped := logLine(t, log.String(), "started"), logLine(t, log.String(), "stopped")
	for field, want := range map[string]any{"transports": "stdio", "client": "script", "store": "memory", "projects": 1.0, "readOnly": true, "sandbox": true} {
		if started[field] != want {
			t.Errorf("started: %s is %v, want %v", field, started[field], want)
		}
	}
	if stopped["reason"] != "stdin closed" || stopped["openCalls"] != 0.0 {
		t.Errorf("stopped: %v", stopped)
	}
}

// The kind of a store is logged, and nothing else of --store, which may have a password.
func TestKindOfStore(t *testing.T) {
	for name, want := range map[string]string{
		"memory": "memory", "/var/lib/papi-mcp/state.db": "file", "postgres://user:hunter2@localhost/papi": "postgres", "postgresql://h": "postgres",
	} {
		if got := storeKind(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// The metrics say which build runs.
func TestBuildInfo(t *testing.T) {
	t.Parallel()
	w := startHTTP(t, nil, "--sandbox")
	_, _, metrics := w.send(http.MethodGet, "/metrics", "")
	want := fmt.Sprintf("papi_mcp_build_info{goversion=%q,revision=%q,version=%q} 1\n", runtime.Version(), cmp.Or(thisBuild().Commit, "unknown"), release)
	if !strings.Contains(metrics, want) {
		t.Errorf("no %s in\n%s", want, metrics)
	}
}
