package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// maxBody is the size of a request's body that is read.
const maxBody = 10 << 20

// handler answers one operation. The lock is held.
type handler func(c *call) answer

// register joins what the families' files have: the handler of each operation
// that the sandbox knows, and what can happen, by the event's kind.
func (s *Sandbox) register() {
	s.handlers = union(webhookHandlers, whatsappAccountHandlers, whatsappSenderHandlers, whatsappTemplateHandlers, whatsappOtherHandlers,
		bundleHandlers, kakaotalkSenderHandlers, kakaotalkTemplateHandlers, conversationHandlers, rcsHandlers, smsHandlers)
	s.events = union(deliveryEvents, whatsappAccountEvents, whatsappSenderEvents, whatsappTemplateEvents,
		bundleEvents, kakaotalkEvents, conversationEvents, rcsEvents, smsEvents)
}

func union[V any](parts ...map[string]V) map[string]V {
	all := map[string]V{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}

// call is one request of an operation, after its checks.
type call struct {
	*Sandbox
	op      *papi.Operation
	request *http.Request
	path    string // of the URL
	project *project
	query   map[string]any // by the types of the parameters' schemas
	given   map[string]any // the body
	body    map[string]any // what the contract names of it
	variant string         // the schema that the body keeps to
	draft   bool           // status is DRAFT, given or by default
	header  http.Header    // of the answer
}

// id is a variable of the path.
func (c *call) id(name string) string { return c.request.PathValue(name) }

// queryList is a list parameter of the query.
func (c *call) queryList(name string) []string { return jsonvalue.Texts(c.query[name], "") }

func (s *Sandbox) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for _, op := range papi.Operations() {
		mux.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, op) })
	}
	mux.HandleFunc("POST /oauth2/token", s.serveToken)
	s.control(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.write(w, ownError(http.StatusNotFound, "sandbox_no_such_path", "the API has no "+r.Method+" of this path", "check method and path against the API's reference"), nil)
	})
	return mux
}

// serve answers an operation.
func (s *Sandbox) serve(w http.ResponseWriter, r *http.Request, op *papi.Operation) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		body = nil // which is no JSON
	} else if err != nil {
		panic(http.ErrAbortHandler) // the client is gone
	}
	broken := s.fault(r, op.ID)
	if broken.before(w) {
		return
	}
	a, header := s.answer(r, op, body)
	if broken.after(w) {
		return
	}
	s.write(w, a, header)
}

// answer runs the call under the lock and writes its answer down there.
func (s *Sandbox) answer(r *http.Request, op *papi.Operation, body []byte) (a answer, header http.Header) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{Sandbox: s, op: op, request: r, path: r.URL.Path, header: http.Header{}}
	defer func() {
		if broken := recover(); broken != nil {
			s.log.Error("defect of the sandbox", slog.String("operation", op.ID), slog.Any("panic", broken), slog.String("stack", string(debug.Stack())))
			a, header = ownError(http.StatusInternalServerError, "internal_error", "a defect of the sandbox; its log has more", "report it, with the request"), c.header
		}
	}()
	s.catchUp()
	a = c.run(body)
	s.catchUp() // what happens at once
	return a.marshal(), c.header
}

func (c *call) run(body []byte) answer {
	if !c.authorized(c.request) {
		return c.fail("unauthorized_error")
	}
	projectID := c.request.PathValue("projectId")
	if c.strictProjects && !isUUID(projectID) {
		return c.fail("unauthorized_error")
	}
	if code := magicProjects[projectID]; code != "" && c.documents(code) {
		return c.fail(code)
	}
	if codes := c.nextErrors[c.op.ID]; len(codes) > 0 {
		c.nextErrors[c.op.ID] = codes[1:]
		return c.fail(codes[0])
	}
	handle := c.handlers[c.op.ID]
	if handle == nil {
		return ownError(http.StatusNotImplemented, "sandbox_not_implemented", "the sandbox does not imitate "+c.op.ID+" yet", "try it against the real API")
	}
	if refused := c.readParameters(); refused != nil {
		return *refused
	}
	if refused := c.readBody(body); refused != nil {
		return *refused
	}
	c.project = c.Sandbox.project(projectID)
	return handle(c)
}

// magicProjects are projects that always answer an error, where the operation
// documents it.
var magicProjects = map[string]string{
	"00000000-0000-0000-0000-000000000401": "unauthorized_error",
	"00000000-0000-0000-0000-000000000404": "project_not_found",
	"00000000-0000-0000-0000-000000000409": "account_data_is_corrupt",
	"00000000-0000-0000-0000-000000000500": "internal_error",
}

// parameterErrors has the code that tells what is wrong with a parameter.
var parameterErrors = map[string]string{
	"pageSize":       "invalid_page_size",
	"filterStates":   "invalid_filter_states",
	"filterStatuses": "invalid_filter_statuses",
	"fieldMask":      "invalid_fields",
	"languageCode":   "template_invalid_language_code",
	"useCase":        "questionnaire_invalid_use_case",
	"countries":      "questionnaire_invalid_country",
}

