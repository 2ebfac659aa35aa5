package cli

import (
	"errors"
	"slices"
	"strings"

	"papi-mcp/internal/lazyregexp"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"papi-mcp/internal/papi"
	"papi-mcp/internal/settings"
)

// variablePrefix begins the names of the flags' variables.
const variablePrefix = "PAPI_MCP_"

func envName(flag string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// hasVariable reports whether an environment variable can set a flag.
func hasVariable(flag string) bool { return flag != "help" && flag != "version" }

// fromEnvironment sets each flag that was not given from its environment variable:
// --read-only from PAPI_MCP_READ_ONLY. It returns the names of flags and variables
// that are still placeholders, whose flags keep their defaults, and the faults of
// the variables.
func fromEnvironment(flags *pflag.FlagSet) (placeholders []string, found []fault) {
	flags.VisitAll(func(f *pflag.Flag) {
		if !hasVariable(f.Name) {
			return
		}
		if f.Changed {
			if papi.HasPlaceholder(strings.Trim(f.Value.String(), "[]")) {
				placeholders = append(placeholders, "--"+f.Name)
				if err := resetFlag(f); err != nil {
					found = append(found, faultf("", "--%s: %v", f.Name, err))
				}
			}
			return
		}
		v, err := settings.Lookup(envName(f.Name))
		switch {
		case err != nil:
			found = append(found, fault{"", err.Error()})
		case v.Given && papi.HasPlaceholder(v.Value):
			placeholders = append(placeholders, v.Name)
		case v.Given:
			err := flags.Set(f.Name, v.Value)
			if err != nil && f.Value.Type() == "bool" {
				err = errors.New("set it to true or false, or unset it")
			}
			if err != nil {
				found = append(found, faultf("", "%s=%q: %v", v.Name, v.Value, err))
			}
		}
	})
	return placeholders, append(found, withoutSandbox(flags)...)
}

// withoutSandbox sets the flags of the sandbox to their defaults where --sandbox=false
// turns it off. So a client with a switch for the sandbox passes the others on always.
func withoutSandbox(flags *pflag.FlagSet) (found []fault) {
	if sandbox := flags.Lookup("sandbox"); sandbox == nil || !sandbox.Changed || sandbox.Value.String() != "false" || flags.Changed("sandbox-name") {
		return nil
	}
	ofSandbox().VisitAll(func(known *pflag.Flag) {
		if f := flags.Lookup(known.Name); f != nil {
			if err := resetFlag(f); err != nil {
				found = append(found, faultf(f.Name, "--%s: %v", f.Name, err))
			}
		}
	})
	return found
}

// resetFlag sets a flag to its default, as if it was not given.
func resetFlag(f *pflag.Flag) error {
	f.Changed = false
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.Replace(nil)
	}
	return f.Value.Set(f.DefValue)
}

// unknownVariables returns a fault for each variable that looks like a flag's and is
// not: a misspelled PAPI_MCP_READ_ONLY must not mean that the server may write. Those
// that Kubernetes sets in every container for a service named papi-mcp are ignored.
func unknownVariables(root *cobra.Command, environ []string) []fault {
	var found []fault
	known := flagVariables(root)
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		upper := strings.ToUpper(name)
		switch {
		case !strings.HasPrefix(upper, variablePrefix), slices.Contains(known, name), slices.Contains(known, strings.TrimSuffix(name, settings.FileSuffix)):
		case strings.HasPrefix(name, variablePrefix+"SERVICE_"), name == variablePrefix+"PORT", strings.HasPrefix(name, variablePrefix+"PORT_"):
		default:
			hint := ""
			if kubernetesVariable.MatchString(name) {
				hint = " (Kubernetes sets it for a service; set enableServiceLinks: false in the pod to avoid it)"
			} else if nearest := nearestVariable(upper, known); nearest != "" {
				hint = " (did you mean " + nearest + "?)"
			}
			found = append(found, faultf("", "no flag has the variable %s%s; unset it, or correct its name (that of --read-only is %s)", name, hint, envName("read-only")))
		}
	}
	return found
}

// kubernetesVariable matches the variables that Kubernetes sets for a service.
var kubernetesVariable = lazyregexp.New(`_(SERVICE_(HOST|PORT)(_.*)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)

// nearestVariable returns the known variable that is most similar to a name, compared
// without the prefix; "" where none is similar.
func nearestVariable(name string, known []string) string {
	var suffixes []string
	for _, variable := range known {
		suffixes = append(suffixes, strings.TrimPrefix(variable, variablePrefix))
	}
	suffix := strings.TrimSuffix(strings.TrimPrefix(name, variablePrefix), settings.FileSuffix)
	if nearest := papi.Nearest(suffix, suffixes); nearest != "" {
		return variablePrefix + nearest
	}
	return ""
}

// flagVariables returns the variables of all flags of a command and its subcommands.
func flagVariables(cmd *cobra.Command) []string {
	var names []string
	add := func(f *pflag.Flag) {
		if hasVariable(f.Name) {
			names = append(names, envName(f.Name))
		}
	}
	cmd.LocalFlags().VisitAll(add)
	for _, sub := range cmd.Commands() {
		names = append(names, flagVariables(sub)...)
	}
	return names
}

// placeholderMessage says which settings were not filled in.
func placeholderMessage(names []string) string {
	if len(names) == 1 {
		return names[0] + " was not filled in: it is still a placeholder"
	}
	return strings.Join(names, ", ") + " were not filled in: they are still placeholders"
}
