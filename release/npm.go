package release

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

var (
	//go:embed npm/launcher.js
	npmLauncher []byte
	//go:embed npm/README.md
	npmReadme string
)

// NPMPlatforms has, for each platform with a package of its own, its system and architecture
// as Node.js names them. "os" and "cpu" of a package.json have these names.
var NPMPlatforms = map[Platform]Platform{
	{"linux", "amd64"}:   {"linux", "x64"},
	{"linux", "arm64"}:   {"linux", "arm64"},
	{"darwin", "amd64"}:  {"darwin", "x64"},
	{"darwin", "arm64"}:  {"darwin", "arm64"},
	{"windows", "amd64"}: {"win32", "x64"},
	{"windows", "arm64"}: {"win32", "arm64"},
}

// npmPackage is the package.json of a package.
type npmPackage struct {
	Name                 string            `json:"name"`
	Version              string            `json:"version"`
	Description          string            `json:"description"`
	Keywords             []string          `json:"keywords,omitempty"`
	MCPName              string            `json:"mcpName,omitempty"`
	License              string            `json:"license"`
	Author               string            `json:"author"`
	Homepage             string            `json:"homepage"`
	Repository           map[string]string `json:"repository"`
	Bugs                 string            `json:"bugs"`
	OS                   []string          `json:"os,omitempty"`
	CPU                  []string          `json:"cpu,omitempty"`
	Bin                  map[string]string `json:"bin,omitempty"`
	Files                []string          `json:"files"`
	Engines              map[string]string `json:"engines"`
	OptionalDependencies map[string]string `json:"optionalDependencies,omitempty"`
	// PreferUnplugged keeps Yarn from leaving a program in an archive, where it can't be started.
	PreferUnplugged bool              `json:"preferUnplugged,omitempty"`
	PublishConfig   map[string]string `json:"publishConfig"`
}

func (h Home) npmPackage(name string) npmPackage {
	return npmPackage{
		Name: name, Version: h.Version, Description: h.Description(),
		License: "Apache-2.0", Author: "the papi-mcp authors",
		Homepage: h.URL(), Bugs: h.URL() + "/issues",
		Repository:    map[string]string{"type": "git", "url": "git+" + h.URL() + ".git"},
		Engines:       map[string]string{"node": ">=18"},
		PublishConfig: map[string]string{"access": "public"}, // one with a scope is private otherwise
	}
}

// WriteNPMPackages writes the npm packages, each into its folder below folder: one for each
// platform that has a program, and the one that npx starts, with a launcher and those as
// optional dependencies. The licenses are those in root. It returns the folders in the order
// in which they must be published.
func WriteNPMPackages(home Home, root string, binaries Binaries, folder string) ([]string, error) {
	var written []string
	write := func(pkg npmPackage, texts map[string][]byte, copies map[string]string) error {
		path := filepath.Join(folder, filepath.Base(pkg.Name))
		if err := os.RemoveAll(path); err != nil { // of an earlier run
			return err
		}
		manifest, err := json.MarshalIndent(pkg, "", "  ")
		if err != nil {
			return err
		}
		texts["package.json"] = append(manifest, '\n')
		for name, source := range copies {
			if texts[name], err = os.ReadFile(source); err != nil {
				return err
			}
		}
		for name, content := range texts {
			if err := writeFile(path, name, content); err != nil {
				return err
			}
		}
		written = append(written, path)
		return nil
	}

	license := filepath.Join(root, "LICENSE")
	main := home.npmPackage(home.NPMPackage())
	main.MCPName = home.MCPName()
	main.Keywords = []string{"mcp", "mcp-server", "modelcontextprotocol", "sinch", "whatsapp", "rcs", "kakaotalk", "sms"}
	main.Bin = map[string]string{"papi-mcp": "launcher.js"}
	main.Files = []string{"launcher.js"}
	main.OptionalDependencies = map[string]string{}
	inOrder := slices.SortedFunc(maps.Keys(NPMPlatforms), func(a, b Platform) int {
		return cmp.Or(strings.Compare(a.OS, b.OS), strings.Compare(a.Arch, b.Arch))
	})
	for _, platform := range inOrder {
		binary, node := binaries[platform], NPMPlatforms[platform]
		if binary == "" {
			continue
		}
		pkg := home.npmPackage(main.Name + "-" + node.OS + "-" + node.Arch)
		main.OptionalDependencies[pkg.Name] = pkg.Version
		pkg.Description = fmt.Sprintf("The program of %s for %s on %s", main.Name, node.OS, node.Arch)
		pkg.OS, pkg.CPU, pkg.PreferUnplugged = []string{node.OS}, []string{node.Arch}, true
		program := "bin/papi-mcp"
		if node.OS == "win32" {
			program += ".exe"
		}
		pkg.Files = []string{program, "THIRD_PARTY_LICENSES"}
		readme := fmt.Sprintf("The program of [papi-mcp](%s) for %s on %s. Install `%s`, which depends on it.\n", home.URL(), node.OS, node.Arch, main.Name)
		err := write(pkg, map[string][]byte{"README.md": []byte(readme)},
			map[string]string{program: binary, "LICENSE": license, "THIRD_PARTY_LICENSES": filepath.Join(root, "THIRD_PARTY_LICENSES")})
		if err != nil {
			return nil, err
		}
	}
	if len(main.OptionalDependencies) == 0 {
		return nil, fmt.Errorf("there is no program to put into an npm package: build it first")
	}
	readme, err := render("npm/README.md", npmReadme, home)
	if err != nil {
		return nil, err
	}
	err = write(main, map[string][]byte{"launcher.js": npmLauncher, "README.md": readme}, map[string]string{"LICENSE": license})
	return written, err
}
