package roots

import (
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The certificates parse, and are as many as a list of authorities has.
func TestBuiltIn(t *testing.T) {
	//nolint:staticcheck // Subjects is incomplete for the system's pool alone
	if n := len(builtIn().Subjects()); n < 100 {
		t.Errorf("there are %d certificates", n)
	}
}

// A process on a system without certificates trusts the built-in ones, and any other those
// of its system.
func TestUseBuiltIn(t *testing.T) {
	if runtime.GOOS != "linux" {
		if UseBuiltIn() {
			t.Error("the built-in certificates are used")
		}
		return
	}
	const child = "TEST_ROOTS_CHILD"
	if os.Getenv(child) != "" {
		used := UseBuiltIn()
		pool, err := x509.SystemCertPool()
		if err != nil {
			t.Fatal(err)
		}
		if used != pool.Equal(builtIn()) {
			t.Errorf("used: %v, and the pool is another one", used)
		}
		if used {
			t.Log("built in")
		}
		return
	}
	dir := t.TempDir()
	own, empty := filepath.Join(dir, "own.pem"), filepath.Join(dir, "empty.pem")
	if err := os.WriteFile(own, []byte("any"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]bool{filepath.Join(dir, "none.pem"): true, empty: true, own: false} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestUseBuiltIn$", "-test.v")
		cmd.Env = append(os.Environ(), child+"=1", "SSL_CERT_FILE="+file, "SSL_CERT_DIR="+filepath.Join(dir, "none"))
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Contains(string(out), "built in") != want {
			t.Errorf("%s: %v\n%s", filepath.Base(file), err, out)
		}
	}
}
