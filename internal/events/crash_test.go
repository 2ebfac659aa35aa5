package events

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"papi-mcp/internal/events/eventstest"
	"papi-mcp/internal/store"
	"papi-mcp/internal/store/pgtest"
)

// TestMain lets the test program be another process, which receives.
func TestMain(m *testing.M) {
	if name := os.Getenv("PAPI_TEST_RECEIVER"); name != "" {
		fmt.Println("error:", receiveOn(name))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// openStore opens a medium: the URL of a database, or the path of a file, which it holds.
func openStore(ctx context.Context, name string) (store.Store, func() error, error) {
	if store.IsPostgres(name) {
		p, err := store.NewPostgres(name)
		if err != nil {
			return nil, nil, err
		}
		return p, p.Close, p.Open(ctx)
	}
	f := store.NewFile(name)
	return f, f.Close, f.Hold(ctx)
}

// receiveOn receives events into a medium, and prints its address, until it is killed.
func receiveOn(name string) error {
	opened, _, err := openStore(context.Background(), name)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + listener.Addr().String())
	mux := http.NewServeMux()
	mux.Handle(Pattern, NewReceiver(ReceiverOptions{Registrations: NewRegistrations(opened, publicURL, 0), Inboxes: NewInboxes(opened, 0)}))
	return http.Serve(listener, mux)
}

// crashDeliveries is how many deliveries TestCrash sends; CI sends 10,000.
func crashDeliveries(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("PAPI_TEST_DELIVERIES"))
	if os.Getenv("PAPI_TEST_DELIVERIES") == "" {
		return 400
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Receivers are killed at random moments while deliveries come in, each of which is sent
// until it is acknowledged. Each of them is in the inbox once, however often it came.
func TestCrash(t *testing.T) {
	for name, create := range map[string]func(t *testing.T) string{
		"file":       func(t *testing.T) string { return filepath.Join(t.TempDir(), "state.db") },
		"PostgreSQL": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) { crash(t, create(t), crashDeliveries(t)) })
	}
}

func crash(t *testing.T, medium string, deliveries int) {
	opened, end, err := openStore(t.Context(), medium)
	if err != nil {
		t.Fatal(err)
	}
	reg, secret, err := NewRegistrations(opened, publicURL, 0).Add(t.Context(), Registration{ProjectID: projectID})
	if err != nil {
		t.Fatal(err)
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	r := newVictims(t, medium)
	r.start()
	ended := make(chan struct{})
	var kills, again atomic.Int64
	go func() { // kills
		defer close(ended)
		for next := int64(1 + rand.N(100)); ; next += int64(1 + rand.N(deliveries/10)) {
			if !r.untilAcknowledged(next, int64(deliveries)) {
				return
			}
			kills.Add(1)
			r.kill()
			r.start()
		}
	}()
	numbers := make(chan int)
	var senders sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}, Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	for range 16 {
		senders.Go(func() {
			for n := range numbers {
				for {
					status, _, err := eventstest.Send(t.Context(), client, r.address()+Path+reg.ID, secret, fmt.Sprint("nonce ", n), fmt.Sprintf(`{"type":"T%d","payload":{"n":%d}}`, n, n))
					if err == nil && status == http.StatusOK {
						break
					}
					if err == nil && status != http.StatusServiceUnavailable {
						t.Errorf("status %d", status)
					}
					again.Add(1)
				}
				r.acknowledged()
			}
		})
	}
	for n := range deliveries {
		numbers <- n
	}
	close(numbers)
	senders.Wait()
	<-ended
	r.kill()

	opened, end, err = openStore(t.Context(), medium)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	}()
	got, last, err := NewInboxes(opened, 0).Of("").After(t.Context(), 0, 2*deliveries)
	if err != nil {
		t.Fatal(err)
	}
	seen, ids := map[string]int{}, map[string]bool{}
	for i, e := range got {
		seen[e.Type]++
		ids[e.ID] = true
		if e.Number != int64(i)+1 {
			t.Fatalf("event %d has the number %d", i+1, e.Number)
		}
	}
	for n := range deliveries {
		if times := seen[fmt.Sprint("T", n)]; times != 1 {
			t.Errorf("delivery %d is in the inbox %d times", n, times)
		}
	}
	if len(got) != deliveries || last != int64(deliveries) || len(ids) != deliveries {
		t.Errorf("%d events with %d ids, last %d; want %d", len(got), len(ids), last, deliveries)
	}
	if kills.Load() == 0 {
		t.Error("nothing was killed")
	}
	t.Logf("%d deliveries, %d times sent again, %d receivers killed", deliveries, again.Load(), kills.Load())
}

// victims are receivers, one after the other, which are killed.
type victims struct {
	t      *testing.T
	medium string

	mu      sync.Mutex
	changed *sync.Cond // of what follows
	url     string     // "" while there is none
	acks    int64
	cmd     *exec.Cmd
}

func newVictims(t *testing.T, medium string) *victims {
	v := &victims{t: t, medium: medium}
	v.changed = sync.NewCond(&v.mu)
	return v
}

// address waits for a receiver, and returns its URL.
func (v *victims) address() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	for v.url == "" {
		v.changed.Wait()
	}
	return v.url
}

func (v *victims) acknowledged() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.acks++
	v.changed.Broadcast()
}

// untilAcknowledged waits until n deliveries are acknowledged; false where that are all.
func (v *victims) untilAcknowledged(n, all int64) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for v.acks < min(n, all) {
		v.changed.Wait()
	}
	return v.acks < all
}

// start starts a receiver.
func (v *victims) start() {
	cmd := exec.CommandContext(v.t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "PAPI_TEST_RECEIVER="+v.medium)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		panic(err) // the senders would wait for ever
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "http://") {
		panic(fmt.Sprintf("%q, %v", line, err))
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.cmd, v.url = cmd, strings.TrimSpace(line)
	v.changed.Broadcast()
}

// kill kills the receiver.
func (v *victims) kill() {
	v.mu.Lock()
	v.url = ""
	v.mu.Unlock()
	if err := v.cmd.Process.Kill(); err != nil {
		v.t.Error(err)
	}
	_ = v.cmd.Wait() // it was killed
}
