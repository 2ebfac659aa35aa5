package pgtest

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// A server ends when the test process is killed.
func TestTheServerEndsWithItsProcess(t *testing.T) {
	if os.Getenv("PAPI_TEST_SERVER") != "" {
		fmt.Printf("address %s\n", New(t).Addr())
		select {}
	}
	URL(t) // skips where there is no PostgreSQL
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), "PAPI_TEST_SERVER=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var address string
	if _, err := fmt.Fscanf(out, "address %s\n", &address); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	if _, err := io.ReadAll(conn); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Error(err) // the server closes all connections when it ends
	}
}

// A port that another process has taken meanwhile is an error, and no longer one afterwards.
func TestAPortThatIsTaken(t *testing.T) {
	s := New(t)
	s.Crash()
	taken, err := net.Listen("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			conn, err := taken.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	})
	if err := s.Start(); err == nil || !strings.Contains(err.Error(), "could not create any TCP/IP sockets") {
		t.Errorf("it starts on a port that is taken: %v", err)
	}
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	accepting.Wait()
	s.Restart(t)
}

// Data survive a crash of the server, which is then at the same address.
func TestCrashAndRestart(t *testing.T) {
	s := New(t)
	url, addr := s.NewDatabase(t), s.Addr()
	Exec(t, url, "create table kept (n int)", "insert into kept values (1)")
	s.Crash()
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Error("it still listens")
	}
	s.Restart(t)
	Exec(t, url, "select 1 / n from kept")
	if s.Addr() != addr {
		t.Errorf("it is at %s now, was at %s", s.Addr(), addr)
	}
}

// noted is a test that notes how it ends.
type noted struct {
	testing.TB
	skipped, failed string
}

func (n *noted) Helper() {}

func (n *noted) Skipf(format string, args ...any) { n.skipped = fmt.Sprintf(format, args...) }

func (n *noted) Fatal(args ...any) { n.failed = fmt.Sprint(args...) }

// Where PostgreSQL is not installed a test is skipped, or fails where TEST_REQUIRE names it.
func TestNeed(t *testing.T) {
	for required, fails := range map[string]bool{"": false, "postgres": true, "pgbouncer,postgres": true, "pgbouncer": false} {
		t.Setenv("TEST_REQUIRE", required)
		var n noted
		need(&n, errNone, "postgres")
		if fails != (n.failed != "") || fails == strings.Contains(n.skipped, "PostgreSQL is not installed") {
			t.Errorf("TEST_REQUIRE=%s: %+v", required, n)
		}
	}
	var n noted
	need(&n, io.EOF, "postgres")
	if n.failed == "" || n.skipped != "" {
		t.Errorf("any other error: %+v", n)
	}
}
