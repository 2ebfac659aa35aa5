package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"papi-mcp/internal/audit"
	"papi-mcp/internal/filelock"
	"papi-mcp/internal/private"
	"papi-mcp/internal/store"
)

// lockWait is how long a file may stay locked: another process holds it for the time
// of an operation only.
const lockWait = time.Second

// The permissions that others must not have.
const (
	othersAccess fs.FileMode = 0o077
	othersWrite  fs.FileMode = 0o022
)

// state checks the file of --store, and what else is in the folder for state.
func (d *doctor) state(ctx context.Context) {
	path := d.config.store
	if path == memory || path == "" && d.config.sandbox {
		d.note("store", "confirmations and registrations are stored in memory, and lost at the end of the process")
		return
	}
	if len(d.config.storeFaults()) > 0 {
		return
	}
	if store.IsPostgres(path) {
		d.database(ctx)
		return
	}
	isOwn := path == "" // the folder is only papi-mcp's
	if isOwn {
		folder, err := stateFolder()
		if err != nil {
			d.note("store", fmt.Sprintf("in memory, and lost at the end of the process: %v; set HOME or XDG_STATE_HOME, or give --store", err))
			return
		}
		path = filepath.Join(folder, "state.db")
	}
	folder := filepath.Dir(path)
	if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
		d.creatable("store", path)
		return
	}
	forbidden := othersWrite
	if isOwn {
		forbidden = othersAccess
	}
	private := d.private("store", folder, forbidden)
	files := []string{path}
	if isOwn {
		entries, err := os.ReadDir(folder)
		if err != nil {
			d.fail("store", err.Error(), "give this user access to the folder, or give --store another path")
			return
		}
		for _, entry := range entries {
			if file := filepath.Join(folder, entry.Name()); file != path {
				files = append(files, file)
			}
		}
	}
	for _, file := range files {
		if _, err := os.Lstat(file); err == nil {
			private = d.private("store", file, othersAccess) && private
		}
	}
	d.openable(ctx, path, private)
}

// private reports a file or folder that others can read or write, or that belongs to
// another user.
func (d *doctor) private(what, path string, forbidden fs.FileMode) bool {
	err := private.Inspect(path, forbidden)
	if err == nil {
		return true
	}
	mode := "600"
	if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
		mode = "700"
	}
	d.fail(what, err.Error(), fmt.Sprintf("make it yours and private (chown, chmod %s %s), after a look at who could change it", mode, path))
	return false
}

// openable checks that the store can be read and written, and is intact.
func (d *doctor) openable(ctx context.Context, path string, private bool) {
	err := store.Check(ctx, path, lockWait)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.creatable("store", path)
	case errors.Is(err, filelock.ErrHeld):
		d.fail("store", err.Error(), "end the process that keeps the file locked (lsof "+path+"), or give --store another path: a papi-mcp that serves HTTP keeps its file for itself, any other has it for moments only")
	case errors.Is(err, fs.ErrPermission):
		d.fail("store", err.Error(), "give this user access to the file, or give --store another path")
	case err != nil:
		d.fail("store", err.Error(), "move the file away, or give --store the path of a state file of papi-mcp")
	default:
		if err := writable(path); err != nil {
			d.fail("store", err.Error(), "give this user access to the file, or give --store another path")
		} else if private {
			d.ok("store", "%s: intact, and private", path)
		}
		if info, err := os.Stat(path); err == nil && info.Size() > 0 { // an empty file can't be read
			d.secrets(ctx, store.NewReader(path))
		}
	}
}

// database checks that the database of the store can be reached, and has the tables.
func (d *doctor) database(ctx context.Context) {
	p, err := store.NewPostgres(d.config.store)
	if err != nil {
		return // reported with the flags
	}
	defer func() { _ = p.Close() }()
	switch version, needed, err := p.Versions(ctx); {
	case err != nil:
		d.fail("store", err.Error(), "check the URL of --store, and that this machine may connect to the database")
	case version > needed:
		d.fail("store", fmt.Sprintf("the schema of %s has version %d, and this release knows it up to version %d", p.Where(), version, needed), "use the release that migrated it, or a newer one")
	case version < needed:
		d.note("store", fmt.Sprintf("the schema of %s has version %d, and this release needs version %d: papi-mcp store migrate creates it, or serve when it starts, if its role may create tables", p.Where(), version, needed))
	default:
		if _, err := p.Keys(ctx, store.SecretPrefix); err != nil {
			d.fail("store", err.Error(), "let the role use the tables: papi-mcp store migrate --grant ROLE")
			return
		}
		d.ok("store", "%s: schema version %d", p.Where(), version)
		d.secrets(ctx, p)
	}
}

