package telemetry

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// A line of the log shows nothing hidden and no password, in either form,
// whatever the kind of the value.
func TestPrintableAttr(t *testing.T) {
	const text = "a\u202eb\u3164 \x1b[31m https://agent:hunter2@example.com/?token=hunter3&x=1"
	options := &slog.HandlerOptions{ReplaceAttr: PrintableAttr}
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, options) },
		"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, options) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			log := slog.New(LogHandler(handler(&b))).With("with", text).WithGroup("group")
			ctx := WithRequestID(context.Background(), "r-1")
			log.ErrorContext(ctx, text, "text", text, "error", errors.New(text), "n", 5, slog.Group("inner", "text", text), "long", strings.Repeat("y", 1<<20))
			line := b.String()
			if strings.ContainsAny(line, "\u202e\u3164\x1b") || strings.Contains(line, `\u202e`) || strings.Contains(line, `\x1b`) || strings.Contains(line, "hunter") {
				t.Errorf("got %.600q", line)
			}
			if strings.Count(line, "***@example.com/?token=***") != 5 || !strings.Contains(line, "r-1") || len(line) > 20<<10 {
				t.Errorf("%d bytes: %.600q", len(line), line)
			}
		})
	}
}
