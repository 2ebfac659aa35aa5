//go:build !windows

package clientconfig

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// permissions returns what lets others read or replace the file, nil for nothing.
func (f *File) permissions(System) *Problem {
	if f.Exists {
		if owner, ok := ownerOf(f.info); ok && owner != os.Geteuid() {
			return &Problem{Reason: f.Path + " belongs to another user", Fix: "run papi-mcp init as its owner"}
		}
	}
	folder, _ := split(filepath.Dir(f.target))
	info, err := os.Stat(folder)
	if err != nil {
		return &Problem{Reason: err.Error(), Fix: "make the folder readable"}
	}
	// In a folder with the sticky bit, others can't replace a file.
	if info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0 {
		return &Problem{Reason: "others can write to the folder " + folder, Fix: "chmod go-w '" + folder + "'"}
	}
	if f.Exists && !isPrivate(f.info) {
		return &Problem{
			Reason: fmt.Sprintf("others can read %s (its mode is %04o)", f.Path, f.info.Mode().Perm()),
			Fix:    "chmod 600 '" + f.Path + "'", Permissions: true,
		}
	}
	return nil
}

// isPrivate reports whether others can neither read nor write a file.
func isPrivate(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 == 0 }

// keepOwner gives a file the owner of another.
func keepOwner(file *os.File, old fs.FileInfo) error {
	stat, ok := old.Sys().(*syscall.Stat_t)
	if !ok || int(stat.Uid) == os.Geteuid() {
		return nil
	}
	return file.Chown(int(stat.Uid), int(stat.Gid))
}

func ownerOf(info fs.FileInfo) (int, bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}
