package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"papi-mcp/internal/clientconfig"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/papi"
)

// initFlags are the answers of init that were given as flags.
type initFlags struct {
	client, scope, name         string
	sandbox, account            bool
	project, keyID, secretFile  string
	secretFromEnv               bool
	print, replace, makePrivate bool
	serve                       config // the flags that the entry passes on to serve
}

const (
	userScope    = "user"
	projectScope = "project"
)

func newInit(s *streams) *cobra.Command {
	var f initFlags
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Add papi-mcp to an MCP client: write or print its configuration",
		Long: `Add papi-mcp to the configuration of an MCP client. On a terminal it asks for what
no flag says: the client, and whether to use the sandbox or an account. Files in
JSON are edited, after a backup, and everything else in them stays as it is. For a
file in TOML or in JSON with comments, standard output is what to paste.

The secret of the access key is read from SINCH_KEY_SECRET or --key-secret-file, or
typed. It is never printed. It is written only into a file that you alone can read
and write, and that git neither tracks nor would track. Otherwise the entry refers
to the variable SINCH_KEY_SECRET where the client can do that.

Clients: ` + strings.Join(clientconfig.IDs(), ", ") + `.`,
		Example: `  papi-mcp init
  papi-mcp init --client claude-code --sandbox
  papi-mcp init --client cursor --account --project ID --key-id ID \
    --key-secret-file FILE`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			i := &initializer{
				streams: s, flags: f, given: cmd.Flags().Changed, person: newQuestions(cmd.Context(), s),
				system: clientconfig.System{OS: runtime.GOOS, Getenv: os.Getenv},
			}
			i.system.Home, _ = os.UserHomeDir() // "" is reported where a path needs it
			i.serveArgs = selectionArgs(cmd.Flags())
			return i.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.client, "client", "", "the client: "+strings.Join(clientconfig.IDs(), ", "))
	choice(flags, &f.scope, "scope", userScope, "user: for all your projects; project: for the project in this folder", userScope, projectScope)
	flags.BoolVar(&f.sandbox, "sandbox", false, "use the built-in sandbox, with an example project")
	flags.BoolVar(&f.account, "account", false, "use a Sinch account")
	flags.StringVar(&f.project, "project", "", "the account's project id, or several separated by commas (default: SINCH_PROJECT_ID)")
	flags.StringVar(&f.keyID, "key-id", "", "the id of an access key (default: SINCH_KEY_ID)")
	flags.StringVar(&f.secretFile, "key-secret-file", "", "file with the secret of the key (default: SINCH_KEY_SECRET)")
	flags.BoolVar(&f.secretFromEnv, "secret-from-env", false, "write no secret: the server takes it from SINCH_KEY_SECRET in the client's environment")
	flags.StringVar(&f.name, "name", "papi", "the server's name in the client")
	flags.BoolVar(&f.print, "print", false, "print what to paste, and write nothing")
	flags.BoolVar(&f.replace, "replace", false, "replace a server of the same name")
	flags.BoolVar(&f.makePrivate, "make-private", false, "make the file readable by you alone where that is what a secret in it needs")
	f.serve.addSelectionFlags(cmd)
	return cmd
}

// selectionFlags are the flags that init passes on to serve.
var selectionFlags = func() *pflag.FlagSet {
	cmd := &cobra.Command{}
	new(config).addSelectionFlags(cmd)
	return cmd.Flags()
}

// selectionArgs returns the arguments of serve for the flags that select tools.
func selectionArgs(flags *pflag.FlagSet) []string {
	var args []string
	selectionFlags().VisitAll(func(known *pflag.Flag) {
		f := flags.Lookup(known.Name)
		if list, ok := f.Value.(pflag.SliceValue); ok && f.Changed {
			args = append(args, "--"+f.Name, strings.Join(list.GetSlice(), ","))
		} else if f.Changed && f.Value.String() == "true" {
			args = append(args, "--"+f.Name)
		}
	})
	return args
}

