// Command split converts the OpenAPI document of the Provisioning API into the
// files that package papi embeds: one for each family, and one for the error
// codes. Run it when the API has a new version:
//
//	go run ./internal/papi/split papi.json internal/papi/contract
//
// It keeps every fact, and drops repetition: the responses of error statuses,
// which all have one form, and OpenAPI's nesting.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

type document struct {
	Info struct {
		Version string `json:"version"`
	} `json:"info"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]json.RawMessage `json:"schemas"`
	} `json:"components"`
	ErrorCodes json.RawMessage `json:"x-error-codes"`
}

type operation struct {
	OperationID string              `json:"operationId"`
	Tags        []string            `json:"tags"`
	Summary     string              `json:"summary"`
	Description string              `json:"description"`
	Maturity    string              `json:"x-maturity"`
	Deprecated  bool                `json:"deprecated"`
	Parameters  []json.RawMessage   `json:"parameters"`
	RequestBody *content            `json:"requestBody"`
	Responses   map[string]content  `json:"responses"`
	ErrorCodes  map[string][]string `json:"x-error-codes"`
}

type content struct {
	Content map[string]struct {
		Schema json.RawMessage `json:"schema"`
	} `json:"content"`
}

func (c content) schema() json.RawMessage { return c.Content["application/json"].Schema }

// operationFile is one operation as package papi reads it.
type operationFile struct {
	ID         string                     `json:"id"`
	Method     string                     `json:"method"`
	Path       string                     `json:"path"`
	Tag        string                     `json:"tag"`
	Summary    string                     `json:"summary"`
	Notes      string                     `json:"notes,omitempty"`
	Maturity   string                     `json:"maturity,omitempty"`
	Deprecated bool                       `json:"deprecated,omitempty"`
	Parameters []json.RawMessage          `json:"parameters"`
	Body       json.RawMessage            `json:"body,omitempty"`
	Answers    map[string]json.RawMessage `json:"answers"`
	Errors     map[string][]string        `json:"errors"`
}

type family struct {
	Operations []operationFile            `json:"operations"`
	Schemas    map[string]json.RawMessage `json:"schemas"`
}

// families are the prefixes of the document's operation ids and schema names.
var families = []string{"Webhook", "Whatsapp", "Bundles", "Kakaotalk", "Conversation", "Rcs", "Sms"}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: split OPENAPI.json DIRECTORY")
		os.Exit(2)
	}
	if err := split(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "split:", err)
		os.Exit(1)
	}
}

func split(from, to string) error {
	raw, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var doc document
	if err := json.Unmarshal(raw, &doc); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	out := map[string]*family{}
	for _, f := range families {
		out[f] = &family{Schemas: map[string]json.RawMessage{}}
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			f, err := familyOf(op.OperationID)
			if err != nil {
				return err
			}
			out[f].Operations = append(out[f].Operations, convert(path, method, op))
		}
	}
	for name, schema := range doc.Components.Schemas {
		f, err := familyOf(name)
		if err != nil {
			return err
		}
		out[f].Schemas[name] = schema
	}
	for name, f := range out {
		sort.Slice(f.Operations, func(i, j int) bool { return f.Operations[i].ID < f.Operations[j].ID })
		if err := write(filepath.Join(to, strings.ToLower(name)+".json"), f); err != nil {
			return err
		}
	}
	return write(filepath.Join(to, "api.json"), map[string]any{"version": doc.Info.Version, "errors": doc.ErrorCodes})
}

func convert(path, method string, op operation) operationFile {
	r := operationFile{
		ID: op.OperationID, Method: strings.ToUpper(method), Path: path,
		Tag: strings.Join(op.Tags, ", "), Summary: op.Summary, Notes: op.Description,
		Maturity: op.Maturity, Deprecated: op.Deprecated, Parameters: op.Parameters,
		Answers: map[string]json.RawMessage{}, Errors: op.ErrorCodes,
	}
	if op.RequestBody != nil {
		r.Body = op.RequestBody.schema()
	}
	for status, answer := range op.Responses {
		if strings.HasPrefix(status, "2") {
			r.Answers[status] = answer.schema()
		}
	}
	return r
}

func familyOf(name string) (string, error) {
	for _, f := range families {
		if strings.HasPrefix(name, f) {
			return f, nil
		}
	}
	return "", fmt.Errorf("%q belongs to none of the families %v", name, families)
}

func write(path string, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}
