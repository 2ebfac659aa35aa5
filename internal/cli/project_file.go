package cli

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"papi-mcp/internal/papi"
	"papi-mcp/internal/plan"
)

// projectFileFlags are the flags of the commands that read a file which says what a
// project should contain.
type projectFileFlags struct {
	vars     []string
	varFiles []string
}

func (f *projectFileFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.vars, "var", nil, "NAME=VALUE: the value of ${var:NAME} in the file; may be repeated, and counts before --var-file")
	flags.StringArrayVar(&f.varFiles, "var-file", nil, "file with such values by their names, in YAML or JSON; of several the last counts")
}

// standardInput is the name of the file that is read from standard input.
const standardInput = "-"

// read reads a file, - for standard input. Faults are what is wrong in it; the error says
// that it, or what the flags name, can't be read. close ends the use of the options,
// by which secrets are revealed.
func (f *projectFileFlags) read(s *streams, name string) (d *plan.Document, o plan.Options, faults []plan.Fault, closeFolder func(), err error) {
	closeFolder = func() {}
	o = plan.Options{File: name, Secrets: func(string) bool { return true }, Secret: os.LookupEnv}
	if o.Vars, faults, err = f.variables(); err != nil || faults != nil {
		return nil, o, faults, closeFolder, err
	}
	in := s.in
	if name != standardInput {
		root, err := os.OpenRoot(filepath.Dir(name))
		if err != nil {
			return nil, o, nil, closeFolder, fmt.Errorf("%s: %w", papi.Quoted(name, papi.MaxEcho), err)
		}
		o.Files, closeFolder = root, func() { _ = root.Close() }
		file, err := os.Open(name)
		if err != nil {
			return nil, o, nil, closeFolder, err
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, plan.MaxFile+1))
	if err != nil {
		return nil, o, nil, closeFolder, fmt.Errorf("%s: %w", papi.Quoted(name, papi.MaxEcho), err)
	}
	d, faults = plan.Read(text, o)
	return d, o, faults, closeFolder, nil
}

// variables are the values of --var-file and --var.
func (f *projectFileFlags) variables() (map[string]string, []plan.Fault, error) {
	vars := map[string]string{}
	for _, name := range f.varFiles {
		file, err := os.Open(name)
		if err != nil {
			return nil, nil, usage("--var-file: %v", err)
		}
		text, err := io.ReadAll(io.LimitReader(file, plan.MaxFile+1))
		file.Close()
		if err != nil {
			return nil, nil, usage("--var-file: %v", err)
		}
		more, faults := plan.ReadVariables(text, name)
		if faults != nil {
			return nil, faults, nil
		}
		maps.Copy(vars, more)
	}
	for _, given := range f.vars {
		name, value, ok := strings.Cut(given, "=")
		if !ok || name == "" {
			return nil, nil, usage("--var %s: use --var NAME=VALUE", papi.Quoted(given, papi.MaxEcho))
		}
		vars[name] = value
	}
	return vars, nil, nil
}
