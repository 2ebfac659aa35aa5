// Package listed has each tool as clients of a server with a default project get it
// in the list of tools. Its files are generated (go generate ./tools), so that the
// list needs no contract at run time, and a change of the interface shows in review.
package listed

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed *.json
var files embed.FS

// Tool returns the file of a tool: JSON without spaces, broken into indented lines. It
// is nil for a tool without a file.
func Tool(name string) []byte {
	file, err := files.ReadFile(name + ".json")
	if err != nil {
		return nil
	}
	return file
}

// Names returns the names of the tools that have a file, in alphabetical order.
func Names() []string {
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		panic("listed: " + err.Error()) // the pattern is a constant
	}
	for i, name := range names {
		names[i] = strings.TrimSuffix(name, ".json")
	}
	return names
}
