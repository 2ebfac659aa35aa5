//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/sandbox"
)

// presented is how often a client sends the same confirmation at the same time.
const presented = 3

// pause is how long a client waits before it repeats what failed.
const pause = 100 * time.Millisecond

// api is the sandbox, and how often each webhook was to be deleted.
type api struct {
	url    string
	server *httptest.Server
	box    *sandbox.Sandbox

	mu      sync.Mutex
	deletes map[string]int
}

func newAPI() *api {
	a := &api{box: sandbox.New(sandbox.Options{Reachable: true}), deletes: map[string]int{}}
	a.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			a.mu.Lock()
			a.deletes[r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]]++
			a.mu.Unlock()
		}
		a.box.ServeHTTP(w, r)
	}))
	a.url = a.server.URL
	return a
}

func (a *api) close() { a.server.Close(); a.box.Close() }

func (a *api) deleted(webhook string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.deletes[webhook]
}

// results counts what clients saw.
type results struct {
	mu                                              sync.Mutex
	kills, projects, confirmed, used, interrupted   int
	declined, reads, readsCutOff                    int
	doneTwice, acceptedTwice, yesLost, doneDeclined int
	events, eventsLost, eventsTwice                 int
	heard, heardAgain, unheard, otherIDs            int
	errors                                          map[string]int
}

func (r *results) count(n *int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*n++
}

func (r *results) failed(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors[what]++
}

func (r *results) violations() int {
	return r.doneTwice + r.acceptedTwice + r.yesLost + r.doneDeclined + r.eventsLost + r.eventsTwice + r.unheard + r.otherIDs
}

// table shows the figures.
func (r *results) table(duration time.Duration) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "| in %v with %d replicas and %d clients | |\n|---|---|\n", duration, replicas, perKind*len(kinds))
	for _, row := range []struct {
		what string
		n    int
	}{
		{"replicas that were killed", r.kills},
		{"projects that were confirmed", r.projects},
		{fmt.Sprintf("confirmations that were sent %d times at the same time", presented), r.used},
		{"confirmed calls that were carried out", r.confirmed},
		{"confirmations that were used up by a replica that was killed before it sent the call, and asked for again", r.interrupted},
		{"questions that were declined", r.declined},
		{"reads, and those of them while PostgreSQL was cut off", r.reads},
		{"events of the API that were acknowledged", r.events},
		{fmt.Sprintf("events that %d subscribers were sent, and of them again after a crash", subscribers), r.heard},
		{"**confirmed calls that were sent more often than a person said yes**", r.doneTwice},
		{"**confirmations that were accepted twice**", r.acceptedTwice},
		{"**confirmed projects that were no longer confirmed**", r.yesLost},
		{"**declined calls that were sent**", r.doneDeclined},
		{"**acknowledged events that were lost**", r.eventsLost},
		{"**events that were stored twice**", r.eventsTwice},
		{"**events that a subscriber was not sent**", r.unheard},
		{"**events that were sent again with another id**", r.otherIDs},
	} {
		number := fmt.Sprint(row.n)
		if row.n == r.reads && strings.HasPrefix(row.what, "reads") {
			number = fmt.Sprintf("%d, %d", r.reads, r.readsCutOff)
		}
		if strings.Contains(row.what, "after a crash") {
			number = fmt.Sprintf("%d, %d", r.heard, r.heardAgain)
		}
		fmt.Fprintf(&b, "| %s | %s |\n", row.what, number)
	}
	var names []string
	for name, n := range r.errors {
		names = append(names, fmt.Sprintf("%s (%d)", name, n))
	}
	slices.Sort(names)
	fmt.Fprintf(&b, "\nWhat clients saw meanwhile, and tried again: %s.\n", strings.Join(names, ", "))
	return b.String()
}

