package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"papi-mcp/internal/auth"
)

const headerSession = mcpserver.HeaderKeySessionID

// post handles one message of Streamable HTTP.
func (h *HTTP) post(w http.ResponseWriter, r *http.Request, id auth.Identity) {
	if !accepts(r, "application/json") && !accepts(r, "text/event-stream") {
		h.refuse(w, http.StatusNotAcceptable, "the client must accept application/json and text/event-stream")
		return
	}
	body, ok := h.readBody(w, r)
	if !ok {
		return
	}
	body = trimMessage(body)
	if len(body) > 0 && isBatch(body) {
		h.postBatch(w, r, id, body)
		return
	}
	m, refusal := parseMessage(body)
	if refusal != nil {
		h.endQuestion(r, id, m)
		h.writeError(w, http.StatusBadRequest, *refusal)
		return
	}
	version := r.Header.Get(mcp.HeaderProtocolVersion)
	inBody := versionOf(m)
	if mcp.IsModernProtocol(version) || mcp.IsModernProtocol(inBody) {
		if code, text := checkModern(r.Header, m, version, inBody); text != "" {
			h.refuseMessage(w, http.StatusBadRequest, m.ID, code, text)
			return
		}
		h.postModern(w, r, id, m, body)
		return
	}
	if m.Method == mcp.MethodInitialize && !m.isNotification() {
		h.initialize(w, r, id, m, body)
		return
	}
	s, ok := h.sessionOf(w, r, id, m.ID)
	if !ok {
		return
	}
	defer h.sessions.release(s)
	switch {
	case m.isAnswer():
		// Answered first: clients cancel this request when the call that waits for
		// the answer has ended.
		w.WriteHeader(http.StatusAccepted)
		_ = http.NewResponseController(w).Flush() // fails where the client is gone
		if !s.elicitations.resolve(m) {
			h.server.log.DebugContext(r.Context(), "answer to no open question")
		}
	case m.isNotification():
		h.notified(r.Context(), s, m, body)
		w.WriteHeader(http.StatusAccepted)
	default:
		h.serve(w, r, id, s, m, body, false)
	}
}

// notified handles a notification of an older protocol.
func (h *HTTP) notified(ctx context.Context, s *session, m *message, body []byte) {
	s.running.cancelFor(m)
	h.server.handle(h.server.mcp.WithContext(ctx, s), m, body)
}

// endQuestion ends the question that a malformed answer belongs to; m may be
// nil.
func (h *HTTP) endQuestion(r *http.Request, id auth.Identity, m *message) {
	if m == nil {
		return
	}
	if s, ok := h.sessions.acquire(r.Header.Get(headerSession), id.Principal); ok {
		s.elicitations.resolve(m)
		h.sessions.release(s)
	}
}

// initialize opens a session, unless the request for it fails.
func (h *HTTP) initialize(w http.ResponseWriter, r *http.Request, id auth.Identity, m *message, body []byte) {
	s := newSession(id)
	s.keepNotifications()
	if !h.sessions.add(s) {
		s.end()
		h.refuseWithRetry(w, http.StatusServiceUnavailable, 30*time.Second, errTooManySessions.Error())
		return
	}
	defer h.sessions.release(s)
	answer := h.server.handle(h.server.mcp.WithContext(r.Context(), s), m, body)
	if _, failed := answer.(mcp.JSONRPCError); failed {
		h.sessions.remove(s)
	} else {
		w.Header().Set(headerSession, s.id)
	}
	h.newResponder(w, r).answer(http.StatusOK, answer)
}

// sessionOf returns the session that a request of an older protocol names, in
// use; ok is false when the request has been refused.
func (h *HTTP) sessionOf(w http.ResponseWriter, r *http.Request, id auth.Identity, message json.RawMessage) (s *session, ok bool) {
	if version := r.Header.Get(mcp.HeaderProtocolVersion); version != "" && !mcp.IsValidProtocolVersion(version) {
		h.refuseMessage(w, http.StatusBadRequest, message, codeRefused, "the protocol version is not supported")
		return nil, false
	}
	given := r.Header.Get(headerSession)
	if given == "" {
		h.refuseMessage(w, http.StatusBadRequest, message, codeRefused, "the header "+headerSession+" is missing: initialize first, and send the header that it returns")
		return nil, false
	}
	if s, ok = h.sessions.acquire(given, id.Principal); !ok {
		h.refuseMessage(w, http.StatusNotFound, message, codeRefused, "there is no such session: initialize again")
	}
	return s, ok
}

