package sandbox

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"

	"papi-mcp/internal/papi"
)

// fault is something that the control API breaks on purpose.
type fault struct {
	// Operation is an operationId, "token" for the token endpoint, or "" for
	// all of them.
	Operation string `json:"operation,omitempty"`
	// Kind is latency, status, cut or html.
	Kind string `json:"kind"`
	// After lets the request take effect before its answer is broken.
	After bool `json:"after,omitempty"`
	// Status is that of kinds status (default 500) and html (default 502).
	Status int `json:"status,omitempty"`
	// RetryAfter is the header of that name, in seconds.
	RetryAfter int `json:"retryAfter,omitempty"`
	// Latency is how long an answer is held back, in real time: "1.5s".
	Latency string `json:"latency,omitempty"`
	// Count is how many requests are broken; 0 is all.
	Count int `json:"count,omitempty"`
	// Rate is the share of requests that is broken, 0 to 1; 0 is all.
	Rate float64 `json:"rate,omitempty"`

	latency time.Duration
}

const (
	faultLatency = "latency"
	faultStatus  = "status"
	faultCut     = "cut"
	faultHTML    = "html"
)

// check completes a fault, or says what is wrong with it.
func (f *fault) check() error {
	if f.Operation != "" && f.Operation != "token" && !isOperation(f.Operation) {
		return fmt.Errorf("operation: %q is none", f.Operation)
	}
	if f.Rate < 0 || f.Rate > 1 || f.Count < 0 || f.RetryAfter < 0 {
		return fmt.Errorf("rate is from 0 to 1, count and retryAfter are not negative")
	}
	standard := map[string]int{faultLatency: 0, faultStatus: 500, faultCut: 0, faultHTML: 502}
	status, known := standard[f.Kind]
	if !known {
		return fmt.Errorf("kind: one of %s, %s, %s, %s", faultLatency, faultStatus, faultCut, faultHTML)
	}
	if f.Status == 0 {
		f.Status = status
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		return fmt.Errorf("status: from 200 to 599")
	}
	if f.Kind == faultLatency || f.Latency != "" {
		var err error
		if f.latency, err = time.ParseDuration(f.Latency); err != nil {
			return fmt.Errorf("latency: a duration such as 1.5s")
		}
	}
	return nil
}

func isOperation(id string) bool {
	return slices.ContainsFunc(papi.Operations(), func(op *papi.Operation) bool { return op.ID == id })
}

// activeFaults is what is broken about one request.
type activeFaults struct {
	sandbox *Sandbox
	request *http.Request
	faults  []*fault
}

// fault chooses what is broken about a request.
func (s *Sandbox) fault(r *http.Request, operation string) *activeFaults {
	s.mu.Lock()
	defer s.mu.Unlock()
	broken := &activeFaults{sandbox: s, request: r}
	s.faults = slices.DeleteFunc(s.faults, func(f *fault) bool {
		if f.Operation != "" && f.Operation != operation {
			return false
		}
		if f.Rate > 0 && rand.New(s.draw("faults")).Float64() >= f.Rate {
			return false
		}
		broken.faults = append(broken.faults, f)
		if f.Count > 0 {
			f.Count--
			return f.Count == 0
		}
		return false
	})
	return broken
}

// before breaks the request before it takes effect, and reports whether it has
// been answered.
func (b *activeFaults) before(w http.ResponseWriter) bool { return b.apply(w, false) }

// after breaks the answer of a request that has taken effect.
func (b *activeFaults) after(w http.ResponseWriter) bool { return b.apply(w, true) }

func (b *activeFaults) apply(w http.ResponseWriter, after bool) bool {
	for _, f := range b.faults {
		if f.After != after {
			continue
		}
		if f.latency > 0 {
			b.delay(f.latency)
		}
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		}
		switch f.Kind {
		case faultStatus:
			b.sandbox.write(w, ownError(f.Status, "sandbox_fault", "the sandbox was told to answer this", "POST /_sandbox/reset ends all faults"), nil)
			return true
		case faultHTML:
			b.sandbox.date(w)
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(f.Status)
			_, _ = w.Write([]byte("<!DOCTYPE html><html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"))
			return true
		case faultCut:
			panic(http.ErrAbortHandler)
		}
	}
	return false
}

// delay waits in real time. Where the client goes away meanwhile, so does the
// answer; a request that was not yet carried out never is.
func (b *activeFaults) delay(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-b.sandbox.stopped.Done():
	case <-b.request.Context().Done():
		panic(http.ErrAbortHandler)
	}
}
