package cli

import "runtime/debug"

// release is the version of this source code.
const release = "0.1.0"

// Version returns the release, with the commit that it was built from if that is
// known.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return release
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
			return release + " (" + setting.Value[:12] + ")"
		}
	}
	return release
}
