package sandbox

import (
	"cmp"
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

// maxBody is the size of a request's body at most.
const maxBody = 10 << 20

// handler answers one operation. The sandbox's lock is held.
type handler func(c *call) answer

// register collects the handlers of the families' files.
func (s *Sandbox) register() {
	s.handlers = union(webhookHandlers, whatsappAccountHandlers, whatsappSenderHandlers, whatsappTemplateHandlers, whatsappFlowHandlers,
		whatsappSolutionHandlers, whatsappSignupHandlers, bundleHandlers, kakaotalkSenderHandlers, kakaotalkTemplateHandlers, conversationHandlers, rcsHandlers, smsHandlers)
	s.events = union(deliveryEvents, whatsappAccountEvents, whatsappSenderEvents, whatsappTemplateEvents,
		bundleEvents, kakaotalkEvents, conversationEvents, rcsEvents, smsEvents)
}

// withResource returns the handler of an operation on a resource: do gets the
// resource that find returns for a parameter of the path.
func withResource[T any](find func(p *project, id string) (T, bool), parameter, notFound string, do func(*call, T) answer) handler {
	return func(c *call) answer {
		resource, ok := find(c.project, c.id(parameter))
		if !ok {
			return c.fail(notFound)
		}
		return do(c, resource)
	}
}

func union[V any](parts ...map[string]V) map[string]V {
	all := map[string]V{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}

// call is a valid request of an operation.
type call struct {
	*Sandbox
	op      *papi.Operation
	request *http.Request
	path    string // of the URL
	project *project
	query   map[string]any // with values of the types that the contract has
	rawBody map[string]any // with all fields of the request
	body    map[string]any // with the fields and the defaults that the contract has
	variant string         // the schema of the body, where the contract has several
	draft   bool           // status is DRAFT, in the request or by default
	header  http.Header    // of the answer
}

// id returns a parameter of the path.
func (c *call) id(name string) string { return c.request.PathValue(name) }

// queryList returns a list parameter of the query.
func (c *call) queryList(name string) []string { return jsonvalue.Texts(c.query[name], "") }

func (s *Sandbox) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for _, op := range papi.Operations() {
		mux.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, op) })
	}
	mux.HandleFunc("POST /oauth2/token", s.serveToken)
	s.control(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.write(w, ownError(http.StatusNotFound, "sandbox_no_such_path", "the API has no "+r.Method+" operation with this path", "check method and path against the API's reference"), nil)
	})
	return mux
}

// serve answers an operation.
func (s *Sandbox) serve(w http.ResponseWriter, r *http.Request, op *papi.Operation) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		body = nil // which is not valid JSON
	} else if err != nil {
		panic(http.ErrAbortHandler) // the client has gone away
	}
	faults := s.takeFaults(r, op.ID)
	if faults.before(w) {
		return
	}
	a, header := s.execute(r, op, body)
	if faults.after(w) {
		return
	}
	s.write(w, a, header)
}

// execute answers a call under the lock. The answer is marshalled there, since it
// may share data with the state.
func (s *Sandbox) execute(r *http.Request, op *papi.Operation, body []byte) (a answer, header http.Header) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{Sandbox: s, op: op, request: r, path: r.URL.Path, header: http.Header{}}
	defer func() {
		if panicked := recover(); panicked != nil {
			s.log.Error("defect of the sandbox", slog.String("operation", op.ID), slog.Any("panic", panicked), slog.String("stack", string(debug.Stack())))
			a, header = ownError(http.StatusInternalServerError, "internal_error", "the sandbox has a defect; see its log", "report it, with the request"), c.header
		}
	}()
	s.catchUp()
	a = c.run(body)
	s.catchUp() // events without a delay
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
		return ownError(http.StatusNotImplemented, "sandbox_not_implemented", "the sandbox does not imitate "+c.op.ID+" yet", "call the real API")
	}
	if failure := c.readParameters(); failure != nil {
		return *failure
	}
	if failure := c.readBody(body); failure != nil {
		return *failure
	}
	c.project = c.Sandbox.project(projectID)
	return handle(c)
}

// magicProjects are the projects in which every operation fails with an error,
// if it documents that error.
var magicProjects = map[string]string{
	"00000000-0000-0000-0000-000000000401": "unauthorized_error",
	"00000000-0000-0000-0000-000000000404": "project_not_found",
	"00000000-0000-0000-0000-000000000409": "account_data_is_corrupt",
	"00000000-0000-0000-0000-000000000500": "internal_error",
}