// postModern handles a message of protocol 2026-07-28, which has no sessions.
func (h *HTTP) postModern(w http.ResponseWriter, r *http.Request, id auth.Identity, m *message, body []byte) {
	switch {
	case m.isAnswer():
		h.refuseMessage(w, http.StatusBadRequest, m.ID, mcp.INVALID_REQUEST, "in this protocol version the server sends no requests to answer")
		return
	case m.isNotification(): // a call is cancelled by closing its connection
		w.WriteHeader(http.StatusAccepted)
		return
	}
	s := newSession(id)
	defer s.end()
	if m.Method == mcp.MethodSubscriptionsListen {
		s.subscribes = true
		s.keepNotifications()
		if err := h.server.mcp.RegisterSession(s.ctx, s); err != nil {
			panic(err) // ids are unique
		}
		defer h.server.mcp.UnregisterSession(s.ctx, s.id)
	}
	h.serve(w, r, id, s, m, body, true)
}

// serve has mcp-go handle a request, and answers it. With a modern protocol
// the HTTP status reflects errors.
func (h *HTTP) serve(w http.ResponseWriter, r *http.Request, id auth.Identity, s *session, m *message, body []byte, modern bool) {
	r, ok := h.withTools(w, r, id)
	if !ok {
		return
	}
	closed, ok := h.acquireStream(w, time.Second)
	if !ok {
		return
	}
	defer closed()

	ctx, cancel := context.WithCancel(withStopping(r.Context(), h.accepting))
	defer cancel()
	if !modern { // else the session ends with the request
		defer context.AfterFunc(s.ctx, cancel)()
		defer s.running.add(m.ID, cancel)()
	}
	switch {
	case m.Method == mcp.MethodSubscriptionsListen: // it lasts as long as the connection
		defer context.AfterFunc(h.accepting, cancel)()
	case lasts(m.Method): // and ends when the server stops accepting
	default:
		place, ok := h.limiter.acquire(ctx)
		if !ok {
			h.refuseWithRetry(w, http.StatusServiceUnavailable, time.Second, errBusy.Error())
			return
		}
		defer place.leave()
		ctx = withSlot(ctx, place)
	}

	x := h.newResponder(w, r)
	if s.subscribes {
		x.startNotifier(s.notifications)
		defer x.keepAlive(h.limits.Heartbeat, func() {
			if !h.mayListen(r, id) {
				cancel()
			}
		})()
	}
	if m.Method == methodEventsStream {
		ctx = withSender(ctx, x.send)
	}
	answer := h.server.handle(h.server.mcp.WithContext(ctx, &requestSession{s, x}), m, body)
	x.stopNotifier()
	status := http.StatusOK
	if modern {
		status = statusOf(answer)
	}
	x.answer(status, answer)
}

func (h *HTTP) newResponder(w http.ResponseWriter, r *http.Request) *responder {
	return &responder{
		w: w, log: h.server.log, timeout: h.limits.WriteTimeout, maxBytes: h.limits.Answer,
		acceptsStream: accepts(r, "text/event-stream"),
	}
}

// openNotifications opens a stream for messages that belong to no call.
// Messages are not kept for a stream that was interrupted: a call ends with
// its connection.
func (h *HTTP) openNotifications(w http.ResponseWriter, r *http.Request, id auth.Identity) {
	if h.refuseModernMethod(w, r) {
		return
	}
	if !accepts(r, "text/event-stream") {
		h.refuse(w, http.StatusNotAcceptable, "the client must accept text/event-stream")
		return
	}
	s, ok := h.sessionOf(w, r, id, nil)
	if !ok {
		return
	}
	defer h.sessions.release(s)
	removed, ok := acquire(&s.streams, maxSessionStreams)
	if !ok {
		h.refuseWithRetry(w, http.StatusTooManyRequests, time.Minute, "this session has too many streams")
		return
	}
	defer removed()
	closed, ok := h.acquireStream(w, time.Minute)
	if !ok {
		return
	}
	defer closed()

	startStream(w)
	heartbeat := time.NewTicker(h.limits.Heartbeat)
	defer heartbeat.Stop()
	for err := writeHeartbeat(w, h.limits.WriteTimeout); err == nil; {
		select {
		case n := <-s.notifications:
			var line []byte
			if line, err = encodeLine(n); err == nil {
				err = writeEvent(w, h.limits.WriteTimeout, "message", line)
			}
		case <-heartbeat.C:
			if !h.mayListen(r, id) {
				return // the client opens another one, if it may
			}
			err = writeHeartbeat(w, h.limits.WriteTimeout)
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
			return
		case <-h.accepting.Done():
			return
		}
	}
}

