package telemetry

import (
	"log/slog"

	"papi-mcp/internal/papi"
)

// maxLogged bounds a text in a log line; the stack of a panic is the longest.
const maxLogged = 16 << 10

// PrintableAttr sanitizes the texts of a log line, which may be read on a
// terminal, and masks tokens in the queries of URLs. It is the ReplaceAttr of a
// slog.HandlerOptions.
func PrintableAttr(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(sanitize(a.Value.String()))
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok {
			a.Value = slog.StringValue(sanitize(err.Error()))
		}
	}
	return a
}

func sanitize(text string) string {
	return papi.Truncate(papi.MaskURLSecrets(papi.Printable(text)), maxLogged)
}
