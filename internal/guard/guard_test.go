package guard

import (
	"context"
	"errors"
	"testing"
	"time"

	"papi-mcp/internal/store"
)

func TestReadsNeedNothing(t *testing.T) {
	f := newFixture(nil)
	if got := f.check(call("webhook_list", nil)); got != "allowed" {
		t.Errorf("got %s", got)
	}
	if len(f.reads) != 0 {
		t.Errorf("a read cost %v", f.reads)
	}
}

func TestReadOnlyRefusesWrites(t *testing.T) {
	f := newFixture(func(o *Options) { o.ReadOnly = true }).confirmed(t)
	if got := f.check(call("whatsapp_template_sync", nil)); got != "guard_read_only" {
		t.Errorf("got %s", got)
	}
}

// brokenStore fails at everything.
type brokenStore struct{ store.Store }

var errBroken = errors.New("the disk is full")

func (brokenStore) Get(context.Context, string) ([]byte, bool, error) { return nil, false, errBroken }

func (brokenStore) Add(context.Context, string, []byte, time.Duration) (bool, error) {
	return false, errBroken
}

func TestAStoreThatFailsRefusesTheCall(t *testing.T) {
	f := newFixture(func(o *Options) { o.Store = brokenStore{} })
	if got := f.check(call("whatsapp_template_sync", nil)); got != "guard_store_unavailable" {
		t.Errorf("got %s", got)
	}
	reveal := call("whatsapp_sender_get", map[string]any{"senderId": "s"})
	reveal.Reveal = true
	if got := f.check(reveal); got != "guard_store_unavailable" {
		t.Errorf("got %s", got)
	}
}
