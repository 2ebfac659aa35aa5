//go:build unix

package private

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// check returns an error where a file or a folder belongs to another user, or has
// one of the permissions that nobody else may have.
func check(path string, info fs.FileInfo, forbidden fs.FileMode) error {
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || int(owner.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to another user", path)
	}
	if mode := info.Mode().Perm(); mode&forbidden != 0 {
		return fmt.Errorf("%s has the permissions %04o, with which others have access: set them to %04o", path, mode, mode&^0o077)
	}
	return nil
}
