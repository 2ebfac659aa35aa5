package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// packagedFiles are what the .deb and the .rpm install, besides folders.
var packagedFiles = []string{
	"/etc/papi-mcp/environment",
	"/etc/papi-mcp/papi-mcp.yaml",
	"/usr/bin/papi-mcp",
	"/usr/lib/systemd/system/papi-mcp.service",
	"/usr/lib/sysusers.d/papi-mcp.conf",
	"/usr/share/doc/papi-mcp/CHANGELOG.md",
	"/usr/share/doc/papi-mcp/README.md",
	"/usr/share/doc/papi-mcp/THIRD_PARTY_LICENSES",
	"/usr/share/doc/papi-mcp/copyright",
}

// packages reads the .deb and .rpm of both architectures with dpkg and rpm, installs those of
// this platform below a folder, starts the program, and checks the unit with systemd.
func packages(ctx context.Context, c *check) error {
	if host.OS != "linux" {
		return fmt.Errorf("packages can be installed on Linux only: run this there")
	}
	for _, needed := range [][2]string{{"dpkg", "dpkg"}, {"rpm", "rpm"}, {"systemd-analyze", "systemd"}} {
		if err := debian(ctx, needed[0], needed[1]); err != nil {
			return err
		}
	}
	for _, arch := range [][3]string{{"amd64", "amd64", "x86_64"}, {"arm64", "arm64", "aarch64"}} {
		name := filepath.Join(c.dist, fmt.Sprintf("papi-mcp_%s_linux_%s", c.home.Version, arch[0]))
		if err := c.deb(ctx, name+".deb", arch[1], arch[0] == host.Arch); err != nil {
			return fmt.Errorf("%s.deb: %w", name, err)
		}
		if err := c.rpm(ctx, name+".rpm", arch[2], arch[0] == host.Arch); err != nil {
			return fmt.Errorf("%s.rpm: %w", name, err)
		}
	}
	return nil
}

// deb checks a Debian package, and installs it if it is for this platform.
func (c *check) deb(ctx context.Context, file, arch string, install bool) error {
	const asked = "${Package} ${Version} ${Architecture} ${Maintainer}\n${Conffiles}"
	fields, err := output(ctx, c.tmp, "dpkg-deb", "--show", "--showformat", asked, file)
	if err != nil {
		return err
	}
	if want := fmt.Sprintf("papi-mcp %s %s the papi-mcp authors\n", c.home.Version, arch); !strings.HasPrefix(fields, want) {
		return fmt.Errorf("its fields are %q, and not %q", fields, want)
	}
	conffiles, err := output(ctx, c.tmp, "dpkg-deb", "--info", file, "conffiles")
	if err != nil {
		return err
	}
	if conffiles != "/etc/papi-mcp/environment\n/etc/papi-mcp/papi-mcp.yaml\n" {
		return fmt.Errorf("its configuration files are %q", conffiles)
	}
	if !install {
		folder := filepath.Join(c.tmp, "deb-"+arch)
		if err := command(ctx, c.tmp, "dpkg-deb", "--extract", file, folder); err != nil {
			return err
		}
		return sameFiles(folder, packagedFiles)
	}
	folder := filepath.Join(c.tmp, "deb-installed")
	if err := os.MkdirAll(filepath.Join(folder, "etc"), 0o755); err != nil {
		return err
	}
	dpkg := []string{"--root=" + folder, "--force-not-root,script-chrootless,depends", "--log=/dev/null"}
	if err := os.MkdirAll(filepath.Join(folder, "var/lib/dpkg/updates"), 0o755); err != nil {
		return err
	}
	for _, list := range []string{"status", "available"} {
		if err := os.WriteFile(filepath.Join(folder, "var/lib/dpkg", list), nil, 0o644); err != nil {
			return err
		}
	}
	if err := command(ctx, c.tmp, "dpkg", append(dpkg, "--install", file)...); err != nil {
		return err
	}
	if err := sameFiles(folder, packagedFiles); err != nil {
		return err
	}
	if err := c.installed(ctx, folder); err != nil {
		return err
	}
	if err := command(ctx, c.tmp, "dpkg", append(dpkg, "--purge", "papi-mcp")...); err != nil {
		return err
	}
	return sameFiles(folder, nil)
}

