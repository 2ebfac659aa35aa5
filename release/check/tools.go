package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// The programs that build a release. Their versions are nowhere else: the workflow installs
// them by --tools.
const (
	goReleaser = "github.com/goreleaser/goreleaser/v2@v2.16.0" // the newest that builds with Go 1.26.0
	cycloneDX  = "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0"
	publisher  = "github.com/modelcontextprotocol/registry/cmd/publisher@v" + mcpRegistryVersion
)

// installTools installs the programs that build a release into a folder.
func installTools(ctx context.Context, folder string) error {
	for _, tool := range []string{goReleaser, cycloneDX, publisher} {
		if _, err := install(ctx, folder, tool); err != nil {
			return err
		}
	}
	return nil
}

// tool returns the path of a Go program, given as package@version. It is built once in a run.
func (c *check) tool(ctx context.Context, pkg string) (string, error) {
	return install(ctx, filepath.Join(c.tmp, "bin"), pkg)
}

func install(ctx context.Context, folder, pkg string) (string, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	name, _, _ := strings.Cut(pkg, "@")
	base := path.Base(name)
	if base == "v2" {
		base = path.Base(path.Dir(name))
	}
	program := filepath.Join(folder, base+executable(host.OS))
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	// An SBOM has the hash of the program that wrote it, so that is built reproducibly too.
	return program, commandWith(ctx, folder, []string{"GOBIN=" + folder, "CGO_ENABLED=0"}, "go", "install", "-trimpath", pkg)
}

// moduleFolder returns the folder of a module, given as path@version, after its download.
// It is how a schema that is published as a file of a module is read.
func moduleFolder(ctx context.Context, module string) (string, error) {
	out, err := output(ctx, os.TempDir(), "go", "mod", "download", "-json", module)
	if err != nil {
		return "", err
	}
	var downloaded struct{ Dir string }
	if err := json.Unmarshal([]byte(out), &downloaded); err != nil {
		return "", err
	}
	return downloaded.Dir, nil
}

// debian installs a Debian package if its program is missing and this is Debian's root.
func debian(ctx context.Context, program, pkg string) error {
	if _, err := exec.LookPath(program); err == nil {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("%s is missing: install it (Debian: apt install %s), or run this as root on Debian", program, pkg)
	}
	if err := command(ctx, ".", "apt-get", "update", "-q"); err != nil {
		return err
	}
	return command(ctx, ".", "apt-get", "install", "-q", "-y", "--no-install-recommends", pkg)
}
