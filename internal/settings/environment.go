package settings

import (
	"fmt"
	"os"
	"strings"

	"papi-mcp/internal/papi"
)

// FileSuffix ends the name of a variable that names a file with the value of another:
// SINCH_KEY_SECRET_FILE has that of SINCH_KEY_SECRET.
const FileSuffix = "_FILE"

// Variable is a value that the environment gives.
type Variable struct {
	// Name is that of the variable which gives it: NAME, or NAME_FILE.
	Name string
	// Value is the text of the variable or of its file, without the line break at the
	// end. Where the file's path is still a placeholder, it is that path.
	Value string
	// File is the file that has the value; "" for a variable that has it itself.
	File string
	// Given reports whether either variable is set.
	Given bool
}

// Lookup returns the value of the variable name: its own, or the content of the file
// that the variable name_FILE names. It fails if neither is empty, or the file can't be
// read or is empty, as one that is truncated; the error names the variable, and holds no
// value.
func Lookup(name string) (Variable, error) {
	value, given := os.LookupEnv(name)
	path := os.Getenv(name + FileSuffix)
	switch {
	case value != "" && path != "":
		return Variable{Name: name, Given: true}, fmt.Errorf("%s and %s%s are both set: unset one", name, name, FileSuffix)
	case path == "":
		return Variable{Name: name, Value: value, Given: given}, nil
	}
	v := Variable{Name: name + FileSuffix, Value: path, Given: true}
	if papi.HasPlaceholder(path) {
		return v, nil
	}
	v.File = path
	raw, err := os.ReadFile(path)
	if err != nil {
		v.Value = ""
		return v, fmt.Errorf("%s: %w; name a file that this user can read", v.Name, err)
	}
	// Some editors and shells write a byte order mark.
	v.Value = strings.TrimRight(strings.TrimPrefix(string(raw), "\ufeff"), "\r\n")
	if v.Value == "" {
		return v, fmt.Errorf("%s: %s is empty: write the value into it, or unset the variable", v.Name, papi.Truncate(papi.Printable(path), 200))
	}
	return v, nil
}
