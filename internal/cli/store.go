package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
)

// memory is the store that is lost with the process.
const memory = "memory"

// storeHelp is the help of --store; each command completes the default.
const storeHelp = "where confirmations and registrations are stored: memory, the path of a file, or postgres://USER@HOST/DATABASE, which many servers share (default: a file in the user's state folder"

// storeForms are the values that --store may have.
const storeForms = "use memory, the path of a file, or the URL of a PostgreSQL database (postgres://HOST:PORT/DATABASE, with USER:PASSWORD@ before the host)"

// addStoreFlags adds --store, with the help of its command, and what belongs to it.
func (c *config) addStoreFlags(f *pflag.FlagSet, help string) {
	f.StringVar(&c.store, "store", "", help)
	f.StringVar(&c.storeKey, "store-key", "", storeKeyHelp)
}

const storeKeyHelp = "keys that encrypt the secrets in the store, as the path of a file, or env:NAME for an environment variable. A key is 32 bytes in hexadecimal or base64, one a line: the first encrypts, all decrypt"

// openStore opens the store that --store names. A server over HTTP keeps a file for itself,
// and reaches a database, before it starts; anything else uses them when it has to.
func (c *config) openStore(ctx context.Context, logger *slog.Logger) (_ store.Store, end func(), _ error) {
	if err := refuse(c.storeFaults()); err != nil {
		return nil, nil, err
	}
	keys, err := c.storeKeys()
	if err != nil {
		return nil, nil, err
	}
	opened, end, err := c.openMedium(ctx)
	if err != nil {
		return nil, nil, err
	}
	encrypted, err := store.WithKeys(opened, keys)
	if err == nil && c.alone {
		err = encrypted.Reencrypt(ctx)
	}
	if err != nil {
		end()
		return nil, nil, usage("--store: %v", err)
	}
	if c.alone && store.IsPostgres(c.store) && len(keys) == 0 {
		logger.Warn("the secrets in the database are not encrypted (the key that signs confirmations, those of webhooks); use --store-key")
	}
	return encrypted, end, nil
}

// openMedium opens what --store names, and returns a function that closes it.
func (c *config) openMedium(ctx context.Context) (_ store.Store, end func(), err error) {
	switch {
	case c.store == memory:
		return store.NewMemory(), func() {}, nil
	case store.IsPostgres(c.store):
		p, err := store.NewPostgres(c.store)
		if err != nil {
			return nil, nil, usage("--store: %v", err)
		}
		end = func() { _ = p.Close() } // nothing is left to be written
		if c.alone {
			if err := p.Open(ctx); err != nil {
				end()
				return nil, nil, notOpened(err)
			}
		}
		return p, end, nil
	}
	f := store.NewFile(c.store)
	end = func() { _ = f.Close() }
	if c.alone {
		if err := f.Hold(ctx); err != nil {
			return nil, nil, failed(fmt.Errorf("--store: %w", err))
		}
	}
	return f, end, nil
}

// mustExist returns an error for the name of a file that does not exist: a command that
// reads or changes a store does not make one.
func (c *config) mustExist() error {
	if store.IsPostgres(c.store) {
		return nil
	}
	if _, err := os.Stat(c.store); err != nil {
		return usage("--store: %v", err)
	}
	return nil
}

// notOpened is the error of a command that can't start without its database. What may be
// over soon has the exit code for that.
func notOpened(err error) error {
	var schema *store.SchemaError
	if errors.As(err, &schema) {
		return usage("--store: %v", err)
	}
	return &exitError{errorcode.TryAgain, fmt.Sprintf("--store: %v", err)}
}

// isLazy reports whether the store is a database that is not used before a call needs it.
func (c *config) isLazy() bool { return store.IsPostgres(c.store) && !c.alone }

// storeFaults returns what is wrong with the values of --store, --store-key, --replica and
// --audit. What is not a valid URL is not repeated, since it may have a password.
func (c *config) storeFaults() []fault {
	var found []fault
	scheme, _, isURL := strings.Cut(c.store, "://")
	switch {
	case store.IsPostgres(c.store):
		p, err := store.NewPostgres(c.store)
		if err != nil {
			found = append(found, faultf("store", "--store: %v", err))
			break
		}
		_ = p.Close()
	case isURL:
		found = append(found, faultf("store", "--store %s: %s", papi.Quoted(scheme+"://...", 30), storeForms))
	case connectionString.MatchString(c.store):
		found = append(found, faultf("store", "--store with settings of a connection: %s", storeForms))
	}
	if _, err := c.storeKeys(); err != nil {
		found = append(found, fault{"store-key", err.Error()})
	}
	if c.audit == inStore && c.store == memory {
		found = append(found, faultf("audit", "--audit store needs a persistent --store: use the path of a file, or the URL of a PostgreSQL database"))
	}
	if c.replica != "" && !validReplica.MatchString(c.replica) {
		found = append(found, faultf("replica", "--replica %s: %s", papi.Quoted(c.replica, 80), replicaForms))
	}
	return found
}

// connectionString matches a database that is not named by a URL with two slashes.
var connectionString = lazyregexp.New(`(?i)^postgres(ql)?:|(^|\s)(host|dbname|password)\s*=`)

