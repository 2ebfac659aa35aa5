package release

// ServerManifest returns the server.json of a release, for the MCP registry. The one in the
// repository has no bundles, since those have hashes.
func ServerManifest(home Home, bundles []File) ([]byte, error) {
	text, err := templates.ReadFile("templates/server.json")
	if err != nil {
		return nil, err
	}
	return render("templates/server.json", string(text), manifest{Home: home, Bundles: bundles})
}
