package tools

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/sandbox"
)

// sample is a call of a read with what the API answers to it: by samples, tests
// measure results.
type sample struct {
	row    *catalog.Row
	args   map[string]any
	answer any
}

// items are the items of the sample's list.
func (s sample) items() []any { return jsonvalue.List(s.answer, s.row.List()) }

// first is the sample with only so many of its items.
func (s sample) first(n int) sample {
	answer := maps.Clone(jsonvalue.Object(s.answer, ""))
	answer[s.row.List()] = s.items()[:n]
	delete(answer, "nextPageToken")
	if answer["totalSize"] != nil {
		answer["totalSize"] = json.Number(strconv.Itoa(n))
	}
	s.answer = answer
	return s
}

// raw is the API's answer, as compact JSON.
func (s sample) raw() string { return string(encode(s.answer)) }

// samples returns a sample of each list tool, with a dozen items, and samples of
// each get tool: what the sandbox answers in a project with a dozen of each thing,
// in many of their states.
func samples(t testing.TB) []sample {
	t.Helper()
	all, err := sandboxSamples()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// aDozen is how many things of each kind there are.
const aDozen = 12

var sandboxSamples = sync.OnceValues(func() ([]sample, error) {
	box := sandbox.New(sandbox.Options{Seed: 1, Manual: true})
	defer box.Close()
	if err := box.Play(bytes.NewReader(encode(projectScript()))); err != nil {
		return nil, err
	}
	s := &sampler{client: &http.Client{Transport: box.Transport()}, things: map[string][]any{}, known: map[string]any{
		"flowId": "1000000000000001", "plusFriendId": "exampleshop0", "facebookToken": "a token", "useCase": "MULTIUSE", "countries": []any{"FR", "GB"}, "testNumber": "+15550110",
	}}
	for _, row := range catalog.Rows() {
		if strings.HasSuffix(row.Tool, "_list") {
			s.list(row)
		}
	}
	if err := s.shop(); err != nil {
		return nil, err
	}
	for _, row := range catalog.Rows() {
		if strings.HasSuffix(row.Tool, "_get") {
			s.get(row)
		}
	}
	return s.all, s.err
})

// shop adds the templates of the sandbox's shop, whose texts are short.
func (s *sampler) shop() error {
	box := sandbox.New(sandbox.Options{Seed: 1, Manual: true})
	defer box.Close()
	if err := box.Seed("shop"); err != nil {
		return err
	}
	shop := &sampler{client: &http.Client{Transport: box.Transport()}, things: map[string][]any{}}
	shop.list(catalog.Lookup("whatsapp_template_list"))
	s.all = append(s.all, shop.all...)
	return shop.err
}

// sampler reads what is in a sandbox.
type sampler struct {
	client *http.Client
	known  map[string]any   // arguments
	things map[string][]any // the items of each list, by its resource
	all    []sample
	err    error
}

func (s *sampler) list(row *catalog.Row) {
	args := s.args(row, nil)
	answer := s.read(row, args)
	items := jsonvalue.List(answer, row.List())
	if row.Resource != nil && row.Resource.List == row.Tool && len(items) > 0 {
		s.things[row.Resource.Name] = items
		for arg, field := range row.Resource.IDs {
			if id := jsonvalue.Text(items[0], field); id != "" && s.known != nil {
				s.known[arg] = id
			}
		}
	}
	for i := 0; len(items) > 0 && len(items) < aDozen; i++ { // what the sandbox has few of
		items = append(items, another(items[i], i+1))
	}
	answer = jsonvalue.With(jsonvalue.Object(answer, ""), row.List(), items)
	s.all = append(s.all, sample{row, args, answer})
}

// get adds a sample of each of the things that a list has shown.
func (s *sampler) get(row *catalog.Row) {
	things := []any{nil}
	if row.Resource != nil && s.things[row.Resource.Name] != nil {
		things = s.things[row.Resource.Name]
	}
	for _, thing := range things {
		args := s.args(row, thing)
		s.all = append(s.all, sample{row, args, s.read(row, args)})
	}
}

// args are the arguments that a read needs.
func (s *sampler) args(row *catalog.Row, thing any) map[string]any {
	args := map[string]any{}
	for _, p := range row.Op().Parameters {
		if value, ok := s.known[p.Name]; ok && p.Name != "projectId" && (p.Required || p.Name == "countries") {
			args[p.Name] = value
		}
		if row.Resource != nil && thing != nil && row.Resource.IDs[p.Name] != "" {
			args[p.Name] = jsonvalue.Field(thing, row.Resource.IDs[p.Name])
		}
	}
	if row.Tool == "whatsapp_waba_list" {
		args["facebookToken"] = s.known["facebookToken"]
	}
	return args
}

func (s *sampler) read(row *catalog.Row, args map[string]any) any {
	path, query, body := row.Op().Path, url.Values{"pageSize": {strconv.Itoa(aDozen)}}, io.Reader(http.NoBody)
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if value, isText := args[name].(string); isText {
			path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
		} else {
			query[name] = jsonvalue.Texts(args[name], "")
		}
	}
	if row.Op().Parameter("pageSize") == nil {
		query.Del("pageSize")
	}
	if row.Op().Body != nil {
		body = bytes.NewReader(encode(args))
	}
	request, err := http.NewRequest(row.Op().Method, "http://sandbox"+strings.ReplaceAll(path, "{projectId}", project)+"?"+query.Encode(), body)
	if err == nil {
		request.Header.Set("Authorization", "Bearer "+sandbox.StaticToken)
		var response *http.Response
		if response, err = s.client.Do(request); err == nil {
			defer response.Body.Close()
			var raw []byte
			if raw, err = io.ReadAll(response.Body); err == nil && response.StatusCode != http.StatusOK {
				err = fmt.Errorf("%s: %s", row.Tool, raw)
			}
			var answer any
			if err == nil {
				answer, err = jsonvalue.Decode(raw)
			}
			if err == nil {
				return answer
			}
		}
	}
	if s.err == nil {
		s.err = err
	}
	return nil
}

// another is a thing like this one, with another id and name, or in another
// language.
func another(thing any, n int) any {
	languages := []any{"ES", "IT", "NL", "PL", "PT_PT", "SV", "DA", "NB", "FI", "CS", "EL", "TR"}
	if jsonvalue.Text(thing, "language") != "" {
		return jsonvalue.With(jsonvalue.Object(thing, ""), "language", languages[n-1])
	}
	return jsonvalue.Map(thing, func(name string, value any) (any, bool) {
		text, isText := value.(string)
		if !isText || name != "id" && name != "name" && name != "code" {
			return nil, false
		}
		if strings.Trim(text, "0123456789") == "" {
			return fmt.Sprintf("%0*d", len(text), 7919*n+len(text)), true
		}
		return text + " " + strconv.Itoa(n), true
	})
}