// endSession ends a session, and everything that runs in it, at its client's
// request.
func (h *HTTP) endSession(w http.ResponseWriter, r *http.Request, id auth.Identity) {
	if h.refuseModernMethod(w, r) {
		return
	}
	s, ok := h.sessionOf(w, r, id, nil)
	if !ok {
		return
	}
	h.sessions.remove(s)
	h.sessions.release(s)
	w.WriteHeader(http.StatusNoContent)
}

// refuseModernMethod refuses the methods that protocol 2026-07-28 no longer
// has.
func (h *HTTP) refuseModernMethod(w http.ResponseWriter, r *http.Request) (refused bool) {
	if !mcp.IsModernProtocol(r.Header.Get(mcp.HeaderProtocolVersion)) {
		return false
	}
	w.Header().Set("Allow", http.MethodPost)
	h.refuse(w, http.StatusMethodNotAllowed, "this protocol version has no sessions: use subscriptions/listen for notifications")
	return true
}

// versionOf returns the protocol version that the message declares, as those
// of 2026-07-28 do; "" for none.
func versionOf(m *message) string {
	if !mayName(m.Params, nameOfVersion) {
		return ""
	}
	var params struct {
		Meta *mcp.Meta `json:"_meta"`
	}
	if json.Unmarshal(m.Params, &params) != nil {
		return ""
	}
	return params.Meta.ProtocolVersion()
}

// checkModern checks that the headers of a message agree with its body: a
// gateway may have decided by the headers. It returns the error to answer.
func checkModern(header http.Header, m *message, version, inBody string) (code int, text string) {
	switch {
	case m.isAnswer() || m.isNotification():
		return 0, ""
	case header.Get(mcp.HeaderLastEventID) != "":
		return mcp.HEADER_MISMATCH, "streams can't be resumed: remove the header Last-Event-ID"
	case inBody == "":
		return mcp.INVALID_PARAMS, "params._meta must name " + mcp.MetaKeyProtocolVersion
	case version != inBody:
		return mcp.HEADER_MISMATCH, "the header " + mcp.HeaderProtocolVersion + " must be the version in params._meta"
	}
	var mismatch mcp.HeaderMismatchError
	if err := mcp.ValidateStandardHeaders(header.Get, version, m.Method, m.Params); errors.As(err, &mismatch) {
		return mcp.HEADER_MISMATCH, "the header " + mismatch.Header + " must be present and agree with the message"
	} else if err != nil {
		return mcp.HEADER_MISMATCH, "the headers don't agree with the message"
	}
	return 0, ""
}

// statusOf returns the HTTP status of an answer in protocol 2026-07-28.
func statusOf(answer mcp.JSONRPCMessage) int {
	failed, ok := answer.(mcp.JSONRPCError)
	if !ok {
		return http.StatusOK
	}
	switch failed.Error.Code {
	case mcp.METHOD_NOT_FOUND:
		return http.StatusNotFound
	case mcp.HEADER_MISMATCH, mcp.MISSING_REQUIRED_CLIENT_CAPABILITY, mcp.UNSUPPORTED_PROTOCOL_VERSION,
		mcp.INVALID_REQUEST, mcp.INVALID_PARAMS, mcp.PARSE_ERROR:
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// accepts reports whether the client accepts a media type; without an Accept
// header it accepts JSON.
func accepts(r *http.Request, media string) bool {
	given := strings.Join(r.Header.Values("Accept"), ",")
	if given == "" {
		return media == "application/json"
	}
	kind, _, _ := strings.Cut(media, "/")
	for one := range strings.SplitSeq(given, ",") {
		name, _, _ := strings.Cut(one, ";")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case media, kind + "/*", "*/*":
			return true
		}
	}
	return false
}
