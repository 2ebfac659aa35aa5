package release

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// File is a file of a release.
type File struct{ Path, SHA256 string }

// Name is the name of the file, as it is downloaded.
func (f File) Name() string { return filepath.Base(f.Path) }

// Tool is a tool as `papi-mcp tools --json` has it.
type Tool struct{ Tool, Title string }

// DownloadURL is the address of a file of the release on GitHub.
func (h Home) DownloadURL(file string) string {
	return h.URL() + "/releases/download/v" + h.Version + "/" + file
}

//go:embed bundle/manifest.json
var bundleManifest string

// bundleArchitectures has the platforms of each bundle: a bundle knows systems and not
// architectures, so there are two, and a universal program for macOS is in both.
var bundleArchitectures = map[string][]Platform{
	"amd64": {{"linux", "amd64"}, {"windows", "amd64"}, {"darwin", "all"}},
	"arm64": {{"linux", "arm64"}, {"windows", "arm64"}, {"darwin", "all"}},
}

// BundleFolder is the content of a bundle for the clients that install .mcpb files.
type BundleFolder struct {
	Path    string
	Arch    string
	File    string     // the name of the bundle
	Missing []Platform // the platforms for which there is no program
}

// WriteBundles writes the content of the bundles, each into its folder below folder, with
// the programs that there are. The licenses are those in root.
func WriteBundles(home Home, root string, binaries Binaries, tools []Tool, folder string) ([]BundleFolder, error) {
	var written []BundleFolder
	for _, arch := range []string{"amd64", "arm64"} {
		name := "papi-mcp_" + home.Version + "_" + arch
		bundle := BundleFolder{Path: filepath.Join(folder, name), Arch: arch, File: name + ".mcpb"}
		copies := map[string]string{
			"LICENSE":              filepath.Join(root, "LICENSE"),
			"THIRD_PARTY_LICENSES": filepath.Join(root, "THIRD_PARTY_LICENSES"),
		}
		var systems []string
		for _, platform := range bundleArchitectures[arch] {
			binary := binaries[platform]
			if binary == "" {
				bundle.Missing = append(bundle.Missing, platform)
				continue
			}
			system, ending := platform.OS, ""
			if system == "windows" { // which manifests name as Node.js does
				system, ending = "win32", ".exe"
			}
			systems = append(systems, system)
			program := "server/" + system + "/papi-mcp" + ending
			copies[program] = binary
		}
		if len(systems) == 0 {
			continue // in a quick check; in a release the other bundle lacks the program for macOS
		}
		text, err := render("bundle/manifest.json", bundleManifest, manifest{Home: home, Platforms: systems, Tools: tools})
		if err != nil {
			return nil, err
		}
		if err := os.RemoveAll(bundle.Path); err != nil {
			return nil, err
		}
		if err := writeFile(bundle.Path, "manifest.json", text); err != nil {
			return nil, err
		}
		for name, source := range copies {
			content, err := os.ReadFile(source)
			if err != nil {
				return nil, err
			}
			if err := writeFile(bundle.Path, name, content); err != nil {
				return nil, err
			}
		}
		written = append(written, bundle)
	}
	if len(written) == 0 {
		return nil, fmt.Errorf("there is no program for a bundle: build it first")
	}
	return written, nil
}

// writeFile writes a file of a bundle or of an npm package.
func writeFile(folder, name string, content []byte) error {
	file := filepath.Join(folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, content, modeOf(name))
}

// modeOf returns the mode of a file of a bundle or of an npm package: programs, which are in
// a folder of their own, are executable.
func modeOf(name string) os.FileMode {
	if strings.HasPrefix(name, "server/") || strings.HasPrefix(name, "bin/") {
		return 0o755
	}
	return 0o644
}

// PackBundle validates the folder of a bundle and packs it into a file below folder, by the
// official tool in root/release/bundle (npm ci).
func PackBundle(ctx context.Context, root string, bundle BundleFolder, folder string) (File, error) {
	tool := filepath.Join(root, "release", "bundle", "node_modules", "@anthropic-ai", "mcpb", "dist", "cli", "cli.js")
	if _, err := os.Stat(tool); err != nil {
		return File{}, fmt.Errorf("%w: run npm ci --prefix release/bundle first", err)
	}
	packed := filepath.Join(folder, bundle.File)
	cmd := exec.CommandContext(ctx, "node", tool, "pack", bundle.Path, packed)
	if out, err := cmd.CombinedOutput(); err != nil {
		return File{}, fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	if err := normalize(packed); err != nil {
		return File{}, fmt.Errorf("%s: %w", packed, err)
	}
	return Hashed(packed)
}

// normalize gives each entry of a zip file the same time and the mode that it needs, so that
// the same content is the same file: the tool writes the time at which it ran, and on Windows
// no modes, without which a program does not start elsewhere.
func normalize(file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	packed, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return err
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, entry := range packed.File {
		raw, err := entry.OpenRaw()
		if err != nil {
			return err
		}
		header := entry.FileHeader
		header.Extra = nil
		header.ModifiedDate, header.ModifiedTime = 1<<5|1, 0 //nolint:staticcheck // CreateRaw writes these: 1980-01-01, the first day of this format
		header.SetMode(modeOf(path.Clean(header.Name)))
		to, err := w.CreateRaw(&header)
		if err != nil {
			return err
		}
		if _, err := io.Copy(to, raw); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

// Hashed returns a file of a release, with the hash of its content.
func Hashed(path string) (File, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return File{}, err
	}
	sum := sha256.Sum256(content)
	return File{path, hex.EncodeToString(sum[:])}, nil
}
