package cli

import (
	"log/slog"
	"time"

	"github.com/spf13/pflag"

	"papi-mcp/internal/events"
	"papi-mcp/internal/server"
)

// addMaxEventAge adds --max-event-age.
func addMaxEventAge(flags *pflag.FlagSet, age *time.Duration) {
	flags.DurationVar(age, "max-event-age", events.DefaultMaxAge, "how old the signature of an event of the API may be: an event may be sent again for hours")
}

// maxEventAgeFaults returns what is wrong with --max-event-age.
func maxEventAgeFaults(age time.Duration) []fault {
	if age <= 0 || age > events.Retention {
		return []fault{faultf("max-event-age", "--max-event-age %v: use a duration from 1s to %v, such as 24h", age, events.Retention)}
	}
	return nil
}

// receiver returns the handler of the events that the API sends.
func (a *app) receiver(m *server.Metrics, log *slog.Logger) *events.Receiver {
	return events.NewReceiver(events.ReceiverOptions{Registrations: a.registrations, Inboxes: a.inboxes, Count: m.EventReceived, Logger: log})
}