// supportedNames has the name under which an error lists what is allowed, where
// that is not supportedCodes.
var supportedNames = map[string]string{"useCase": "validUseCases", "countries": "supportedValues"}

// idForms has the form of ids whose operations document invalid_id_format.
var idForms = map[string]func(string) bool{
	"webhookId": isULID,
	"bundleId":  isBundleID,
	"smsAppId":  isHex,
	"senderId":  isUUID,
}

// readParameters checks the parameters of path and query against their
// schemas. One that is wrong, and for which the operation documents no code,
// counts as not given.
func (c *call) readParameters() *answer {
	c.query = map[string]any{}
	given := c.request.URL.Query()
	for i := range c.op.Parameters {
		p := &c.op.Parameters[i]
		if p.In == "path" {
			id := c.id(p.Name)
			if good := idForms[p.Name]; good != nil && !good(id) && c.documents("invalid_id_format") {
				return new(c.fail("invalid_id_format"))
			}
			if refused := c.checkParameter(p, id); refused != nil {
				return refused
			}
			continue
		}
		if !given.Has(p.Name) {
			continue
		}
		value := parameterValue(p, given)
		if len(p.Schema.Violations(value, papi.Mode{})) == 0 {
			c.query[p.Name] = value
		} else if refused := c.checkParameter(p, value); refused != nil {
			return refused
		}
	}
	return nil
}

func (c *call) checkParameter(p *papi.Parameter, value any) *answer {
	code := parameterErrors[p.Name]
	if code == "" || !c.documents(code) || len(p.Schema.Violations(value, papi.Mode{})) == 0 {
		return nil
	}
	var info map[string]any
	if codes := supportedCodes(p.Schema); codes != "" {
		name := supportedNames[p.Name]
		if name == "" {
			name = "supportedCodes"
		}
		info = map[string]any{name: codes}
	}
	return new(c.failWith(code, info))
}

// parameterValue reads a query parameter by the type of its schema. A list is
// repeated; a comma is a character like others.
func parameterValue(p *papi.Parameter, given url.Values) any {
	schema, values := p.Schema.Resolve(), given[p.Name]
	if schema.Type.Has("array") {
		list := make([]any, len(values))
		for i, v := range values {
			list[i] = v
		}
		return list
	}
	switch {
	case schema.Type.Has("number"), schema.Type.Has("integer"):
		if n, err := strconv.Atoi(values[0]); err == nil {
			return float64(n)
		}
	case schema.Type.Has("boolean"):
		if b, err := strconv.ParseBool(values[0]); err == nil {
			return b
		}
	}
	return values[0]
}

// readBody checks the body against the operation's schema.
func (c *call) readBody(raw []byte) *answer {
	if c.op.Body == nil {
		return nil
	}
	if err := json.Unmarshal(raw, &c.body); err != nil || c.body == nil {
		return new(c.failBody("invalid_payload", []string{"the body is not a JSON object"}))
	}
	c.draft = c.isDraft()
	found := c.op.Body.Violations(c.body, papi.Mode{Draft: c.draft})
	if len(found) > 0 {
		code := "invalid_input"
		if len(found) == 1 && found[0].Path == "category" && c.documents("template_invalid_category") {
			code = "template_invalid_category"
		}
		return new(c.failBody(code, messages(found)))
	}
	if wrong := formatProblems(c.op.Body, c.body, papi.Mode{Draft: c.draft}); len(wrong) > 0 {
		return new(c.failBody("invalid_input", wrong))
	}
	pruned, variant := prune(c.op.Body, c.body, papi.Mode{Draft: c.draft})
	c.given = c.body
	c.body, c.variant = pruned.(map[string]any), variant
	return nil
}

// failBody is the error for an invalid body: with the code, or with the nearest
// one that the operation documents. The list of what is wrong is part of
// invalid_input; of another error only where the operation has no invalid_input.
func (c *call) failBody(code string, wrong []string) answer {
	codes := []string{code, "invalid_payload", "invalid_input", "internal_error"}
	code = codes[slices.IndexFunc(codes, c.documents)]
	if code != "invalid_input" && c.documents("invalid_input") {
		return c.fail(code)
	}
	return c.failWith(code, map[string]any{"validationErrors": wrong})
}

// isDraft reports whether the body's status is DRAFT, by itself or by the
// schema's default.
func (c *call) isDraft() bool {
	if given, ok := c.body["status"]; ok {
		return given == "DRAFT"
	}
	for _, v := range c.op.Variants() {
		if status := v.Properties["status"]; status != nil && status.Resolve().Default == "DRAFT" {
			return true
		}
	}
	return false
}

func messages(found []papi.Violation) []string {
	out := make([]string, len(found))
	for i, v := range found {
		out[i] = fmt.Sprintf("%s: %v", v.Path, v.Allowed)
		if v.Path == "" {
			out[i] = fmt.Sprint(v.Allowed)
		}
	}
	return out
}
