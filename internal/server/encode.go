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
	if response, ok := message.(mcp.JSONRPCResponse); ok {
		if result, ok := response.Result.(json.Marshaler); ok {
			return encodeResponse(response, result)
		}
	}
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
