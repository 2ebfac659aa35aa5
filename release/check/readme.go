package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"papi-mcp/internal/clientconfig"
	"papi-mcp/release"
)

// readme takes the lines of the README on the installation, and runs them as they are
// written, as a user for whom the addresses in them lead to what this run has built. What
// can't be run here (an installation into this system, Docker, a client) is parsed, and its
// parts are compared with what was built. A line that is not known is an error. With --quick,
// and on another system than that of the lines, those that need a file of the release are
// left out.
func readme(ctx context.Context, c *check) error {
	raw, err := os.ReadFile(filepath.Join(c.root, "README.md"))
	if err != nil {
		return err
	}
	_, section, _ := strings.Cut(string(raw), "<!-- install:begin")
	section, _, found := strings.Cut(section, "<!-- install:end -->")
	if !found {
		return fmt.Errorf("README.md has no part on the installation")
	}
	user, closeDownloads, err := c.newcomer(ctx)
	if err != nil {
		return err
	}
	defer closeDownloads()
	scripts := scriptsOf(section)
	if len(scripts) < 3 {
		return fmt.Errorf("README.md has %d ways of an installation: are they written in another way?", len(scripts))
	}
	for _, script := range scripts {
		if err := user.run(ctx, script); err != nil {
			return err
		}
	}
	if err := user.addedToClient(ctx); err != nil {
		return err
	}
	for _, link := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(section, -1) {
		if err := user.link(link[1]); err != nil {
			return err
		}
	}
	return nil
}