// storeKeys returns the keys that --store-key names, nil for none.
func (c *config) storeKeys() ([]store.Key, error) {
	if c.storeKey == "" {
		return nil, nil
	}
	keys, err := store.ParseKeys(c.storeKey) // the variable may have the keys themselves
	if err == nil {
		return keys, nil
	}
	text, where := "", ""
	if name, ok := strings.CutPrefix(c.storeKey, "env:"); ok {
		where = "the variable " + name
		if text, ok = os.LookupEnv(name); !ok {
			return nil, usage("--store-key: %s is not set", where)
		}
	} else {
		where = "the file"
		raw, err := os.ReadFile(c.storeKey)
		if err != nil { // its name may be a key that is not valid
			var path *fs.PathError
			errors.As(err, &path)
			return nil, usage("--store-key is neither the path of a file (%v), nor env:NAME, nor a key of 32 bytes in hexadecimal or base64", path.Err)
		}
		text = strings.TrimPrefix(string(raw), "\ufeff")
	}
	if keys, err = store.ParseKeys(text); err != nil {
		return nil, usage("--store-key: %s: %v", where, err)
	}
	return keys, nil
}

// validReplica matches the names that a replica may have: those of hosts, for example.
var validReplica = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$`)

const replicaForms = "use letters, digits, dots, hyphens and underscores, at most 253"

// replicaName returns the name of this server in the audit log: that of --replica, or of
// the host where replicas share a database, so that each has a chain; "" for none.
func (c *config) replicaName() (string, error) {
	if c.replica != "" || c.audit != inStore || !store.IsPostgres(c.store) {
		return c.replica, nil
	}
	host, err := os.Hostname()
	if err != nil || !validReplica.MatchString(host) {
		return "", usage("--audit store with a PostgreSQL database needs the name of this server, and that of the host can't be used: give --replica NAME")
	}
	return host, nil
}

func newStore(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store COMMAND",
		Short: "Prepare the store that servers share (--store)",
		Args:  subcommands,
		RunE:  showHelp,

		DisableFlagsInUseLine: true,
	}
	cmd.AddCommand(newStoreMigrate(s), newStoreRotateKey(s))
	return cmd
}

func newStoreMigrate(s *streams) *cobra.Command {
	var c config
	var grant string
	cmd := &cobra.Command{
		Use:   "migrate --store URL",
		Short: "Create or update the tables of a PostgreSQL store",
		Long: `Create the tables of a PostgreSQL store, or bring them to the version of this
release. It changes nothing where they have it already, and may run while servers
use the store. papi-mcp serve does the same when it starts, if its role may create
tables; give it one that may not, and run this command before:

  papi-mcp store migrate --store postgres://owner@db/papi --grant papi

With --store-key secrets that were stored without a key, or with one that is no longer
the first, are encrypted with the first. That applies to a file too.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case c.store == "" || c.store == memory:
				return usage("name the store: papi-mcp store migrate --store postgres://OWNER@HOST/DATABASE")
			case grant != "" && !store.IsPostgres(c.store):
				return usage("--grant needs the URL of a PostgreSQL database: a file has no roles")
			}
			if err := refuse(c.storeFaults()); err != nil {
				return err
			}
			if c.storeKey == "" && !store.IsPostgres(c.store) {
				return usage("a file has no tables: give --store-key to encrypt its secrets, or the URL of a PostgreSQL database")
			}
			if err := c.mustExist(); err != nil {
				return err
			}
			return c.migrate(cmd.Context(), s, grant)
		},
	}
	f := cmd.Flags()
	c.addStoreFlags(f, "URL of the PostgreSQL database, with a role that may create tables; or the path of a file")
	f.StringVar(&grant, "grant", "", "role that may use the tables afterwards: read and write their rows, and no more")
	return cmd
}

// migrate migrates the schema of the store, and encrypts its secrets with the first key.
func (c *config) migrate(ctx context.Context, s *streams, grant string) error {
	opened, end, err := c.openMedium(ctx)
	if err != nil {
		return err
	}
	defer end()
	if p, ok := opened.(*store.Postgres); ok {
		before, now, err := p.Migrate(ctx)
		if err != nil {
			return notOpened(err)
		}
		if before == now {
			fmt.Fprintf(s.out, "%s: the schema has version %d already\n", p.Where(), now)
		} else {
			fmt.Fprintf(s.out, "%s: the schema has version %d now, it had %d\n", p.Where(), now, before)
		}
		if grant != "" {
			if err := p.Grant(ctx, grant); err != nil {
				return failed(err)
			}
			fmt.Fprintf(s.out, "%s: the role %s may use it\n", p.Where(), papi.Printable(grant))
		}
	}
	keys, err := c.storeKeys()
	if err != nil || len(keys) == 0 {
		return err
	}
	encrypted, err := store.WithKeys(opened, keys)
	if err != nil {
		return failed(err)
	}
	if err := encrypted.Reencrypt(ctx); err != nil {
		return failed(err)
	}
	fmt.Fprintln(s.out, "all secrets are encrypted with the first key")
	return nil
}
