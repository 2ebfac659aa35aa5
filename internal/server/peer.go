package server

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
)

// maxClientName bounds what is kept of a client's name and version, in bytes.
const maxClientName = 128

// limitClientInfo returns a message with what its client says of itself cut down to
// what this server uses: its name, its version, and whether it can elicit. A
// session keeps that for as long as it lives, and a client may say megabytes.
// What is not limitClientInfo counts as absent: it fails no initialize, as mcp-go
// would for a capability that is no object, and never means that the client can
// ask a person.
//
// Other messages come back as they are, and so do requests of 2026-07-28 that
// say nothing odd: nobody keeps what they say.
func limitClientInfo(m *message, raw []byte) []byte {
	switch {
	case m.Method == mcp.MethodInitialize:
		params, ok := jsonFields(m.Params)
		if !ok {
			return raw
		}
		replace(params, "clientInfo", limitInfo)
		replace(params, "capabilities", limitCapabilities)
		if _, ok := jsonFields(params["_meta"]); !ok {
			delete(params, "_meta")
		}
		return m.with(params).encode()
	case bytes.Contains(m.Params, []byte(mcp.MetaKeyClientCapabilities)), bytes.Contains(m.Params, []byte(mcp.MetaKeyClientInfo)):
		params, _ := jsonFields(m.Params)
		meta, ok := jsonFields(params["_meta"])
		if !ok {
			return raw
		}
		odd := replace(meta, mcp.MetaKeyClientCapabilities, limitCapabilities)
		if json.Unmarshal(meta[mcp.MetaKeyClientInfo], new(mcp.Implementation)) != nil {
			odd = replace(meta, mcp.MetaKeyClientInfo, limitInfo) || odd
		}
		if !odd {
			return raw
		}
		params["_meta"] = mustEncode(meta)
		return m.with(params).encode()
	}
	return raw
}

// replace puts what is kept of a value in its place, and reports whether that is
// something else.
func replace(fields map[string]json.RawMessage, name string, kept func(json.RawMessage) json.RawMessage) (changed bool) {
	given, ok := fields[name]
	if ok {
		fields[name] = kept(given)
	}
	return ok && !bytes.Equal(given, fields[name])
}

// limitInfo is what is kept of a client's name and version.
func limitInfo(given json.RawMessage) json.RawMessage {
	fields, _ := jsonFields(given)
	kept := map[string]string{"name": "", "version": ""}
	for name := range kept {
		var text string
		if json.Unmarshal(fields[name], &text) == nil {
			kept[name] = strings.ToValidUTF8(text[:min(len(text), maxClientName)], "")
		}
	}
	return mustEncode(kept)
}

// limitCapabilities is what is kept of a client's capabilities: elicitation, with
// its modes. One that names no mode is from before there were two, and means
// forms; one that names something else, and no form, can't show a form.
func limitCapabilities(given json.RawMessage) json.RawMessage {
	all, _ := jsonFields(given)
	named, ok := jsonFields(all["elicitation"])
	if !ok {
		return json.RawMessage(`{}`)
	}
	modes := map[string]json.RawMessage{}
	for _, mode := range []string{"form", "url"} {
		if _, ok := jsonFields(named[mode]); ok {
			modes[mode] = json.RawMessage(`{}`)
		}
	}
	if len(modes) == 0 && len(named) > 0 {
		return json.RawMessage(`{}`)
	}
	return mustEncode(map[string]any{"elicitation": modes})
}

// jsonFields returns the fields of a JSON object; ok is false where value is none.
func jsonFields(value json.RawMessage) (fields map[string]json.RawMessage, ok bool) {
	err := json.Unmarshal(value, &fields)
	return fields, err == nil && fields != nil
}

// mustEncode writes JSON that is ours, or was read as JSON; it can't fail.
func mustEncode(value any) json.RawMessage {
	line, err := encodeLine(value)
	if err != nil {
		panic("server: " + err.Error())
	}
	return bytes.TrimSpace(line)
}
