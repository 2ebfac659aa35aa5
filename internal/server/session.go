package server

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"papi-mcp/internal/auth"
)

// session is the state that mcp-go keeps of a client on Streamable HTTP. With
// the older protocols it lives from initialize until it is deleted or its idle
// timeout, and belongs to the principal that opened it. With protocol
// 2026-07-28 each request has its own, so that a cancellation can't reach
// another request.
type session struct {
	id            string
	principal     string
	limitKey      string                       // of its caller
	notifications chan mcp.JSONRPCNotification // that belong to no call; nil where there is no stream for them
	elicitations  pendingElicitations
	subscribed    subscription
	running       runningRequests
	ctx           context.Context // ends with the session
	end           context.CancelFunc

	// Never nil: newSession sets them all.
	info         atomic.Pointer[mcp.Implementation]
	capabilities atomic.Pointer[mcp.ClientCapabilities]
	level        atomic.Pointer[mcp.LoggingLevel]
	filter       atomic.Pointer[mcp.SubscriptionFilter]
	version      atomic.Pointer[string]
	subscribes   bool // it serves subscriptions/listen
	streams      atomic.Int64

	// Guarded by sessions.mu.
	busy int // requests and streams
	used time.Time
}

// unset is what a session has until its client says it; nothing writes to it.
var unset = struct {
	info         mcp.Implementation
	capabilities mcp.ClientCapabilities
	level        mcp.LoggingLevel
	filter       mcp.SubscriptionFilter
	version      string
}{level: mcp.LoggingLevelError}

func newSession(id auth.Identity) *session {
	s := &session{id: rand.Text(), principal: id.Principal, limitKey: id.LimitKey()}
	s.info.Store(&unset.info)
	s.capabilities.Store(&unset.capabilities)
	s.version.Store(&unset.version)
	s.level.Store(&unset.level)
	s.filter.Store(&unset.filter)
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

// keepNotifications lets a few notifications that belong to no call wait for their stream.
func (s *session) keepNotifications() { s.notifications = make(chan mcp.JSONRPCNotification, 16) }

var (
	_ mcpserver.SessionWithClientInfo         = (*session)(nil)
	_ mcpserver.SessionWithLogging            = (*session)(nil)
	_ mcpserver.SessionWithProtocolVersion    = (*session)(nil)
	_ mcpserver.SessionWithSubscriptionFilter = (*session)(nil)
)

func (s *session) SessionID() string                                   { return s.id }
func (s *session) NotificationChannel() chan<- mcp.JSONRPCNotification { return s.notifications }
func (s *session) Initialize()                                         {}
func (s *session) Initialized() bool                                   { return true }
func (s *session) GetClientInfo() mcp.Implementation                   { return *s.info.Load() }
func (s *session) SetClientInfo(info mcp.Implementation)               { s.info.Store(&info) }
func (s *session) GetClientCapabilities() mcp.ClientCapabilities       { return *s.capabilities.Load() }
func (s *session) SetClientCapabilities(c mcp.ClientCapabilities)      { s.capabilities.Store(&c) }
func (s *session) ProtocolVersion() string                             { return *s.version.Load() }
func (s *session) SetProtocolVersion(version string)                   { s.version.Store(&version) }
func (s *session) GetLogLevel() mcp.LoggingLevel                       { return *s.level.Load() }
func (s *session) SetLogLevel(level mcp.LoggingLevel)                  { s.level.Store(&level) }
func (s *session) SetSubscriptionFilter(filter mcp.SubscriptionFilter) { s.filter.Store(&filter) }
func (s *session) SubscriptionFilter() (mcp.SubscriptionFilter, bool) {
	return *s.filter.Load(), s.subscribes
}

// runningRequests are the requests of a session that its client may cancel.
type runningRequests struct {
	mu     sync.Mutex
	cancel map[string]*context.CancelFunc // by id
}

// add adds a request until remove is called.
func (q *runningRequests) add(id json.RawMessage, cancel context.CancelFunc) (remove func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.cancel == nil {
		q.cancel = make(map[string]*context.CancelFunc)
	}
	q.cancel[string(id)] = &cancel
	return func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.cancel[string(id)] == &cancel { // a client may have used an id twice
			delete(q.cancel, string(id))
		}
	}
}

