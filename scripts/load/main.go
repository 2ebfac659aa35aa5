// Command load runs load tests on papi-mcp over HTTP:
//
//   - throughput: calls of webhook_list per second, compared with a minimal mcp-go
//     server (../bare) whose tool makes the same GET to the same sandbox
//   - sessions: many concurrent clients with a mixed workload, without an error and
//     with the longest request near the median; whether goroutines and heap are freed; the cost of an idle session
//   - waits: memory and requests to the API of 1,000 open calls of wait in each kind of
//     protocol, for one thing and for a thing each
//   - overload: twice as many calls as fit, of which some must be refused with 503
//     or 429, and none may wait for too long
//
// Run it at the root of the repository:
//
//	go run ./scripts/load [-server BINARY] [-sessions 1000] [-rounds 10] [-min 0.9] [-max-longest 10] [-only TEST]
//	go run ./scripts/load -replicas 3 [-server BINARY] [-rounds 10] [-update]
//
// With -replicas it compares one replica with several that share a PostgreSQL instead, and
// with -update it writes that into docs/deploy.md.
// The exit code is 1 if a test fails.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"papi-mcp/internal/errorcode"
	"papi-mcp/scripts/compare"

	"golang.org/x/sync/errgroup"
)

const webhookList = `{"name":"webhook_list","arguments":{}}`

const project = "00000000-0000-0000-0000-000000000000"

func main() {
	var l load
	flag.StringVar(&l.binary, "server", "", "the server's binary; default: built from this directory")
	flag.IntVar(&l.sessions, "sessions", 1000, "number of concurrent clients")
	flag.IntVar(&l.rounds, "rounds", 10, "rounds of the comparison, each of a second on each server")
	flag.Float64Var(&l.least, "min", 0.9, "smallest ratio of throughputs that passes; 0: any")
	flag.Float64Var(&l.maxLongest, "max-longest", 10, "largest ratio of the longest request of the sessions to their median; 0: any")
	flag.StringVar(&l.only, "only", "", "one test: throughput, sessions, waits or overload")
	flag.IntVar(&l.replicas, "replicas", 0, "compare one replica with this number that share a PostgreSQL, and run no other test")
	flag.BoolVar(&l.update, "update", false, "write the figures of -replicas into docs/deploy.md")
	flag.Parse()
	if err := l.run(); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// load is one run.
type load struct {
	binary           string
	sessions, rounds int
	least            float64
	maxLongest       float64
	only             string
	replicas         int
	update           bool

	sandbox *process
	bare    string
}

func (l *load) run() (err error) {
	// The servers are stopped in any case.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "load")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if l.bare, l.binary, err = compare.Build(dir, l.binary); err != nil {
		return err
	}
	if l.sandbox, err = start(ctx, []string{"SINCH_PROJECT_ID=" + project}, l.binary, "sandbox", "--addr", "127.0.0.1:0", "--seed-data", "shop"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.sandbox.stop()) }()
	if l.replicas > 0 {
		return l.compareReplicas(ctx)
	}
	for _, test := range []struct {
		name string
		run  func(context.Context) error
	}{{"throughput", l.throughput}, {"sessions", l.concurrentSessions}, {"waits", l.waits}, {"overload", l.overload}} {
		if l.only == "" || l.only == test.name {
			if err := test.run(ctx); err != nil {
				return fmt.Errorf("%s: %w", test.name, err)
			}
		}
	}
	return nil
}

// serve starts papi-mcp on the sandbox, for some projects.
func (l *load) serve(ctx context.Context, projects []string, flags ...string) (*process, error) {
	return start(ctx, []string{
		"PAPI_BASE_URL=" + l.sandbox.url, "PAPI_TOKEN_URL=" + l.sandbox.url + "/oauth2/token",
		"SINCH_KEY_ID=any", "SINCH_KEY_SECRET=any", "SINCH_PROJECT_ID=" + strings.Join(projects, ","),
	}, l.binary, append([]string{"serve", "--http", "127.0.0.1:0"}, flags...)...)
}

// callers is the number of concurrent clients of the throughput test.
const callers = 16

