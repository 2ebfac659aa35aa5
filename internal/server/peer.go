package server

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
)

// mostOfName bounds what is kept of a client's name and version, in bytes.
const mostOfName = 128

// understood returns a message with what its client says of itself cut down to
// what this server uses: its name, its version, and whether it can elicit. A
// session keeps that for as long as it lives, and a client may say megabytes.
// What is not understood counts as absent: it fails no initialize, as mcp-go
// would for a capability that is no object, and never means that the client can
// ask a person.
//
// Other messages come back as they are.
func understood(m *message, raw []byte) []byte {
	var field, infoKey, capabilitiesKey string
	switch {
	case m.Method == mcp.MethodInitialize:
		infoKey, capabilitiesKey = "clientInfo", "capabilities"
	case bytes.Contains(m.Params, []byte(mcp.MetaKeyClientCapabilities)), bytes.Contains(m.Params, []byte(mcp.MetaKeyClientInfo)):
		field, infoKey, capabilitiesKey = "_meta", mcp.MetaKeyClientInfo, mcp.MetaKeyClientCapabilities
	default:
		return raw
	}
	params, ok := fieldsOf(m.Params)
	if !ok {
		return raw
	}
	said := params
	if field != "" {
		if said, ok = fieldsOf(params[field]); !ok {
			return raw
		}
	}
	if given, ok := said[infoKey]; ok {
		said[infoKey] = keptInfo(given)
	}
	if given, ok := said[capabilitiesKey]; ok {
		said[capabilitiesKey] = keptCapabilities(given)
	}
	if field != "" {
		params[field] = encoded(said)
	} else if _, ok := fieldsOf(params["_meta"]); !ok {
		delete(params, "_meta")
	}
	return encoded(struct {
		Version string                     `json:"jsonrpc"`
		ID      json.RawMessage            `json:"id,omitempty"`
		Method  mcp.MCPMethod              `json:"method"`
		Params  map[string]json.RawMessage `json:"params"`
	}{m.Version, m.ID, m.Method, params})
}

// keptInfo is what is kept of a client's name and version.
func keptInfo(given json.RawMessage) json.RawMessage {
	fields, _ := fieldsOf(given)
	kept := map[string]string{"name": "", "version": ""}
	for name := range kept {
		var text string
		if json.Unmarshal(fields[name], &text) == nil {
			kept[name] = strings.ToValidUTF8(text[:min(len(text), mostOfName)], "")
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
