package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"papi-mcp/internal/deadline"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/filelock"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/private"
	"papi-mcp/internal/sandbox"
)

// namedSandbox is a sandbox whose state is kept between the calls that use its name, in
// a folder of the state folder. From its opening until its end no other process has it.
type namedSandbox struct {
	name   string
	folder *private.Folder
	unlock func()
	kept   *keptSandbox // nil at its first use
	flags  map[string]string
	log    *slog.Logger

	mu    sync.Mutex
	box   *sandbox.Sandbox
	saved []byte // the state in the file
	err   error  // of the last save
}

// keptSandbox is the file of a named sandbox.
type keptSandbox struct {
	Format int               `json:"format"`
	Flags  map[string]string `json:"flags"` // of the sandbox, at its first use, by name
	At     time.Time         `json:"at"`    // of the dump, in real time
	Dump   json.RawMessage   `json:"dump"`
}

const (
	// sandboxFormat is the form of keptSandbox and of a sandbox's dump. It is raised
	// when a sandbox could not continue with what an older version has kept.
	sandboxFormat = 1
	sandboxFile   = "sandbox.json"
	// removeWait is how long sandbox remove waits for a call that uses the sandbox.
	removeWait = 5 * time.Second
	// deliveryWait is how long the end of a call waits for webhooks that are being
	// delivered; those that take longer are delivered again by the next call.
	deliveryWait = 10 * time.Second
)

