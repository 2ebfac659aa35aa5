package private

import (
	"fmt"
	"io/fs"
	"os"
)

// Inspect returns an error where a file or a folder belongs to another user, is a
// symbolic link, or has one of the permissions that only its owner may have. It opens
// and changes nothing.
func Inspect(path string, forbidden fs.FileMode) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("%s is a symbolic link", path)
	}
	return check(path, info, forbidden)
}
