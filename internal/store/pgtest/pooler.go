package pgtest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// errNoPooler is the error where PgBouncer is not installed.
var errNoPooler = errors.New("PgBouncer is not installed (Debian: apt install pgbouncer)")

// PooledURL returns the URL of a new, empty database through a PgBouncer that gives each
// transaction another connection.
func PooledURL(t testing.TB) string {
	t.Helper()
	s, err := shared()
	need(t, err, "postgres")
	bin, err := exec.LookPath("pgbouncer")
	if err != nil {
		if bin = "/usr/sbin/pgbouncer"; !exists(bin) {
			need(t, errNoPooler, "pgbouncer")
		}
	}
	database := s.NewDatabase(t)
	port, err := freePort()
	need(t, err, "")
	dir, err := os.MkdirTemp("", "papi-mcp-pgbouncer-")
	need(t, err, "")
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	config := filepath.Join(dir, "pgbouncer.ini")
	settings := fmt.Sprintf(`[databases]
* = host=127.0.0.1 port=%s user=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 10
max_client_conn = 500
`, s.port, superuser, port)
	need(t, errors.Join(os.WriteFile(config, []byte(settings), 0o644), os.Chmod(dir, 0o755)), "")
	// The shell ends it with this process, as it does the server.
	pooler := s.command("sh", "-c", `"$@" & pid=$!; read -r _; kill -s INT $pid; wait $pid`, "sh", bin, config)
	pooler.Env = append(pooler.Env, "LD_LIBRARY_PATH="+os.Getenv("LD_LIBRARY_PATH"))
	stdin, err := pooler.StdinPipe()
	need(t, err, "")
	need(t, pooler.Start(), "")
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = pooler.Wait() // it was stopped
	})
	for { // until it listens
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = conn.Close()
			return strings.Replace(database, s.Addr(), "127.0.0.1:"+port, 1)
		}
		if t.Context().Err() != nil {
			t.Fatal("PgBouncer does not start: ", err)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