// scriptsOf returns the lines of each code block, and each command in the text as one of
// its own.
func scriptsOf(section string) [][]string {
	var scripts [][]string
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)\n```").FindAllStringSubmatch(section, -1)
	for _, block := range blocks {
		scripts = append(scripts, strings.Split(block[1], "\n"))
	}
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		for _, code := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(line, -1) {
			scripts = append(scripts, []string{code[1]})
		}
	}
	return scripts
}

// newcomer is a user who installs the program by the README.
type newcomer struct {
	*npmUser
	check *check
}

// newcomer returns a user whose npm, curl and git find the release on loopback, or in the
// clone.
func (c *check) newcomer(ctx context.Context) (*newcomer, func(), error) {
	user, err := c.npmRegistry.user(c.tmp)
	if err != nil {
		return nil, nil, err
	}
	address, err := url.Parse(c.home.URL())
	if err != nil {
		return nil, nil, err
	}
	downloads := httptest.NewTLSServer(http.StripPrefix(address.Path+"/releases/download/v"+c.home.Version+"/", http.FileServer(http.Dir(c.dist))))
	files := map[string]string{
		".curlrc":    fmt.Sprintf("connect-to = %q\ninsecure\nnoproxy = \"*\"\nsilent\nshow-error\n", address.Host+":443:"+downloads.Listener.Addr().String()),
		".gitconfig": fmt.Sprintf("[url %q]\n\tinsteadOf = %s\n", filepath.ToSlash(c.root), c.home.URL()),
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(user.home, name), []byte(content), 0o600); err != nil {
			return nil, nil, err
		}
	}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} { // which depend on the home folder
		value, err := output(ctx, c.root, "go", "env", name)
		if err != nil {
			return nil, nil, err
		}
		user.variables = append(user.variables, name+"="+strings.TrimSpace(value))
	}
	// What the first step has compiled is used again.
	user.variables = append(user.variables, "GOFLAGS=-trimpath", "CGO_ENABLED=0", "CURL_HOME="+user.home, "GIT_CONFIG_GLOBAL="+filepath.Join(user.home, ".gitconfig"))
	return &newcomer{user, c}, downloads.Close, nil
}

// needsRelease are the programs for lines that need a file of the release.
var needsRelease = []string{"curl", "sha256sum", "tar", "sudo"}

// run runs the lines of a script, in a folder of their own.
func (n *newcomer) run(ctx context.Context, script []string) error {
	folder, err := os.MkdirTemp(n.home, "folder-")
	if err != nil {
		return err
	}
	if left := n.check.quick || host != (release.Platform{OS: "linux", Arch: "amd64"}); left && slices.ContainsFunc(script, func(line string) bool {
		return slices.Contains(needsRelease, strings.Fields(line)[0])
	}) {
		fmt.Printf("left out, as it needs a release, and Linux on amd64:\n  %s\n", strings.Join(script, "\n  "))
		return nil
	}
	for _, line := range script {
		fmt.Println(line)
		for command := range strings.SplitSeq(line, " && ") {
			words := strings.Fields(command)
			switch words[0] {
			case "npx", "curl", "sha256sum", "tar", "git", "go", "./papi-mcp":
				code := 0
				if words[len(words)-1] == "init" { // it asks, and there is no terminal
					code = 2
				}
				_, err = n.runIn(ctx, folder, code, words...)
			case "cd":
				folder = filepath.Join(folder, words[1])
			case "sudo":
				err = n.install(ctx, folder, words[1:])
			case "docker":
				err = n.container(ctx, words)
			case "claude":
				err = n.plugin(words)
			case "gemini":
				if want := "gemini extensions install " + n.check.home.URL(); command != want {
					err = fmt.Errorf("want %q", want)
				}
			default:
				err = fmt.Errorf("nothing runs or reads this line: add its program to release/check/readme.go")
			}
			if err != nil {
				return fmt.Errorf("%s: %w", command, err)
			}
		}
	}
	return nil
}

// addedToClient starts the server that init has added to the client, as the client does.
func (n *newcomer) addedToClient(ctx context.Context) error {
	raw, err := os.ReadFile(filepath.Join(n.home, ".claude.json"))
	if err != nil {
		return fmt.Errorf("no line of the README has added the server to Claude Code: %w", err)
	}
	var file struct {
		MCPServers map[string]struct {
			Command string
			Args    []string
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return err
	}
	entry := file.MCPServers["papi"]
	fmt.Println("in the client:", entry.Command, strings.Join(entry.Args, " "))
	if entry.Command != "npx" || !slices.Contains(entry.Args, n.check.home.NPMPackage()+"@"+n.check.home.Version) {
		return fmt.Errorf("the client has the command %s %q, want npx with this version", entry.Command, entry.Args)
	}
	return n.starts(ctx, append([]string{entry.Command}, entry.Args...)...)
}

// starts checks that a command starts a server, which ends with its input.
func (n *newcomer) starts(ctx context.Context, server ...string) error {
	return ends(n.command(ctx, server...), func(_ *os.Process, stdin io.Closer) error { return stdin.Close() }, 0)
}

// install reads a line that installs a package into this system: apt resolves what it
// depends on but installs nothing, and the program is unpacked and started. The package for
// dnf was built, and what is in it is another step.
func (n *newcomer) install(ctx context.Context, folder string, words []string) error {
	if len(words) != 3 || words[1] != "install" {
		return fmt.Errorf("this is no installation of one package")
	}
	switch words[0] {
	case "apt":
		if _, err := n.runIn(ctx, folder, 0, "apt-get", "--simulate", "install", words[2]); err != nil {
			return err
		}
		if _, err := n.runIn(ctx, folder, 0, "dpkg-deb", "-x", words[2], "root"); err != nil {
			return err
		}
		_, err := n.runIn(ctx, folder, 0, "./root/usr/bin/papi-mcp", "--version")
		return err
	case "dnf":
		return n.link(words[2])
	}
	return fmt.Errorf("%s is not known", words[0])
}

// container reads a line that starts the image, and starts the program with its arguments.
// The step of the image starts that.
func (n *newcomer) container(ctx context.Context, words []string) error {
	image := n.check.home.Image + ":" + n.check.home.Version
	at := slices.Index(words, image)
	if at < 0 || words[1] != "run" {
		return fmt.Errorf("it does not run the image %s", image)
	}
	for options := words[2:at]; len(options) > 0; options = options[1:] {
		switch options[0] {
		case "--rm", "-i":
		case "-v":
			if options = options[1:]; !regexp.MustCompile(`^[a-z-]+:/state$`).MatchString(options[0]) {
				return fmt.Errorf("the volume %s is not that of the image", options[0])
			}
		default:
			return fmt.Errorf("the option %s is not known here", options[0])
		}
	}
	if !slices.Contains(words[:at], "-i") {
		return fmt.Errorf("without -i the server has no input")
	}
	return n.starts(ctx, append([]string{n.check.binaries[host]}, words[at+1:]...)...)
}

// plugin reads a line that installs the plugin of Claude Code: from this repository, with
// the names in its manifests.
func (n *newcomer) plugin(words []string) error {
	raw, err := os.ReadFile(filepath.Join(n.check.root, ".claude-plugin", "marketplace.json"))
	if err != nil {
		return err
	}
	var marketplace struct {
		Name    string
		Plugins []struct{ Name string }
	}
	if err := json.Unmarshal(raw, &marketplace); err != nil {
		return err
	}
	lines := []string{"claude plugin marketplace add " + n.check.home.Owner + "/" + n.check.home.Repository}
	for _, plugin := range marketplace.Plugins {
		lines = append(lines, "claude plugin install "+plugin.Name+"@"+marketplace.Name)
	}
	if line := strings.Join(words, " "); !slices.Contains(lines, line) {
		return fmt.Errorf("want one of %q", lines)
	}
	return nil
}

// link checks a link of the section: to a file of the release, which a full check has built.
// The tests of the README check those to its pages.
func (n *newcomer) link(link string) error {
	for _, client := range []string{"vscode", "cursor"} { // decoded by the tests of clientconfig
		if link == clientconfig.Lookup(client).SandboxLink(n.check.home.NPMPackage()) {
			return nil
		}
	}
	if !strings.Contains(link, "://") {
		return nil
	}
	file, found := strings.CutPrefix(link, n.check.home.URL()+"/releases/download/v"+n.check.home.Version+"/")
	if !found {
		return fmt.Errorf("%s: nothing reads this link: add it to release/check/readme.go", link)
	}
	if n.check.quick {
		return nil
	}
	for _, folder := range []string{n.check.dist, n.check.packed()} {
		if _, err := os.Stat(filepath.Join(folder, path.Base(file))); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%s: the release has no file %s", link, file)
}