// sandboxName matches the names of sandboxes: what every file system has as the name of
// a folder.
var sandboxName = lazyregexp.New(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?$`)

func checkSandboxName(option, name string) error {
	if !sandboxName.MatchString(name) || !filepath.IsLocal(name) { // such as NUL on Windows
		return usage("%s%s: use 1 to 64 of the letters A to Z, digits, - _ and ., with a letter or digit first and no . at the end", option, papi.Quoted(name, 80))
	}
	return nil
}

// addSandboxName adds --sandbox-name.
func (c *config) addSandboxName(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.sandboxName, "sandbox-name", "", "use the sandbox with this name, and keep its state for later calls; time passes between them as in the API. Other sandbox flags count at its first use")
}

// openNamedSandbox opens the sandbox of --sandbox-name, where that is given, once no
// other call has it. Flags of the sandbox that are not given get the values of its first
// use.
func (c *config) openNamedSandbox(ctx context.Context, flags *pflag.FlagSet, wait time.Duration) error {
	if !flags.Changed("sandbox-name") {
		return nil
	}
	if err := checkSandboxName("--sandbox-name ", c.sandboxName); err != nil {
		return err
	}
	c.sandbox = true
	n := &namedSandbox{name: c.sandboxName}
	if err := n.open(ctx, wait); err != nil {
		return err
	}
	if err := n.read(flags); err != nil {
		n.release()
		return err
	}
	c.named = n
	return nil
}

func (n *namedSandbox) open(ctx context.Context, wait time.Duration) error {
	all, err := sandboxesFolder()
	if err != nil {
		return usage("the sandbox %q can't be kept: %v; set HOME or XDG_STATE_HOME, or use --sandbox without a name", n.name, err)
	}
	if n.unlock, err = lockSandbox(ctx, all, n.name, wait); err != nil {
		return err
	}
	if n.folder, err = private.Open(filepath.Join(all, n.name)); err != nil {
		n.unlock()
		return failed(fmt.Errorf("the sandbox %q can't be used: %w", n.name, err))
	}
	return nil
}

func (n *namedSandbox) release() {
	n.folder.Close()
	n.unlock()
}

// sandboxesFolder returns the path of the folder of the named sandboxes.
func sandboxesFolder() (string, error) {
	dir, err := stateFolder()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "sandboxes"), nil
}

// lockSandbox waits until no other process has the sandbox. The lock is next to its
// folder, so that the folder can be removed.
func lockSandbox(ctx context.Context, all, name string, wait time.Duration) (unlock func(), err error) {
	folder, err := private.Open(all)
	if err != nil {
		return nil, failed(fmt.Errorf("the sandbox %q can't be used: %w", name, err))
	}
	defer folder.Close()
	unlock, err = folder.Lock(ctx, "."+name+".lock", wait)
	switch {
	case errors.Is(err, filelock.ErrHeld):
		return nil, &exitError{errorcode.TimedOut, fmt.Sprintf("the sandbox %q is used by another call, which did not end within %v: try again", name, wait)}
	case err != nil:
		return nil, failed(fmt.Errorf("the sandbox %q can't be used: %w", name, err))
	}
	return unlock, nil
}

// read reads what was kept, and gives the flags their values of the first use. A flag
// that is given has to have the same value.
func (n *namedSandbox) read(flags *pflag.FlagSet) error {
	raw, err := n.folder.Read(sandboxFile)
	if err == nil {
		n.kept = &keptSandbox{}
		if err = json.Unmarshal(raw, n.kept); err == nil && n.kept.Format != sandboxFormat {
			err = fmt.Errorf("it was written by another version of papi-mcp (format %d; this one has %d)", n.kept.Format, sandboxFormat)
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return n.unreadable(err)
	}
	n.flags = map[string]string{}
	var wrong error
	sandboxFlagNames().VisitAll(func(of *pflag.Flag) {
		f := flags.Lookup(of.Name)
		first := f.DefValue
		if n.kept == nil {
			first = f.Value.String()
		} else if kept, ok := n.kept.Flags[f.Name]; ok {
			first = kept
		}
		n.flags[f.Name] = first
		given := f.Value.String()
		switch {
		case wrong != nil, given == first:
		case f.Changed:
			wrong = usage("--%s %s: the sandbox %q began with --%s %s; leave out the flag, or begin again with papi-mcp sandbox remove %s", f.Name, given, n.name, f.Name, papi.Quoted(first, 80), n.name)
		default:
			if err := f.Value.Set(first); err != nil {
				wrong = n.unreadable(err)
			}
		}
	})
	return wrong
}

// sandboxFlagNames returns the flags that a sandbox has.
func sandboxFlagNames() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(sandboxFlags).flags(f, false)
	return f
}

func (n *namedSandbox) unreadable(err error) error {
	return failed(fmt.Errorf("the sandbox %q can't be read from %s: %w; to begin again: papi-mcp sandbox remove %s", n.name, n.folder.Path(sandboxFile), err, n.name))
}

// start starts the sandbox: a new one, or as it would be now if it had gone on since the
// last call.
func (n *namedSandbox) start(flags sandboxFlags, project string, logger *slog.Logger) (*sandbox.Sandbox, error) {
	if n.kept != nil {
		flags.seedData = ""
	}
	box, err := flags.start(project, logger)
	if err != nil {
		return nil, err
	}
	if n.kept != nil {
		if err := box.Resume(bytes.NewReader(n.kept.Dump), time.Since(n.kept.At)); err != nil {
			box.Close()
			return nil, n.unreadable(err)
		}
	}
	n.box, n.log = box, logger
	return box, nil
}

// share lets other calls have the sandbox, and returns one that opens it for each of its
// requests.
func (n *namedSandbox) share(flags sandboxFlags, project string, logger *slog.Logger) (*lazySandbox, error) {
	open := func(n *namedSandbox) error {
		_, err := n.start(flags, project, logger)
		if err != nil {
			n.release()
		}
		return err
	}
	if err := open(n); err != nil {
		return nil, err
	}
	n.close()
	same := sandboxFlagNames()
	for name, value := range n.flags {
		if err := same.Set(name, value); err != nil {
			return nil, n.unreadable(err)
		}
	}
	return &lazySandbox{open: func(ctx context.Context) (*namedSandbox, error) {
		again := &namedSandbox{name: n.name}
		if err := again.open(ctx, deadline.Timeout); err != nil {
			return nil, err
		}
		if err := again.read(same); err != nil {
			again.release()
			return nil, err
		}
		return again, open(again)
	}}, nil
}

// save writes the state, where it has changed.
func (n *namedSandbox) save() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	at := time.Now() // before the dump, so that the API's time is never set back
	var dump bytes.Buffer
	err := n.box.Dump(&dump)
	if err == nil {
		_, state, _ := bytes.Cut(dump.Bytes(), []byte(`"state":`)) // what is before it is the time
		if bytes.Equal(state, n.saved) {
			return nil
		}
		err = n.folder.Write(sandboxFile, jsonvalue.Encode(keptSandbox{sandboxFormat, n.flags, at.UTC(), dump.Bytes()}))
		if err == nil {
			n.saved = state
		}
	}
	n.err = err
	if err != nil {
		n.err = fmt.Errorf("the state of the sandbox %q can't be kept in %s: %w", n.name, n.folder.Path(""), err)
	}
	return n.err
}

// close waits for the webhooks that are being delivered, saves the state, and lets
// another call have the sandbox.
func (n *namedSandbox) close() {
	settled := make(chan struct{})
	go func() {
		n.box.Settle()
		close(settled)
	}()
	select {
	case <-settled:
	case <-time.After(deliveryWait):
	}
	n.box.Close() // which ends the deliveries
	<-settled
	reported := n.err
	if err := n.save(); err != nil && reported == nil {
		n.log.Error(err.Error())
	}
	n.release()
}

func newSandboxList(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the sandboxes that call --sandbox-name keeps",
		Long: `List the sandboxes that call --sandbox-name keeps: a line for each, with its name
and the time of its last change, separated by a tab.`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			all, err := sandboxesFolder()
			if err != nil {
				return failed(fmt.Errorf("%w; set HOME or XDG_STATE_HOME", err))
			}
			folders, err := os.ReadDir(all)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return failed(err)
			}
			if len(folders) == 0 && isTerminal(s.err) {
				fmt.Fprintln(s.err, "papi-mcp: none yet: papi-mcp call TOOL --sandbox-name NAME keeps one.")
			}
			for _, folder := range folders {
				file, err := os.Stat(filepath.Join(all, folder.Name(), sandboxFile))
				if err != nil {
					continue // a lock, or a sandbox whose first call did not end
				}
				if _, err := fmt.Fprintf(s.out, "%s\t%s\n", papi.Printable(folder.Name()), file.ModTime().UTC().Format(time.RFC3339)); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func newSandboxRemove(*streams) *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME",
		Short: "Remove a sandbox that call --sandbox-name keeps",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("sandbox remove needs one name: papi-mcp sandbox list has them")
			}
			return checkSandboxName("", args[0])
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			name := args[0]
			all, err := sandboxesFolder()
			if err != nil {
				return failed(fmt.Errorf("%w; set HOME or XDG_STATE_HOME", err))
			}
			path := filepath.Join(all, name)
			if _, err := os.Lstat(path); err != nil {
				return failed(fmt.Errorf("there is no sandbox %q; papi-mcp sandbox list has the names", name))
			}
			unlock, err := lockSandbox(cmd.Context(), all, name, removeWait)
			if err != nil {
				return err
			}
			defer unlock()
			return failed(os.RemoveAll(path))
		},
	}
}