// parameterErrors are the error codes of invalid parameters.
var parameterErrors = map[string]string{
	"pageSize":       "invalid_page_size",
	"filterStates":   "invalid_filter_states",
	"filterStatuses": "invalid_filter_statuses",
	"fieldMask":      "invalid_fields",
	"languageCode":   "template_invalid_language_code",
	"useCase":        "questionnaire_invalid_use_case",
	"countries":      "questionnaire_invalid_country",
}

// supportedNames are the fields in which an error lists the values that are
// allowed, where that is not supportedCodes.
var supportedNames = map[string]string{"useCase": "validUseCases", "countries": "supportedValues"}

// idFormats are the formats of ids whose operations document invalid_id_format.
var idFormats = map[string]func(string) bool{
	"webhookId": isULID,
	"bundleId":  isBundleID,
	"smsAppId":  isHex,
	"senderId":  isUUID,
}

// readParameters validates the parameters of path and query. An invalid one for
// which the operation documents no code is ignored.
func (c *call) readParameters() *answer {
	c.query = map[string]any{}
	given := c.request.URL.Query()
	for i := range c.op.Parameters {
		p := &c.op.Parameters[i]
		if p.In == "path" {
			id := c.id(p.Name)
			if valid := idFormats[p.Name]; valid != nil && !valid(id) && c.documents("invalid_id_format") {
				return new(c.fail("invalid_id_format"))
			}
			if failure := c.checkParameter(p, id); failure != nil {
				return failure
			}
			continue
		}
		if !given.Has(p.Name) {
			continue
		}
		value := parameterValue(p, given)
		if len(p.Schema.Violations(value, papi.CheckOptions{})) == 0 {
			c.query[p.Name] = value
		} else if failure := c.checkParameter(p, value); failure != nil {
			return failure
		}
	}
	return nil
}

func (c *call) checkParameter(p *papi.Parameter, value any) *answer {
	code := parameterErrors[p.Name]
	if code == "" || !c.documents(code) || len(p.Schema.Violations(value, papi.CheckOptions{})) == 0 {
		return nil
	}
	var info map[string]any
	if codes := supportedCodes(p.Schema); codes != "" {
		info = map[string]any{cmp.Or(supportedNames[p.Name], "supportedCodes"): codes}
	}
	return new(c.failWith(code, info))
}

// parameterValue converts a query parameter to the type of its schema. A list is
// a repeated parameter; a comma does not separate values.
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

// readBody validates the body.
func (c *call) readBody(raw []byte) *answer {
	if c.op.Body == nil {
		return nil
	}
	if err := json.Unmarshal(raw, &c.body); err != nil || c.body == nil {
		return new(c.failBody("invalid_payload", []string{"the body is not a JSON object"}))
	}
	c.draft = c.isDraft()
	found := c.op.Body.Violations(c.body, papi.CheckOptions{Draft: c.draft})
	if len(found) > 0 {
		code := "invalid_input"
		if len(found) == 1 && found[0].Path == "category" && c.documents("template_invalid_category") {
			code = "template_invalid_category"
		}
		return new(c.failBody(code, messages(found)))
	}
	if found := formatProblems(c.op.Body, c.body, papi.CheckOptions{Draft: c.draft}); len(found) > 0 {
		return new(c.failBody("invalid_input", found))
	}
	pruned, variant := prune(c.op.Body, c.body, papi.CheckOptions{Draft: c.draft})
	c.rawBody = c.body
	c.body, c.variant = pruned.(map[string]any), variant
	return nil
}

// failBody is the error for an invalid body: with the code, or with the nearest
// one that the operation documents. The list of what is wrong is part of
// invalid_input; of another error only where the operation has no invalid_input.
func (c *call) failBody(code string, problems []string) answer {
	codes := []string{code, "invalid_payload", "invalid_input", "internal_error"}
	code = codes[slices.IndexFunc(codes, c.documents)]
	if code != "invalid_input" && c.documents("invalid_input") {
		return c.fail(code)
	}
	return c.failWith(code, map[string]any{"validationErrors": problems})
}

// isDraft reports whether the body's status is DRAFT, given or by default.
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

// messages says what violates the contract, a line each.
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
