package cli

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"papi-mcp/internal/papi"
)

// The variables of the environment that are not the twin of a flag; papi has the
// names of two more.
const (
	projectVariable     = "SINCH_PROJECT_ID"
	keyIDVariable       = "SINCH_KEY_ID"
	keySecretVariable   = "SINCH_KEY_SECRET"
	accessTokenVariable = "SINCH_ACCESS_TOKEN"
	authVariable        = "PAPI_AUTH"
)

// accountVariables are those of an account and of the API. The sandbox goes by
// the first alone.
var accountVariables = []string{
	projectVariable, keyIDVariable, keySecretVariable, accessTokenVariable, papi.BaseURLVariable, papi.TokenURLVariable, authVariable,
}

// twinPrefix begins the names of the flags' twins, and fileSuffix ends the names
// of those that name a file with the value.
const (
	twinPrefix = "PAPI_MCP_"
	fileSuffix = "_FILE"
)

func envName(flag string) string {
	return twinPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// hasTwin reports whether a flag can be set by the environment.
func hasTwin(flag string) bool { return flag != "help" && flag != "version" }

// twin is what the environment says of a flag, and the variable that says it.
func twin(flag string) (value, variable string, given bool, _ error) {
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
	// Some editors and shells begin a file with a byte order mark.
	return strings.TrimRight(strings.TrimPrefix(string(raw), "\ufeff"), "\r\n"), variable, true, nil
}

// fromEnvironment sets each flag that was not given from its twin in the
// environment: --read-only from PAPI_MCP_READ_ONLY. It returns the names of the
// flags and variables that still hold a placeholder; those flags have their
// defaults.
func fromEnvironment(flags *pflag.FlagSet) (unfilled []string, failed error) {
	flags.VisitAll(func(f *pflag.Flag) {
		if failed != nil || !hasTwin(f.Name) {
			return
		}
		if f.Changed {
			if papi.HasPlaceholder(strings.Trim(f.Value.String(), "[]")) {
				unfilled = append(unfilled, "--"+f.Name)
				failed = toDefault(f)
			}
			return
		}
		value, variable, given, err := twin(f.Name)
		switch {
		case err != nil:
			failed = err
		case given && papi.HasPlaceholder(value):
			unfilled = append(unfilled, variable)
		case given:
			if err := flags.Set(f.Name, value); err != nil {
				failed = usage("%s=%q: %v", variable, value, err)
			}
		}
	})
	return unfilled, failed
}

// toDefault sets a flag to its default, as if it had not been given.
func toDefault(f *pflag.Flag) error {
	f.Changed = false
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.Replace(nil)
	}
	return f.Value.Set(f.DefValue)
}

// unknownVariable refuses a variable that looks like a flag's twin and is none:
// a misspelt PAPI_MCP_READ_ONLY must not mean that the server may write. What
// Kubernetes sets in every container for a service named papi-mcp is none of
// ours.
func unknownVariable(root *cobra.Command, environ []string) error {
	known := twins(root)
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		upper := strings.ToUpper(name)
		switch {
		case !strings.HasPrefix(upper, twinPrefix), slices.Contains(known, strings.TrimSuffix(name, fileSuffix)):
		case strings.HasPrefix(name, twinPrefix+"SERVICE_"), name == twinPrefix+"PORT", strings.HasPrefix(name, twinPrefix+"PORT_"):
		default:
			hint := ""
			if ofAService.MatchString(name) {
				hint = " (as Kubernetes sets for a service: enableServiceLinks: false in the pod leaves it out)"
			} else if nearest := nearestTwin(upper, known); nearest != "" {
				hint = " (did you mean " + nearest + "?)"
			}
			return usage("no flag has the variable %s%s; unset it, or correct its name: that of --read-only is %s", name, hint, envName("read-only"))
		}
	}
	return nil
}

// ofAService matches what Kubernetes sets for a service.
var ofAService = regexp.MustCompile(`_(SERVICE_(HOST|PORT)(_.*)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)

// nearestTwin is the known variable that is most like a name, by what follows
// the prefix that all share; "" where none is close.
func nearestTwin(name string, known []string) string {
	var ends []string
	for _, variable := range known {
		ends = append(ends, strings.TrimPrefix(variable, twinPrefix))
	}
	end := strings.TrimSuffix(strings.TrimPrefix(name, twinPrefix), fileSuffix)
	if nearest := papi.Nearest(end, ends); nearest != "" {
		return twinPrefix + nearest
	}
	return ""
}

// twins are the variables of all flags of a command and those below it.
func twins(cmd *cobra.Command) []string {
	var names []string
	add := func(f *pflag.Flag) {
		if hasTwin(f.Name) {
			names = append(names, envName(f.Name))
		}
	}
	cmd.LocalFlags().VisitAll(add)
	for _, below := range cmd.Commands() {
		names = append(names, twins(below)...)
	}
	return names
}

// unfilledVariables are the variables of an account that still hold a
// placeholder, of those that a sandbox or the API goes by.
func unfilledVariables(sandbox bool) []string {
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

// unfilledText says which settings were not filled in.
func unfilledText(names []string) string {
	if len(names) == 1 {
		return names[0] + " was not filled in: it still holds a placeholder"
	}
	return strings.Join(names, ", ") + " were not filled in: they still hold placeholders"
}

// misspelt tells of variables that are one or two slips away from one of an
// account, and so are not read: without SINCH_PROJECT_ID any project is allowed.
func misspelt(environ []string) []string {
	var told []string
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if slices.Contains(accountVariables, name) {
			continue
		}
		for _, known := range accountVariables {
			if levenshtein.ComputeDistance(name, known) <= 2 {
				told = append(told, fmt.Sprintf("the variable %s is not read; did you mean %s?", name, known))
			}
		}
	}
	return told
}
