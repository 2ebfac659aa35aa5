package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/settings"
)

// suggestion returns what to add to the error of an unknown name: the known one
// that is most similar to it, behind before; "" where none is similar.
func suggestion(name, before string, known []string) string {
	if nearest := cmp.Or(papi.Nearest(name, known), similar(name, known)); nearest != "" {
		return fmt.Sprintf(" (did you mean %s%s?)", before, nearest)
	}
	return ""
}

// similar returns the one known name that begins with the given one, or has at most
// two other letters, so that two of a short word may have changed places: papi.Nearest
// is for the longer names of the API, and stricter.
func similar(name string, known []string) string {
	found := ""
	for _, k := range known {
		if len(name) >= 3 && strings.HasPrefix(k, name) || len(name) >= 4 && len(name) <= 64 && levenshtein.ComputeDistance(name, k) <= 2 {
			if found != "" {
				return ""
			}
			found = k
		}
	}
	return found
}

// noArgs refuses arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("%s takes no arguments, and %s is given", cmd.CommandPath(), papi.Quoted(args[0], 80))
	}
	return nil
}

// subcommands is the Args of a command that has subcommands: an argument is a
// command that does not exist.
func subcommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	hint := suggestion(args[0], cmd.CommandPath()+" ", names)
	if hint == "" && !cmd.HasParent() {
		hint = suggestion(args[0], cmd.CommandPath()+" call ", toolsOfCatalog())
	}
	return usage("unknown command %s for %q%s", papi.Quoted(args[0], 80), cmd.CommandPath(), hint)
}

// toolsOfCatalog returns the names of all tools.
func toolsOfCatalog() []string {
	var names []string
	for _, row := range catalog.Rows() {
		names = append(names, row.Tool)
	}
	return names
}

// unknownFlag is the FlagErrorFunc of all commands.
func unknownFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || unknown.GetSpecifiedShortnames() != "" {
		return usage("%v", err)
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return usage("unknown flag: --%s%s", unknown.GetSpecifiedName(), suggestion(unknown.GetSpecifiedName(), "--", names))
}

// choice adds a flag whose value is one of a few.
func choice(flags *pflag.FlagSet, p *string, name, value, usage string, values ...string) {
	flags.StringVar(p, name, value, usage)
	flags.Lookup(name).Annotations = map[string][]string{settings.Values: values}
}

// checkChoices returns the faults of the flags that choice has added.
func checkChoices(flags *pflag.FlagSet) []fault {
	var found []fault
	flags.VisitAll(func(f *pflag.Flag) {
		values, given := f.Annotations[settings.Values], f.Value.String()
		if len(values) == 0 || given == f.DefValue || slices.Contains(values, given) {
			return
		}
		last := len(values) - 1
		found = append(found, faultf(f.Name, "--%s %s: use %s or %s%s", f.Name, papi.Quoted(given, 80),
			strings.Join(values[:last], ", "), values[last], suggestion(given, "", values)))
	})
	return found
}
