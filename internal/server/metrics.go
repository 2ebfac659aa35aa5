package server

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
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
	apiRequests *prometheus.CounterVec
	retries     prometheus.Counter
	tokens      *prometheus.CounterVec
}

// NewMetrics returns counters at zero.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "papi_mcp_calls_total", Help: "Tool calls by how they ended: ok, asked, or the error code, which starts with guard_ or confirmation_ for the guard's verdicts; other for a code that is not in the API's contract.",
		}, []string{"tool", "outcome"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "papi_mcp_call_duration_seconds", Help: "Duration of tool calls, including the time that a person took to answer.",
			Buckets: []float64{.001, .005, .025, .1, .25, 1, 2.5, 10, 30, 60},
		}, []string{"tool"}),
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "papi_mcp_http_answers_total", Help: "HTTP answers by status.",
		}, []string{"status"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "papi_mcp_http_refusals_total", Help: "HTTP requests that were refused: caller (unknown or not allowed), busy (a limit was reached).",
		}, []string{"reason"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "papi_mcp_panics_total", Help: "Panics that were recovered: each is a defect, and is in the log.",
		}),
		apiRequests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "papi_mcp_upstream_exchanges_total", Help: "Requests to the API by the status of the answer: other where HTTP has no such status, error where there was no answer.",
		}, []string{"status"}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "papi_mcp_upstream_retries_total", Help: "Requests to the API that were sent again.",
		}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "papi_mcp_upstream_tokens_total", Help: "Fetches of an access token by how they ended: ok, failed.",
		}, []string{"outcome"}),
	}
	m.registry.MustRegister(m.calls, m.durations, m.answers, m.refusals, m.panics, m.apiRequests, m.retries, m.tokens,
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectors.MetricsGC)), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves the metrics in Prometheus's format, without authentication;
// it answers 404 where m is nil.
func (m *Metrics) Handler() http.Handler {
	if m == nil {
		return http.NotFoundHandler()
	}
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

// registerGauges adds the gauges of a handler.
func (m *Metrics) registerGauges(h *HTTP) {
	if m == nil {
		return
	}
	gauge := func(name, help string, read func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read)
	}
	m.registry.MustRegister(
		gauge("papi_mcp_sessions", "Open sessions of the older protocols on Streamable HTTP.", func() float64 { return float64(h.sessions.count()) }),
		gauge("papi_mcp_event_connections", "Open connections of HTTP+SSE.", func() float64 {
			h.mu.Lock()
			defer h.mu.Unlock()
			return float64(len(h.connections))
		}),
		gauge("papi_mcp_requests_open", "Open requests and streams.", func() float64 { return float64(h.streams.Load()) }),
		gauge("papi_mcp_requests_running", "Running requests.", func() float64 { return float64(len(h.limiter.running)) }),
		gauge("papi_mcp_requests_waiting", "Requests in the queue.", func() float64 { return float64(len(h.limiter.queue)) }),
	)
}

// countCall counts a call. mcp-go has looked its tool up, so the labels are
// bounded.
func (m *Metrics) countCall(tool string, o tools.Outcome, took time.Duration) {
	if m == nil {
		return
	}
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

func (m *Metrics) countAnswer(status int) {
	if m != nil {
		m.answers.WithLabelValues(strconv.Itoa(status)).Inc()
	}
}

func (m *Metrics) countRefusal(reason string) {
	if m != nil {
		m.refusals.WithLabelValues(reason).Inc()
	}
}

func (m *Metrics) countPanic() {
	if m != nil {
		m.panics.Inc()
	}
}
