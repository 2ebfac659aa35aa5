package clientconfig

import (
	"io/fs"
	"os"
	"path/filepath"
)

// permissions returns what lets others read the file, nil for nothing: Windows keeps
// other users out of the user's profile.
func (f *File) permissions(s System) *Problem {
	home := s.Home
	if resolved, err := filepath.EvalSymlinks(home); err == nil { // as the target is: a short name (NAME~1) is long then
		home = resolved
	}
	if home == "" || !isBelow(f.target, home) {
		return &Problem{Reason: f.Path + " is not in your user profile, so that others may read it", Fix: "use a file in your profile"}
	}
	return nil
}

func isPrivate(fs.FileInfo) bool { return true }

func keepOwner(*os.File, fs.FileInfo) error { return nil }

// isBelow reports whether a path is below a folder.
func isBelow(path, folder string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(rel)
}
