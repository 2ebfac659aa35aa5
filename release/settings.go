package release

// Setting is what a person fills in when a client installs the server, in each manifest
// that has a form for it.
type Setting struct {
	Key         string // its name in a manifest
	Variable    string // of the environment of papi-mcp serve
	Title       string
	Description string
	Secret      bool // it is not shown, and kept where the client keeps secrets
	Switch      bool // it is true or false, and off by default
}

// Settings are in the order in which a person is asked for them. None is required, since
// the sandbox needs none: without a key, each call says what is missing.
func (Home) Settings() []Setting {
	return []Setting{
		{
			Key: "project", Variable: "SINCH_PROJECT_ID", Title: "Project",
			Description: "The id of your project, from the Sinch Dashboard, or several separated by commas. No other project is touched; if this is empty, any project of the key may be.",
		}, {
			Key: "key_id", Variable: "SINCH_KEY_ID", Title: "Access key",
			Description: "The id of an access key, from the Sinch Dashboard (Settings, Access keys).",
		}, {
			Key: "key_secret", Variable: "SINCH_KEY_SECRET", Title: "Secret of the access key", Secret: true,
			Description: "It is shown once, when the key is made.",
		}, {
			Key: "sandbox", Variable: "PAPI_MCP_SANDBOX", Title: "Try the sandbox", Switch: true,
			Description: "Work in an example project of the built-in sandbox. It needs no account, and nothing in it is real.",
		},
	}
}
