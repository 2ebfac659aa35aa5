package cli

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// The state file of serve without --store.
func TestStateFile(t *testing.T) {
	for _, name := range []string{"SINCH_PROJECT_ID", "SINCH_KEY_ID", "SINCH_KEY_SECRET", "SINCH_ACCESS_TOKEN", "PAPI_BASE_URL", "PAPI_TOKEN_URL", "PAPI_AUTH"} {
		t.Setenv(name, "")
	}
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", dir)
	file := filepath.Join(dir, "papi-mcp", "state.db")
	for flags, want := range map[string]string{
		"":                             file,
		"--confirm human":              file,
		"--sandbox":                    memory,
		"--http 127.0.0.1:0":           memory,
		"--http 127.0.0.1:0 --sandbox": memory,
		"--store memory":               memory,
		"--store " + dir + "/mine.db":  filepath.Join(dir, "mine.db"),
		"--http 127.0.0.1:0 --store " + dir + "/mine.db": filepath.Join(dir, "mine.db"),
		"--sandbox --store " + dir + "/mine.db":          filepath.Join(dir, "mine.db"),
	} {
		t.Run(flags, func(t *testing.T) {
			var c config
			var h httpFlags
			cmd := &cobra.Command{}
			c.addServeFlags(cmd, &h)
			if err := cmd.ParseFlags(strings.Fields(flags)); err != nil {
				t.Fatal(err)
			}
			p, err := c.prepare(t.Context(), &streams{strings.NewReader(""), io.Discard, t.Output()}, &h, cmd.Flags())
			if err != nil {
				t.Fatal(err)
			}
			p.app.close()
			if c.store != want {
				t.Errorf("kept in %s, want %s", c.store, want)
			}
		})
	}
}

// Without a home folder the state is in memory, with a warning; with --store or the
// sandbox there is no warning.
func TestStateIsInMemoryWithoutAHome(t *testing.T) {
	for _, name := range []string{"XDG_STATE_HOME", "HOME", "LocalAppData", "USERPROFILE", "home"} {
		t.Setenv(name, "")
	}
	for flags, warns := range map[string]bool{"": true, "--sandbox": false, "--store memory": false} {
		var c config
		var h httpFlags
		cmd := &cobra.Command{}
		c.addServeFlags(cmd, &h)
		if err := cmd.ParseFlags(strings.Fields(flags)); err != nil {
			t.Fatal(err)
		}
		var errOut bytes.Buffer
		p, err := c.prepare(t.Context(), &streams{strings.NewReader(""), io.Discard, &errOut}, &h, cmd.Flags())
		if err != nil {
			t.Fatal(err)
		}
		p.app.close()
		if c.store != memory || strings.Contains(errOut.String(), "level=WARN") != warns || strings.Contains(errOut.String(), "stored in memory only") != warns {
			t.Errorf("%q: kept in %s: %s", flags, c.store, errOut.String())
		}
	}
}
