package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/papi"
)

// control adds the routes of the control API, which needs no token.
func (s *Sandbox) control(mux *http.ServeMux) {
	on := func(pattern string, do func(body []byte) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 10*maxBody))
			if err != nil {
				panic(http.ErrAbortHandler)
			}
			result, err := do(trimBOM(body))
			if err != nil {
				s.write(w, ownError(http.StatusBadRequest, "sandbox_invalid_control", err.Error(), "docs/sandbox.md has the forms of the control API"), nil)
				return
			}
			s.write(w, answer{status: http.StatusOK, body: result}, nil)
		})
	}
	on("GET /_sandbox/clock", func([]byte) (any, error) { return s.clockNow(), nil })
	on("POST /_sandbox/clock", s.controlClock)
	on("POST /_sandbox/reset", s.controlReset)
	on("GET /_sandbox/deliveries", func([]byte) (any, error) { return s.renderDeliveries(), nil })
	on("GET /_sandbox/faults", func([]byte) (any, error) { return s.renderFaults() })
	on("POST /_sandbox/faults", s.controlFault)
	on("POST /_sandbox/next", s.controlNext)
	on("GET /_sandbox/happen", func([]byte) (any, error) { return map[string]any{"events": s.eventKinds()}, nil })
	on("POST /_sandbox/happen", s.controlHappen)
	on("GET /_sandbox/dump", func([]byte) (any, error) {
		var b bytes.Buffer
		err := s.Dump(&b)
		return json.RawMessage(b.Bytes()), err
	})
	on("POST /_sandbox/load", func(body []byte) (any, error) {
		if err := s.Load(bytes.NewReader(body)); err != nil {
			return nil, err
		}
		return s.clockNow(), nil
	})
	on("POST /_sandbox/seed", s.controlSeed)
}

func (s *Sandbox) clockNow() map[string]any {
	return map[string]any{"now": formatTime(s.Now())}
}

func decode(body []byte, into any) error {
	if len(body) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("the body is not valid: %w", err)
	}
	return nil
}

func (s *Sandbox) controlClock(body []byte) (any, error) {
	var in struct{ Advance string }
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(in.Advance)
	if err != nil || d < 0 {
		return nil, fmt.Errorf("advance: must be a duration such as 90s or 48h")
	}
	s.Advance(d)
	return s.clockNow(), nil
}

// controlSeed fills a project with seed data: the script in the body, or the one
// with a name.
func (s *Sandbox) controlSeed(body []byte) (any, error) {
	var in struct {
		Name   string
		Script json.RawMessage
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if in.Script != nil {
		return s.clockNow(), s.Play(bytes.NewReader(in.Script))
	}
	return s.clockNow(), s.Seed(in.Name)
}

func (s *Sandbox) controlReset([]byte) (any, error) {
	s.mu.Lock()
	s.reset()
	s.mu.Unlock()
	return s.clockNow(), nil
}

func (s *Sandbox) renderFaults() (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	raw, err := json.Marshal(s.faults)
	return map[string]any{"faults": json.RawMessage(raw), "next": maps.Clone(s.nextErrors)}, err
}

func (s *Sandbox) controlFault(body []byte) (any, error) {
	f := &fault{}
	if err := decode(body, f); err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.faults = append(s.faults, f)
	s.mu.Unlock()
	return s.renderFaults()
}

func (s *Sandbox) controlNext(body []byte) (any, error) {
	var in struct{ Operation, Code string }
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if !isOperation(in.Operation) {
		return nil, fmt.Errorf("operation: there is no operation %q", in.Operation)
	}
	if statusOf(papi.Lookup(in.Operation), in.Code) == 0 {
		return nil, fmt.Errorf("code: %s does not document %q", in.Operation, in.Code)
	}
	s.mu.Lock()
	s.nextErrors[in.Operation] = append(s.nextErrors[in.Operation], in.Code)
	s.mu.Unlock()
	return s.renderFaults()
}

// eventKinds are the events that the control API can trigger.
func (s *Sandbox) eventKinds() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.events)), func(kind string) bool { return strings.HasPrefix(kind, "_") })
}

// controlHappen lets an event happen now, such as the end of a review, with an
// outcome.
func (s *Sandbox) controlHappen(body []byte) (any, error) {
	in := event{Project: DefaultProject}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if !slices.Contains(s.eventKinds(), in.Kind) {
		return nil, fmt.Errorf("event: must be one of %s", strings.Join(s.eventKinds(), ", "))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	in.At, in.Generation = s.now, 0
	if !s.events[in.Kind](s, s.project(in.Project), in) {
		return nil, fmt.Errorf("the event can't happen: project %q, id %q, value %q", in.Project, in.ID, in.Value)
	}
	s.catchUp()
	return map[string]any{"now": formatTime(s.now)}, nil
}
