// Package release renders the manifests by which the program is published: each has a
// template in templates/, at the path that it has in the repository, and gets its values
// from home.yaml. The rendered files are committed, since the places that read them (a
// plugin marketplace, an extension gallery, a registry) take them from the repository; a
// test keeps them up to date.
//
// The check of everything that a release publishes is in release/check.
package release

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

//go:embed home.yaml
var homeFile []byte

// Home is where the program is published.
type Home struct {
	Version    string `yaml:"version"` // of the next release, without v: 0.1.0
	Owner      string `yaml:"owner"`   // of the repository
	Repository string `yaml:"repository"`
	NPMScope   string `yaml:"npm-scope"` // without @
	Image      string `yaml:"image"`     // with its registry and without a tag
}

// ReadHome returns the values of home.yaml. A value that is missing or unknown is an error.
func ReadHome() (Home, error) {
	var home Home
	decoder := yaml.NewDecoder(bytes.NewReader(homeFile))
	decoder.KnownFields(true)
	if err := decoder.Decode(&home); err != nil {
		return Home{}, fmt.Errorf("release/home.yaml: %w", err)
	}
	for _, value := range home.values() {
		if value.value == "" {
			return Home{}, fmt.Errorf("release/home.yaml: %s is missing", value.name)
		}
	}
	return home, nil
}

type namedValue struct{ name, value string }

func (h Home) values() []namedValue {
	return []namedValue{
		{"version", h.Version}, {"owner", h.Owner}, {"repository", h.Repository},
		{"npm-scope", h.NPMScope}, {"image", h.Image},
	}
}

// URL returns the address of the repository.
func (h Home) URL() string {
	return "https://github.com/" + h.Owner + "/" + h.Repository
}

// Description says what the program is, in the 100 characters that the MCP registry allows.
func (Home) Description() string {
	return "Provision messaging channels with Sinch: WhatsApp, RCS, KakaoTalk, SMS. A guard checks each call."
}

// MCPName is the name of the server in the MCP registry, which requires it in the npm
// package and on the image too.
func (h Home) MCPName() string { return "io.github." + h.Owner + "/papi-mcp" }

// NPMPackage is the name of the npm package that npx starts. Those with the programs have
// its name with a platform.
func (h Home) NPMPackage() string { return "@" + h.NPMScope + "/papi-mcp" }

// placeholder returns the name of the first value that is still the placeholder, "" for none.
func (h Home) placeholder() string {
	for _, value := range h.values() {
		if value.value == "example" {
			return value.name
		}
	}
	return ""
}

// Published reports whether all values are set. Until then the lines of an installation lead
// to what others may have published under the placeholder's name.
func (h Home) Published() bool { return h.placeholder() == "" }

// CheckTag refuses a release from a tag such as v0.1.0: where a value of home.yaml is still
// the placeholder, and where the tag is not that of the version in home.yaml.
func (h Home) CheckTag(tag string) error {
	if name := h.placeholder(); name != "" {
		return fmt.Errorf(`release/home.yaml: %s is still "example": set where the program is published, and render the files that say so, as docs/release.md describes`, name)
	}
	if version, found := strings.CutPrefix(tag, "v"); !found || version != h.Version {
		return fmt.Errorf("the tag is %s, and release/home.yaml has version %s: tag v%s, or set the version and render the manifests again", tag, h.Version, h.Version)
	}
	return nil
}