// rpm checks an RPM package, and installs it if it is for this platform.
func (c *check) rpm(ctx context.Context, file, arch string, install bool) error {
	fields, err := output(ctx, c.tmp, "rpm", "--query", "--package", "--queryformat", "%{NAME} %{VERSION} %{ARCH} %{LICENSE} %{VENDOR} %{BUILDHOST}", file)
	if err != nil {
		return err
	}
	if want := fmt.Sprintf("papi-mcp %s %s Apache-2.0 the papi-mcp authors release", c.home.Version, arch); fields != want {
		return fmt.Errorf("its fields are %q, and not %q", fields, want)
	}
	configuration, err := output(ctx, c.tmp, "rpm", "--query", "--package", "--configfiles", file)
	if err != nil {
		return err
	}
	if configuration != "/etc/papi-mcp/environment\n/etc/papi-mcp/papi-mcp.yaml\n" {
		return fmt.Errorf("its configuration files are %q", configuration)
	}
	if err := command(ctx, c.tmp, "rpm", "--checksig", "--nosignature", file); err != nil {
		return err
	}
	if !install {
		return nil
	}
	folder := filepath.Join(c.tmp, "rpm-installed")
	rpm := []string{"--root", folder, "--dbpath", "/var/lib/rpm"}
	if err := command(ctx, c.tmp, "rpm", append(rpm, "--initdb")...); err != nil {
		return err
	}
	// The scripts need a shell in the folder, and are those of the .deb. Debian's rpm asks for
	// --force-debian.
	if err := command(ctx, c.tmp, "rpm", append(rpm, "--install", "--nodeps", "--noscripts", "--force-debian", file)...); err != nil {
		return err
	}
	if err := sameFiles(folder, packagedFiles); err != nil {
		return err
	}
	return c.installed(ctx, folder)
}

// sameFiles checks that a folder has certain files, besides the package manager's own and
// those that the creation of a user leaves.
func sameFiles(folder string, want []string) error {
	var got []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name := strings.TrimPrefix(path, folder)
		own := slices.ContainsFunc([]string{"/var/lib/", "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/.pwd.lock"}, func(prefix string) bool {
			return strings.HasPrefix(name, prefix)
		})
		if !own {
			got = append(got, name)
		}
		return nil
	})
	if err == nil && !slices.Equal(got, want) {
		err = fmt.Errorf("it has the files %q, and not %q", got, want)
	}
	return err
}

// installed checks what a package has installed below a folder: the program starts, and
// systemd accepts the unit and considers it confined.
func (c *check) installed(ctx context.Context, folder string) error {
	program := filepath.Join(folder, "usr/bin/papi-mcp")
	if err := c.versions(ctx, program, c.home.Version); err != nil {
		return err
	}
	if err := c.client(ctx, program, "serve", "--sandbox"); err != nil {
		return err
	}
	unit, err := os.ReadFile(filepath.Join(folder, "usr/lib/systemd/system/papi-mcp.service"))
	if err != nil {
		return err
	}
	// systemd looks for the program where the unit has it.
	below := filepath.Join(folder, "papi-mcp.service")
	if err := os.WriteFile(below, []byte(strings.ReplaceAll(string(unit), "/usr/bin/papi-mcp", program)), 0o644); err != nil {
		return err
	}
	defer func() { _ = os.Remove(below) }()
	out, err := exec.CommandContext(ctx, "systemd-analyze", "verify", below).CombinedOutput()
	if err != nil || len(out) > 0 {
		return fmt.Errorf("systemd-analyze verify: %w: %s", err, out)
	}
	// 15 is an exposure of 1.5, on a scale to 10.
	exposure, err := output(ctx, c.tmp, "systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=15", below)
	if err != nil {
		return fmt.Errorf("%w: %s", err, exposure)
	}
	lines := strings.Split(strings.TrimSpace(exposure), "\n")
	fmt.Println(lines[len(lines)-1])
	return nil
}
