package server

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
)

// maxClientName bounds a client's name and its version, in bytes.
const maxClientName = 128

// limitClientInfo returns a message with the client's information reduced to
// what this server uses: name, version, and whether it can elicit. A session
// keeps that for its lifetime, and a client may send megabytes. Malformed
// information counts as absent: mcp-go would fail initialize for a capability
// that is not an object, and it must never mean that the client can ask a person.
//
// Other messages are returned unchanged, and so are requests of 2026-07-28
// whose information is well-formed, since no session keeps it.
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
		return mustEncode(m.with(params))
	case bytes.Contains(m.Params, []byte(mcp.MetaKeyClientCapabilities)), bytes.Contains(m.Params, []byte(mcp.MetaKeyClientInfo)):
		params, _ := jsonFields(m.Params)
		meta, ok := jsonFields(params["_meta"])
		if !ok {
			return raw
		}
		changed := replace(meta, mcp.MetaKeyClientCapabilities, limitCapabilities)
		if json.Unmarshal(meta[mcp.MetaKeyClientInfo], new(mcp.Implementation)) != nil {
			changed = replace(meta, mcp.MetaKeyClientInfo, limitInfo) || changed
		}
		if !changed {
			return raw
		}
		params["_meta"] = mustEncode(meta)
		return mustEncode(m.with(params))
	}
	return raw
}

// replace replaces a field by what limit returns for it, and reports whether that
// differs.
func replace(fields map[string]json.RawMessage, name string, limit func(json.RawMessage) json.RawMessage) (changed bool) {
	given, ok := fields[name]
	if ok {
		fields[name] = limit(given)
	}
	return ok && !bytes.Equal(given, fields[name])
}

// limitInfo returns what is kept of a client's name and version.
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

// limitCapabilities returns what is kept of a client's capabilities: elicitation
// with its modes. A capability without a mode is from before there were modes, and
// means forms; one with unknown modes only can't show a form.
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

// jsonFields returns the fields of a JSON object; ok is false for any other value.
func jsonFields(value json.RawMessage) (fields map[string]json.RawMessage, ok bool) {
	err := json.Unmarshal(value, &fields)
	return fields, err == nil && fields != nil
}

// mustEncode encodes values that are ours or were decoded from JSON, which can't
// fail.
func mustEncode(value any) json.RawMessage {
	line, err := encodeLine(value)
	if err != nil {
		panic("server: " + err.Error())
	}
	return bytes.TrimSpace(line)
}
