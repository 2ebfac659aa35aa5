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

// fault is a failure that the control API asked for.
type fault struct {
	// Operation is an operationId, "token" for the token endpoint, or "" for
	// all of them.
	Operation string `json:"operation,omitempty"`
	// Kind is latency, status, cut or html.
	Kind string `json:"kind"`
	// After lets the request take effect first.
	After bool `json:"after,omitempty"`
	// Status is that of kinds status (default 500) and html (default 502).
	Status int `json:"status,omitempty"`
	// RetryAfter is the Retry-After header, in seconds.
	RetryAfter int `json:"retryAfter,omitempty"`
	// Latency is the delay of the answer, in real time: "1.5s".
	Latency string `json:"latency,omitempty"`
	// Count is the number of requests that fail; 0 is all.
	Count int `json:"count,omitempty"`
	// Rate is the share of requests that fail, from 0 to 1; 0 is all.
	Rate float64 `json:"rate,omitempty"`

	latency time.Duration
}

const (
	faultLatency = "latency"
	faultStatus  = "status"
	faultCut     = "cut"
	faultHTML    = "html"
)

// check validates a fault and sets its defaults.
func (f *fault) check() error {
	if f.Operation != "" && f.Operation != "token" && !isOperation(f.Operation) {
		return fmt.Errorf("operation: there is no operation %q", f.Operation)
	}
	if f.Rate < 0 || f.Rate > 1 || f.Count < 0 || f.RetryAfter < 0 {
		return fmt.Errorf("rate must be from 0 to 1, count and retryAfter must not be negative")
	}
	defaults := map[string]int{faultLatency: 0, faultStatus: 500, faultCut: 0, faultHTML: 502}
	status, known := defaults[f.Kind]
	if !known {
		return fmt.Errorf("kind: must be one of %s, %s, %s, %s", faultLatency, faultStatus, faultCut, faultHTML)
	}
	if f.Status == 0 {
		f.Status = status
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		return fmt.Errorf("status: must be from 200 to 599")
	}
	if f.Kind == faultLatency || f.Latency != "" {
		var err error
		if f.latency, err = time.ParseDuration(f.Latency); err != nil {
			return fmt.Errorf("latency: must be a duration such as 1.5s")
		}
	}
	return nil
}

func isOperation(id string) bool {
	return slices.ContainsFunc(papi.Operations(), func(op *papi.Operation) bool { return op.ID == id })
}

// activeFaults are the faults of one request.
type activeFaults struct {
	sandbox *Sandbox
	request *http.Request
	faults  []*fault
}

// takeFaults returns the faults of a request, and counts them.
func (s *Sandbox) takeFaults(r *http.Request, operation string) *activeFaults {
	s.mu.Lock()
	defer s.mu.Unlock()
	active := &activeFaults{sandbox: s, request: r}
	s.faults = slices.DeleteFunc(s.faults, func(f *fault) bool {
		if f.Operation != "" && f.Operation != operation {
			return false
		}
		if f.Rate > 0 && rand.New(s.draw("faults")).Float64() >= f.Rate {
			return false
		}
		active.faults = append(active.faults, f)
		if f.Count > 0 {
			f.Count--
			return f.Count == 0
		}
		return false
	})
	return active
}

// before applies the faults of a request that has not taken effect, and reports
// whether one of them has answered it.
func (a *activeFaults) before(w http.ResponseWriter) bool { return a.apply(w, false) }

// after is before for a request that has taken effect.
func (a *activeFaults) after(w http.ResponseWriter) bool { return a.apply(w, true) }

func (a *activeFaults) apply(w http.ResponseWriter, after bool) bool {
	for _, f := range a.faults {
		if f.After != after {
			continue
		}
		if f.latency > 0 {
			a.delay(f.latency)
		}
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		}
		switch f.Kind {
		case faultStatus:
			a.sandbox.write(w, ownError(f.Status, "sandbox_fault", "a fault that the control API asked for", "POST /_sandbox/reset ends all faults"), nil)
			return true
		case faultHTML:
			a.sandbox.date(w)
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

// delay waits in real time. It aborts the request when the client goes away: a
// request that has not taken effect by then never does.
func (a *activeFaults) delay(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-a.sandbox.stopped.Done():
	case <-a.request.Context().Done():
		panic(http.ErrAbortHandler)
	}
}
