package release

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// decodeManifest reads a rendered manifest. It fails where it is not valid JSON.
func decodeManifest(t *testing.T, path string, into any) {
	t.Helper()
	manifests, err := Render(published)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(manifests[path], into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// checkVariables fails where a manifest does not ask for all settings, or does not hide
// exactly the secret.
func checkVariables(t *testing.T, manifest string, secretOf map[string]bool) {
	t.Helper()
	for _, s := range published.Settings() {
		if secret, found := secretOf[s.Variable]; !found || secret != s.Secret {
			t.Errorf("%s: %s is asked for: %v, hidden: %v", manifest, s.Variable, found, secret)
		}
	}
}

// The settings are documented variables, and the secret is hidden.
func TestSettings(t *testing.T) {
	raw, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range published.Settings() {
		documented := "`" + s.Variable + "`"
		if flag, found := strings.CutPrefix(s.Variable, "PAPI_MCP_"); found {
			documented = "`--" + strings.ToLower(flag) + "`"
		}
		if !strings.Contains(string(raw), documented) {
			t.Errorf("docs/configuration.md has no %s", documented)
		}
		if s.Secret != strings.HasSuffix(s.Variable, "_SECRET") || s.Title == "" || s.Description == "" || strings.Contains(s.Description, `"`) {
			t.Errorf("%+v", s)
		}
	}
}

// The MCP registry limits lengths and names, and takes npm packages with an exact version
// and images with a tag. Only a release has bundles.
func TestServerManifest(t *testing.T) {
	type variable struct {
		Name     string
		Value    *string
		IsSecret bool
	}
	var server struct {
		Schema      string `json:"$schema"`
		Name        string
		Title       string
		Description string
		Version     string
		Repository  struct{ URL, Source string }
		Packages    []struct {
			RegistryType, Identifier, Version, RuntimeHint, FileSha256 string
			Transport                                                  struct{ Type string }
			PackageArguments                                           []struct{ Type, Value string }
			EnvironmentVariables                                       []variable
		}
	}
	decodeManifest(t, "server.json", &server)
	if len(server.Packages) != 2 {
		t.Errorf("%d packages in the repository", len(server.Packages))
	}
	text, err := ServerManifest(published, []File{{"dist/a.mcpb", strings.Repeat("ab", 32)}, {"dist/b.mcpb", strings.Repeat("cd", 32)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &server); err != nil {
		t.Fatal(err)
	}
	for name, limited := range map[string]string{"title": server.Title, "description": server.Description} {
		if n := len([]rune(limited)); n == 0 || n > 100 {
			t.Errorf("the %s has %d characters", name, n)
		}
	}
	if !strings.HasSuffix(server.Schema, "/2025-12-11/server.schema.json") || server.Name != "io.github.the-owner/papi-mcp" || server.Version != "1.2.3" || server.Repository.Source != "github" {
		t.Errorf("%s", text)
	}
	var identifiers []string
	for _, p := range server.Packages {
		identifiers = append(identifiers, p.RegistryType+" "+p.Identifier+" "+p.Version)
		if p.Transport.Type != "stdio" {
			t.Errorf("%s: transport %q", p.Identifier, p.Transport.Type)
		}
		if isBundle := p.RegistryType == "mcpb"; isBundle != (len(p.FileSha256) == 64) {
			t.Errorf("%s has the hash %q", p.Identifier, p.FileSha256)
		} else if isBundle {
			continue // its own manifest has the rest
		}
		if len(p.PackageArguments) != 1 || p.PackageArguments[0].Value != "serve" {
			t.Errorf("%s: %v", p.Identifier, p.PackageArguments)
		}
		secretOf := map[string]bool{}
		for _, v := range p.EnvironmentVariables {
			secretOf[v.Name] = v.IsSecret
		}
		checkVariables(t, p.Identifier, secretOf)
	}
	want := []string{
		"npm @the-scope/papi-mcp 1.2.3", "oci registry.test/the-image:1.2.3 ",
		"mcpb https://github.com/the-owner/the-repository/releases/download/v1.2.3/a.mcpb 1.2.3",
		"mcpb https://github.com/the-owner/the-repository/releases/download/v1.2.3/b.mcpb 1.2.3",
	}
	if !slices.Equal(identifiers, want) {
		t.Errorf("got  %q\nwant %q", identifiers, want)
	}
}

// option is an entry of user_config, which plugins and bundles have in the same format.
type option struct {
	Type, Title, Description string
	Required, Sensitive      bool
	Default                  any
}

// checkOptions fails where a setting is not in the form, or its value does not reach the server.
func checkOptions(t *testing.T, manifest string, options map[string]option, env map[string]string) {
	t.Helper()
	secretOf := map[string]bool{}
	for _, s := range published.Settings() {
		o := options[s.Key]
		if o.Title != s.Title || o.Required {
			t.Errorf("%s: %s: %+v", manifest, s.Key, o)
		}
		// Without a default, a client leaves ${user_config.KEY} in the place of what is empty.
		if s.Switch && (o.Type != "boolean" || o.Default != false) || !s.Switch && (o.Type != "string" || o.Default != "") {
			t.Errorf("%s: %s: %+v", manifest, s.Key, o)
		}
		if env[s.Variable] != "${user_config."+s.Key+"}" {
			t.Errorf("%s: %s=%s", manifest, s.Variable, env[s.Variable])
		}
		secretOf[s.Variable] = o.Sensitive
	}
	checkVariables(t, manifest, secretOf)
}

func TestPlugin(t *testing.T) {
	var plugin struct {
		Name, Version string
		Author        struct{ Name string }
		UserConfig    map[string]option
		MCPServers    map[string]struct {
			Command string
			Args    []string
			Env     map[string]string
		}
	}
	decodeManifest(t, ".claude-plugin/plugin.json", &plugin)
	server := plugin.MCPServers["papi"]
	if plugin.Version != "1.2.3" || plugin.Author.Name != "the papi-mcp authors" || server.Command != "npx" || !slices.Equal(server.Args, []string{"-y", "@the-scope/papi-mcp@1.2.3", "serve"}) {
		t.Errorf("%+v", plugin)
	}
	checkOptions(t, "plugin.json", plugin.UserConfig, server.Env)
	var marketplace struct {
		Owner   struct{ Name string }
		Plugins []struct{ Name, Source string }
	}
	decodeManifest(t, ".claude-plugin/marketplace.json", &marketplace)
	if len(marketplace.Plugins) != 1 || marketplace.Plugins[0].Name != plugin.Name || marketplace.Plugins[0].Source != "./" || marketplace.Owner.Name != "the papi-mcp authors" {
		t.Errorf("%+v", marketplace)
	}
}

func TestGeminiExtension(t *testing.T) {
	var extension struct {
		Name, Version string
		Settings      []struct {
			EnvVar    string
			Sensitive bool
		}
		MCPServers map[string]struct{ Args []string }
	}
	decodeManifest(t, "gemini-extension.json", &extension)
	if extension.Version != "1.2.3" || !slices.Equal(extension.MCPServers["papi"].Args, []string{"-y", "@the-scope/papi-mcp@1.2.3", "serve"}) {
		t.Errorf("%+v", extension)
	}
	secretOf := map[string]bool{}
	for _, s := range extension.Settings {
		secretOf[s.EnvVar] = s.Sensitive
	}
	checkVariables(t, "gemini-extension.json", secretOf)
}

// A bundle has the programs of its architecture and the one for both of macOS, and starts
// each where its manifest says.
func TestBundles(t *testing.T) {
	binaries := Binaries{}
	for _, platform := range []Platform{{"linux", "amd64"}, {"linux", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"}, {"darwin", "all"}, {"darwin", "arm64"}} {
		binaries[platform] = filepath.Join(t.TempDir(), "built")
		if err := os.WriteFile(binaries[platform], []byte(platform.OS+" "+platform.Arch), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folders, err := WriteBundles(published, "..", binaries, []Tool{{"webhook_list", `List "webhooks"`}}, t.TempDir())
	if err != nil || len(folders) != 2 {
		t.Fatalf("%v, %v", folders, err)
	}
	for _, folder := range folders {
		raw, err := os.ReadFile(filepath.Join(folder.Path, "manifest.json"))
		if err != nil {
			t.Fatal(err)
		}
		type start struct {
			Command string
			Args    []string
			Env     map[string]string
		}
		var m struct {
			ManifestVersion string `json:"manifest_version"`
			Version         string
			Author          struct{ Name string }
			Server          struct {
				Type       string
				EntryPoint string `json:"entry_point"`
				Config     struct {
					start
					Overrides map[string]start `json:"platform_overrides"`
				} `json:"mcp_config"`
			}
			Compatibility struct{ Platforms []string }
			UserConfig    map[string]option `json:"user_config"`
			Tools         []struct{ Name, Description string }
		}
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatalf("%v\n%s", err, raw)
		}
		if m.ManifestVersion != "0.4" || m.Version != "1.2.3" || m.Author.Name != "the papi-mcp authors" || m.Server.Type != "binary" ||
			folder.File != "papi-mcp_1.2.3_"+folder.Arch+".mcpb" || len(folder.Missing) > 0 ||
			!slices.Equal(m.Compatibility.Platforms, []string{"linux", "win32", "darwin"}) || !slices.Equal(m.Server.Config.Args, []string{"serve"}) ||
			len(m.Tools) != 1 || m.Tools[0].Description != `List "webhooks"` {
			t.Errorf("%+v", m)
		}
		checkOptions(t, folder.File, m.UserConfig, m.Server.Config.Env)
		if "${__dirname}/"+m.Server.EntryPoint != m.Server.Config.Command {
			t.Errorf("the entry point is %s, and the command %s", m.Server.EntryPoint, m.Server.Config.Command)
		}
		for system, want := range map[string]string{"linux": "linux " + folder.Arch, "win32": "windows " + folder.Arch, "darwin": "darwin all"} {
			command := m.Server.Config.Command
			if override, found := m.Server.Config.Overrides[system]; found {
				command = override.Command
			}
			program, err := os.ReadFile(strings.ReplaceAll(command, "${__dirname}", folder.Path))
			if err != nil || string(program) != want || (system == "win32") != strings.HasSuffix(command, ".exe") {
				t.Errorf("%s on %s: %q, %v", folder.File, system, program, err)
			}
		}
		for _, file := range []string{"LICENSE", "THIRD_PARTY_LICENSES"} {
			if _, err := os.Stat(filepath.Join(folder.Path, file)); err != nil {
				t.Error(err)
			}
		}
	}
}

// A platform without a program is reported, and its system is not in the manifest.
func TestBundleOfSomePlatforms(t *testing.T) {
	program := filepath.Join(t.TempDir(), "built")
	if err := os.WriteFile(program, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	folders, err := WriteBundles(published, "..", Binaries{{"windows", "amd64"}: program, {"linux", "arm64"}: program}, nil, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(folders[0].Missing, folders[1].Missing); got != "[{linux amd64} {darwin all}] [{windows arm64} {darwin all}]" {
		t.Error(got)
	}
	raw, err := os.ReadFile(filepath.Join(folders[0].Path, "manifest.json"))
	if err != nil || !regexp.MustCompile(`"platforms": \["win32"\]`).Match(raw) {
		t.Errorf("%v: %s", err, raw)
	}
	if _, err := WriteBundles(published, "..", Binaries{}, nil, t.TempDir()); err == nil || !strings.Contains(err.Error(), "build it first") {
		t.Errorf("without a program: %v", err)
	}
}

// The same content is the same file, whenever it was packed and wherever.
func TestBundlesAreReproducible(t *testing.T) {
	sums := map[string]bool{}
	for _, year := range []int{1999, 2026} {
		file := filepath.Join(t.TempDir(), "x.mcpb")
		writeZip(t, file, year)
		if err := normalize(file); err != nil {
			t.Fatal(err)
		}
		packed, err := Hashed(file)
		if err != nil {
			t.Fatal(err)
		}
		sums[packed.SHA256] = true
		modes := zipModes(t, file)
		if modes["manifest.json"] != 0o644 || modes["server/linux/papi-mcp"] != 0o755 || len(modes) != 2 {
			t.Errorf("%v", modes)
		}
	}
	if len(sums) != 1 {
		t.Errorf("%v", sums)
	}
}

// writeZip writes a zip file without modes, as it is packed on Windows.
func writeZip(t *testing.T, file string, year int) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(f)
	for _, name := range []string{"manifest.json", "server/linux/papi-mcp"} {
		entry, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(year, 2, 3, 4, 5, 6, 0, time.UTC)})
		if err == nil {
			_, err = entry.Write([]byte(name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// zipModes returns the mode of each entry, whose content must be its name.
func zipModes(t *testing.T, file string) map[string]os.FileMode {
	t.Helper()
	r, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	modes := map[string]os.FileMode{}
	for _, entry := range r.File {
		modes[entry.Name] = entry.Mode()
		content, err := fs.ReadFile(r, entry.Name)
		if err != nil || string(content) != entry.Name {
			t.Errorf("%s: %q, %v", entry.Name, content, err)
		}
	}
	return modes
}
