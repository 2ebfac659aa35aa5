package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"papi-mcp/internal/store"
)

// setDefaultStore sets --store where it is not given: to a file that the user's
// processes share, to one of a named sandbox, or to memory for another sandbox, which
// starts empty as well.
func (c *config) setDefaultStore(s *streams) {
	if c.store != "" {
		return
	}
	if c.named != nil {
		c.store = c.named.folder.Path("state.db")
		return
	}
	c.store = memory
	if c.sandbox {
		return
	}
	path, err := stateFile()
	if err != nil {
		c.logger(s).Warn("confirmations and registrations are stored in memory only, and lost at the end of this process; use --store with the path of a file", "reason", err)
		return
	}
	c.store = path
}

// tokenFile returns the path of the file for access tokens, which is next to the
// file of the store; "" where nothing is kept, or the store is a database.
func tokenFile(name string) string {
	if name == memory || store.IsPostgres(name) {
		return ""
	}
	return filepath.Join(filepath.Dir(name), "tokens.json")
}

// stateFile returns the path of the file that the user's processes share. It fails
// where that can't be written.
func stateFile() (string, error) {
	dir, err := stateFolder()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "state.db")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", err
	}
	return path, file.Close()
}

// stateFolder returns the path of the folder that the user's processes share: under
// XDG_STATE_HOME, or the system's folder for state. On Windows that is in the
// user's profile, which only the user can open.
func stateFolder() (string, error) {
	dir := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) { // the specification says to ignore relative paths
		dir = ""
	}
	if dir == "" && runtime.GOOS == "windows" {
		dir = os.Getenv("LocalAppData")
	}
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("there is no folder for state: %w", err)
		}
		dir = filepath.Join(home, ".local", "state")
	}
	if !filepath.IsAbs(dir) {
		return "", fmt.Errorf("there is no folder for state: %s is not an absolute path", dir)
	}
	return filepath.Join(dir, "papi-mcp"), nil
}