// rounds makes rounds until chaos ends. The last one may take until rest ends.
func (c *client) rounds(chaos, rest context.Context) error {
	for n := 0; chaos.Err() == nil; n++ {
		c.declines = false
		if err := c.round(rest, n%4 == 3); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

// round confirms a project, creates a webhook in it, and deletes that with a person's
// confirmation, or their refusal.
func (c *client) round(ctx context.Context, decline bool) error {
	project := uuid.NewString()
	if err := c.confirmProject(ctx, project); err != nil {
		return err
	}
	webhook, err := c.createWebhook(ctx, project)
	if err != nil {
		return err
	}
	arguments := func() map[string]any { return map[string]any{"projectId": project, "webhookId": webhook} }
	if decline {
		if !c.kind.elicit {
			return nil
		}
		c.declines = true
		_, err := c.repeat(ctx, func() (*answer, error) {
			a, err := c.call(ctx, "webhook_delete", arguments(), "")
			if err == nil && a.RequestState != "" {
				a, err = c.call(ctx, "webhook_delete", arguments(), c.inputResponse(a.RequestState))
			}
			return a, err
		}, func(a *answer) bool {
			return a.Structured.ErrorCode == errorcode.ConfirmationDeclined || c.api.deleted(webhook) > 0
		})
		if err != nil {
			return err
		}
		c.results.count(&c.results.declined)
		if c.api.deleted(webhook) > 0 {
			c.results.count(&c.results.doneDeclined)
		}
		return nil
	}
	c.mu.Lock()
	c.yes = 0
	c.mu.Unlock()
	for c.api.deleted(webhook) == 0 {
		if err := c.deleteOnce(ctx, webhook, arguments); err != nil {
			return err
		}
	}
	c.results.count(&c.results.confirmed)
	// One that was killed may have sent its request, which the API takes up after the person
	// was asked again.
	if c.api.deleted(webhook) > c.yes {
		c.results.count(&c.results.doneTwice)
	}
	return nil
}

// repeat calls until the answer is as wanted. A project that was confirmed must stay so.
func (c *client) repeat(ctx context.Context, call func() (*answer, error), wanted func(*answer) bool) (*answer, error) {
	last := ""
	for ctx.Err() == nil {
		a, err := call()
		var gone lost
		switch {
		case errors.As(err, &gone):
			last = gone.why
		case err != nil:
			return nil, err
		case wanted(a):
			return a, nil
		case a.Structured.ErrorCode == errorcode.ProjectUnconfirmed:
			c.results.count(&c.results.yesLost)
			return nil, errors.New("a project that was confirmed is not confirmed any more")
		default:
			last = a.Structured.ErrorCode
			if reason, _ := a.Structured.Info["reason"].(string); reason != "" {
				last += ": " + reason
			}
		}
		c.results.failed(last)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
	return nil, fmt.Errorf("it did not recover: %s", last)
}

func (c *client) confirmProject(ctx context.Context, project string) error {
	arguments := map[string]any{"projectId": project}
	_, err := c.repeat(ctx, func() (*answer, error) {
		a, err := c.call(ctx, "project_confirm", arguments, "")
		if err == nil && a.RequestState != "" {
			a, err = c.call(ctx, "project_confirm", arguments, c.inputResponse(a.RequestState))
		}
		return a, err
	}, func(a *answer) bool {
		data, _ := a.Structured.Data.(map[string]any)
		return data["confirmed"] == true
	})
	if err == nil {
		c.results.count(&c.results.projects)
	}
	return err
}

func (c *client) createWebhook(ctx context.Context, project string) (string, error) {
	n := 0
	a, err := c.repeat(ctx, func() (*answer, error) {
		n++ // the one before may have been created
		return c.call(ctx, "webhook_create", map[string]any{"projectId": project, "target": fmt.Sprintf("https://example.com/%s/%d", project, n), "secret": "sixteen-or-more-signs"}, "")
	}, func(a *answer) bool { return a.Structured.IDs["webhookId"] != "" })
	if err != nil {
		return "", err
	}
	return a.Structured.IDs["webhookId"], nil
}

// deleteOnce asks for one confirmation, and uses it. Where the client can't know whether it was
// carried out, because the replica was killed, the API says so.
func (c *client) deleteOnce(ctx context.Context, webhook string, arguments func() map[string]any) error {
	isGone := func() bool { return c.api.deleted(webhook) > 0 }
	asked, err := c.repeat(ctx, func() (*answer, error) { return c.call(ctx, "webhook_delete", arguments(), "") }, func(a *answer) bool {
		return isGone() || a.RequestState != "" || a.Structured.Confirmation.Token != ""
	})
	if err != nil || isGone() { // asked and answered on the stream of a session
		return err
	}
	c.said()
	confirm := func() (*answer, error) {
		if asked.RequestState != "" {
			return c.call(ctx, "webhook_delete", arguments(), c.inputResponse(asked.RequestState))
		}
		with := arguments()
		with["confirm"] = asked.Structured.Confirmation.Token
		return c.call(ctx, "webhook_delete", with, "")
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	accepted := 0
	for range presented {
		all.Go(func() {
			a, err := confirm()
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				c.results.failed(err.Error())
			case a.passed():
				accepted++
			}
		})
	}
	all.Wait()
	c.results.count(&c.results.used)
	if accepted == 0 && c.api.deleted(webhook) == 0 {
		// Nothing was carried out. Either the confirmation can still be used, or a replica
		// that was killed has used it up.
		a, err := c.repeat(ctx, confirm, func(a *answer) bool {
			return isGone() || strings.HasPrefix(a.Structured.ErrorCode, errorcode.ConfirmationInvalid) || a.RequestState != "" || a.Structured.Confirmation.Token != ""
		})
		if err != nil {
			return err
		}
		if a.passed() {
			accepted++
		} else if c.api.deleted(webhook) == 0 {
			c.results.count(&c.results.interrupted)
		}
	}
	if accepted > 1 {
		c.results.count(&c.results.acceptedTwice)
	}
	return nil
}

// read reads all the time.
func (c *client) read(ctx context.Context, link *link) error {
	for ctx.Err() == nil {
		isCut := link.isCut.Load()
		a, err := c.call(ctx, "webhook_list", map[string]any{"projectId": sandbox.DefaultProject}, "")
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, new(lost)): // with its replica
			c.results.failed("a read: " + err.Error())
		case err != nil:
			return err
		case a.Structured.ErrorCode != "":
			return fmt.Errorf("a read was refused: %s", a.Structured.ErrorCode)
		default:
			c.results.count(&c.results.reads)
			if isCut && link.isCut.Load() {
				c.results.count(&c.results.readsCutOff)
			}
		}
		select {
		case <-time.After(pause / 2):
		case <-ctx.Done():
		}
	}
	return nil
}
