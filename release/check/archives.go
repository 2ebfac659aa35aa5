package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"papi-mcp/release"
)

// released are the platforms of a release.
var released = []release.Platform{
	{OS: "linux", Arch: "amd64"}, {OS: "linux", Arch: "arm64"},
	{OS: "darwin", Arch: "amd64"}, {OS: "darwin", Arch: "arm64"},
	{OS: "windows", Arch: "amd64"}, {OS: "windows", Arch: "arm64"},
}

// archives checks the archive of each platform and the checksums of all files, and starts the
// program in the archive for this one.
func archives(ctx context.Context, c *check) error {
	_, date, err := c.commit(ctx)
	if err != nil {
		return err
	}
	if err := checksums(c.dist); err != nil {
		return err
	}
	for _, platform := range released {
		name := fmt.Sprintf("papi-mcp_%s_%s_%s.tar.gz", c.home.Version, platform.OS, platform.Arch)
		if platform.OS == "windows" {
			name = strings.TrimSuffix(name, ".tar.gz") + ".zip"
		}
		files, err := unpack(filepath.Join(c.dist, name))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := c.contents(files, platform, date); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Println(name, "has its files, with the time of the commit")
		if platform != host {
			continue
		}
		unpacked := filepath.Join(c.tmp, "archive")
		if err := write(unpacked, files); err != nil {
			return err
		}
		program := filepath.Join(unpacked, "papi-mcp"+executable(host.OS))
		if err := c.versions(ctx, program, c.home.Version); err != nil {
			return err
		}
		if err := c.client(ctx, program, "serve", "--sandbox"); err != nil {
			return err
		}
	}
	return nil
}

// packed is a file in an archive.
type packed struct {
	name    string
	mode    os.FileMode
	owner   string // "" in a zip, which has none
	time    time.Time
	content []byte
}

// unpack returns the files of a .tar.gz or a .zip, in their order.
func unpack(file string) ([]packed, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(file, ".zip") {
		return unzip(raw)
	}
	stream, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	var files []packed
	for archive := tar.NewReader(stream); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return nil, err
		}
		files = append(files, packed{header.Name, header.FileInfo().Mode(), header.Uname + ":" + header.Gname, header.ModTime, content})
	}
}

func unzip(raw []byte) ([]packed, error) {
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, err
	}
	var files []packed
	for _, file := range archive.File {
		stream, err := file.Open()
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(stream)
		if err != nil {
			return nil, err
		}
		files = append(files, packed{file.Name, file.Mode(), "", file.Modified, content})
	}
	return files, nil
}

// contents checks what an archive has: the program of its platform and four texts of the
// clone, all with the time of the commit.
func (c *check) contents(files []packed, platform release.Platform, date string) error {
	program := "papi-mcp" + executable(platform.OS)
	want := map[string]string{program: c.binaries[platform]}
	for _, text := range []string{"README.md", "CHANGELOG.md", "LICENSE", "THIRD_PARTY_LICENSES"} {
		want[text] = filepath.Join(c.root, text)
	}
	if len(files) != len(want) {
		return fmt.Errorf("there are %d files, and not %d", len(files), len(want))
	}
	for _, file := range files {
		source, known := want[file.name]
		if !known {
			return fmt.Errorf("there is %s", file.name)
		}
		content, err := os.ReadFile(source)
		if err != nil {
			return err
		}
		if !bytes.Equal(content, file.content) {
			return fmt.Errorf("%s is not %s", file.name, source)
		}
		mode := os.FileMode(0o644)
		if file.name == program {
			mode = 0o755
		}
		if file.mode != mode || file.owner != "" && file.owner != "root:root" || file.time.UTC().Format(time.RFC3339) != date {
			return fmt.Errorf("%s has mode %o, owner %s, time %s; want mode %o, the owner root and the time of the commit", file.name, file.mode, file.owner, file.time, mode)
		}
	}
	return nil
}

// write writes the files of an archive into a folder.
func write(folder string, files []packed) error {
	for _, file := range files {
		name, err := filepath.Localize(file.name)
		if err != nil {
			return err
		}
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, file.content, file.mode.Perm()); err != nil {
			return err
		}
	}
	return nil
}

// checksums checks that checksums.txt has the hash of each archive, package and SBOM.
func checksums(dist string) error {
	artifacts, err := release.ReadArtifacts(dist)
	if err != nil {
		return err
	}
	list, err := os.ReadFile(filepath.Join(dist, "checksums.txt"))
	if err != nil {
		return err
	}
	hashes := map[string]string{}
	for line := range strings.Lines(string(list)) {
		hash, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		hashes[name] = hash
	}
	for _, artifact := range artifacts {
		if !slices.Contains([]string{"Archive", "Linux Package", "SBOM"}, artifact.Type) {
			continue
		}
		content, err := os.ReadFile(artifact.Path)
		if err != nil {
			return err
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(content)); hashes[artifact.Name] != got {
			return fmt.Errorf("checksums.txt has %q for %s, whose SHA-256 is %s", hashes[artifact.Name], artifact.Name, got)
		}
		delete(hashes, artifact.Name)
	}
	if len(hashes) > 0 {
		return fmt.Errorf("checksums.txt has files that are not released: %v", hashes)
	}
	return nil
}
