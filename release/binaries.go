package release

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Platform is a system and an architecture as Go names them, such as linux and arm64. The
// architecture "all" is a macOS program for both.
type Platform struct{ OS, Arch string }

// Binaries has the path of the program for each platform that it was built for.
type Binaries map[Platform]string

// Artifact is a file that GoReleaser has made.
type Artifact struct {
	Name   string
	Path   string
	Type   string // as GoReleaser names it: Binary, Universal Binary, Archive, Linux Package, SBOM, Checksum
	Goos   string
	Goarch string
}

// ReadArtifacts returns GoReleaser's list of what is in its dist folder. It fails where
// there is none.
func ReadArtifacts(dist string) ([]Artifact, error) {
	file := filepath.Join(dist, "artifacts.json")
	list, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%w: run goreleaser first", err)
	}
	var artifacts []Artifact
	if err := json.Unmarshal(list, &artifacts); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for i, artifact := range artifacts {
		// Paths are relative to the folder that GoReleaser ran in.
		artifacts[i].Path = filepath.Join(filepath.Dir(dist), filepath.FromSlash(artifact.Path))
	}
	return artifacts, nil
}

// ReadBinaries returns the programs that GoReleaser has left in its dist folder.
func ReadBinaries(dist string) (Binaries, error) {
	artifacts, err := ReadArtifacts(dist)
	if err != nil {
		return nil, err
	}
	binaries := Binaries{}
	for _, artifact := range artifacts {
		if artifact.Type == "Binary" || artifact.Type == "Universal Binary" {
			binaries[Platform{artifact.Goos, artifact.Goarch}] = artifact.Path
		}
	}
	if len(binaries) == 0 {
		return nil, fmt.Errorf("%s lists no program", filepath.Join(dist, "artifacts.json"))
	}
	return binaries, nil
}

// LinkerFlags returns the flags with which the Go linker puts a version, a commit and its
// date into the program. They are in .goreleaser.yaml too, which is rendered with them.
func (Home) LinkerFlags(version, commit, date string) string {
	const variable = " -X papi-mcp/internal/cli."
	return "-s -w" + variable + "release=" + version + variable + "commit=" + commit + variable + "date=" + date
}
