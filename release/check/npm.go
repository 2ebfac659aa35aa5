package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/creack/pty"

	"papi-mcp/release"
)

// npm packs the npm packages and publishes them to a registry on loopback. A client then
// starts the program by npx, as a newcomer does.
func npm(ctx context.Context, c *check) error {
	if err := command(ctx, c.root, "node", "--test", "release/npm/launcher.test.mjs"); err != nil {
		return err
	}
	if err := c.publish(ctx); err != nil {
		return err
	}
	user, err := c.npmRegistry.user(c.tmp)
	if err != nil {
		return err
	}
	npx := []string{"npx", "-y", c.home.NPMPackage() + "@" + c.home.Version}
	line, err := user.run(ctx, 0, append(npx, "--version")...)
	if err != nil {
		return err
	}
	if fmt.Print(line); !strings.Contains(line, " "+c.home.Version+" (") {
		return fmt.Errorf("%s --version prints %q, want version %s", npx, line, c.home.Version)
	}
	if _, err := user.run(ctx, 2, append(npx, "no-such-command")...); err != nil {
		return err
	}
	if err := onlyThisPlatform(user, c.home); err != nil {
		return err
	}
	if err := c.clientScript(ctx, "stdio.mjs", user.variables, append(npx, "serve", "--sandbox")...); err != nil {
		return err
	}
	return endings(ctx, user, append(npx, "serve", "--sandbox"))
}

// npmRegistry is a registry on loopback, until this process ends. It has the packages of the
// release and no others.
type npmRegistry struct {
	*httptest.Server
	tarballs string
	packages map[string]json.RawMessage // the document of each package, by its name
}

// publish packs the npm packages of c.binaries, and starts a registry with them.
func (c *check) publish(ctx context.Context) error {
	r := &npmRegistry{tarballs: filepath.Join(c.tmp, "npm", "tarballs"), packages: map[string]json.RawMessage{}}
	if err := os.MkdirAll(r.tarballs, 0o755); err != nil {
		return err
	}
	folders, err := release.WriteNPMPackages(c.home, c.root, c.binaries, filepath.Join(c.tmp, "npm", "packages"))
	if err != nil {
		return err
	}
	out, err := output(ctx, c.tmp, "npm", append([]string{"pack", "--json", "--pack-destination", r.tarballs}, folders...)...)
	if err != nil {
		return err
	}
	var packed []struct{ Filename, Integrity, Shasum string }
	if err := json.Unmarshal([]byte(out), &packed); err != nil {
		return fmt.Errorf("npm pack prints %s: %w", out, err)
	}
	if len(packed) != len(folders) {
		return fmt.Errorf("npm pack prints %s, want %d packages", out, len(folders))
	}
	r.Server = httptest.NewServer(r)
	for i, folder := range folders {
		manifest, err := os.ReadFile(filepath.Join(folder, "package.json"))
		if err != nil {
			return err
		}
		var version map[string]any
		if err := json.Unmarshal(manifest, &version); err != nil {
			return err
		}
		version["dist"] = map[string]string{
			"tarball": r.URL + "/tarballs/" + packed[i].Filename, "integrity": packed[i].Integrity, "shasum": packed[i].Shasum,
		}
		name, number := version["name"].(string), version["version"].(string)
		document, err := json.Marshal(map[string]any{
			"name": name, "dist-tags": map[string]string{"latest": number}, "versions": map[string]any{number: version},
		})
		if err != nil {
			return err
		}
		r.packages[name] = document
	}
	c.npmRegistry = r
	return nil
}

func (r *npmRegistry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if file, found := strings.CutPrefix(req.URL.Path, "/tarballs/"); found {
		http.ServeFile(w, req, filepath.Join(r.tarballs, filepath.Base(file)))
	} else if document, found := r.packages[strings.TrimPrefix(req.URL.Path, "/")]; found {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(document) // npm reports an answer that is cut off
	} else {
		http.NotFound(w, req)
	}
}

// npmUser is a user of this machine with a home folder of its own.
type npmUser struct {
	home      string
	variables []string // with the values that differ from those of this process
}

// user returns a new user, whose npm has this registry and an empty cache.
func (r *npmRegistry) user(tmp string) (*npmUser, error) {
	home, err := os.MkdirTemp(tmp, "home-")
	if err != nil {
		return nil, err
	}
	settings := "registry=" + r.URL + "/\nnoproxy=127.0.0.1\nupdate-notifier=false\ncache=" + filepath.ToSlash(filepath.Join(home, "cache")) + "\n"
	if err := os.WriteFile(filepath.Join(home, ".npmrc"), []byte(settings), 0o600); err != nil {
		return nil, err
	}
	return &npmUser{home, []string{"HOME=" + home, "USERPROFILE=" + home, "XDG_STATE_HOME=" + home, "LocalAppData=" + home}}, nil
}

// command returns a command that the user gives in the home folder.
func (u *npmUser) command(ctx context.Context, line ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Dir, cmd.Env = u.home, append(os.Environ(), u.variables...)
	return cmd
}

