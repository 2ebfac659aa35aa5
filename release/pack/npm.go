package main

import (
	"fmt"
	"path/filepath"

	"papi-mcp/release"
)

// packNPM writes the npm packages into out/npm, for which each platform must have its
// program. They are published in the order in which they are printed.
func packNPM(home release.Home, binaries release.Binaries, out string) error {
	for platform := range release.NPMPlatforms {
		if binaries[platform] == "" {
			return fmt.Errorf("npm: there is no program for %v", platform)
		}
	}
	folders, err := release.WriteNPMPackages(home, ".", binaries, filepath.Join(out, "npm"))
	if err != nil {
		return err
	}
	for _, folder := range folders {
		fmt.Println(folder)
	}
	return nil
}
