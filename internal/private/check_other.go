//go:build !unix

package private

import "io/fs"

// check accepts everything: on Windows the mode has no permissions of other users,
// and the folder for state is in the user's profile, which only the user can open.
func check(string, fs.FileInfo, fs.FileMode) error { return nil }
