package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// release, commit and date are set by the build of a release, with -ldflags -X. Without
// them the version is dev, and the commit and its date are those that Go records in a
// build from a git work tree.
var (
	release = "dev"
	commit  string
	date    string // RFC 3339
)

// build says what a program was built from.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`   // the first 12 digits
	Modified bool   `json:"modified,omitempty"` // there were changes that are not in the commit
	Date     string `json:"date,omitempty"`     // of the commit, or of the release
	API      string `json:"apiVersion"`         // of the contract
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

// thisBuild returns what is known of this program.
func thisBuild() build {
	info, _ := debug.ReadBuildInfo()
	return buildFrom(info)
}

// buildFrom returns what is known of a program. info is what Go has recorded in it, nil
// for nothing.
func buildFrom(info *debug.BuildInfo) build {
	b := build{Version: release, Commit: commit, Date: date, API: papi.ContractVersion, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	if info != nil && commit == "" {
		for _, setting := range info.Settings {
			switch setting.Key {
			case "vcs.revision":
				b.Commit = setting.Value
			case "vcs.time":
				b.Date = setting.Value
			case "vcs.modified":
				b.Modified = setting.Value == "true"
			}
		}
	}
	b.Commit = b.Commit[:min(len(b.Commit), 12)]
	return b
}

// String returns the build as a line: 1.2.0 (commit 0123456789ab, 2026-01-02T15:04:05Z, API 1.2.117).
func (b build) String() string {
	var known []string
	if b.Commit != "" {
		known = append(known, "commit "+b.Commit)
	}
	if b.Modified {
		known = append(known, "modified")
	}
	if b.Date != "" {
		known = append(known, b.Date)
	}
	return b.Version + " (" + strings.Join(append(known, "API "+b.API), ", ") + ")"
}

// Version returns the release, with the commit that it was built from if that is known.
func Version() string {
	b := thisBuild()
	if b.Commit == "" {
		return b.Version
	}
	return b.Version + " (" + b.Commit + ")"
}

func newVersion(s *streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit, its date and the API's version",
		Long: `Print which papi-mcp this is: its version ("dev" without the data of a release), the
commit that it was built from, the date, and the version of the API's contract in it.`,
		Example: `  papi-mcp version
  papi-mcp version --json`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			if asJSON {
				fmt.Fprintf(s.out, "%s\n", jsonvalue.Encode(b))
				return nil
			}
			fmt.Fprintf(s.out, "papi-mcp %s\n", b)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}
