package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"papi-mcp/internal/papi"
)

// answer is the response to a request.
type answer struct {
	status int
	body   any    // nil: there is none
	raw    []byte // the body as JSON
}

// marshal sets the raw body, so that the answer shares nothing with the state.
func (a answer) marshal() answer {
	if a.body != nil && a.raw == nil {
		raw, err := json.Marshal(a.body)
		if err != nil {
			panic("sandbox: marshal an answer: " + err.Error())
		}
		a.raw = raw
	}
	return a
}

// ok returns the operation's successful answer.
func (c *call) ok(body any) answer {
	return answer{status: slices.Sorted(maps.Keys(c.op.Answers))[0], body: body}
}

// documents reports whether the contract names code for the operation.
func (c *call) documents(code string) bool { return statusOf(c.op, code) != 0 }

func statusOf(op *papi.Operation, code string) int {
	for status, codes := range op.Errors {
		if slices.Contains(codes, code) {
			return status
		}
	}
	return 0
}

// fail returns the operation's error with the code. It panics where the contract
// does not document the code for the operation.
func (c *call) fail(code string) answer { return c.failWith(code, nil) }

// failWith is fail with additionalInformation.
func (c *call) failWith(code string, info map[string]any) answer {
	status := statusOf(c.op, code)
	if status == 0 {
		panic("sandbox: " + c.op.ID + " does not document " + code)
	}
	text := c.op.ErrorText(code)
	return errorAnswer(status, code, text.Message, text.Resolution, info)
}

func errorAnswer(status int, code, message, resolution string, info map[string]any) answer {
	body := map[string]any{"errorCode": code, "message": message, "resolution": resolution}
	if info != nil {
		body["additionalInformation"] = info
	}
	return answer{status: status, body: body}
}

// ownError returns an error that the API does not have.
func ownError(status int, code, message, resolution string) answer {
	return errorAnswer(status, code, message, resolution, nil)
}

// write sends an answer.
func (s *Sandbox) write(w http.ResponseWriter, a answer, header http.Header) {
	a = a.marshal()
	s.date(w)
	maps.Copy(w.Header(), header)
	if a.raw == nil {
		w.WriteHeader(a.status)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	_, _ = w.Write(a.raw) // an error means that the client has gone away
}

// date sets the Date header to the API's time.
func (s *Sandbox) date(w http.ResponseWriter) {
	w.Header().Set("Date", s.Now().Format(http.TimeFormat))
}
