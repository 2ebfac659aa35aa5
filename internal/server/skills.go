package server

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/papi"
	"papi-mcp/skills"
)

// skillsExtension is the identifier of the Skills extension (SEP-2640). It is declared in
// every protocol: clients of the older ones use it too.
const skillsExtension = "io.modelcontextprotocol/skills"

// The methods of the Skills extension. mcp-go knows none of them.
const (
	methodSkills     = "skills/"
	methodSkillsList = methodSkills + "list"
	methodSkillsGet  = methodSkills + "get"
)

// skillURI is the URI of the skill's folder, and manifestURI that of its SKILL.md, which
// identifies the skill.
const (
	skillURI    = "skill://" + skills.Name
	manifestURI = skillURI + "/" + skills.Manifest
)

// skill is the entry of a skill.
type skill struct {
	URI         string          `json:"uri"`
	Frontmatter map[string]any  `json:"frontmatter"`
	Resources   []skillResource `json:"resources"`
}

// skillResource is a file of a skill.
type skillResource struct {
	URI    string `json:"uri"`
	Digest string `json:"digest"`
	Size   int    `json:"size"`
}

// theSkill returns the entry of the skill that is served. It is the same for all callers,
// as the guides are.
var theSkill = sync.OnceValue(func() skill {
	entry := skill{URI: manifestURI, Frontmatter: skills.Frontmatter()}
	for _, file := range skills.Files() {
		entry.Resources = append(entry.Resources, skillResource{
			URI:    skillURI + "/" + file.Path,
			Digest: fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(file.Text))),
			Size:   len(file.Text),
		})
	}
	return entry
})

// serveSkills answers a request of the Skills extension. ok is false for all others, and
// for those that mcp-go has to refuse.
func (s *Server) serveSkills(ctx context.Context, m *message) (answer mcp.JSONRPCMessage, ok bool) {
	if m.isNotification() || m.Method != methodSkillsList && m.Method != methodSkillsGet {
		return nil, false
	}
	refused := func(text string) (mcp.JSONRPCMessage, bool) {
		_ = markError(ctx, mcp.INVALID_PARAMS, nil)
		return jsonrpcError(m.ID, mcp.INVALID_PARAMS, text), true
	}
	var params struct {
		Meta   *mcp.Meta `json:"_meta"`
		Cursor string    `json:"cursor"`
		URI    string    `json:"uri"`
	}
	if len(m.Params) > 0 {
		if err := json.Unmarshal(m.Params, &params); err != nil {
			return refused(fmt.Sprintf("the params of %s are not valid: cursor and uri are strings", m.Method))
		}
	}
	if _, isValid := protocolInfo(m, params.Meta); !isValid {
		return nil, false
	}
	var result any
	switch entry := theSkill(); {
	case m.Method == methodSkillsList && params.Cursor != "":
		return refused("there is no page at this cursor: the list has one page")
	case m.Method == methodSkillsList:
		result = map[string]any{"skills": []skill{entry}}
	case params.URI != entry.URI:
		return refused(fmt.Sprintf("no skill is served at %s; skills/list has those that are", papi.Quoted(params.URI, papi.MaxEcho)))
	default:
		result = map[string]any{"skill": entry}
	}
	return mcp.JSONRPCResponse{JSONRPC: mcp.JSONRPC_VERSION, ID: mcp.NewRequestId(m.ID), Result: cacheable(result)}, true
}

// cacheable is a result that is the same for all callers, and changes with the program's
// version alone.
func cacheable(result any) json.RawMessage {
	fields, _ := jsonFields(completed(result))
	fields["ttlMs"], fields["cacheScope"] = mustEncode(listTTL.Milliseconds()), mustEncode(mcp.CacheScopePublic)
	return mustEncode(fields)
}

// addSkill registers the files of the skill as resources.
func (s *Server) addSkill() {
	description, _ := skills.Frontmatter()["description"].(string)
	for _, file := range skills.Files() {
		name, about := file.Path, ""
		if file.Path == skills.Manifest {
			name, about = skills.Name, description
		}
		s.mcp.AddResource(mcp.NewResource(skillURI+"/"+file.Path, name, mcp.WithMIMEType(markdown), mcp.WithResourceDescription(about)),
			textHandler(markdown, func(context.Context, mcp.ReadResourceRequest) (string, error) { return file.Text, nil }))
	}
}

// isSkillPage reports whether a resource is a file of the skill other than SKILL.md, which
// names those that are needed: in a list they would only repeat the guides.
func isSkillPage(uri string) bool {
	return strings.HasPrefix(uri, skillURI+"/") && uri != manifestURI
}
