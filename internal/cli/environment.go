package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"papi-mcp/internal/lazyregexp"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"papi-mcp/internal/papi"
)

// The environment variables that don't belong to a flag; papi has the names of two
// more.
const (
	projectVariable     = "SINCH_PROJECT_ID"
	keyIDVariable       = "SINCH_KEY_ID"
	keySecretVariable   = "SINCH_KEY_SECRET"
	accessTokenVariable = "SINCH_ACCESS_TOKEN"
	authVariable        = "PAPI_AUTH"
)

// accountVariables are those of an account and of the API. The sandbox uses only
// the first one.
var accountVariables = []string{
	projectVariable, keyIDVariable, keySecretVariable, accessTokenVariable, papi.BaseURLVariable, papi.TokenURLVariable, authVariable,
}

// The names of the flags' variables begin with variablePrefix; those of a file with
// the value end with fileSuffix.
const (
	variablePrefix = "PAPI_MCP_"
	fileSuffix     = "_FILE"
)

func envName(flag string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// hasVariable reports whether an environment variable can set a flag.
func hasVariable(flag string) bool { return flag != "help" && flag != "version" }

// lookupVariable returns the value of a flag in the environment, and the name of the
// variable that sets it.
func lookupVariable(flag string) (value, variable string, given bool, _ error) {
	variable = envName(flag)
	value, given = os.LookupEnv(variable)
	path, inFile := os.LookupEnv(variable + fileSuffix)
	switch {
	case given && inFile:
		return "", variable, true, usage("%s and %s%s are both set: unset one", variable, variable, fileSuffix)
	case !inFile:
		return value, variable, given, nil
	}
	variable += fileSuffix
	if papi.HasPlaceholder(path) {
		return path, variable, true, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", variable, true, usage("%s: %v", variable, err)
	}
	// Some editors and shells write a byte order mark.
	return strings.TrimRight(strings.TrimPrefix(string(raw), "\ufeff"), "\r\n"), variable, true, nil
}

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
		value, variable, given, err := lookupVariable(f.Name)
		switch {
		case err != nil:
			found = append(found, fault{"", err.Error()})
		case given && papi.HasPlaceholder(value):
			placeholders = append(placeholders, variable)
		case given:
			if err := flags.Set(f.Name, value); err != nil {
				found = append(found, faultf("", "%s=%q: %v", variable, value, err))
			}
		}
	})
	return placeholders, found
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
		case !strings.HasPrefix(upper, variablePrefix), slices.Contains(known, name), slices.Contains(known, strings.TrimSuffix(name, fileSuffix)):
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
	suffix := strings.TrimSuffix(strings.TrimPrefix(name, variablePrefix), fileSuffix)
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

// placeholderVariables returns the variables of an account that are still
// placeholders, of those that the sandbox or the API uses.
func placeholderVariables(sandbox bool) []string {
	variables := accountVariables
	if sandbox {
		variables = variables[:1]
	}
	var names []string
	for _, name := range variables {
		if papi.HasPlaceholder(os.Getenv(name)) {
			names = append(names, name)
		}
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

// misspelledVariables returns messages about variables whose names are one or two
// typos away from one of an account, and which are not read: without
// SINCH_PROJECT_ID any project is allowed.
func misspelledVariables(environ []string) []string {
	var messages []string
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if slices.Contains(accountVariables, name) {
			continue
		}
		for _, known := range accountVariables {
			if levenshtein.ComputeDistance(name, known) <= 2 {
				messages = append(messages, fmt.Sprintf("the variable %s is not read; did you mean %s?", name, known))
			}
		}
	}
	return messages
}