// secrets checks that the keys of --store-key decrypt what is encrypted in the store.
func (d *doctor) secrets(ctx context.Context, s store.Store) {
	keys, err := d.config.storeKeys()
	if err != nil {
		return // reported with the flags
	}
	encrypted, err := store.WithKeys(s, keys)
	if err == nil {
		err = encrypted.CheckKeys(ctx)
	}
	if err != nil {
		d.fail("store-key", err.Error(), "give --store-key that key")
	}
}

// creatable checks that a file that does not exist could be created.
func (d *doctor) creatable(what, path string) {
	if err := creatable(path); err != nil {
		d.fail(what, err.Error(), "give this user access to the folder, or give --"+what+" another path")
		return
	}
	d.ok(what, "%s does not exist; the first write creates it", path)
}

// creatable returns an error where a file that does not exist, or its folder, can't be
// created.
func creatable(path string) error {
	folder := filepath.Dir(path)
	for {
		info, err := os.Stat(folder)
		switch {
		case errors.Is(err, fs.ErrNotExist) && filepath.Dir(folder) != folder:
			folder = filepath.Dir(folder)
			continue
		case err == nil && !info.IsDir():
			err = fmt.Errorf("%s is not a folder", folder)
		case err == nil:
			err = writable(folder)
		}
		if err != nil {
			return fmt.Errorf("%s can't be created: %w", path, err)
		}
		return nil
	}
}

// writable returns an error with the path where this user can't write.
func writable(path string) error {
	if err := private.Writable(path); err != nil {
		return &fs.PathError{Op: "write", Path: path, Err: err}
	}
	return nil
}

// auditFault returns why the file of --audit can't be written, nil where it can.
func (c *config) auditFault() error {
	if c.audit == "" || c.audit == inStore {
		return nil
	}
	info, err := os.Stat(c.audit)
	switch {
	case errors.Is(err, fs.ErrNotExist): // unlike a store, it does not create its folder
		if info, err := os.Stat(filepath.Dir(c.audit)); err != nil || !info.IsDir() {
			return fmt.Errorf("%s can't be created: there is no folder %s", c.audit, filepath.Dir(c.audit))
		}
		return creatable(c.audit)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", c.audit)
	}
	return errors.Join(writable(c.audit), writable(filepath.Dir(c.audit))) // the lock is next to it
}

// auditLog checks that the log of --audit can be written, and that its chain is intact.
func (d *doctor) auditLog(ctx context.Context) {
	path := d.config.audit
	var log *audit.Log
	switch path {
	case "":
		return
	case inStore:
		path = d.config.store
		if path == memory || len(d.config.storeFaults()) > 0 {
			return // a fault, which is reported
		}
		if store.IsPostgres(path) {
			d.auditLogsInDatabase(ctx)
			return
		}
		if path == "" {
			folder, err := stateFolder()
			if d.config.sandbox || err != nil {
				d.fail("audit", "--audit store needs a persistent --store", "give --store the path of a file, or the URL of a PostgreSQL database")
				return
			}
			path = filepath.Join(folder, "state.db")
		}
		if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
			d.ok("audit", "the log in %s is empty", path)
			return
		}
		d.auditLogsIn(ctx, path, store.NewReader(path))
		return
	default:
		if d.config.auditFault() != nil {
			return // reported with the flags
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			d.creatable("audit", path)
			return
		}
		log = audit.File(path)
	}
	d.verify(ctx, path, log)
}

// auditLogsInDatabase checks the logs in the database of the store.
func (d *doctor) auditLogsInDatabase(ctx context.Context) {
	p, err := store.NewPostgres(d.config.store)
	if err != nil {
		return // reported with the flags
	}
	defer func() { _ = p.Close() }()
	if version, needed, err := p.Versions(ctx); err == nil && version == needed { // else it is reported
		d.auditLogsIn(ctx, p.Where(), p)
	}
}

// auditLogsIn checks the logs of all replicas in a store.
func (d *doctor) auditLogsIn(ctx context.Context, where string, s store.Store) {
	logs, err := logsIn(ctx, s)
	if err != nil {
		d.fail("audit", err.Error(), "see what is reported of the store")
		return
	}
	for _, log := range logs {
		name := where
		if log.name != "" {
			name += ", replica " + log.name
		}
		d.verify(ctx, name, log.Log)
	}
}

// verify checks that the chain of a log is intact.
func (d *doctor) verify(ctx context.Context, where string, log *audit.Log) {
	report, err := log.Verify(ctx)
	if err != nil {
		d.fail("audit", fmt.Sprintf("the log in %s is not intact: %v", where, err), "keep this file, move it away so that a new log begins, and find out what happened (docs/audit.md)")
		return
	}
	d.ok("audit", "%s: intact, with %d lines", where, report.Lines)
	if n := len(report.Open); n > 0 {
		d.note("audit", fmt.Sprintf("%d calls have no outcome: they are running, or were interrupted; papi-mcp audit verify lists them", n))
	}
}
