package server

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/mark3labs/mcp-go/mcp"
)

// encodeLine encodes a message with its line end; JSON has none inside.
func encodeLine(message any) ([]byte, error) {
	if response, ok := message.(mcp.JSONRPCResponse); ok {
		switch result := response.Result.(type) {
		case mcp.ListToolsResult:
			return encodeResponse(response, toolList(result))
		case json.Marshaler:
			return encodeResponse(response, result)
		}
	}
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(message); err != nil {
		return nil, err
	}
	return line.Bytes(), nil
}

// encodeResponse inserts a result that encodes itself into its response.
// encoding/json would parse it once more, and most of what is sent is such
// results.
func encodeResponse(response mcp.JSONRPCResponse, result json.Marshaler) ([]byte, error) {
	id, err := json.Marshal(response.ID)
	if err != nil {
		return nil, err
	}
	raw, err := renderResult(result)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(make([]byte, 0, len(raw)+len(id)+64), "{\"jsonrpc\":%q,\"id\":%s,\"result\":%s}\n", response.JSONRPC, id, raw), nil
}

// renderResult encodes a result. For a tool call it uses the JSON that
// toolResult rendered, which mcp-go would parse twice.
func renderResult(result json.Marshaler) ([]byte, error) {
	r, ok := result.(*mcp.CallToolResult)
	if !ok || r.Meta != nil || len(r.InputRequests) > 0 || r.RequestState != "" {
		return result.MarshalJSON()
	}
	structured, ok := r.StructuredContent.(json.RawMessage)
	if !ok {
		return result.MarshalJSON()
	}
	b := bytes.NewBuffer(make([]byte, 0, 3*len(structured)+256))
	b.WriteString(`{"content":[`)
	for i, content := range r.Content {
		raw, err := json.Marshal(content)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(raw)
	}
	b.WriteString(`],"structuredContent":`)
	b.Write(structured)
	if r.IsError {
		b.WriteString(`,"isError":true`)
	}
	if r.ResultType != "" {
		fmt.Fprintf(b, `,"resultType":%q`, r.ResultType)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
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
			Name        string             `json:"name"`
			Title       string             `json:"title,omitempty"`
			Description string             `json:"description,omitempty"`
			Annotations mcp.ToolAnnotation `json:"annotations"`
		}{t.Name, t.Title, t.Description, t.Annotations})
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