// initializer is a run of init.
type initializer struct {
	*streams
	person    *questions // nil where there is no person to ask
	flags     initFlags
	given     func(flag string) bool
	serveArgs []string
	system    clientconfig.System

	client *clientconfig.Client
	file   *clientconfig.File // nil where the client has none, or it is not known
	// toPrint is why the entry is printed, "" where it is written.
	toPrint string
	server  clientconfig.Server
	// self is the command that starts this program in a shell.
	self string
	// secret is set where the entry has the secret, and hints says what a person must
	// still do for it.
	secret bool
	hints  []string
}

func (i *initializer) run(ctx context.Context) error {
	command, err := startCommand()
	if err != nil {
		return err
	}
	if err := i.chooseClient(); err != nil {
		return err
	}
	if err := i.openFile(); err != nil {
		return err
	}
	if len(command) == 1 && isBelow(command[0], os.TempDir()) {
		i.hints = append(i.hints, "This program is in a temporary folder: move it, and run init again.")
	}
	i.self = "papi-mcp"
	if len(command) > 1 {
		i.self = strings.Join(command, " ")
	}
	i.server = clientconfig.Server{Name: i.flags.name, Command: command[0], Args: slices.Concat(command[1:], []string{"serve"}, i.serveArgs), Env: map[string]string{}, Own: accountNames()}
	if i.flags.sandbox {
		i.server.Args = append(i.server.Args, "--sandbox", "--seed-data", "shop")
		if i.flags.project != "" {
			i.server.Env[projectVariable] = i.flags.project
		}
	} else if err := i.account(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return failed(errStopped)
	}
	if i.toPrint != "" {
		i.print()
		return nil
	}
	return i.write()
}

// validName matches the names that every client accepts.
var validName = lazyregexp.New(`^[A-Za-z0-9_-]{1,40}$`)

// chooseClient checks the flags, and asks for the client and for what it is to use.
func (i *initializer) chooseClient() error {
	f := &i.flags
	for _, flag := range []struct{ name, value string }{{"client", f.client}, {"project", f.project}, {"key-id", f.keyID}, {"key-secret-file", f.secretFile}} {
		if i.given(flag.name) && flag.value == "" {
			return usage("--%s is empty: use a value, or leave it out", flag.name)
		}
	}
	switch {
	case !validName.MatchString(f.name):
		return usage("--name %s: use letters, digits, - and _, at most 40", papi.Quoted(f.name, 60))
	case f.sandbox && f.account:
		return usage("--sandbox and --account: use one of them")
	case f.sandbox && (i.given("key-id") || i.given("key-secret-file") || i.given("secret-from-env")):
		return usage("the sandbox needs no key: use --account with --key-id, --key-secret-file and --secret-from-env")
	case i.given("key-secret-file") && f.secretFromEnv:
		return usage("--key-secret-file and --secret-from-env: use one of them")
	}
	if err := refuse(f.serve.selectionFaults()); err != nil {
		return err
	}
	var missing []string
	if f.client == "" {
		missing = append(missing, "--client ("+strings.Join(clientconfig.IDs(), ", ")+")")
	}
	if !f.sandbox && !f.account {
		missing = append(missing, "--sandbox or --account")
	}
	if len(missing) > 0 && i.person == nil {
		return usage("there is no terminal to ask: say %s", strings.Join(missing, ", and "))
	}
	if len(missing) > 0 {
		fmt.Fprintln(i.err, "This adds papi-mcp to an MCP client. Enter takes the answer in brackets.")
	}
	if f.client == "" {
		if err := i.askClient(); err != nil {
			return failed(err)
		}
	} else if i.client = clientconfig.Lookup(f.client); i.client == nil {
		return usage("--client %s: use %s%s", papi.Quoted(f.client, 60), strings.Join(clientconfig.IDs(), ", "), suggestion(f.client, "", clientconfig.IDs()))
	}
	if f.scope == projectScope && i.client.Project == "" {
		return usage("--scope project: %s has no file for a project; leave --scope out", i.client.Name)
	}
	if !f.sandbox && !f.account {
		n, err := i.person.choice("What is it to use?", []option{
			{"sandbox", "the built-in sandbox: it needs no account, and nothing in it is real"},
			{"account", "a Sinch account, with a project and an access key"},
		}, 0)
		if err != nil {
			return failed(err)
		}
		f.sandbox, f.account = n == 0, n == 1
	}
	return nil
}

