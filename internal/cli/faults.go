package cli

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/settings"
)

// fault is something that is wrong with what a command was given.
type fault struct {
	flag string // that it is about, "" where it is about no single one
	text string
}

func faultf(flag, format string, args ...any) fault { return fault{flag, fmt.Sprintf(format, args...)} }

// refuse returns the error of a command that was given something wrong, with a line
// for each fault; nil where there is none.
func refuse(faults []fault) error {
	if len(faults) == 0 {
		return nil
	}
	lines := make([]string, len(faults))
	for i, f := range faults {
		lines[i] = f.text
	}
	return usage("%s", strings.Join(lines, "\n"))
}

// faults returns all that is wrong with the flags of serve, which include those of
// its file. It changes nothing on disk, and sends nothing.
func (c *config) faults(h *httpFlags, file *settings.File, flags *pflag.FlagSet) []fault {
	found := checkChoices(flags)
	found = append(found, c.selectionFaults()...)
	found = append(found, c.resultFaults()...)
	found = append(found, c.storeFaults()...)
	found = append(found, c.connectionFaults(flags)...)
	if h.addr != "" {
		found = append(found, h.faults(c, file)...)
	} else {
		found = append(found, h.withoutHTTP(file, flags)...)
	}
	return located(found, file)
}

// located begins each fault of a flag that the file sets with its position.
func located(found []fault, file *settings.File) []fault {
	for i, f := range found {
		if at := file.At(f.flag); at != "" {
			found[i].text = at + ": " + f.text
		}
	}
	return found
}

// inOrder sorts faults by their line in the file; those without one come first.
func inOrder(found []fault, file *settings.File) []fault {
	line := func(f fault) (n int) {
		if rest, ok := strings.CutPrefix(f.text, file.Source+":"); ok {
			_, _ = fmt.Sscanf(rest, "%d", &n) // without a line it is 0
		}
		return n
	}
	slices.SortStableFunc(found, func(a, b fault) int { return line(a) - line(b) })
	return found
}

// selectionFaults returns the names that --toolsets and --tools can't have.
func (c *config) selectionFaults() []fault {
	var found []fault
	all := c.filter()
	for _, name := range all.Toolsets {
		if _, err := catalog.Select(catalog.Filter{Toolsets: []string{name}, Deprecated: c.deprecated}); err != nil {
			found = append(found, faultf("toolsets", "--toolsets: %v", err))
		}
	}
	for _, name := range all.Tools {
		if _, err := catalog.Select(catalog.Filter{Tools: []string{name}, Deprecated: c.deprecated}); err != nil {
			found = append(found, faultf("tools", "--tools: %v", err))
		}
	}
	return found
}

func (c *config) resultFaults() []fault {
	if c.maxTokens < 1 {
		return []fault{faultf("max-result-tokens", "--max-result-tokens %d: use a number greater than 0", c.maxTokens)}
	}
	return nil
}

// connectionFaults returns what is wrong with the sandbox's flags, or with the
// variables of the API.
func (c *config) connectionFaults(flags *pflag.FlagSet) []fault {
	found := accountFaults(c.sandbox)
	if c.sandbox {
		return append(found, c.sandboxFlags.faults()...)
	}
	ofSandbox().VisitAll(func(f *pflag.Flag) {
		if given := flags.Lookup(f.Name); given != nil && given.Value.String() != f.DefValue {
			found = append(found, faultf(f.Name, "--%s needs --sandbox", f.Name))
		}
	})
	if err := checkAccount(ownAccount()); err != nil {
		found = append(found, fault{"", err.Error()})
	}
	return found
}

// withoutHTTP returns the flags and sections that have no effect on stdio.
func (f *httpFlags) withoutHTTP(file *settings.File, flags *pflag.FlagSet) []fault {
	var found []fault
	for _, name := range httpFlagsGiven(flags) {
		found = append(found, faultf(name, "--%s has an effect only over HTTP: it needs --http ADDR", name))
	}
	if len(file.Keys)+len(file.Scopes)+len(file.Tenants) > 0 {
		found = append(found, faultf("", "--config %s: keys, scopes and tenants have an effect only over HTTP: they need --http ADDR", file.Source))
	}
	return found
}

// addressFault returns what is wrong with the address that a flag names.
func addressFault(flag, addr string) []fault {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return []fault{faultf(flag, "--%s %s: use HOST:PORT, such as 127.0.0.1:8080", flag, papi.Quoted(addr, 80))}
	}
	return nil
}

// httpFlagsGiven returns the names of the flags that were given and have an effect
// only over HTTP.
func httpFlagsGiven(flags *pflag.FlagSet) []string {
	of := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(httpFlags).add(of)
	var names []string
	of.VisitAll(func(f *pflag.Flag) {
		if flags.Changed(f.Name) {
			names = append(names, f.Name)
		}
	})
	slices.Sort(names)
	return names
}

// fileFaults returns what is wrong with the files that the flags of serve name: those
// of TLS, of the sandbox and of the audit log.
func (c *config) fileFaults(h *httpFlags, file *settings.File) []fault {
	var found []fault
	if h.addr != "" && h.tlsCert != "" && h.tlsKey != "" {
		found = h.certificateFaults()
	}
	if err := c.auditFault(); err != nil {
		found = append(found, faultf("audit", "--audit: %v", err))
	}
	if c.sandbox && c.sandboxFlags.seedData != "" {
		box, err := c.sandboxFlags.start(sandbox.DefaultProject, slog.New(slog.DiscardHandler))
		if err != nil {
			found = append(found, fault{"seed-data", err.Error()})
		} else {
			box.Close()
		}
	}
	return located(found, file)
}

// certificateFaults returns what is wrong with the files of --tls-cert and --tls-key.
func (f *httpFlags) certificateFaults() []fault {
	var found []fault
	for _, file := range []fault{{"tls-cert", f.tlsCert}, {"tls-key", f.tlsKey}} {
		if _, err := os.ReadFile(file.text); err != nil {
			found = append(found, faultf(file.flag, "--%s: %v", file.flag, err))
		}
	}
	if len(found) > 0 {
		return found
	}
	if _, err := tls.LoadX509KeyPair(f.tlsCert, f.tlsKey); err != nil {
		found = append(found, faultf("tls-cert", "--tls-cert, --tls-key: %v", err))
	}
	return found
}
