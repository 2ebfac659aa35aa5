package tenant

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
	"papi-mcp/tools"
)

// quiet is an API that answers empty lists and keeps nothing.
type quiet struct{}

func (quiet) RoundTrip(r *http.Request) (*http.Response, error) {
	body := `{}`
	if strings.HasSuffix(r.URL.Path, "/token") {
		body = `{"access_token":"t","token_type":"bearer","expires_in":3600}`
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// crowd is a pool with many tenants, each with its own credentials.
type crowd struct {
	pool *Pool
	came int
}

func newCrowd(t testing.TB, most int) *crowd {
	t.Helper()
	rows, err := catalog.Select(catalog.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(Options{
		Rows: rows, API: papi.Config{Transport: quiet{}}, Guard: guard.Options{Store: store.NewMemory()}, maxSets: most,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return &crowd{pool: p}
}

// grow adds tenants up to a number. Each makes an agent's first requests, which
// use everything that is built for a tenant: it lists the tools, completes a
// value, reads its project and a schema, and makes a valid and an invalid call.
func (c *crowd) grow(t testing.TB, until int) {
	t.Helper()
	for ; c.came < until; c.came++ {
		set, err := c.pool.Tools(auth.Identity{
			Principal:   fmt.Sprint("http@", c.came),
			Credentials: &auth.Credentials{ProjectID: fmt.Sprint("project-", c.came), KeyID: "k", KeySecret: "s"},
		})
		if err != nil {
			t.Fatal(err)
		}
		caller := tools.Caller{Principal: fmt.Sprint("http@", c.came)}
		if len(set.Tools()) == 0 {
			t.Fatal("no tools")
		}
		set.Complete(t.Context(), caller, "rcs_senders", nil, "")
		for _, call := range []struct{ tool, args string }{
			{"project_overview", `{}`}, {"schema_get", `{"tool":"webhook_create"}`}, {"project_confirm", `{"projectId":7}`},
			{"webhook_list", `{}`}, {"webhook_create", `{"target":7}`},
		} {
			set.Call(t.Context(), caller, call.tool, []byte(call.args))
		}
	}
}

// live is the heap in use after two collections, in bytes: finalizers of the first
// free memory in the second.
func live() int64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// The heap does not grow with the number of tenants that were served.
func TestTheHeapIsFlatOverTenants(t *testing.T) {
	c := newCrowd(t, 50)
	c.grow(t, 100) // what is made once, and as many sets as are kept
	before := live()
	c.grow(t, 600)
	if grown := live() - before; grown > 500*4<<10 {
		t.Errorf("500 tenants left %d kB behind", grown>>10)
	}
}

// BenchmarkTheHeapOfTenants reports the heap, in MB, after 1,000, 10,000 and
// 20,000 tenants: one size, that of the sets of tools that are kept.
//
//	go test ./internal/tenant -run '^$' -bench Heap -benchtime 1x
func BenchmarkTheHeapOfTenants(b *testing.B) {
	for b.Loop() {
		c := newCrowd(b, 0)
		for _, n := range []int{1_000, 10_000, 20_000} {
			c.grow(b, n)
			b.ReportMetric(float64(live())/(1<<20), fmt.Sprintf("MB/%d-tenants", n))
		}
	}
}
