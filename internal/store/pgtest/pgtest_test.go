package pgtest

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
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
