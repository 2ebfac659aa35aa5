package server

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/auth"
)

func (h *HTTP) refuseCaller(w http.ResponseWriter, failure *auth.Failure) {
	if failure.Challenge != "" {
		w.Header().Set("WWW-Authenticate", failure.Challenge)
	}
	h.server.metrics.countRefusal("caller")
	refusal := jsonrpcError(nil, codeRefused, failure.Message)
	refusal.Error.Data = map[string]any{"errorCode": failure.Code, "requestId": w.Header().Get(headerRequestID)}
	h.writeError(w, failure.Status, refusal)
}

// refuseWithRetry refuses a request over a limit, which may be sent again
// after wait.
func (h *HTTP) refuseWithRetry(w http.ResponseWriter, status int, wait time.Duration, text string) {
	h.server.metrics.countRefusal("busy")
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
	h.refuse(w, status, text)
}

// refuse answers with a JSON-RPC error without an id.
func (h *HTTP) refuse(w http.ResponseWriter, status int, text string) {
	h.refuseMessage(w, status, nil, codeRefused, text)
}

// refuseMessage answers a JSON-RPC message with an error.
func (h *HTTP) refuseMessage(w http.ResponseWriter, status int, id json.RawMessage, code int, text string) {
	h.writeError(w, status, jsonrpcError(id, code, text))
}

// writeError answers with an error that has the id of the HTTP request.
func (h *HTTP) writeError(w http.ResponseWriter, status int, refusal mcp.JSONRPCError) {
	line, err := encodeLine(withHTTPRequest(refusal, w.Header().Get(headerRequestID)))
	if err != nil {
		panic(err) // texts and ids are JSON
	}
	writeJSON(w, h.limits.WriteTimeout, status, line)
}
