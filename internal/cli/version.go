package cli

import "runtime/debug"

// release is the version of this source code.
const release = "0.1.0"

// Version returns the release, with the commit that it was built from if that is
// known.
func Version() string {
	if revision, known := revision(); known {
		return release + " (" + revision + ")"
	}
	return release
}

// revision returns the commit that this program was built from.
func revision() (_ string, known bool) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown", false
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
			return setting.Value[:12], true
		}
	}
	return "unknown", false
}
