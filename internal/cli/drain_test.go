package cli

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/errorcode"
)

// With --drain a server that is asked to stop is not ready first, and still serves calls; at
// the next signal it stops when its calls have ended.
func TestDrain(t *testing.T) {
	t.Parallel()
	api := newSlowAPI(t)
	w := startHTTP(t, []string{"PAPI_BASE_URL=" + api.URL, "SINCH_ACCESS_TOKEN=token"}, "--drain", "1h", "--log-format", "json")
	stop := func() {
		t.Helper()
		if err := terminate(w.cmd); err != nil {
			t.Fatal(err)
		}
	}
	status := func(path string) string {
		code, _, answer := w.send(http.MethodGet, path, "")
		return fmt.Sprint(code, " ", strings.TrimSpace(answer))
	}
	answered := make(chan map[string]any)
	go func() { answered <- w.call("webhook_list", `{"projectId":"`+projectA+`"}`) }()
	eventually(t, 20*time.Second, func() bool { return api.running.Load() == 1 })
	stop()
	eventually(t, 20*time.Second, func() bool { return status("/readyz") == `503 {"status":"stopping"}` })
	if got := status("/healthz"); got != `200 {"status":"alive"}` {
		t.Errorf("/healthz: %s", got)
	}
	if got := w.request("tools/list", "", ""); !strings.HasPrefix(got, "200") {
		t.Errorf("a request while it drains: %s", got)
	}
	w.client.CloseIdleConnections() // the server would wait for one that was never used
	stop()
	// It no longer listens, and waits for the call.
	eventually(t, 20*time.Second, func() bool {
		resp, err := http.Get(w.url + "/healthz")
		if err == nil {
			resp.Body.Close()
		}
		return err != nil
	})
	close(api.release)
	if got := <-answered; got["data"] == nil {
		t.Errorf("the call: %v", got)
	}
	w.client.CloseIdleConnections()
	if err := w.cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, w.output.String())
	}
	if !strings.Contains(w.output.String(), `"msg":"stopped","reason":"`+terminated+`"`) || !strings.Contains(w.output.String(), `"openCalls":1,"cancelledCalls":0`) {
		t.Error(w.output.String())
	}
}

func TestDrainIsNotNegative(t *testing.T) {
	if code, _, errOut := run(t, nil, "serve", "--sandbox", "--http", "127.0.0.1:0", "--drain", "-1s"); code != int(errorcode.Usage) || !strings.Contains(errOut, "--drain must be 0") {
		t.Errorf("%d, %s", code, errOut)
	}
}
