package cli

import (
	"fmt"
	"strings"

	"papi-mcp/internal/clientconfig"
	"papi-mcp/internal/papi"
)

// write adds the entry to the client's file, and says what was done.
func (i *initializer) write() error {
	path := i.file.Path
	merged, change, err := i.client.Merge(i.file.Content, &i.server)
	if err != nil {
		return failed(fmt.Errorf("%s: %w; nothing was written", path, err))
	}
	if change == clientconfig.Replaced && !i.flags.replace {
		if err := i.askReplace(); err != nil {
			return err
		}
	}
	private := i.secret && i.flags.makePrivate
	if change == clientconfig.Unchanged && !(private && i.file.SecretProblem(i.system) != nil) {
		i.say("Nothing to change: %s has the server %q with these settings.", path, i.server.Name)
		i.next()
		return nil
	}
	if err := i.file.BackupProblem(); err != nil {
		return failed(fmt.Errorf("%w; nothing was written", err))
	}
	done, err := i.file.Write(merged, clientconfig.WriteOptions{Secret: i.secret, Private: private, Shared: i.isShared()})
	if err != nil {
		return failed(fmt.Errorf("%w; nothing was written. With --print the entry is printed instead", err))
	}
	switch change {
	case clientconfig.Added:
		i.say("Added the server %q to %s", i.server.Name, path)
	case clientconfig.Replaced:
		i.say("Replaced the server %q in %s", i.server.Name, path)
	default:
		i.say("Made %s readable by you alone", path)
	}
	if done.Backup != "" {
		i.say("Backup: %s", done.Backup)
	}
	if done.Folder != "" && i.flags.scope == userScope {
		i.say("The folder %s did not exist, and was created: is %s installed?", done.Folder, i.client.Name)
	}
	i.next()
	return nil
}

// askReplace returns nil where the old server of the same name may be replaced.
func (i *initializer) askReplace() error {
	if i.person == nil {
		return usage("%s has a server %q with other settings: use --replace to replace it, or --name for another name", i.file.Path, i.server.Name)
	}
	yes, err := i.person.yes(fmt.Sprintf("\n%s has a server %q with other settings. Replace it?", papi.Printable(i.file.Path), i.server.Name))
	if err == nil && !yes {
		err = errStopped
	}
	return failed(err)
}

// print prints what to paste on standard output, and where to on standard error.
func (i *initializer) print() {
	c := i.client
	fmt.Fprintln(i.err, papi.Printable(i.toPrint))
	if c.ID != clientconfig.Other {
		fmt.Fprintf(i.err, "Paste this into %s\n", papi.Printable(i.pasteInto()))
		switch {
		case c.Format == clientconfig.TOML:
			fmt.Fprintf(i.err, "If it has [%s.%s] already, replace that table.\n", c.Key, i.server.Name)
		case c.AsksForSecret() && len(i.server.Refer) > 0:
			fmt.Fprintf(i.err, "If it has \"inputs\" or %q already, add to them what is in these.\n", c.Key)
		default:
			fmt.Fprintf(i.err, "If it has %q already, add only %q to them.\n", c.Key, i.server.Name)
		}
	}
	fmt.Fprintln(i.err)
	fmt.Fprint(i.out, c.Document(&i.server))
	fmt.Fprintln(i.err)
	if len(i.server.Refer) > 0 && c.Reference == "" {
		fmt.Fprintf(i.err, "Replace %s by the secret, in a file that you alone can read.\n", clientconfig.Placeholder(keySecretVariable))
	}
	i.streams = &streams{i.in, i.err, i.err} // standard output has what to paste, and nothing else
	i.next()
}

// pasteInto returns the path of the client's file, as it is documented where it is not
// known.
func (i *initializer) pasteInto() string {
	switch {
	case i.file != nil:
		return i.file.Path
	case i.flags.scope == projectScope:
		return i.client.Project
	}
	paths := i.client.Documented(i.system.OS)
	return paths[len(paths)-1]
}

// next says what is left to do.
func (i *initializer) next() {
	c, path := i.client, ""
	for _, hint := range i.hints {
		i.say("%s", hint)
	}
	if len(i.server.Refer) > 0 {
		names := strings.Join(i.server.Refer, " and ")
		if i.file != nil {
			path = i.file.Path
		}
		switch {
		case c.AsksForSecret():
			i.say("%s asks for the secret when it starts the server, and stores it.", c.Name)
		case c.CanRefer():
			i.say("Set %s in the environment that %s starts with.", names, c.Name)
		case i.toPrint == "" && len(i.hints) == 0:
			i.say("%s gives a server the variables of its entry alone: add %s to \"env\" in %s", c.Name, names, path)
		}
	}
	i.say("Next: %s.", c.Restart)
	i.say("Then say: \"Show me what my project contains.\"")
	if i.flags.sandbox {
		i.say("If that fails: %s doctor --sandbox", i.self)
	} else {
		i.say("If that fails: %s doctor, with the entry's variables set.", i.self)
	}
}

func (i *initializer) say(format string, args ...any) {
	fmt.Fprintln(i.out, papi.Printable(fmt.Sprintf(format, args...)))
}