func (i *initializer) askClient() error {
	var options []option
	first := -1
	for n, c := range clientconfig.Clients {
		name := c.Name
		if c.ID != clientconfig.Other && c.IsFound(i.system) {
			name += " (found)"
			if first < 0 {
				first = n
			}
		}
		options = append(options, option{c.ID, name})
	}
	n, err := i.person.choice("Which client?", options, max(first, 0))
	if err != nil {
		return err
	}
	i.client = &clientconfig.Clients[n]
	return nil
}

// openFile reads the client's file, and decides whether it is edited or the entry is
// printed.
func (i *initializer) openFile() error {
	c := i.client
	switch {
	case c.ID == clientconfig.Other:
		i.toPrint = "Add this to the configuration of your client. Some name \"mcpServers\" otherwise."
		return nil
	case c.Format != clientconfig.JSON:
		i.toPrint = fmt.Sprintf("%s keeps its servers in %s, which papi-mcp does not edit.", c.Name, c.Format)
	case i.flags.print:
		i.toPrint = "Nothing was written."
	}
	path, err := c.Project, error(nil)
	if i.flags.scope == userScope {
		path, err = c.UserFile(i.system)
	}
	if err == nil {
		i.file, err = clientconfig.Open(path)
	}
	if i.toPrint != "" {
		return nil // without the file, its documented path is printed
	}
	if err != nil {
		return failed(fmt.Errorf("%w; nothing was written. With --print the entry is printed instead", err))
	}
	_, _, err = c.Merge(i.file.Content, &clientconfig.Server{Name: i.flags.name})
	if errors.Is(err, clientconfig.ErrComments) {
		i.toPrint = fmt.Sprintf("%s has comments or trailing commas, which papi-mcp does not edit.", i.file.Path)
		return nil
	}
	if err != nil {
		return failed(fmt.Errorf("%s can't be edited: %w; nothing was written. Correct it, or use --print", i.file.Path, err))
	}
	return nil
}

// account adds the project, the key and the API of an account to the entry.
func (i *initializer) account() error {
	if err := refuse(accountFaults(false)); err != nil {
		return err
	}
	if i.person != nil {
		fmt.Fprintln(i.err, "\nProject and access key are in the Sinch Dashboard (Settings, Access keys).")
	}
	refer := i.client.CanRefer() && i.isShared()
	var missing []string
	ask := func(question, flag, given, variable string, check func(string) string) (string, error) {
		value := cmp.Or(given, setting(variable))
		if i.person != nil && given == "" {
			value, err := i.person.text(question, value, check)
			if err != nil {
				return "", failed(err)
			}
			return value, nil
		}
		if value == "" {
			missing = append(missing, fmt.Sprintf("--%s ID (or %s)", flag, variable))
		} else if problem := check(value); problem != "" {
			return "", usage("%s: %s", cmp.Or(map[bool]string{true: "--" + flag}[given != ""], variable), problem)
		}
		return value, nil
	}
	var err error
	if i.server.Env[projectVariable], err = ask("Project id (several: with commas)", "project", i.flags.project, projectVariable, projectProblem); err != nil {
		return err
	}
	if refer && i.flags.keyID == "" {
		i.server.Refer = append(i.server.Refer, keyIDVariable)
	} else if i.server.Env[keyIDVariable], err = ask("Id of the access key", "key-id", i.flags.keyID, keyIDVariable, valueProblem); err != nil {
		return err
	}
	secret, err := i.keySecret(&missing)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return usage("there is no terminal to ask: say %s", strings.Join(missing, ", and "))
	}
	if i.secret = secret != ""; i.secret {
		i.server.Env[keySecretVariable] = secret
	} else {
		i.server.Refer = append(i.server.Refer, keySecretVariable)
	}
	return i.carryAPI()
}

// isShared reports whether the file is the project's, and git shares it.
func (i *initializer) isShared() bool {
	return i.flags.scope == projectScope && i.file != nil && i.file.Tracked()
}

