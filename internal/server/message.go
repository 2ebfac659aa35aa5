package server

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/jsonvalue"
)

// message is one JSON-RPC message: a request, a notification or an answer.
type message struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  mcp.MCPMethod   `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// isAnswer reports whether the message answers a request of ours.
func (m *message) isAnswer() bool { return m.Result != nil || m.Error != nil }

// isNotification reports whether the sender expects no answer.
func (m *message) isNotification() bool { return m.ID == nil }

// with returns the message with other params. It must be a request or a
// notification.
func (m *message) with(params map[string]json.RawMessage) *message {
	return &message{Version: m.Version, ID: m.ID, Method: m.Method, Params: mustEncode(params)}
}

// endsWait reports whether a running call may wait for the message: an answer,
// or a cancellation.
func (m *message) endsWait() bool {
	return m.isAnswer() || m.Method == mcp.MethodNotificationCancelled
}

// cancelledID returns the id of the request that a notification cancels; nil for none.
func cancelledID(m *message) json.RawMessage {
	if m.Method != mcp.MethodNotificationCancelled {
		return nil
	}
	var cancelled struct {
		RequestID json.RawMessage `json:"requestId"`
	}
	_ = json.Unmarshal(m.Params, &cancelled) // malformed: none
	return cancelled.RequestID
}

// parseMessage parses a line, or the body of an HTTP request, without
// surrounding space. For an invalid message it returns the error to answer,
// under the message's id where that is valid. If that message has an id and no
// method, it is returned as well: it ends the question of that id, though
// without an answer.
func parseMessage(line []byte) (*message, *mcp.JSONRPCError) {
	var m message
	refused := func(id json.RawMessage, code int, text string) (*message, *mcp.JSONRPCError) {
		refusal := jsonrpcError(id, code, text)
		if id != nil && (m.Method == "" || m.isAnswer()) {
			return &message{ID: id}, &refusal
		}
		return nil, &refusal
	}
	if err := json.Unmarshal(line, &m); err != nil {
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
			return refused(nil, mcp.PARSE_ERROR, "the message is not JSON")
		}
		if line[0] == '[' {
			return refused(nil, mcp.INVALID_REQUEST, "a batch can't be part of a batch")
		}
		return refused(nil, mcp.INVALID_REQUEST, "this is not a JSON-RPC message")
	}
	if m.ID != nil && !isID(m.ID) {
		if m.isAnswer() { // an error about our message: answering it could repeat for ever
			return &m, nil
		}
		return refused(nil, mcp.INVALID_REQUEST, "an id must be a string or a number")
	}
	if m.Version != mcp.JSONRPC_VERSION {
		return refused(m.ID, mcp.INVALID_REQUEST, `"jsonrpc" must be "2.0"`)
	}
	if (m.Method != "") == m.isAnswer() {
		return refused(m.ID, mcp.INVALID_REQUEST, "a message has either a method, or a result or an error")
	}
	if m.isAnswer() && !isWellFormedAnswer(line) {
		return &message{Version: m.Version, ID: m.ID, Result: json.RawMessage(`null`)}, nil
	}
	return &m, nil
}

// isWellFormedAnswer reports whether an answer has each member once, and
// either a result or an error.
func isWellFormedAnswer(line []byte) bool {
	fields, ok := strictMembers(line, "jsonrpc", "id", "method", "result", "error")
	return ok && (fields["result"] == nil) != (fields["error"] == nil)
}

// trimMessage returns a message without surrounding space, and without the
// byte order mark that some programs write first (RFC 8259, 8.1: a parser may
// ignore it).
func trimMessage(text []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(text), []byte("\ufeff")))
}

// isID reports whether a JSON value may be the id of a request.
func isID(value json.RawMessage) bool {
	c := value[0]
	return c == '"' || c == '-' || '0' <= c && c <= '9'
}

// jsonrpcError returns an error answer; a nil id means that the id is unknown.
func jsonrpcError(id json.RawMessage, code int, text string) mcp.JSONRPCError {
	return mcp.NewJSONRPCError(mcp.NewRequestId(id), code, text, nil)
}

// withHTTPRequest returns an error with the id of its HTTP request, "" for
// none: the server's log has the details under that id.
func withHTTPRequest(e mcp.JSONRPCError, request string) mcp.JSONRPCError {
	if request == "" {
		return e
	}
	return withData(e, "requestId", request)
}

// withData returns an error with one more member of its data; data that is not an
// object stays as it is.
func withData(e mcp.JSONRPCError, name string, value any) mcp.JSONRPCError {
	if data, ok := e.Error.Data.(map[string]any); ok || e.Error.Data == nil {
		e.Error.Data = jsonvalue.With(data, name, value)
	}
	return e
}

// withID returns mcp-go's answer under the request's own id, in the client's own
// bytes: mcp-go decodes numbers as floats, and would answer a large one under
// another id.
func withID(answer mcp.JSONRPCMessage, id json.RawMessage) mcp.JSONRPCMessage {
	switch a := answer.(type) {
	case mcp.JSONRPCResponse:
		a.ID = mcp.NewRequestId(id)
		return a
	case mcp.JSONRPCError:
		a.ID = mcp.NewRequestId(id)
		return a
	}
	return answer
}

// idOf returns the id of a request of which only the beginning is known; nil
// where other fields come first.
func idOf(beginning []byte) json.RawMessage {
	for name, value := range members(trimMessage(beginning)) {
		if name == "id" && isID(value) {
			return value
		}
	}
	return nil
}

// mayName reports whether a JSON text may have a member of this name, at any depth: the
// name itself, or an escape, by which any name can be written. Decoding costs more.
func mayName(text, name []byte) bool {
	return bytes.Contains(text, name) || bytes.IndexByte(text, '\\') >= 0
}

// nameOfVersion is the member that declares a protocol version, as those of 2026-07-28 do.
var nameOfVersion = []byte(mcp.MetaKeyProtocolVersion)

// members iterates over the members of a JSON object, up to the first syntax error.
func members(object []byte) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		fields := json.NewDecoder(bytes.NewReader(object))
		if t, err := fields.Token(); err != nil || t != json.Delim('{') {
			return
		}
		for fields.More() {
			token, err := fields.Token()
			name, ok := token.(string)
			var value json.RawMessage
			if err != nil || !ok || fields.Decode(&value) != nil || !yield(name, value) {
				return
			}
		}
	}
}

// errLineTooLong is the error for a line over the limit, which has been
// skipped.
var errLineTooLong = errors.New("line too long")

// keptLinePrefix is how many bytes are kept of a line that is too long.
const keptLinePrefix = 4 << 10

// readLine returns the next line without its line end and surrounding space;
// the last one may lack a line end. Then it returns io.EOF. Of a line that is
// too long it returns the beginning.
func readLine(r *bufio.Reader, limit int) ([]byte, error) {
	var line []byte
	tooLong := false
	for {
		part, err := r.ReadSlice('\n')
		if !tooLong {
			line = append(line, part...)
			tooLong = len(bytes.TrimRight(line, "\r\n")) > limit
		}
		if tooLong {
			line = line[:min(len(line), keptLinePrefix)]
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && (tooLong || len(line) > 0): // the next read returns it again
		case err != nil:
			return nil, err
		}
		if tooLong {
			return line, errLineTooLong
		}
		return trimMessage(line), nil
	}
}
