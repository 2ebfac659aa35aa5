package server

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
)

// maxOfName bounds what is kept of a client's name and version, in bytes.
const maxOfName = 128

// understood returns a message with what its client says of itself cut down to
// what this server uses: its name, its version, and whether it can elicit. A
// session keeps that for as long as it lives, and a client may say megabytes.
// What is not understood counts as absent: it fails no initialize, as mcp-go
// would for a capability that is no object, and never means that the client can
// ask a person.
//
// Other messages come back as they are, and so do requests of 2026-07-28 that
// say nothing odd: nobody keeps what they say.
func understood(m *message, raw []byte) []byte {
	switch {
	case m.Method == mcp.MethodInitialize:
		params, ok := fieldsOf(m.Params)
		if !ok {
			return raw
		}
		replace(params, "clientInfo", keptInfo)
		replace(params, "capabilities", keptCapabilities)
		if _, ok := fieldsOf(params["_meta"]); !ok {
			delete(params, "_meta")
		}
		return m.with(params).encode()
	case bytes.Contains(m.Params, []byte(mcp.MetaKeyClientCapabilities)), bytes.Contains(m.Params, []byte(mcp.MetaKeyClientInfo)):
		params, _ := fieldsOf(m.Params)
		meta, ok := fieldsOf(params["_meta"])
		if !ok {
			return raw
		}
		odd := replace(meta, mcp.MetaKeyClientCapabilities, keptCapabilities)
		if json.Unmarshal(meta[mcp.MetaKeyClientInfo], new(mcp.Implementation)) != nil {
			odd = replace(meta, mcp.MetaKeyClientInfo, keptInfo) || odd
		}
		if !odd {
			return raw
		}
		params["_meta"] = encoded(meta)
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

// keptInfo is what is kept of a client's name and version.
func keptInfo(given json.RawMessage) json.RawMessage {
	fields, _ := fieldsOf(given)
	kept := map[string]string{"name": "", "version": ""}
	for name := range kept {
		var text string
		if json.Unmarshal(fields[name], &text) == nil {
			kept[name] = strings.ToValidUTF8(text[:min(len(text), maxOfName)], "")
		}
	}
	return encoded(kept)
}

// keptCapabilities is what is kept of a client's capabilities: elicitation, with
// its modes. One that names no mode is from before there were two, and means
// forms; one that names something else, and no form, can't show a form.
func keptCapabilities(given json.RawMessage) json.RawMessage {
	all, _ := fieldsOf(given)
	named, ok := fieldsOf(all["elicitation"])
	if !ok {
		return json.RawMessage(`{}`)
	}
	modes := map[string]json.RawMessage{}
	for _, mode := range []string{"form", "url"} {
		if _, ok := fieldsOf(named[mode]); ok {
			modes[mode] = json.RawMessage(`{}`)
		}
	}
	if len(modes) == 0 && len(named) > 0 {
		return json.RawMessage(`{}`)
	}
	return encoded(map[string]any{"elicitation": modes})
}

// fieldsOf returns the fields of a JSON object; ok is false where value is none.
func fieldsOf(value json.RawMessage) (fields map[string]json.RawMessage, ok bool) {
	err := json.Unmarshal(value, &fields)
	return fields, err == nil && fields != nil
}

// encoded writes JSON that is ours, or was read as JSON; it can't fail.
func encoded(value any) json.RawMessage {
	line, err := encodeLine(value)
	if err != nil {
		panic("server: " + err.Error())
	}
	return bytes.TrimSpace(line)
}
