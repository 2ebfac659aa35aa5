package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"papi-mcp/release"
)

// image builds the container image without a daemon, checks its configuration and its files,
// and starts it as a container runtime does: process 1 of its own, no root, a root
// filesystem that can't be written, and nothing in it but the image.
func image(ctx context.Context, c *check) error {
	if err := debian(ctx, "buildah", "buildah"); err != nil {
		return err
	}
	b := &buildah{folder: filepath.Join(c.tmp, "buildah"), check: c}
	for _, arch := range []string{"amd64", "arm64"} {
		config, err := b.build(ctx, arch)
		if err != nil {
			return fmt.Errorf("%s: %w", arch, err)
		}
		if err := config.check(c.home); err != nil {
			return fmt.Errorf("the image for %s: %w", arch, err)
		}
		root, err := b.mount(ctx, arch)
		if err != nil {
			return err
		}
		if err := checkFiles(ctx, root); err != nil {
			return fmt.Errorf("the image for %s: %w", arch, err)
		}
		fmt.Printf("linux/%s: the image has its configuration and its files\n", arch)
		if arch != host.Arch {
			continue
		}
		if err := c.startContainers(ctx, &container{root, config}); err != nil {
			return err
		}
	}
	return nil
}

// buildah builds images in a folder of its own.
type buildah struct {
	folder string
	check  *check
}

func (b *buildah) args(args ...string) []string {
	return append([]string{"--root", filepath.Join(b.folder, "storage"), "--runroot", filepath.Join(b.folder, "run"), "--storage-driver", "vfs"}, args...)
}

// imageConfig is what an image says of itself, in the format of Docker: that of OCI has no
// health check.
type imageConfig struct {
	Architecture string
	Config       struct {
		User         string
		Env          []string
		Entrypoint   []string
		Cmd          []string
		Volumes      map[string]struct{}
		ExposedPorts map[string]struct{}
		Labels       map[string]string
		Healthcheck  struct{ Test []string }
	}
	RootFS struct {
		DiffIDs []string `json:"diff_ids"`
	}
}

// build builds the image for an architecture, twice, to see that its files are the same.
func (b *buildah) build(ctx context.Context, arch string) (config imageConfig, err error) {
	program, ok := b.check.binaries[release.Platform{OS: "linux", Arch: arch}]
	if !ok {
		return config, errors.New("the program was not built")
	}
	folder := filepath.Join(b.folder, "context-"+arch)
	for name, source := range map[string]string{
		"Dockerfile": "", "LICENSE": "", "THIRD_PARTY_LICENSES": "", filepath.Join("linux", arch, "papi-mcp"): program,
	} {
		if source == "" {
			source = filepath.Join(b.check.root, name)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o755); err != nil {
			return config, err
		}
		content, err := os.ReadFile(source)
		if err != nil {
			return config, err
		}
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return config, err
		}
	}
	_, date, err := b.check.commit(ctx)
	if err != nil {
		return config, err
	}
	committed, err := time.Parse(time.RFC3339, date)
	if err != nil {
		return config, err
	}
	var first []string
	for range 2 {
		if err := command(ctx, folder, "buildah", b.args("build", "--quiet", "--no-cache", "--isolation", "chroot", "--format", "docker",
			"--platform", "linux/"+arch, "--timestamp", strconv.FormatInt(committed.Unix(), 10), "--tag", "papi-mcp:"+arch, ".")...); err != nil {
			return config, err
		}
		out, err := output(ctx, folder, "buildah", b.args("inspect", "--type", "image", "--format", "{{.Config}}", "papi-mcp:"+arch)...)
		if err != nil {
			return config, err
		}
		if err := json.Unmarshal([]byte(out), &config); err != nil {
			return config, err
		}
		if first == nil {
			first = slices.Clone(config.RootFS.DiffIDs)
		}
	}
	if len(first) == 0 || !slices.Equal(first, config.RootFS.DiffIDs) || config.Architecture != arch {
		return config, fmt.Errorf("a second build has other files, or another architecture: %v, %v, %s", first, config.RootFS.DiffIDs, config.Architecture)
	}
	return config, nil
}

// mount returns the root filesystem of the image for an architecture.
func (b *buildah) mount(ctx context.Context, arch string) (string, error) {
	if _, err := output(ctx, b.folder, "buildah", b.args("from", "--name", arch, "--pull-never", "papi-mcp:"+arch)...); err != nil {
		return "", err
	}
	root, err := output(ctx, b.folder, "buildah", b.args("mount", arch)...)
	return strings.TrimSpace(root), err
}

// check compares the configuration with what the documentation says of it.
func (i imageConfig) check(home release.Home) error {
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"user", i.Config.User, "65532:65532"},
		{"entrypoint", i.Config.Entrypoint, []string{"/papi-mcp"}},
		{"command", i.Config.Cmd, []string{"serve"}},
		{"volumes", i.Config.Volumes, map[string]struct{}{"/state": {}}},
		{"ports", i.Config.ExposedPorts, map[string]struct{}{"8080/tcp": {}}},
		{"health check", i.Config.Healthcheck.Test, []string{"CMD", "/papi-mcp", "healthcheck"}},
		{"name in the MCP registry", i.Config.Labels["io.modelcontextprotocol.server.name"], home.MCPName()},
		{"version", i.Config.Labels["org.opencontainers.image.version"], home.Version},
		{"source", i.Config.Labels["org.opencontainers.image.source"], home.URL()},
		{"license", i.Config.Labels["org.opencontainers.image.licenses"], "Apache-2.0"},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			return fmt.Errorf("%s: %v, and not %v", c.what, c.got, c.want)
		}
	}
	return nil
}