func (l *load) throughput(ctx context.Context) (err error) {
	ours, err := l.serve(ctx, []string{project})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ours.stop()) }()
	theirs, err := start(ctx, nil, l.bare, l.sandbox.url, project)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, theirs.stop()) }()

	var a, b, ratios []float64
	var ourCPU, theirCPU usage
	for round := range l.rounds + 1 {
		our, err := ourCPU.rate(readWebhooks, ours)
		if err != nil {
			return err
		}
		their, err := theirCPU.rate(readWebhooks, theirs)
		if err != nil {
			return err
		}
		if round == 0 { // warm-up
			ourCPU, theirCPU = usage{}, usage{}
			continue
		}
		a, b, ratios = append(a, our), append(b, their), append(ratios, our/their)
	}
	ratio := compare.Median(ratios)
	fmt.Printf("webhook_list, %d clients, median of %d rounds:\n", callers, l.rounds)
	fmt.Printf("  papi-mcp     %6.0f calls/s, %4.0f µs of processor time for each\n", compare.Median(a), ourCPU.each())
	fmt.Printf("  bare mcp-go  %6.0f calls/s, %4.0f µs\n", compare.Median(b), theirCPU.each())
	fmt.Printf("  ratio        %6.2f; of processor time, which depends less on what else runs here, %.2f\n", ratio, theirCPU.each()/ourCPU.each())
	if ratio < l.least {
		return fmt.Errorf("the ratio is under %g", l.least)
	}
	return nil
}

// usage is the processor time of a number of calls.
type usage struct {
	calls int64
	cpu   time.Duration
}

// each returns the microseconds of a call.
func (u *usage) each() float64 { return float64(u.cpu.Microseconds()) / float64(max(1, u.calls)) }

// rate returns how many requests per second servers answer, and counts them.
func (u *usage) rate(w work, servers ...*process) (float64, error) {
	before, err := totalCPU(servers)
	if err != nil {
		return 0, err
	}
	done, took, err := call(w, servers)
	if err != nil {
		return 0, err
	}
	after, err := totalCPU(servers)
	u.calls += done
	u.cpu += after - before
	return float64(done) / took.Seconds(), err
}

func totalCPU(servers []*process) (total time.Duration, err error) {
	for _, server := range servers {
		used, err := server.cpu()
		if err != nil {
			return 0, err
		}
		total += used
	}
	return total, nil
}

// work is what a client does again and again; it returns how many requests that took.
type work func(c *client, caller int) (requests int64, err error)

// call works for a second, and returns how many requests were answered.
func call(w work, servers []*process) (requests int64, took time.Duration, err error) {
	shared := newHTTP(callers)
	defer shared.CloseIdleConnections()
	var done atomic.Int64
	var all errgroup.Group
	began := time.Now()
	for i := range callers {
		all.Go(func() error {
			c, err := open(shared, servers[i%len(servers)].url, "")
			if err != nil {
				return err
			}
			for time.Since(began) < time.Second {
				n, err := w(c, i)
				if err != nil {
					return err
				}
				done.Add(n)
			}
			return c.close()
		})
	}
	err = all.Wait()
	return done.Load(), time.Since(began), err
}

// readWebhooks is one read.
func readWebhooks(c *client, _ int) (int64, error) {
	status, body, err := c.post("tools/call", webhookList)
	if err != nil || status != http.StatusOK || !bytes.Contains(body, []byte(`target`)) {
		return 0, fmt.Errorf("webhook_list: status %d, %w, %.300s", status, err, body)
	}
	return 1, nil
}

// mixed is the workload of the sessions: requests and the error codes with which
// they must end, "" for none.
var mixed = []struct{ method, params, code string }{
	{"tools/list", `{}`, ""},
	{"tools/call", `{"name":"webhook_list","arguments":{}}`, ""},
	{"tools/call", `{"name":"whatsapp_template_list","arguments":{"pageSize":5}}`, ""},
	{"tools/call", `{"name":"schema_get","arguments":{"tool":"bundle_create"}}`, ""},
	{"tools/call", `{"name":"webhook_create","arguments":{"target":"https://example.com/hook","secret":"sixteen-or-more-signs"}}`, errorcode.ProjectUnconfirmed},
	{"tools/call", `{"name":"webhook_get","arguments":{}}`, errorcode.InvalidArguments},
	{"prompts/list", `{}`, ""},
	{"resources/read", `{"uri":"papi://triggers"}`, ""},
	{"ping", `{}`, ""},
}

