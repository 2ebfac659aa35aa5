package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"papi-mcp/internal/papi"
	"papi-mcp/internal/settings"
	"papi-mcp/internal/tenant"
)

// The environment variables that don't belong to a flag; papi has the names of two
// more. Each can be set by the same name with settings.FileSuffix, too.
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

// accountNames returns the names of the variables that can set accountVariables.
func accountNames() []string {
	names := slices.Clone(accountVariables)
	for _, name := range accountVariables {
		names = append(names, name+settings.FileSuffix)
	}
	return names
}

// usedVariables returns the variables of an account that are used: by the sandbox, or
// by the API.
func usedVariables(sandbox bool) []string {
	if sandbox {
		return accountVariables[:1]
	}
	return accountVariables
}

// accountValue returns the value of a variable of an account. It is "" for one that is
// not set, is a placeholder, or has a file that accountFaults reports.
func accountValue(name string) string {
	v, err := settings.Lookup(name)
	if err != nil || papi.HasPlaceholder(v.Value) {
		return ""
	}
	return v.Value
}

// ofEnvironment is the flag of a fault that is about a variable of an account.
const ofEnvironment = "environment"

// accountFaults returns the variables of an account that are set twice, or whose file
// can't be used.
func accountFaults(sandbox bool) []fault {
	var found []fault
	for _, name := range usedVariables(sandbox) {
		if _, err := settings.Lookup(name); err != nil {
			found = append(found, fault{ofEnvironment, err.Error()})
		}
	}
	return found
}

// givenName returns the name of the variable that sets name: itself, or that of a file.
func givenName(name string) string {
	v, _ := settings.Lookup(name) // accountFaults reports an error
	return v.Name
}

// placeholderVariables returns the variables of an account that are still placeholders.
func placeholderVariables(sandbox bool) []string {
	var names []string
	for _, name := range usedVariables(sandbox) {
		if v, _ := settings.Lookup(name); papi.HasPlaceholder(v.Value) {
			names = append(names, v.Name)
		}
	}
	return names
}

// apiConfig returns the configuration of the API, as the environment sets it. A
// placeholder counts as unset.
func apiConfig() papi.Config {
	return papi.Config{
		BaseURL:  accountValue(papi.BaseURLVariable),
		TokenURL: accountValue(papi.TokenURLVariable),
		Auth:     accountValue(authVariable),
	}
}

// ownAccount returns the credentials in the environment with their projects, the
// default first.
func ownAccount() tenant.Tenant {
	own := tenant.Tenant{
		Projects:    nonBlank(strings.Split(accountValue(projectVariable), ",")),
		KeyID:       accountValue(keyIDVariable),
		KeySecret:   accountValue(keySecretVariable),
		AccessToken: accountValue(accessTokenVariable),
	}
	if len(own.Projects) > 0 {
		own.Default = own.Projects[0]
	}
	return own
}

// checkAccount returns why a client of the API can't use the credentials, or the rest
// of its configuration.
func checkAccount(t tenant.Tenant) error {
	api := apiConfig()
	api.KeyID, api.KeySecret, api.AccessToken = t.KeyID, t.KeySecret, t.AccessToken
	_, err := papi.New(api)
	return err
}

// accountFiles returns the files that have the values of ownAccount.
func accountFiles() []string {
	var files []string
	for _, name := range []string{projectVariable, keyIDVariable, keySecretVariable, accessTokenVariable} {
		if v, _ := settings.Lookup(name); v.File != "" {
			files = append(files, v.File)
		}
	}
	return files
}

// misspelledVariables returns messages about variables whose names are one or two
// typos away from one of an account, and which are not read: without
// SINCH_PROJECT_ID any project is allowed.
func misspelledVariables(environ []string) []string {
	var messages []string
	names := accountNames()
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if slices.Contains(names, name) {
			continue
		}
		for _, known := range names {
			if levenshtein.ComputeDistance(name, known) <= 2 {
				messages = append(messages, fmt.Sprintf("the variable %s is not read; did you mean %s?", name, known))
			}
		}
	}
	return messages
}

// setting returns a variable of an account for init, "" for a placeholder.
func setting(variable string) string { return strings.TrimSpace(accountValue(variable)) }