// keySecret returns the secret for the entry, "" where it must not have it. A secret that
// is needed and not given is added to missing.
func (i *initializer) keySecret(missing *[]string) (string, error) {
	if i.flags.secretFile != "" { // a wrong file is reported even where its content is not used
		if _, err := secretOf(i.flags.secretFile); err != nil {
			return "", err
		}
	}
	if i.toPrint != "" || i.flags.secretFromEnv {
		return "", nil
	}
	problem := i.file.SecretProblem(i.system)
	if problem != nil && problem.Permissions && !i.flags.makePrivate && i.person != nil {
		yes, err := i.person.yes("\n" + papi.Printable(problem.Reason) + ".\nMake it readable by you alone, so that it can hold the secret?")
		if err != nil {
			return "", failed(err)
		}
		i.flags.makePrivate = yes
	}
	if problem != nil && !(problem.Permissions && i.flags.makePrivate) {
		i.hints = append(i.hints, "The secret was not written: "+problem.Reason+".")
		if !i.client.CanRefer() {
			fix := problem.Fix
			if problem.Permissions {
				fix += ", or add --make-private"
			}
			i.hints = append(i.hints, fmt.Sprintf("To have it written: %s; then run init again with --replace.", fix))
		}
		return "", nil
	}
	secret, err := i.readSecret(missing)
	if err == nil && !i.client.TakesAsIs(secret) {
		i.hints = append(i.hints, fmt.Sprintf("The secret was not written: %s would replace a part of it.", i.client.Name))
		secret = ""
	}
	return secret, err
}

// readSecret returns the secret from the file, the environment or the person.
func (i *initializer) readSecret(missing *[]string) (string, error) {
	if i.flags.secretFile != "" {
		return secretOf(i.flags.secretFile)
	}
	// A secret in the environment belongs to the key there.
	if id := setting(keyIDVariable); id == "" || id == i.server.Env[keyIDVariable] {
		if secret := setting(keySecretVariable); secret != "" {
			if problem := valueProblem(secret); problem != "" {
				return "", usage("%s: %s", keySecretVariable, problem)
			}
			if i.person != nil {
				fmt.Fprintln(i.err, "The secret of the key is taken from SINCH_KEY_SECRET.")
			}
			return secret, nil
		}
	}
	if i.person == nil {
		*missing = append(*missing, "--key-secret-file FILE (or SINCH_KEY_SECRET), or --secret-from-env")
		return "", nil
	}
	secret, err := i.person.hidden("Secret of the key (not shown; empty: not written)", func(answer string) string {
		if answer == "" {
			return ""
		}
		return valueProblem(answer)
	})
	return secret, failed(err)
}

// secretOf returns the secret in a file.
func secretOf(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", usage("--key-secret-file: %v", err)
	}
	secret := strings.TrimSpace(strings.TrimPrefix(string(raw), "\ufeff"))
	if problem := valueProblem(secret); problem != "" {
		return "", usage("--key-secret-file %s: %s", path, problem)
	}
	return secret, nil
}

// valueProblem returns what is wrong with an id or a secret, without its value.
func valueProblem(value string) string {
	switch {
	case value == "":
		return "it is empty"
	case papi.HasPlaceholder(value):
		return "it is a placeholder: use the value"
	case len(value) > 512 || strings.ContainsFunc(value, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }):
		return "it is not one word of at most 512 characters"
	}
	return ""
}

func projectProblem(value string) string {
	for id := range strings.SplitSeq(value, ",") {
		if problem := valueProblem(strings.TrimSpace(id)); problem != "" {
			return problem
		}
		if problem := papi.SegmentProblem(strings.TrimSpace(id)); problem != "" {
			return "it " + problem
		}
	}
	return ""
}

// carryAPI adds the API's addresses to the entry where the environment sets them: the
// server would use others than papi-mcp does here.
func (i *initializer) carryAPI() error {
	for _, name := range []string{papi.BaseURLVariable, papi.TokenURLVariable, authVariable} {
		value := setting(name)
		if value == "" {
			continue
		}
		if u, err := url.Parse(value); err != nil || u.User != nil {
			return usage("%s: it is not a URL without a password; correct it, or unset it", name)
		}
		i.server.Env[name] = value
		i.hints = append(i.hints, fmt.Sprintf("The entry has %s, as it is set here.", name))
	}
	return nil
}
