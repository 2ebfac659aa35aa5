package pgtest

import (
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy is a TCP proxy that a test stalls: what is sent then waits, as in a network that
// drops all packets, and nothing is refused.
type Proxy struct {
	listener net.Listener
	to       string

	loseAnswer atomic.Bool
	mu         sync.Mutex
	stalled    chan struct{} // closed while data pass
	conns      map[net.Conn]struct{}
	all        sync.WaitGroup
}

// NewProxy returns a proxy to an address, which ends with the test.
func NewProxy(t testing.TB, to string) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: listener, to: to, stalled: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	close(p.stalled)
	p.all.Go(p.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		p.Resume()
		p.Cut()
		p.all.Wait()
	})
	return p
}

// URL is the URL of a database through the proxy.
func (p *Proxy) URL(database string) string {
	u, err := url.Parse(database)
	if err != nil {
		panic(err)
	}
	u.Host = p.listener.Addr().String()
	return u.String()
}

// Stall lets data wait until Resume.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stalled = make(chan struct{})
}

// Resume lets data pass, also those that wait.
func (p *Proxy) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.stalled:
	default:
		close(p.stalled)
	}
}

// LoseAnswer discards the next answer, and closes its connection: what was asked is done,
// and who asked does not know.
func (p *Proxy) LoseAnswer() { p.loseAnswer.Store(true) }

// Lost reports whether an answer was lost since LoseAnswer.
func (p *Proxy) Lost() bool { return !p.loseAnswer.Load() }

// Cut closes all connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.Close()
	}
}

// pass waits while the proxy is stalled.
func (p *Proxy) pass() {
	p.mu.Lock()
	stalled := p.stalled
	p.mu.Unlock()
	<-stalled
}

func (p *Proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.all.Go(func() { p.serve(conn) })
	}
}

func (p *Proxy) serve(conn net.Conn) {
	defer p.track(conn)()
	p.pass()
	to, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer p.track(to)()
	var both sync.WaitGroup
	both.Go(func() { p.copy(conn, to, false) })
	both.Go(func() { p.copy(to, conn, true) })
	both.Wait()
}

// track closes a connection with the proxy, or when it ends.
func (p *Proxy) track(conn net.Conn) (end func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[conn] = struct{}{}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.conns, conn)
		_ = conn.Close()
	}
}

// copy copies until one side ends, and ends the other.
func (p *Proxy) copy(from, to net.Conn, answers bool) {
	defer func() { _, _ = from.Close(), to.Close() }() // the other direction may have done it
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		p.pass()
		if n > 0 && answers && p.loseAnswer.CompareAndSwap(true, false) {
			return
		}
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