// run runs a command of the user in the home folder, and returns what it prints. It fails
// where the exit code is another.
func (u *npmUser) run(ctx context.Context, code int, line ...string) (string, error) {
	return u.runIn(ctx, u.home, code, line...)
}

func (u *npmUser) runIn(ctx context.Context, folder string, code int, line ...string) (string, error) {
	cmd := u.command(ctx, line...)
	cmd.Dir = folder
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); cmd.ProcessState == nil {
		return "", fmt.Errorf("%s: %w", cmd, err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		return "", fmt.Errorf("%s: exit code %d, want %d\n%s%s", cmd, got, code, &out, &log)
	}
	return out.String(), nil
}

// onlyThisPlatform checks that npm has installed the program of this platform, and no other.
func onlyThisPlatform(user *npmUser, home release.Home) error {
	node := release.NPMPlatforms[host]
	want := "papi-mcp-" + node.OS + "-" + node.Arch
	installed, err := filepath.Glob(filepath.Join(user.home, "cache", "_npx", "*", "node_modules", "@"+home.NPMScope, "papi-mcp-*"))
	if err != nil {
		return err
	}
	if len(installed) != 1 || filepath.Base(installed[0]) != want {
		return fmt.Errorf("npm has installed %q, want %s alone", installed, want)
	}
	return nil
}

// endings ends a server that npx has started, in each way in which clients do, and checks
// that the server itself has ended.
func endings(ctx context.Context, user *npmUser, server []string) error {
	type ending struct {
		name  string
		how   func(*os.Process, io.Closer) error
		codes []int // -1: by a signal
	}
	all := []ending{
		{"its input ends", func(_ *os.Process, stdin io.Closer) error { return stdin.Close() }, []int{0}},
		{"npx is killed, and its input ends", func(p *os.Process, stdin io.Closer) error { return errors.Join(p.Kill(), stdin.Close()) }, []int{-1, 1}},
	}
	if host.OS != "windows" {
		// Some shells, by which npx starts a program, end at the signal.
		all = append(all, ending{"npx is terminated", func(p *os.Process, _ io.Closer) error { return p.Signal(syscall.SIGTERM) }, []int{0, -1}})
	}
	for _, e := range all {
		if err := ends(user.command(ctx, server...), e.how, e.codes...); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		fmt.Printf("%s: the server has ended\n", e.name)
	}
	if host.OS == "windows" {
		return nil
	}
	return onTerminal(user.command(ctx, server...))
}

// onTerminal starts a server on a terminal, and ends it with Ctrl-C.
func onTerminal(cmd *exec.Cmd) error {
	terminal, err := pty.Start(cmd)
	if err != nil {
		return err
	}
	defer terminal.Close()
	limit := time.AfterFunc(endingLimit, func() { _ = cmd.Process.Kill(); _ = terminal.Close() })
	defer limit.Stop()
	shown, output := "", bufio.NewReader(terminal)
	for line := ""; err == nil && !strings.Contains(line, "waiting for an MCP client"); shown += line {
		line, err = output.ReadString('\n')
	}
	if err == nil {
		_, err = terminal.WriteString("\x03")
	}
	if err != nil {
		return fmt.Errorf("it did not wait on a terminal: %w\n%s", err, shown)
	}
	rest, _ := io.ReadAll(output) // ends with an error: the terminal has no process any more
	_ = cmd.Wait()                // by the signal or in order: this depends on the shell
	if !limit.Stop() {
		return fmt.Errorf("a process is left after Ctrl-C:\n%s%s", shown, rest)
	}
	fmt.Println("Ctrl-C on a terminal: the server has ended")
	return nil
}

// endingLimit is how long a server may take from its start by npx to its end.
const endingLimit = 2 * time.Minute

// ends starts a server, waits until it answers, and ends it. Then all processes that have
// its output must end: a program that is left behind holds it open.
func ends(cmd *exec.Cmd, how func(*os.Process, io.Closer) error, codes ...int) error {
	var log bytes.Buffer
	cmd.Stderr = &log
	cmd.WaitDelay = time.Second
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	limit := time.AfterFunc(endingLimit, func() { _ = cmd.Process.Kill(); _ = stdout.Close() }) // the read then fails
	defer limit.Stop()
	answers := bufio.NewReader(stdout)
	_, err = io.WriteString(stdin, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"check","version":"1"}}}`+"\n")
	if err == nil {
		_, err = answers.ReadString('\n')
	}
	if err = errors.Join(err, how(cmd.Process, stdin)); err == nil {
		_, err = io.Copy(io.Discard, answers)
	}
	if err != nil {
		_ = cmd.Process.Kill()
	}
	_ = cmd.Wait() // the exit code counts
	if err != nil {
		return fmt.Errorf("it was not started, or a process of it is left: %w\n%s", err, &log)
	}
	if got := cmd.ProcessState.ExitCode(); !slices.Contains(codes, got) {
		return fmt.Errorf("exit code %d, want one of %d:\n%s", got, codes, &log)
	}
	return nil
}
