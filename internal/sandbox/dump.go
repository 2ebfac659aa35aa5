package sandbox

import (
	"bytes"
	"container/heap"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// dump is a state with its time, and with what the control API asked for.
type dump struct {
	Now    time.Time           `json:"now"`
	State  *state              `json:"state"`
	Faults []*fault            `json:"faults,omitempty"`
	Next   map[string][]string `json:"next,omitempty"` // the codes that operations answer next
}

// Dump writes the complete state as JSON: projects, scheduled events, deliveries,
// tokens, faults. It contains the tokens and the secrets of webhooks, all of them of the
// sandbox.
func (s *Sandbox) Dump(w io.Writer) error {
	s.mu.Lock()
	s.catchUp()
	raw, err := json.Marshal(dump{s.now, s.state, s.faults, s.nextErrors})
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("sandbox: write the state: %w", err)
	}
	_, err = w.Write(raw)
	return err
}

// Load replaces the state by one that Dump wrote, of the same version of the
// sandbox. Its time becomes the API's time.
func (s *Sandbox) Load(r io.Reader) error { return s.Resume(r, 0) }

// Resume is Load some real time after the Dump, in which the API's time went on at
// the speed of this sandbox. What was due by now happens in its order.
func (s *Sandbox) Resume(r io.Reader, passed time.Duration) error {
	in := dump{State: newState()}
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		return fmt.Errorf("sandbox: read a state: %w", err)
	}
	if in.Now.IsZero() || in.State == nil {
		return fmt.Errorf("sandbox: read a state: it has no time, or no state")
	}
	for _, e := range in.State.Queue {
		if s.events[e.Kind] == nil {
			return fmt.Errorf("sandbox: read a state: unknown event %q", e.Kind)
		}
	}
	if err := errors.Join(in.State.check(), in.checkFaults()); err != nil {
		return fmt.Errorf("sandbox: read a state: %w", err)
	}
	heap.Init(&in.State.Queue)
	for _, p := range in.State.Projects {
		p.complete()
	}
	s.advancing.Lock()
	defer s.advancing.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reset()
	s.state, s.faults = in.State, in.Faults
	maps.Copy(s.nextErrors, in.Next)
	s.clock.base, s.clock.realBase = in.Now.Add(s.clock.after(passed)), time.Now()
	s.now = in.Now
	// Tries that ran when the state was dumped are made again.
	for _, chain := range s.state.Chains {
		d := s.delivery(chain[0])
		if d != nil && !s.isQueued(d.ID) {
			s.after(0, event{Kind: kindDeliver, Project: d.ProjectID, ID: d.ID})
		}
	}
	s.catchUp()
	return nil
}

// maxPassed limits how far Resume moves the API's time.
const maxPassed = 100 * 365 * day

// after returns how far the API's time moves in some real time.
func (c *clock) after(passed time.Duration) time.Duration {
	if c.manual || passed < 0 {
		return 0
	}
	return time.Duration(min(float64(passed)*c.speed, float64(maxPassed)))
}

// check refuses a loaded state in which something is null or empty that never is
// in a dump.
func (s *state) check() error {
	if s.Projects == nil || s.Draws == nil || s.Tokens == nil || s.UsedSignups == nil || s.Chains == nil {
		return errors.New("a part of it is null")
	}
	if slices.Contains(s.Deliveries, nil) {
		return errors.New("a delivery is null")
	}
	for name, chain := range s.Chains {
		if len(chain) == 0 {
			return fmt.Errorf("chain %q is empty", name)
		}
	}
	for id, p := range s.Projects {
		if p == nil || p.ID != id {
			return fmt.Errorf("project %q has another id", id)
		}
		if slices.Contains(p.Webhooks, nil) || slices.Contains(p.Solutions, nil) {
			return fmt.Errorf("project %q holds null in a list", id)
		}
	}
	return nil
}

// checkFaults refuses loaded faults that the control API would not have accepted.
func (d *dump) checkFaults() error {
	for _, f := range d.Faults {
		if f == nil {
			return errors.New("a fault is null")
		}
		if err := f.check(); err != nil {
			return fmt.Errorf("a fault: %w", err)
		}
	}
	for operation, codes := range d.Next {
		for _, code := range codes {
			if !isOperation(operation) || statusOf(papi.Lookup(operation), code) == 0 {
				return fmt.Errorf("next: %q does not document %q", operation, code)
			}
		}
	}
	return nil
}

