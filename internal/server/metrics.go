package server

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"papi-mcp/tools"
)

// Metrics counts what a server does, for Prometheus. Labels are only names of
// ours and of the API: no principal, project or id.
type Metrics struct {
	registry    *prometheus.Registry
	calls       *prometheus.CounterVec
	durations   *prometheus.HistogramVec
	answers     *prometheus.CounterVec
	refusals    *prometheus.CounterVec
	panics      prometheus.Counter
	waits       prometheus.Gauge
	apiRequests *prometheus.CounterVec
	retries     prometheus.Counter
	tokens      *prometheus.CounterVec
	deliveries  *prometheus.CounterVec
	challenges  *prometheus.CounterVec
	events      *prometheus.CounterVec
	occurrences *prometheus.CounterVec
	streams     prometheus.Gauge
}

// NewMetrics returns counters at zero.
func NewMetrics() *Metrics {
	registry := prometheus.NewRegistry()
	register := promauto.With(registry)
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return register.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	return &Metrics{
		registry: registry,
		calls:    counter("papi_mcp_calls_total", "Tool calls by how they ended: ok, asked, or the error code, which starts with guard_ or confirmation_ for the guard's verdicts; other for a code that is not in the API's contract.", "tool", "outcome"),
		durations: register.NewHistogramVec(prometheus.HistogramOpts{
			Name: "papi_mcp_call_duration_seconds", Help: "Duration of tool calls, including the time that a person took to answer.",
			Buckets: []float64{.001, .005, .025, .1, .25, 1, 2.5, 10, 30, 60},
		}, []string{"tool"}),
		answers:     counter("papi_mcp_http_answers_total", "HTTP answers by status.", "status"),
		refusals:    counter("papi_mcp_http_refusals_total", "HTTP requests that were refused: caller (unknown or not allowed), busy (a limit was reached).", "reason"),
		panics:      counter("papi_mcp_panics_total", "Panics that were recovered: each is a defect, and is in the log.").WithLabelValues(),
		waits:       register.NewGauge(prometheus.GaugeOpts{Name: "papi_mcp_waits", Help: "Open calls that wait for a change."}),
		apiRequests: counter("papi_mcp_upstream_exchanges_total", "Requests to the API by the status of the answer: other where HTTP has no such status, error where there was no answer.", "status"),
		retries:     counter("papi_mcp_upstream_retries_total", "Requests to the API that were sent again.").WithLabelValues(),
		tokens:      counter("papi_mcp_upstream_tokens_total", "Fetches of an access token by how they ended: ok, failed.", "outcome"),
		deliveries:  counter("papi_mcp_callback_deliveries_total", "Tries to send an event to the webhook of a client by how they ended: delivered, failed (tried again), abandoned (the last try failed), rejected (410 or 413), suspended (nothing is sent until the client refreshes).", "outcome"),
		challenges:  counter("papi_mcp_callback_challenges_total", "Challenges to webhooks of clients by how they ended: verified, or why not.", "outcome"),
		events:      counter("papi_mcp_events_total", "Events that the API sent, by how they were answered: stored and repeated with 200; unauthorized (a wrong signature, or an unknown webhook), expired, malformed, too_large and incomplete are refused; busy and store_unavailable are to be sent again.", "outcome"),
		occurrences: counter("papi_mcp_occurrences_total", "Changes that were noticed for clients of MCP Events, each once, by the name of the event.", "event"),
		streams:     register.NewGauge(prometheus.GaugeOpts{Name: "papi_mcp_event_streams", Help: "Open streams of MCP Events (events/stream)."}),
	}
}

// SetBuild adds papi_mcp_build_info, whose labels say which build runs: its version, the
// revision of its source code and that of Go.
func (m *Metrics) SetBuild(version, revision, goVersion string) {
	promauto.With(m.registry).NewGauge(prometheus.GaugeOpts{
		Name: "papi_mcp_build_info", Help: "Always 1: the labels say which build runs.",
		ConstLabels: prometheus.Labels{"version": version, "revision": revision, "goversion": goVersion},
	}).Set(1)
}

// Handler serves the metrics in Prometheus's format, without authentication.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Exchanged counts a request to the API: the attempt, from 1, and the status
// of the answer, 0 where there is none.
func (m *Metrics) Exchanged(try, status int) {
	label := "error"
	switch {
	case http.StatusText(status) != "":
		label = strconv.Itoa(status)
	case status != 0:
		label = "other"
	}
	m.apiRequests.WithLabelValues(label).Inc()
	if try > 1 {
		m.retries.Inc()
	}
}

// TokenFetched counts a fetch of an access token.
func (m *Metrics) TokenFetched(ok bool) {
	outcome := "failed"
	if ok {
		outcome = "ok"
	}
	m.tokens.WithLabelValues(outcome).Inc()
}

// Delivered counts a try to send an event to the webhook of a client, by how it ended.
func (m *Metrics) Delivered(outcome string) { m.deliveries.WithLabelValues(outcome).Inc() }

// Challenged counts a challenge to the webhook of a client: verified, or why not.
func (m *Metrics) Challenged(outcome string) { m.challenges.WithLabelValues(outcome).Inc() }

// EventReceived counts an event that the API sent, by its outcome, which is one of
// package events.
func (m *Metrics) EventReceived(outcome string) { m.events.WithLabelValues(outcome).Inc() }

// EventOccurred counts a change that was noticed for clients of MCP Events, by the name of
// the event, which is one of package mcpevents.
func (m *Metrics) EventOccurred(name string) { m.occurrences.WithLabelValues(name).Inc() }

// registerGauges adds the gauges of a handler, and those of the process, which would
// delay the start on stdio.
func (m *Metrics) registerGauges(h *HTTP) {
	m.registry.MustRegister(
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectors.MetricsGC)),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	gauge := func(name, help string, read func() int) {
		promauto.With(m.registry).NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(read()) })
	}
	gauge("papi_mcp_sessions", "Open sessions of the older protocols on Streamable HTTP.", h.sessions.count)
	gauge("papi_mcp_event_connections", "Open connections of HTTP+SSE.", func() int {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.connections)
	})
	gauge("papi_mcp_requests_open", "Open requests and streams.", func() int { return int(h.streams.Load()) })
	gauge("papi_mcp_requests_running", "Running requests.", func() int { return len(h.limiter.running) })
	gauge("papi_mcp_requests_waiting", "Requests in the queue.", func() int { return len(h.limiter.queue) })
}

// countCall counts a call. mcp-go has looked its tool up, so the labels are
// bounded.
func (m *Metrics) countCall(tool string, o tools.Outcome, took time.Duration) {
	m.calls.WithLabelValues(tool, outcomeLabel(o)).Inc()
	m.durations.WithLabelValues(tool).Observe(took.Seconds())
}

// outcomeLabel returns how a call ended, as one word.
func outcomeLabel(o tools.Outcome) string {
	if e, ok := o.Structured.(*tools.Error); ok {
		return e.Kind()
	}
	switch {
	case o.Question != nil:
		return "asked"
	case o.IsError:
		return "error"
	}
	return "ok"
}
