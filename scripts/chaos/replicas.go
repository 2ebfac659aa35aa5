//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// replica is a server that is started again whenever it ends, at the same address.
type replica struct {
	addr    string
	command func() *exec.Cmd
	logFile *os.File
	ready   chan struct{}
	isUp    sync.Once
	ended   chan struct{}
	cancel  context.CancelFunc

	mu      sync.Mutex
	process *os.Process
}

func newReplica(log, binary string, env []string) (*replica, error) {
	listener, err := listen()
	if err != nil {
		return nil, err
	}
	addr := listener.Addr().String()
	if err := listener.Close(); err != nil {
		return nil, err
	}
	file, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	return &replica{addr: addr, logFile: file, ready: make(chan struct{}), ended: make(chan struct{}), command: func() *exec.Cmd {
		cmd := exec.Command(binary, "serve", "--http", addr)
		cmd.Env, cmd.Stderr = append(os.Environ(), env...), file
		return cmd
	}}, nil
}

// run starts the replica again and again, until ctx ends.
func (r *replica) run(ctx context.Context) {
	defer close(r.ended)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.mu.Lock()
	r.cancel = cancel
	r.mu.Unlock()
	for ctx.Err() == nil {
		if err := r.runOnce(); err != nil {
			fmt.Fprintln(r.logFile, "replica:", err)
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

func (r *replica) runOnce() error {
	cmd := r.command()
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	r.mu.Lock()
	err = cmd.Start()
	r.process = cmd.Process
	r.mu.Unlock()
	if err != nil {
		return err
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err == nil {
		r.isUp.Do(func() { close(r.ready) })
	}
	return cmd.Wait()
}

func (r *replica) waitUntilReady(ctx context.Context) error {
	select {
	case <-r.ready:
		return nil
	case <-ctx.Done():
		return errors.New("a replica does not start")
	case <-time.After(settleTime):
		r.showLog(os.Stderr)
		return errors.New("a replica does not start")
	}
}

// kill kills the process, without a chance to end anything.
func (r *replica) kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.process != nil {
		_ = r.process.Kill() // it may have ended
	}
}

func (r *replica) stop() {
	r.mu.Lock()
	if r.cancel != nil {
		r.cancel()
	}
	r.mu.Unlock()
	r.kill()
	<-r.ended
	_ = r.logFile.Close()
}

// showLog prints the end of the log.
func (r *replica) showLog(w io.Writer) {
	raw, _ := os.ReadFile(r.logFile.Name())
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	fmt.Fprintf(w, "-- %s\n%s\n", r.logFile.Name(), strings.Join(lines[max(0, len(lines)-30):], "\n"))
}

// balancer sends requests to one replica after the other, and those of a session to the one
// that opened it. It repeats a request only where it could not connect.
type balancer struct {
	url      string
	server   *http.Server
	replicas []*replica
	next     atomic.Int64
	owners   sync.Map // of sessions: the number of the replica
	direct   http.RoundTripper
}

const sessionHeader = "Mcp-Session-Id"

func newBalancer(all []*replica) (*balancer, error) {
	listener, err := listen()
	if err != nil {
		return nil, err
	}
	b := &balancer{url: "http://" + listener.Addr().String(), replicas: all, direct: &http.Transport{DisableKeepAlives: true}}
	b.server = &http.Server{Handler: &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: "127.0.0.1"}) },
		Transport:     b,
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0), // that a replica was killed is no news
		ErrorHandler:  func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}}
	go func() { _ = b.server.Serve(listener) }()
	return b, nil
}

func (b *balancer) close() { _ = b.server.Close() }

// RoundTrip implements http.RoundTripper.
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	first := int(b.next.Add(1))
	if owner, known := b.owners.Load(r.Header.Get(sessionHeader)); known {
		first = owner.(int)
	}
	for try := range len(b.replicas) {
		n := (first + try) % len(b.replicas)
		r = r.Clone(r.Context())
		r.URL.Host, r.Host = b.replicas[n].addr, b.replicas[n].addr
		r.Body = io.NopCloser(bytes.NewReader(body))
		resp, failed := b.direct.RoundTrip(r)
		if failed == nil {
			if id := resp.Header.Get(sessionHeader); id != "" {
				b.owners.Store(id, n)
			}
			return resp, nil
		}
		err = failed
		if op := (*net.OpError)(nil); !errors.As(err, &op) || op.Op != "dial" {
			break
		}
	}
	return nil, err
}

// link is a TCP proxy in front of PostgreSQL that can stall: connections stay open, and
// nothing passes.
type link struct {
	listener net.Listener
	target   string
	mu       sync.RWMutex // held for writing while it is cut
	isCut    atomic.Bool
}

func newLink(target string) (*link, error) {
	listener, err := listen()
	if err != nil {
		return nil, err
	}
	l := &link{listener: listener, target: target}
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			go l.connect(from)
		}
	}()
	return l, nil
}

// url returns the URL of a database with the address of the link.
func (l *link) url(database string) string {
	return strings.Replace(database, l.target, l.listener.Addr().String(), 1)
}

func (l *link) connect(from net.Conn) {
	defer func() { _ = from.Close() }()
	l.wait()
	to, err := net.Dial("tcp", l.target)
	if err != nil {
		return
	}
	defer func() { _ = to.Close() }()
	ended := make(chan struct{}, 2)
	go l.copy(to, from, ended)
	go l.copy(from, to, ended)
	<-ended
}

func (l *link) copy(to, from net.Conn, ended chan<- struct{}) {
	defer func() { ended <- struct{}{} }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		l.wait()
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// wait waits while it is cut.
func (l *link) wait() {
	l.mu.RLock()
	defer l.mu.RUnlock()
}

func (l *link) cut() {
	if l.isCut.CompareAndSwap(false, true) {
		l.mu.Lock()
	}
}

func (l *link) reopen() {
	if l.isCut.CompareAndSwap(true, false) {
		l.mu.Unlock()
	}
}

func (l *link) close() { _ = l.listener.Close() }
