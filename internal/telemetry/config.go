package telemetry

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// config is where and how spans are sent.
type config struct {
	off      bool // nothing is sent
	endpoint *url.URL
	agent    string // User-Agent
	headers  map[string]string
	timeout  time.Duration // of a request
	gzip     bool
	tls      *tls.Config // nil for the default
}

// configOf reads OpenTelemetry's variables OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER and
// OTEL_EXPORTER_OTLP_..., of which those for traces come first; the defaults are those of
// its specification. A value that can't be read is left out, and reported to wrong by its
// variable's name: the value may be a key.
func configOf(getenv func(string) string, wrong func(variable string)) config {
	c := config{
		endpoint: &url.URL{Scheme: "http", Host: "localhost:4318", Path: "/v1/traces"},
		timeout:  10 * time.Second,
	}
	read := func(variable string, use func(value string) error) bool {
		value := strings.TrimSpace(getenv(variable))
		if value != "" && use(value) != nil {
			wrong(variable)
		}
		return value != ""
	}
	read("OTEL_SDK_DISABLED", func(value string) error {
		c.off = strings.EqualFold(value, "true")
		if !c.off && !strings.EqualFold(value, "false") {
			return errors.New("neither true nor false")
		}
		return nil
	})
	read("OTEL_TRACES_EXPORTER", func(value string) error {
		c.off = c.off || value == "none"
		if value != "none" && value != "otlp" {
			return errors.New("not supported")
		}
		return nil
	})
	const all, traces = "OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_TRACES_"
	either := func(name string, use func(value string) error) {
		if !read(traces+name, use) {
			read(all+name, use)
		}
	}
	toEndpoint := func(pathOf func(path string) string) func(string) error {
		return func(value string) error {
			u, err := url.Parse(value)
			if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
				return errors.New("not a URL")
			}
			c.endpoint = &url.URL{Scheme: u.Scheme, Host: u.Host, Path: pathOf(u.Path)}
			return nil
		}
	}
	if !read(traces+"ENDPOINT", toEndpoint(func(p string) string { return cmp.Or(p, "/") })) {
		read(all+"ENDPOINT", toEndpoint(func(p string) string { return path.Join("/", p, "v1/traces") }))
	}
	either("INSECURE", func(value string) error {
		insecure, err := strconv.ParseBool(value)
		if err == nil {
			c.endpoint.Scheme = map[bool]string{true: "http", false: "https"}[insecure]
		}
		return err
	})
	either("HEADERS", func(value string) (err error) {
		c.headers, err = headersOf(value)
		return err
	})
	either("TIMEOUT", func(value string) error {
		milliseconds, err := strconv.ParseUint(value, 10, 31)
		if err == nil {
			c.timeout = time.Duration(milliseconds) * time.Millisecond
		}
		return err
	})
	either("COMPRESSION", func(value string) error {
		c.gzip = value == "gzip"
		if !c.gzip && value != "none" {
			return errors.New("unknown")
		}
		return nil
	})
	either("PROTOCOL", func(value string) error {
		if value != "http/protobuf" {
			return errors.New("not supported")
		}
		return nil
	})
	var secured tls.Config
	either("CERTIFICATE", func(file string) error {
		pem, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return errors.New("no certificate")
		}
		secured.RootCAs, c.tls = roots, &secured
		return nil
	})
	either("CLIENT_CERTIFICATE", func(file string) error {
		var key string
		either("CLIENT_KEY", func(value string) error { key = value; return nil })
		pair, err := tls.LoadX509KeyPair(file, key)
		if err == nil {
			secured.Certificates, c.tls = []tls.Certificate{pair}, &secured
		}
		return err
	})
	return c
}

// headersOf reads name=value pairs, with a comma between them; the values are
// percent-encoded. The pairs that can be read are returned with an error that others
// can't.
func headersOf(list string) (map[string]string, error) {
	headers := map[string]string{}
	var wrong error
	for pair := range strings.SplitSeq(list, ",") {
		name, encoded, _ := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		value, err := url.PathUnescape(strings.TrimSpace(encoded))
		if err != nil || !isToken(name) || strings.ContainsFunc(value, unicode.IsControl) {
			wrong = fmt.Errorf("header %q", name)
			continue
		}
		headers[name] = strings.TrimSpace(value)
	}
	return headers, wrong
}

// isToken reports whether a text can be the name of a header.
func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
