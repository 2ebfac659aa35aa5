package tools

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/tools/listed"
)

//go:generate go test -run TestSnapshots . -update

// schemaSource returns the schema of a tool's arguments as clients get it. derive
// derives it from the contract; needsProject says that calls must name their project.
type schemaSource func(tool string, needsProject bool, derive func() json.RawMessage) json.RawMessage

// listSchemas caches what listSchema returns, for all sets.
var listSchemas sync.Map // listSchemaKey to json.RawMessage

type listSchemaKey struct {
	tool         string
	needsProject bool
}

// listSchema is the source that a server uses: the generated file of a tool, or the
// contract where there is no file.
func listSchema(tool string, needsProject bool, derive func() json.RawMessage) json.RawMessage {
	key := listSchemaKey{tool, needsProject}
	if found, ok := listSchemas.Load(key); ok {
		return found.(json.RawMessage)
	}
	schema := generatedSchema(tool)
	switch {
	case schema == nil:
		schema = derive()
	case needsProject:
		schema = requireProject(schema)
	}
	found, _ := listSchemas.LoadOrStore(key, schema)
	return found.(json.RawMessage)
}

// generatedSchema returns the schema in the generated file of a tool, nil for none. The
// file is JSON without spaces, broken into indented lines.
func generatedSchema(tool string) json.RawMessage {
	file := listed.Tool(tool)
	joined := make([]byte, 0, len(file))
	for line := range bytes.Lines(file) {
		joined = append(joined, bytes.TrimSpace(line)...)
	}
	_, schema, _ := bytes.Cut(joined, []byte(`,"inputSchema":`)) // the last member
	return bytes.TrimSuffix(schema, []byte("}"))
}

// requireProject returns the schema of a tool's arguments with projectId as the first
// of its properties and of those that are required.
func requireProject(schema json.RawMessage) json.RawMessage {
	var s struct {
		Type        string          `json:"type"`
		Description string          `json:"description,omitempty"`
		Properties  json.RawMessage `json:"properties"`
		Required    []string        `json:"required"`
		Open        bool            `json:"additionalProperties"`
	}
	if err := json.Unmarshal(schema, &s); err != nil {
		panic("tools: a generated schema: " + err.Error()) // which the tests read
	}
	project := `{"` + argProject + `":` + string(jsonvalue.Encode(ownArguments[argProject]))
	s.Properties = json.RawMessage(project + "," + strings.TrimPrefix(string(s.Properties), "{"))
	s.Required = append([]string{argProject}, s.Required...)
	return jsonvalue.Encode(s)
}