// checkFiles checks that a root filesystem has the program, the licenses and an empty folder
// for state, and that this folder alone belongs to the image's user.
func checkFiles(ctx context.Context, root string) error {
	const want = `./licenses 755 0:0
./licenses/LICENSE 644 0:0
./licenses/THIRD_PARTY_LICENSES 644 0:0
./papi-mcp 755 0:0
./state 755 65532:65532
`
	out, err := output(ctx, root, "find", ".", "-mindepth", "1", "-printf", "%p %m %U:%G\n")
	if got := strings.Join(slices.Sorted(strings.Lines(out)), ""); err == nil && got != want {
		err = fmt.Errorf("it has these files:\n%s", got)
	}
	return err
}

// container runs programs in the root filesystem of an image.
type container struct {
	root   string
	config imageConfig
}

// run returns the command line that runs a program of the image as process 1 of a
// container. The root filesystem is read-only, except for the volume.
func (n *container) run(args ...string) []string {
	const script = `set -e
root=$1; shift
mkdir -p "$root/proc"
mount --bind "$root" "$root"
mount --bind "$root/state" "$root/state"
mount -t proc proc "$root/proc"
mount -o remount,bind,ro "$root"
exec chroot --userspec=65532:65532 "$root" "$@"`
	// The variables are those of the image, and no others.
	start := append([]string{"env", "-i", "PATH=" + os.Getenv("PATH")}, n.config.Config.Env[1:]...)
	return append(append(start, "unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, "sh", n.root), args...)
}

// startContainers starts the image in the ways in which the documentation does.
func (c *check) startContainers(ctx context.Context, n *container) error {
	if len(n.config.Config.Env) == 0 || !strings.HasPrefix(n.config.Config.Env[0], "PATH=") {
		return fmt.Errorf("the image's variables are %v", n.config.Config.Env)
	}
	if err := c.client(ctx, n.run("/papi-mcp", "serve", "--sandbox")...); err != nil {
		return err
	}
	// There are no certificates of authorities, and /state can be written.
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"doctor", "--sandbox"}, "those that are built into papi-mcp are trusted"},
		{[]string{"call", "webhook_list", "--sandbox-name", "kept"}, `"rows":[]`},
		{[]string{"sandbox", "list"}, "kept"},
	} {
		line := n.run(append([]string{"/papi-mcp"}, step.args...)...)
		out, err := output(ctx, c.tmp, line[0], line[1:]...)
		if err != nil {
			return err
		}
		if !strings.Contains(out, step.want) {
			return fmt.Errorf("papi-mcp %s prints %q, without %q", strings.Join(step.args, " "), out, step.want)
		}
	}
	return n.health(ctx)
}

// health starts a server over HTTP, runs the image's health check next to it, and stops it
// as a container runtime does: by SIGTERM to process 1.
func (n *container) health(ctx context.Context) error {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		return err
	}
	line := n.run("/papi-mcp", "serve", "--sandbox", "--http", address, "--store", "/state/state.db", "--audit", "/state/audit.jsonl")
	server := exec.CommandContext(ctx, line[0], line[1:]...)
	server.Stderr = os.Stderr
	stdout, err := server.StdoutPipe()
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	defer func() { _ = server.Process.Kill() }() // it has ended, where all went well
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		return fmt.Errorf("the server did not start: %w", err)
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", server.Process.Pid))
	if err != nil {
		return err
	}
	first, err := strconv.Atoi(strings.TrimSpace(string(children)))
	if err != nil {
		return err
	}
	// Docker runs the health check in the container's namespaces. It gets the address from
	// the flags of process 1.
	inside := append([]string{"--target", strconv.Itoa(first), "--mount", "--pid", "--root", "--setuid", "65532", "--setgid", "65532"}, n.config.Config.Healthcheck.Test[1:]...)
	for want, args := range map[string][]string{"alive\n": inside, "ready\n": append(slices.Clip(inside), "--ready")} {
		got, err := output(ctx, ".", "nsenter", args...)
		if err == nil && got != want {
			err = fmt.Errorf("the health check prints %q, and not %q", got, want)
		}
		if err != nil {
			return err
		}
	}
	process, err := os.FindProcess(first)
	if err == nil {
		err = process.Signal(syscall.SIGTERM)
	}
	if err != nil {
		return err
	}
	if err := server.Wait(); err != nil {
		return fmt.Errorf("the server does not stop as it should: %w", err)
	}
	line = n.run("/papi-mcp", "healthcheck", "--http", address)
	unanswered := exec.CommandContext(ctx, line[0], line[1:]...)
	said, err := unanswered.CombinedOutput()
	if err == nil || unanswered.ProcessState.ExitCode() != 1 || !strings.Contains(string(said), "nothing accepts connections") {
		return fmt.Errorf("the health check of a server that has stopped ends with %s: %s", unanswered.ProcessState, said)
	}
	fmt.Println("the container is healthy while it serves, and not healthy when nothing does")
	return nil
}
