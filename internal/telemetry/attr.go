package telemetry

import (
	"log/slog"

	"papi-mcp/internal/papi"
)

// maxLogged bounds a text in a log line; the stack of a panic needs the most.
const maxLogged = 16 << 10

// PlainAttr makes the texts of a log line fit to be read, on a terminal too: it
// is the ReplaceAttr of a slog.HandlerOptions. A token in the query of a URL is
// masked, since lines are kept.
func PlainAttr(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(logged(a.Value.String()))
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok {
			a.Value = slog.StringValue(logged(err.Error()))
		}
	}
	return a
}

func logged(text string) string {
	return papi.Truncate(papi.MaskURLSecrets(papi.Printable(text)), maxLogged)
}
