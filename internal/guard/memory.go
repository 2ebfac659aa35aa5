package guard

import (
	"context"
	"errors"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// effects are what the calls of one tool need besides the rules; a field is nil
// where they need nothing.
type effects struct {
	// same writes arguments that mean the same in one way.
	same func(args map[string]any)
	// done records what later calls depend on after one that succeeded, failed
	// after one that the API answered with an error.
	done   func(g *Guard, ctx context.Context, c *Call, answer map[string]any) error
	failed func(g *Guard, ctx context.Context, c *Call, e *papi.Error) error
}

var effectsOf = map[string]effects{
	"whatsapp_sender_register": {done: (*Guard).registrationDone, failed: (*Guard).codeFailed},
	"whatsapp_sender_verify":   {failed: (*Guard).codeFailed},
	"whatsapp_sender_delete":   {done: (*Guard).deleteDone, failed: (*Guard).deleteFailed},
	"bundle_create":            {same: sameBundle, done: (*Guard).bundleCreated},
	"bundle_get":               {done: (*Guard).bundleShown},
}

// Done records what later calls depend on after a call that was allowed and
// succeeded. answer is the API's, nil where there is none. It returns the
// store's errors.
func (g *Guard) Done(ctx context.Context, c *Call, answer map[string]any) error {
	if done := effectsOf[c.Row.Tool].done; done != nil {
		return done(g, context.WithoutCancel(ctx), c, answer)
	}
	return nil
}

// Failed records the error that an allowed call ended with, where later calls
// depend on it. It returns the store's errors.
func (g *Guard) Failed(ctx context.Context, c *Call, err error) error {
	var e *papi.Error
	if failed := effectsOf[c.Row.Tool].failed; failed != nil && errors.As(err, &e) {
		return failed(g, context.WithoutCancel(ctx), c, e)
	}
	return nil
}

func (g *Guard) registrationDone(ctx context.Context, c *Call, _ map[string]any) error {
	return g.opts.Store.Put(ctx, g.registrationKey(c), []byte(c.Principal), registrationTTL)
}

func (g *Guard) codeFailed(ctx context.Context, c *Call, e *papi.Error) error {
	switch e.Code {
	case "sender-already-registered": // 429 of a registration: the same as one that succeeded
		return g.registrationDone(ctx, c, nil)
	case "too_many_invalid_verification_codes":
		ttl := max(e.RetryAfter, pauseTTL)
		until := g.opts.Now().Add(ttl).UTC().Format(time.RFC3339)
		return g.opts.Store.Put(ctx, g.pauseKey(c), []byte(until), ttl)
	}
	return nil
}

// deleteDone records that a sender is being deleted: no answer of the API shows it.
func (g *Guard) deleteDone(ctx context.Context, c *Call, _ map[string]any) error {
	return g.opts.Store.Put(ctx, g.deleteKey(c, c.Args["senderId"]), []byte("deleted"), senderRemoval)
}

func (g *Guard) deleteFailed(ctx context.Context, c *Call, e *papi.Error) error {
	if e.Code != "sender_already_deleted" {
		return nil
	}
	return g.deleteDone(ctx, c, nil)
}

// bundleCreated allows the principal the subproject that its bundle made, though
// the allowlist does not name it. The answer may come before the subproject
// exists: then the bundle is remembered, and a later bundle_get shows the
// subproject.
func (g *Guard) bundleCreated(ctx context.Context, c *Call, answer map[string]any) error {
	id := jsonvalue.Text(answer, "id")
	if id == "" || jsonvalue.Text(answer, "subproject.id") != "" {
		return g.allowSubproject(ctx, c, answer)
	}
	return g.opts.Store.Put(ctx, g.bundleKey(c, id), []byte("made"), 0)
}

func (g *Guard) bundleShown(ctx context.Context, c *Call, answer map[string]any) error {
	if _, mine, err := g.opts.Store.Get(ctx, g.bundleKey(c, jsonvalue.Text(answer, "id"))); err != nil || !mine {
		return err
	}
	return g.allowSubproject(ctx, c, answer)
}

func (g *Guard) allowSubproject(ctx context.Context, c *Call, answer map[string]any) error {
	id := jsonvalue.Text(answer, "subproject.id")
	if id == "" {
		return nil
	}
	return g.opts.Store.Put(ctx, g.subprojectKey(c.Principal, id), []byte(c.ProjectID), 0)
}
