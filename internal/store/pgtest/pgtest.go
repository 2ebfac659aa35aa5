// Package pgtest runs a PostgreSQL server for tests, from the binaries of the system's
// package. It is on loopback, has its data in a temporary folder, and does not outlive
// the test process, however that ends. Where there are no binaries, tests are skipped;
// TEST_REQUIRE=postgres makes them fail instead.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// superuser is the role that owns all databases. It needs no password.
const superuser = "papi"

// Server is a server that a test starts, stops, and starts again.
type Server struct {
	dir, bin, port string
	unprivileged   bool // the server runs as another user, since this one is root

	stdin io.Closer // its end stops the server
	ended chan struct{}
}

// shared is the server of all tests of a process that don't stop it.
var shared = sync.OnceValues(newServer)

// databases numbers the databases of the shared server.
var databases struct {
	sync.Mutex
	n int
}

// URL returns the URL of a new, empty database.
func URL(t testing.TB) string {
	t.Helper()
	s, err := shared()
	need(t, err, "postgres")
	return s.NewDatabase(t)
}

// New returns a server that only this test uses.
func New(t testing.TB) *Server {
	t.Helper()
	s, err := newServer()
	need(t, err, "postgres")
	t.Cleanup(s.Stop)
	return s
}

// Start returns a server for a program that is not a test, which must stop it.
func Start() (*Server, error) { return newServer() }

// Start starts the server again, at the same address, after Crash.
func (s *Server) Start() error { return s.start() }

// Database returns the URL of the database that each server has.
func (s *Server) Database() string { return s.url("postgres") }

// errNone is the error where PostgreSQL is not installed.
var errNone = errors.New("PostgreSQL is not installed (Debian: apt install postgresql)")

// need skips the test where something is not installed, unless TEST_REQUIRE names it.
func need(t testing.TB, err error, name string) {
	t.Helper()
	switch required := slices.Contains(strings.Split(os.Getenv("TEST_REQUIRE"), ","), name); {
	case (errors.Is(err, errNone) || errors.Is(err, errNoPooler)) && !required:
		t.Skipf("skipped: %v; TEST_REQUIRE=%s makes this a failure", err, name)
	case err != nil:
		t.Fatal(err)
	}
}

// NewDatabase returns the URL of a new, empty database on the server.
func (s *Server) NewDatabase(t testing.TB) string {
	t.Helper()
	databases.Lock()
	databases.n++
	name := fmt.Sprint("test_", databases.n)
	databases.Unlock()
	Exec(t, s.url("postgres"), "create database "+name)
	return s.url(name)
}

func (s *Server) url(database string) string {
	return fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", superuser, s.Addr(), database)
}

// Addr is the address of the server; it stays the same after a restart.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", s.port) }

// Exec executes statements in a database.
func Exec(t testing.TB, url string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }() // all was done
	for _, statement := range statements {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// newServer initializes and starts a server.
func newServer() (_ *Server, err error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin}
	if s.dir, err = os.MkdirTemp("", "papi-mcp-postgres-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(s.dir)
		}
	}()
	if os.Getuid() == 0 { // as which PostgreSQL refuses to run
		s.unprivileged = true
		if err := os.Chown(s.dir, unprivileged, unprivileged); err != nil {
			return nil, err
		}
	}
	initialize := s.command(filepath.Join(bin, "initdb"), "-D", s.data(), "-U", superuser, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	if out, err := initialize.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	for range 5 { // another process may take the port in between
		if s.port, err = freePort(); err != nil {
			return nil, err
		}
		if err = s.start(); err == nil {
			return s, nil
		}
	}
	return nil, err
}

// binaries returns the folder of the newest server.
func binaries() (string, error) {
	if _, err := exec.LookPath("sh"); err != nil { // which ends the server
		return "", errNone
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errNone
	}
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(found[len(found)-1]), nil
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // 0 for what is not a number
	return n
}

// unprivileged is the user and the group that own nothing, on Linux and others.
const unprivileged = 65534

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// command runs a program as the user that the server runs as.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = s.dir, []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	if s.unprivileged {
		runUnprivileged(cmd)
	}
	return cmd
}

// freePort returns a port below those that systems give to outgoing connections: one of
// them could take it while the server is down.
func freePort() (port string, err error) {
	for range 20 {
		port = strconv.Itoa(15_000 + rand.N(15_000))
		var listener net.Listener
		if listener, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", port)); err == nil {
			return port, listener.Close()
		}
	}
	return "", err
}

// watched runs the server until standard input ends, by its Stop or by the end of the
// test process; then it removes the folder, unless a line came before. The signal is
// repeated, since a server that has only begun to start ignores it.
const watched = `"$@" >"$0/log" 2>&1 &
pid=$!
read -r keep
while kill -s "${keep:-QUIT}" $pid 2>/dev/null; do sleep 0.1; done
wait $pid
[ -n "$keep" ] || rm -rf "$0"`

// start starts the server, and waits until it answers.
func (s *Server) start() error {
	// What is not synced is lost when the machine crashes, and not when a process does.
	cmd := s.command("sh", "-c", watched, s.dir, filepath.Join(s.bin, "postgres"), "-D", s.data(), "-p", s.port,
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=200")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	// What an earlier start has written says nothing about this one.
	if err := os.Remove(filepath.Join(s.dir, "log")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	s.stdin, s.ended = stdin, ended
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		attempt, end := context.WithTimeout(ctx, 5*time.Second) // who has taken the port may not answer
		conn, err := pgx.Connect(attempt, s.url("postgres"))
		end()
		if err == nil {
			return conn.Close(ctx)
		}
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		if ctx.Err() != nil || strings.Contains(string(log), "could not create any TCP/IP sockets") {
			s.halt("QUIT")
			return fmt.Errorf("PostgreSQL does not start: %w: %s", err, log)
		}
	}
}

// halt stops the server by a signal, and keeps its data; the empty one removes them.
func (s *Server) halt(signal string) {
	if s.stdin == nil {
		return
	}
	if signal != "" {
		_, _ = io.WriteString(s.stdin.(io.Writer), signal+"\n")
	}
	_ = s.stdin.Close()
	<-s.ended
	s.stdin = nil
}

// Stop ends the server, and removes its data.
func (s *Server) Stop() {
	s.halt("")
	_ = os.RemoveAll(s.dir)
}

// Crash ends the server without a shutdown: what is committed is there after Restart.
func (s *Server) Crash() { s.halt("QUIT") }

// Restart starts a server again that is stopped, at the same address.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
}
