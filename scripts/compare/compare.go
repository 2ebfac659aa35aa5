// Package compare has what the comparisons of papi-mcp with a minimal mcp-go server
// share.
package compare

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// Build builds the minimal server in the folder dir, and papi-mcp unless its binary
// is given.
func Build(dir, given string) (minimal, binary string, err error) {
	minimal = filepath.Join(dir, "bare")
	if err := build(minimal, "./scripts/bare"); err != nil || given != "" {
		return minimal, given, err
	}
	binary = filepath.Join(dir, "papi-mcp")
	return minimal, binary, build(binary, ".")
}

func build(binary, pkg string) error {
	cmd := exec.Command("go", "build", "-o", binary, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build %s: %w", pkg, err)
	}
	return nil
}

// Median returns the median of values, which it sorts.
func Median[T cmp.Ordered](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}
