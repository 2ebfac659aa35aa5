//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
)

const (
	subscribers = 3
	// publishEvery is how often a template is created, which each subscriber has to hear of.
	publishEvery = 500 * time.Millisecond
	// refuseEvery is which of its deliveries a subscriber refuses, to get it again.
	refuseEvery = 7
	// answerTime is how long it takes a subscriber to answer: a replica may be killed
	// meanwhile.
	answerTime = 200 * time.Millisecond
)

// subscriber is a client whose webhook is sent events.
type subscriber struct {
	server *httptest.Server

	mu         sync.Mutex
	deliveries int
	ids        map[string]map[string]int // how often it got each eventId of a template's state
	names      map[string]bool           // templates that it heard of
}

func newSubscriber() *subscriber {
	s := &subscriber{ids: map[string]map[string]int{}, names: map[string]bool{}}
	s.server = httptest.NewServer(s)
	return s
}

// ServeHTTP echoes challenges, and acknowledges most deliveries.
func (s *subscriber) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Type, Challenge, EventID string
		Data                     struct {
			IDs   map[string]string
			State string
		}
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(raw, &body) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if body.Type != "" {
		fmt.Fprintf(w, `{"challenge":%q}`, body.Challenge)
		return
	}
	defer time.Sleep(answerTime)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deliveries++; s.deliveries%refuseEvery == 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	name := body.Data.IDs["templateName"]
	s.names[name] = true
	key := name + " " + body.Data.State
	if s.ids[key] == nil {
		s.ids[key] = map[string]int{}
	}
	s.ids[key][body.EventID]++
}

// subscribe subscribes the webhook to all templates, and repeats that until it is answered.
func (s *subscriber) subscribe(ctx context.Context, c *client) error {
	params := fmt.Sprintf(`{"name":"whatsapp.template.status_changed","arguments":{"projectId":%q},"cursor":null,"ttlMs":3600000,`+
		`"delivery":{"mode":"webhook","url":%q,"secret":"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},`+
		`"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"chaos","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}`,
		sandbox.DefaultProject, s.server.URL)
	for {
		answer, err := c.events(ctx, "events/subscribe", params)
		if err == nil && answer.Error == nil {
			return nil
		}
		if answer != nil && answer.Error != nil {
			return fmt.Errorf("events/subscribe: %s", answer.Error.Message)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("events/subscribe: %w", err)
		}
	}
}

// events makes a request for events, of protocol 2026-07-28.
func (c *client) events(ctx context.Context, method, params string) (*message, error) {
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":%s}`, method, params)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/mcp", bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"Authorization": "Bearer " + c.key, "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
		"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": method,
	} {
		r.Header.Set(name, value)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var m message
	return &m, json.NewDecoder(resp.Body).Decode(&m)
}

// publisher creates templates at the API, of which its subscribers have to hear.
type publisher struct {
	api         *papi.Client
	subscribers []*subscriber
	names       []string
}

func newPublisher(ctx context.Context, a *api, c *client) (*publisher, error) {
	if err := a.box.Seed("shop"); err != nil {
		return nil, err
	}
	direct, err := papi.New(papi.Config{BaseURL: a.url, TokenURL: a.url + "/oauth2/token", KeyID: "any", KeySecret: "any"})
	if err != nil {
		return nil, err
	}
	p := &publisher{api: direct}
	for range subscribers {
		s := newSubscriber()
		p.subscribers = append(p.subscribers, s)
		if err := s.subscribe(ctx, c); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// publish creates templates until chaos ends. Then it waits until each subscriber has heard
// of each, at most until rest ends, while the API sends events.
func (p *publisher) publish(chaos, rest context.Context, s *sender, r *results) error {
	for n := 0; chaos.Err() == nil; n++ {
		name := fmt.Sprint("news_", n)
		_, err := p.api.Do(rest, dispatch.NewRequest(catalog.Lookup("whatsapp_template_create"), sandbox.DefaultProject, map[string]any{
			"name": name, "language": "EN_US", "category": "MARKETING",
			"details": map[string]any{"components": []any{map[string]any{"type": "BODY", "text": "News number " + name + "."}}},
		}))
		if err != nil {
			return fmt.Errorf("a template: %w", err)
		}
		p.names = append(p.names, name)
		select {
		case <-time.After(publishEvery):
		case <-chaos.Done():
		}
	}
	for p.unheard() > 0 && rest.Err() == nil {
		if err := s.sendOne(rest, r); err != nil {
			return err
		}
		select {
		case <-time.After(publishEvery):
		case <-rest.Done():
		}
	}
	return nil
}

// unheard is how many events subscribers did not get.
func (p *publisher) unheard() (n int) {
	for _, s := range p.subscribers {
		s.mu.Lock()
		for _, name := range p.names {
			if !s.names[name] {
				n++
			}
		}
		s.mu.Unlock()
	}
	return n
}

// check counts what subscribers got, and what they did not.
func (p *publisher) check(r *results) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unheard = p.unheard()
	all := map[string]string{} // the eventId of each state, which is the same for all subscribers
	for _, s := range p.subscribers {
		s.mu.Lock()
		for key, ids := range s.ids {
			for id, times := range ids {
				r.heard++
				r.heardAgain += times - 1
				if first, ok := all[key]; ok && first != id {
					r.otherIDs++
				}
				all[key] = id
			}
		}
		s.mu.Unlock()
	}
}

func (p *publisher) close() {
	for _, s := range p.subscribers {
		s.server.Close()
	}
}
