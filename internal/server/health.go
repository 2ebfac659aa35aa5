package server

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// reportStatus answers a health check.
func (h *HTTP) reportStatus(w http.ResponseWriter, status int, text string) {
	writeJSON(w, h.limits.WriteTimeout, status, mustEncode(map[string]string{"status": text}))
}

// readiness caches whether calls can succeed.
type readiness struct {
	check func(context.Context) error
	mu    sync.Mutex
	last  time.Time // of the check
	err   error
}

const (
	readyTTL     = 10 * time.Second
	readyTimeout = 5 * time.Second
)

func (r *readiness) get(ctx context.Context) error {
	if r.check == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.last) >= readyTTL {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
		defer cancel()
		r.err = r.check(ctx)
		r.last = time.Now()
	}
	return r.err
}

func (h *HTTP) reportReady(w http.ResponseWriter, r *http.Request) {
	if h.draining.Load() || h.accepting.Err() != nil {
		h.reportStatus(w, http.StatusServiceUnavailable, "stopping")
		return
	}
	if err := h.ready.get(r.Context()); err != nil {
		h.server.log.Warn("not ready", "error", err)
		h.reportStatus(w, http.StatusServiceUnavailable, "the API can't be used now; the server's log has the details")
		return
	}
	h.reportStatus(w, http.StatusOK, "ready")
}