// isQueued reports whether there is an event for a delivery.
func (s *Sandbox) isQueued(delivery string) bool {
	return slices.ContainsFunc(s.state.Queue, func(e event) bool { return e.Kind == kindDeliver && e.ID == delivery })
}

//go:embed seeds/*.json
var seeds embed.FS

// seedStep is a request, or a move of the time.
type seedStep struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"` // below that of the project
	Body    json.RawMessage   `json:"body"`
	Keep    map[string]string `json:"keep"`    // fields of the answer, by their names in later paths and bodies
	Advance string            `json:"advance"` // moves the time forward instead
}

// Seed fills a project (Options.Project) with the seed data of a name. The only
// one is "shop": a project with resources of all families.
func (s *Sandbox) Seed(name string) error {
	raw, err := seeds.ReadFile("seeds/" + name + ".json")
	if err != nil {
		return fmt.Errorf("sandbox: there is no seed data %q; known: shop", name)
	}
	return s.Play(bytes.NewReader(raw))
}

// trimBOM removes the byte order mark with which some programs begin a file; a
// parser may ignore it (RFC 8259, 8.1).
func trimBOM(raw []byte) []byte { return bytes.TrimPrefix(raw, []byte("\ufeff")) }

// Fill reads seed data of either form: a JSON object for Load, or a JSON list
// for Play.
func (s *Sandbox) Fill(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("sandbox: read seed data: %w", err)
	}
	if raw = bytes.TrimSpace(trimBOM(raw)); len(raw) > 0 && raw[0] == '{' {
		return s.Load(bytes.NewReader(raw))
	}
	return s.Play(bytes.NewReader(raw))
}

// Play runs a script of requests in a project (Options.Project): a JSON list of
// {method, path, body, keep} and {advance}. keep gives names to fields of the
// answer, or to X-Papi-Sandbox-Code, which later steps use as "{name}", or as the
// number "{name:number}". An answer other than success ends the script with an
// error.
func (s *Sandbox) Play(r io.Reader) error {
	var script []seedStep
	if err := json.NewDecoder(r).Decode(&script); err != nil {
		return fmt.Errorf("sandbox: read seed data: %w", err)
	}
	if err := s.rewind(script); err != nil {
		return err
	}
	var replacements []string
	client := &http.Client{Transport: s.Transport()}
	for i, step := range script {
		if step.Advance != "" {
			d, _ := time.ParseDuration(step.Advance) // rewind has checked it
			s.Advance(d)
			continue
		}
		more, err := step.send(client, s.seedProject, strings.NewReplacer(replacements...))
		if err != nil {
			return fmt.Errorf("sandbox: seed data, step %d: %w", i+1, err)
		}
		replacements = append(replacements, more...)
	}
	return nil
}

// rewind sets the time of an empty sandbox back, so that a script ends at the
// present time.
func (s *Sandbox) rewind(script []seedStep) error {
	var total time.Duration
	for i, step := range script {
		if step.Advance == "" {
			continue
		}
		d, err := time.ParseDuration(step.Advance)
		if err != nil || d < 0 {
			return fmt.Errorf("sandbox: seed data, step %d: advance: must be a duration such as 2m", i+1)
		}
		total += d
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.state.Projects) == 0 && len(s.state.Queue) == 0 {
		s.catchUp()
		s.clock.base = s.clock.base.Add(-total)
		s.now = s.now.Add(-total)
	}
	return nil
}

// send makes the request of a step, and returns the replacements for later
// steps.
func (step *seedStep) send(client *http.Client, project string, names *strings.Replacer) ([]string, error) {
	path := "http://sandbox/v1/projects/" + project + names.Replace(step.Path)
	r, err := http.NewRequest(step.Method, path, strings.NewReader(names.Replace(string(step.Body))))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+StaticToken)
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		return nil, fmt.Errorf("%s %s: %d %s", step.Method, step.Path, resp.StatusCode, raw)
	}
	var replacements []string
	var body map[string]any
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &body); err != nil {
			return nil, err
		}
	}
	for name, field := range step.Keep {
		value := jsonvalue.Text(body, field)
		if field == HeaderCode {
			value = resp.Header.Get(HeaderCode)
		}
		if value == "" {
			return nil, fmt.Errorf("%s %s: the answer has no %s", step.Method, step.Path, field)
		}
		replacements = append(replacements, `"{`+name+`:number}"`, value, "{"+name+"}", value)
	}
	return replacements, nil
}
