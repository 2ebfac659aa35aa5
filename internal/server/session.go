package server

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"papi-mcp/internal/auth"
)

// session is what mcp-go knows of a client on Streamable HTTP. With the older
// protocols it lives from initialize until it is deleted or idle too long, and
// belongs to the principal that opened it. With protocol 2026-07-28 each
// request has its own, so that a cancellation can't reach another's.
type session struct {
	id            string
	principal     string
	caller        string                       // whom it counts for
	notifications chan mcp.JSONRPCNotification // what belongs to no call
	questions     questions
	ctx           context.Context // ends with the session
	end           context.CancelFunc

	info         atomic.Pointer[mcp.Implementation]
	capabilities atomic.Pointer[mcp.ClientCapabilities]
	level        atomic.Pointer[mcp.LoggingLevel]
	filter       atomic.Pointer[mcp.SubscriptionFilter]
	version      atomic.Pointer[string]
	listens      bool // it serves subscriptions/listen

	// Guarded by sessions.mu.
	busy    int // requests and streams
	streams int
	used    time.Time
}

func newSession(id auth.Identity) *session {
	s := &session{id: rand.Text(), principal: id.Principal, caller: id.CountedAs(), notifications: make(chan mcp.JSONRPCNotification, 16)}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

var (
	_ mcpserver.SessionWithClientInfo         = (*session)(nil)
	_ mcpserver.SessionWithLogging            = (*session)(nil)
	_ mcpserver.SessionWithProtocolVersion    = (*session)(nil)
	_ mcpserver.SessionWithElicitation        = (*exchangeSession)(nil)
	_ mcpserver.SessionWithSubscriptionFilter = (*session)(nil)
)

func (s *session) SessionID() string                                   { return s.id }
func (s *session) NotificationChannel() chan<- mcp.JSONRPCNotification { return s.notifications }
func (s *session) Initialize()                                         {}
func (s *session) Initialized() bool                                   { return true }
func (s *session) GetClientInfo() mcp.Implementation                   { return value(&s.info) }
func (s *session) SetClientInfo(info mcp.Implementation)               { s.info.Store(&info) }
func (s *session) GetClientCapabilities() mcp.ClientCapabilities       { return value(&s.capabilities) }
func (s *session) SetClientCapabilities(c mcp.ClientCapabilities)      { s.capabilities.Store(&c) }
func (s *session) ProtocolVersion() string                             { return value(&s.version) }
func (s *session) SetProtocolVersion(version string)                   { s.version.Store(&version) }
func (s *session) SetLogLevel(level mcp.LoggingLevel)                  { s.level.Store(&level) }
func (s *session) SetSubscriptionFilter(filter mcp.SubscriptionFilter) { s.filter.Store(&filter) }
func (s *session) SubscriptionFilter() (mcp.SubscriptionFilter, bool) {
	return value(&s.filter), s.listens
}

// GetLogLevel returns the level that the client has set, or error.
func (s *session) GetLogLevel() mcp.LoggingLevel {
	if level := s.level.Load(); level != nil {
		return *level
	}
	return mcp.LoggingLevelError
}

func value[T any](p *atomic.Pointer[T]) T {
	if v := p.Load(); v != nil {
		return *v
	}
	var zero T
	return zero
}

// sessions are the sessions of the older protocols: bounded in number, by
// caller too, and ended when nobody used them for long.
type sessions struct {
	mcp        *mcpserver.MCPServer
	most       int
	maxOfOne   int
	idle       time.Duration
	now        func() time.Time
	mu         sync.Mutex
	open       map[string]*session
	of         map[string]int // sessions by caller, and its connections of HTTP+SSE
	lastLooked time.Time
}

func newSessions(server *mcpserver.MCPServer, l HTTPLimits) *sessions {
	return &sessions{
		mcp: server, most: l.Sessions, maxOfOne: l.SessionsOfOne, idle: l.SessionIdle, now: time.Now,
		open: make(map[string]*session), of: make(map[string]int),
	}
}

var errTooManySessions = errors.New("too many sessions are open: end those that are not in use (DELETE), or try again later")

// add registers a session, in use; ok is false when there are too many.
func (l *sessions) add(s *session) (ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endIdle()
	if len(l.open) >= l.most || l.of[s.caller] >= l.maxOfOne {
		return false
	}
	if l.mcp.RegisterSession(s.ctx, s) != nil {
		return false
	}
	s.busy, s.used = 1, l.now()
	l.open[s.id] = s
	l.of[s.caller]++
	return true
}

// connect counts a connection of HTTP+SSE, which is a session too, for its
// caller; ok is false when that has too many.
func (l *sessions) connect(caller string) (ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of[caller] >= l.maxOfOne {
		return false
	}
	l.of[caller]++
	return true
}

// disconnect ends what connect began.
func (l *sessions) disconnect(caller string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.release(caller)
}

// release gives back one session of a caller. The caller of it holds mu.
func (l *sessions) release(caller string) {
	if l.of[caller]--; l.of[caller] == 0 {
		delete(l.of, caller)
	}
}

// use returns the session of a principal, and keeps it from ending as idle
// until done. Another principal's session does not exist for it.
func (l *sessions) use(id, principal string) (*session, bool) {
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

// done ends one use of a session.
func (l *sessions) done(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.busy--
	s.used = l.now()
}

// listen counts a stream of the session; ok is false when it has too many.
func (l *sessions) listen(s *session) (ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.streams >= streamsOfASession {
		return false
	}
	s.streams++
	return true
}

// hangUp ends what listen began.
func (l *sessions) hangUp(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.streams--
}

// remove ends a session, and all that runs in it.
func (l *sessions) remove(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop(s)
}

// closeAll ends every session.
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

// endIdle ends sessions that are idle too long. It looks at all of them at
// most every tenth of that time.
func (l *sessions) endIdle() {
	now := l.now()
	if now.Sub(l.lastLooked) < l.idle/10 {
		return
	}
	l.lastLooked = now
	for _, s := range l.open {
		if s.busy == 0 && now.Sub(s.used) >= l.idle {
			l.drop(s)
		}
	}
}

func (l *sessions) drop(s *session) {
	if l.open[s.id] != s {
		return
	}
	delete(l.open, s.id)
	l.release(s.caller)
	s.end()
	l.mcp.UnregisterSession(s.ctx, s.id)
}