// cancelFor cancels the request that a notification of its client names, if it does.
func (q *runningRequests) cancelFor(m *message) {
	id := cancelledID(m)
	q.mu.Lock()
	defer q.mu.Unlock()
	if cancel := q.cancel[string(id)]; cancel != nil {
		(*cancel)()
	}
}

// sessions are the open sessions of the older protocols. Their number is
// bounded, for each caller too, and they end after an idle timeout.
type sessions struct {
	mcp          *mcpserver.MCPServer
	max          int
	maxPerCaller int
	idleTimeout  time.Duration
	now          func() time.Time
	mu           sync.Mutex
	open         map[string]*session
	perCaller    map[string]int // sessions by caller, and its connections of HTTP+SSE
	lastSweep    time.Time
}

func newSessions(server *mcpserver.MCPServer, l HTTPLimits) *sessions {
	return &sessions{
		mcp: server, max: l.Sessions, maxPerCaller: l.SessionsPerCaller, idleTimeout: l.SessionIdleTimeout, now: time.Now,
		open: make(map[string]*session), perCaller: make(map[string]int),
	}
}

var errTooManySessions = errors.New("too many sessions are open: end those that are not in use (DELETE), or try again later")

// add registers a session, in use; ok is false when there are too many.
func (l *sessions) add(s *session) (ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endIdle()
	if len(l.open) >= l.max || l.perCaller[s.limitKey] >= l.maxPerCaller {
		return false
	}
	if l.mcp.RegisterSession(s.ctx, s) != nil {
		return false
	}
	s.busy, s.used = 1, l.now()
	l.open[s.id] = s
	l.perCaller[s.limitKey]++
	return true
}

// addConnection counts a connection of HTTP+SSE as a session of its caller until
// remove is called; ok is false when the caller has too many.
func (l *sessions) addConnection(caller string) (remove func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.perCaller[caller] >= l.maxPerCaller {
		return nil, false
	}
	l.perCaller[caller]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.decrement(caller)
	}, true
}

// decrement counts one session of a caller less. The caller holds mu.
func (l *sessions) decrement(caller string) {
	if l.perCaller[caller]--; l.perCaller[caller] == 0 {
		delete(l.perCaller, caller)
	}
}

// acquire returns the session of a principal, and keeps it from its idle
// timeout until release. It does not find another principal's session.
func (l *sessions) acquire(id, principal string) (*session, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endIdle()
	s := l.open[id]
	if s == nil || s.principal != principal {
		return nil, false
	}
	s.busy++
	return s, true
}

// release ends one use of a session.
func (l *sessions) release(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.busy--
	s.used = l.now()
}

// remove ends a session, and everything that runs in it.
func (l *sessions) remove(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop(s)
}

// closeAll ends all sessions.
func (l *sessions) closeAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.open {
		l.drop(s)
	}
}

func (l *sessions) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

// endIdle ends the sessions over the idle timeout. It checks at most ten times
// per timeout.
func (l *sessions) endIdle() {
	now := l.now()
	if now.Sub(l.lastSweep) < l.idleTimeout/10 {
		return
	}
	l.lastSweep = now
	for _, s := range l.open {
		if s.busy == 0 && now.Sub(s.used) >= l.idleTimeout {
			l.drop(s)
		}
	}
}

func (l *sessions) drop(s *session) {
	if l.open[s.id] != s {
		return
	}
	delete(l.open, s.id)
	l.decrement(s.limitKey)
	s.end()
	l.mcp.UnregisterSession(s.ctx, s.id)
}
