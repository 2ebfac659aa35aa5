package telemetry

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

const (
	contentType = "application/x-protobuf"
	maxAnswer   = 4 << 20 // bytes that are read of a collector's answer
	maxQuoted   = 500     // and those that an error quotes

	// How failed requests are repeated, as OpenTelemetry's own exporter does.
	firstWait   = 5 * time.Second
	longestWait = 30 * time.Second
	longestTry  = time.Minute
)

// collector sends spans by OTLP over HTTP. OpenTelemetry's own client
// (otlptracehttp) links gRPC, which every start of the server would pay for.
type collector struct {
	config
	client *http.Client
	// stopped ends with Stop.
	stopped context.Context
	stop    context.CancelFunc
}

func newCollector(c config) *collector {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = c.tls
	stopped, stop := context.WithCancel(context.Background())
	return &collector{config: c, client: &http.Client{Transport: transport, Timeout: c.timeout}, stopped: stopped, stop: stop}
}

// Start has nothing to do.
func (*collector) Start(context.Context) error { return nil }

// Stop ends the requests that still run.
func (c *collector) Stop(context.Context) error {
	c.stop()
	c.client.CloseIdleConnections()
	return nil
}

// UploadTraces sends spans. It repeats the request where the collector asks for that.
func (c *collector) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.stopped, cancel)()
	// ExportTraceServiceRequest has the same encoding, and its package links gRPC.
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return err
	}
	if c.gzip {
		body = compressed(body)
	}
	_, err = backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, c.send(ctx, body) },
		backoff.WithBackOff(&backoff.ExponentialBackOff{InitialInterval: firstWait, RandomizationFactor: 0.5, Multiplier: 1.5, MaxInterval: longestWait}),
		backoff.WithMaxElapsedTime(longestTry))
	return err
}

func compressed(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// send sends a request once. An error that a repetition would not change is permanent.
func (c *collector) send(ctx context.Context, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint.String(), bytes.NewReader(body))
	if err != nil {
		return backoff.Permanent(err)
	}
	request.Header.Set("User-Agent", c.agent)
	for name, value := range c.headers {
		request.Header.Set(name, value)
	}
	request.Header.Set("Content-Type", contentType)
	if c.gzip {
		request.Header.Set("Content-Encoding", "gzip")
	}
	response, err := c.client.Do(request)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) && failed.Timeout() {
			return err
		}
		return backoff.Permanent(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return backoff.Permanent(err)
	}
	if response.StatusCode/100 == 2 {
		if response.Header.Get("Content-Type") != contentType {
			return nil
		}
		if err := rejected(answer); err != nil {
			return backoff.Permanent(err)
		}
		return nil
	}
	err = fmt.Errorf("status %s: %.*q", response.Status, maxQuoted, cmp.Or(strings.TrimSpace(string(answer)), "(no body)"))
	switch response.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if wait, known := retryAfter(response.Header.Get("Retry-After")); known {
			return fmt.Errorf("%w, %w", err, &backoff.RetryAfterError{Duration: wait})
		}
		return err
	}
	return backoff.Permanent(err)
}

// retryAfter reads the header Retry-After: seconds, or a date.
func retryAfter(value string) (wait time.Duration, known bool) {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(date)), true
	}
	return 0, false
}

// rejected returns an error if an ExportTraceServiceResponse says that spans were not
// taken: its field 1 is partial_success, with rejected_spans (1) and error_message (2).
func rejected(response []byte) error {
	var spans uint64
	var message string
	err := fields(response, func(field protowire.Number, _ uint64, partial []byte) error {
		if field != 1 {
			return nil
		}
		return fields(partial, func(field protowire.Number, n uint64, text []byte) error {
			switch field {
			case 1:
				spans = n
			case 2:
				message = string(text)
			}
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("the collector's answer can't be read: %w", err)
	}
	if spans > 0 || message != "" {
		return fmt.Errorf("the collector rejected %d spans: %.*q", spans, maxQuoted, message)
	}
	return nil
}

// fields calls f with each number and each text of a message.
func fields(message []byte, f func(field protowire.Number, number uint64, text []byte) error) error {
	for len(message) > 0 {
		field, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return protowire.ParseError(n)
		}
		message = message[n:]
		var number uint64
		var text []byte
		switch kind {
		case protowire.VarintType:
			number, n = protowire.ConsumeVarint(message)
		case protowire.BytesType:
			text, n = protowire.ConsumeBytes(message)
		default:
			n = protowire.ConsumeFieldValue(field, kind, message)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		message = message[n:]
		if err := f(field, number, text); err != nil {
			return err
		}
	}
	return nil
}
