package server

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/mark3labs/mcp-go/mcp"
)

// encodeLine encodes a message with its line end; JSON has none inside.
func encodeLine(message any) ([]byte, error) {
	var line bytes.Buffer
	err := writeMessage(&line, message)
	line.WriteByte('\n')
	return line.Bytes(), err
}

// writeMessage inserts a result that encodes itself into its response. encoding/json
// would parse it once more, and most of what is sent is such results.
func writeMessage(b *bytes.Buffer, message any) error {
	response, ok := message.(mcp.JSONRPCResponse)
	if !ok {
		return writeValue(b, message)
	}
	if list, ok := response.Result.(mcp.ListToolsResult); ok {
		response.Result = toolList(list)
	}
	result, ok := response.Result.(json.Marshaler)
	if !ok {
		return writeValue(b, message)
	}
	b.WriteString(`{"jsonrpc":"` + mcp.JSONRPC_VERSION + `","id":`)
	if id, ok := response.ID.Value().(json.RawMessage); ok { // the client's own bytes, of valid JSON
		b.Write(id)
	} else if err := writeValue(b, response.ID); err != nil {
		return err
	}
	b.WriteString(`,"result":`)
	if err := writeResult(b, result); err != nil {
		return err
	}
	b.WriteByte('}')
	return nil
}

// writeResult writes a result. For a tool call it uses the JSON that toolResult
// rendered, which mcp-go would parse twice.
func writeResult(b *bytes.Buffer, result json.Marshaler) error {
	r, ok := result.(*mcp.CallToolResult)
	if !ok || !isRendered(r.StructuredContent) || len(r.InputRequests) > 0 || r.RequestState != "" {
		raw, err := result.MarshalJSON()
		b.Write(raw)
		return err
	}
	structured, _ := r.StructuredContent.(json.RawMessage)
	b.Grow(2*len(structured) + 256) // a text is seldom longer
	b.WriteByte('{')
	if r.Meta != nil {
		b.WriteString(`"_meta":`)
		if err := writeValue(b, r.Meta); err != nil {
			return err
		}
		b.WriteByte(',')
	}
	b.WriteString(`"content":[`)
	for i, content := range r.Content {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := writeValue(b, content); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	if structured != nil {
		b.WriteString(`,"structuredContent":`)
		b.Write(structured)
	}
	if r.IsError {
		b.WriteString(`,"isError":true`)
	}
	if r.ResultType != "" {
		fmt.Fprintf(b, `,"resultType":%q`, r.ResultType)
	}
	b.WriteByte('}')
	return nil
}

// isRendered reports whether the structured content of a result is JSON, or there is none.
func isRendered(structured any) bool {
	_, ok := structured.(json.RawMessage)
	return ok || structured == nil
}

// writeValue writes the JSON of a value, without escapes for HTML.
func writeValue(b *bytes.Buffer, value any) error {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	b.Truncate(b.Len() - len("\n"))
	return nil
}

// toolList is a list of tools that inserts their schemas as they are. mcp-go would
// parse each of them twice.
type toolList mcp.ListToolsResult

// MarshalJSON implements json.Marshaler.
func (l toolList) MarshalJSON() ([]byte, error) {
	tools := l.Tools
	size := 0
	for _, t := range tools {
		size += len(t.RawInputSchema) + len(t.Description) + 512
	}
	l.Tools = []mcp.Tool{}
	const end = `]}` // of the tools, which come last
	rest, err := json.Marshal(mcp.ListToolsResult(l))
	if err != nil {
		return nil, err
	}
	rest, ok := bytes.CutSuffix(rest, []byte(end))
	if !ok {
		return nil, fmt.Errorf("a list of tools ends with %.20q", rest)
	}
	b := bytes.NewBuffer(make([]byte, 0, len(rest)+size))
	b.Write(rest)
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	for i, t := range tools {
		if i > 0 {
			b.WriteByte(',')
		}
		err := encoder.Encode(struct {
			Meta        *mcp.Meta          `json:"_meta,omitempty"`
			Name        string             `json:"name"`
			Title       string             `json:"title,omitempty"`
			Description string             `json:"description,omitempty"`
			Annotations mcp.ToolAnnotation `json:"annotations"`
		}{t.Meta, t.Name, t.Title, t.Description, t.Annotations})
		if err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - len("}\n"))
		b.WriteString(`,"inputSchema":`)
		b.Write(t.RawInputSchema)
		b.WriteByte('}')
	}
	b.WriteString(end)
	return b.Bytes(), nil
}