func (l *load) concurrentSessions(ctx context.Context) (err error) {
	server, err := l.serve(ctx, []string{project}, "--max-running", fmt.Sprint(l.sessions))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	shared := newHTTP(l.sessions)
	defer shared.CloseIdleConnections()
	light := func() error {
		c, err := open(shared, server.url, "")
		if err != nil {
			return err
		}
		for _, w := range mixed {
			if _, err := c.request(w.method, w.params); err != nil {
				return err
			}
		}
		return c.close()
	}
	heap, err := server.liveHeap(light)
	if err != nil {
		return err
	}
	shared.CloseIdleConnections()
	goroutines, err := server.idleGoroutines(0)
	if err != nil {
		return err
	}

	clients := make([]*client, l.sessions)
	var opening errgroup.Group
	for i := range clients {
		opening.Go(func() (err error) {
			clients[i], err = open(shared, server.url, "")
			return err
		})
	}
	if err := opening.Wait(); err != nil {
		return err
	}
	idle, err := server.liveHeap(light)
	if err != nil {
		return err
	}
	var calling errgroup.Group
	took := make([][]time.Duration, l.sessions)
	for i, c := range clients {
		calling.Go(func() error {
			for n := range 3 * len(mixed) {
				w := mixed[(i+n)%len(mixed)]
				began := time.Now()
				a, err := c.request(w.method, w.params)
				if err != nil {
					return err
				}
				if a.status != http.StatusOK || a.errorCode() != w.code {
					return fmt.Errorf("%s %s: status %d, %.300s", w.method, w.params, a.status, a.result)
				}
				took[i] = append(took[i], time.Since(began))
			}
			return nil
		})
	}
	if err := calling.Wait(); err != nil {
		return err
	}
	var closing errgroup.Group
	for _, c := range clients {
		closing.Go(c.close)
	}
	if err := closing.Wait(); err != nil {
		return err
	}
	shared.CloseIdleConnections()
	left, err := server.liveHeap(light)
	if err != nil {
		return err
	}
	shared.CloseIdleConnections()
	after, err := server.idleGoroutines(goroutines)
	if err != nil {
		return err
	}
	all := slices.Concat(took...)
	median := compare.Median(all) // which sorts them
	longest := all[len(all)-1]
	fmt.Printf("%d concurrent sessions, %d requests of %d kinds, no error:\n", l.sessions, len(all), len(mixed))
	fmt.Printf("  median, p99         %v, %v\n", median.Round(time.Millisecond), all[len(all)*99/100].Round(time.Millisecond))
	fmt.Printf("  longest             %v, %.1f times the median\n", longest.Round(time.Millisecond), float64(longest)/float64(median))
	fmt.Printf("  an idle session     %6.1f KB of heap\n", (idle-heap)/float64(l.sessions)/1024)
	fmt.Printf("  goroutines          %6.0f before, %.0f after\n", goroutines, after)
	fmt.Printf("  heap                %6.1f MB before, %.1f MB after\n", heap/(1<<20), left/(1<<20))
	if after > goroutines+10 {
		return errors.New("goroutines leak")
	}
	if left > heap+4<<20 {
		return errors.New("the heap grows")
	}
	if l.maxLongest > 0 && float64(longest) > l.maxLongest*float64(median) {
		return fmt.Errorf("the longest request took more than %g times the median", l.maxLongest)
	}
	return nil
}

const (
	running = 8  // --max-running of the server under overload
	waiting = 16 // and its --max-waiting
	// A refusal must come after the longest wait in the queue (5 s), and the time
	// of a call.
	maxWait = 6 * time.Second
)

// overload slows down each call, and calls with twice as many clients as fit.
func (l *load) overload(ctx context.Context) (err error) {
	resp, err := http.Post(l.sandbox.url+"/_sandbox/faults", "application/json", strings.NewReader(`{"kind":"latency","latency":"200ms"}`))
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the sandbox can't be slowed down: status %d, %w", resp.StatusCode, err)
	}
	server, err := l.serve(ctx, []string{project}, "--max-running", fmt.Sprint(running), "--max-waiting", fmt.Sprint(waiting))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	shared := newHTTP(2 * (running + waiting))
	defer shared.CloseIdleConnections()

	var all errgroup.Group
	var mu sync.Mutex
	counts, longest := map[int]int{}, map[int]time.Duration{}
	end := time.Now().Add(5 * time.Second)
	for range 2 * (running + waiting) {
		all.Go(func() error {
			var c *client
			for c == nil && time.Now().Before(end) { // initialize may be refused as well
				c, _ = open(shared, server.url, "")
			}
			for time.Now().Before(end) {
				began := time.Now()
				status, _, err := c.post("tools/call", webhookList)
				if err != nil {
					return err
				}
				mu.Lock()
				counts[status]++
				longest[status] = max(longest[status], time.Since(began))
				mu.Unlock()
				if status != http.StatusOK {
					time.Sleep(20 * time.Millisecond) // an impatient client retries soon
				}
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		return err
	}
	fmt.Printf("overload, %d clients where %d run and %d wait:\n", 2*(running+waiting), running, waiting)
	for status, n := range counts {
		fmt.Printf("  status %d  %6d, the longest took %v\n", status, n, longest[status].Round(time.Millisecond))
		if status != http.StatusOK && status != http.StatusServiceUnavailable && status != http.StatusTooManyRequests {
			return fmt.Errorf("status %d", status)
		}
		if longest[status] > maxWait {
			return errors.New("a call waited too long")
		}
	}
	if counts[http.StatusOK] == 0 || counts[http.StatusServiceUnavailable]+counts[http.StatusTooManyRequests] == 0 {
		return errors.New("no call was answered, or none was refused")
	}
	return nil
}
