package guard

import (
	"context"
	"errors"
	"fmt"

	"papi-mcp/internal/papi"
)

// effects record what later calls depend on: done after a call of the tool that
// succeeded, failed after one that the API answered with an error; nil records
// nothing.
type effects struct {
	// reads reports that done looks at what the summary read before the call, which is
	// read where no person is asked too.
	reads  bool
	done   func(g *Guard, ctx context.Context, c *Call, answer map[string]any) error
	failed func(g *Guard, ctx context.Context, c *Call, e *papi.Error) error
}

var effectsOf = map[string]effects{
	"whatsapp_sender_register":               {done: (*Guard).registrationDone, failed: (*Guard).codeFailed},
	"whatsapp_sender_verify":                 {failed: (*Guard).codeFailed},
	"whatsapp_sender_delete":                 {done: (*Guard).deleteDone, failed: (*Guard).deleteFailed},
	"whatsapp_template_delete":               {reads: true, done: (*Guard).templateDeleted},
	"whatsapp_template_delete_all_languages": {reads: true, done: (*Guard).templatesDeleted},
	"bundle_create":                          {done: (*Guard).bundleCreated},
	"bundle_get":                             {done: (*Guard).bundleShown},
}

// Done records what later calls depend on after a call that was allowed and
// succeeded. answer is the API's, nil where there is none. It returns the
// store's errors.
func (g *Guard) Done(ctx context.Context, c *Call, answer map[string]any) error {
	if err := g.grantDone(context.WithoutCancel(ctx), c); err != nil {
		return err
	}
	if done := effectsOf[c.Row.Tool].done; done != nil {
		return done(g, context.WithoutCancel(ctx), c, answer)
	}
	return nil
}

// Failed records the error that an allowed call ended with, where later calls
// depend on it. It returns the store's errors.
func (g *Guard) Failed(ctx context.Context, c *Call, err error) error {
	e, ok := errors.AsType[*papi.Error](err)
	if !ok {
		return nil
	}
	if err := g.grantFailed(context.WithoutCancel(ctx), c, e); err != nil {
		return err
	}
	if failed := effectsOf[c.Row.Tool].failed; failed != nil {
		return failed(g, context.WithoutCancel(ctx), c, e)
	}
	return nil
}

// senderKey is where the store has something about a WhatsApp sender.
func (g *Guard) senderKey(kind string, c *Call, senderID any) string {
	return fmt.Sprintf("guard/%s/%s/%s/%v", kind, g.opts.Realm, c.ProjectID, senderID)
}
