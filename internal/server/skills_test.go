package server

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/frontmatter"
	"papi-mcp/internal/jsonvalue"
)

const skillParam = `"uri":"skill://sinch-provisioning/SKILL.md"`

// skillEntry is an entry with the fields that the extension defines, and no other.
type skillEntry struct {
	URI         string         `json:"uri"`
	Frontmatter map[string]any `json:"frontmatter"`
	Resources   []struct {
		URI    string `json:"uri"`
		Digest string `json:"digest"`
		Size   int    `json:"size"`
	} `json:"resources"`
}

// skillRequest returns a request of an older protocol, and the same of 2026-07-28.
func skillRequest(id int, method, params string) (older, newer string) {
	older = fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":{%s}}`, id, method, params)
	if params != "" {
		params = "," + params
	}
	return older, modern(id, method, `{}`, params)
}

// inBothProtocols makes a request on stdio, in an older protocol and in 2026-07-28.
func inBothProtocols(t *testing.T, s *Server, method, params string) (answers [2]message) {
	t.Helper()
	older, newer := skillRequest(1, method, params)
	for i, lines := range [][]string{{openSession, older}, {newer}} {
		for _, m := range scripted(t, s, lines) {
			if string(m.ID) == "1" {
				answers[i] = m
			}
		}
	}
	return answers
}

// The extension is declared with the capability that it depends on, in each protocol.
func TestSkillsAreDeclared(t *testing.T) {
	s := newServer(t, echo)
	for _, m := range scripted(t, s, []string{openSession, modern(1, "server/discover", `{}`, ``)}) {
		var result struct {
			Capabilities struct {
				Extensions map[string]json.RawMessage `json:"extensions"`
				Resources  json.RawMessage            `json:"resources"`
			} `json:"capabilities"`
		}
		if err := json.Unmarshal(m.Result, &result); err != nil {
			t.Fatal(err)
		}
		if declared := string(result.Capabilities.Extensions["io.modelcontextprotocol/skills"]); declared != "{}" || result.Capabilities.Resources == nil {
			t.Errorf("declared %s: %s", declared, m.Result)
		}
	}
}

// skills/list has the complete manifest of the skill: each file is served by
// resources/read, with the digest and the size that are published, and the front matter
// is that of SKILL.md. skills/get has the same entry.
func TestSkillIsWhatIsServed(t *testing.T) {
	s := newServer(t, echo)
	for i, protocol := range []string{"older", "2026-07-28"} {
		t.Run(protocol, func(t *testing.T) {
			var list struct {
				Skills []json.RawMessage `json:"skills"`
			}
			var got struct {
				Skill json.RawMessage `json:"skill"`
			}
			listed, fetched := inBothProtocols(t, s, "skills/list", "")[i], inBothProtocols(t, s, "skills/get", skillParam)[i]
			for key, m := range map[string]message{"skills": listed, "skill": fetched} {
				fields := fieldsOf(t, m.Result)
				if fields["resultType"] != "complete" || fields["ttlMs"] != 300000. || fields["cacheScope"] != "public" || fields[key] == nil || len(fields) != 4 {
					t.Errorf("%s: %v", key, fields)
				}
			}
			if err := json.Unmarshal(listed.Result, &list); err != nil || len(list.Skills) != 1 {
				t.Fatalf("%v: %s", err, listed.Result)
			}
			if err := json.Unmarshal(fetched.Result, &got); err != nil || string(got.Skill) != string(list.Skills[0]) {
				t.Errorf("skills/get %s, skills/list %s (%v)", got.Skill, list.Skills[0], err)
			}

			var entry skillEntry
			decoder := json.NewDecoder(strings.NewReader(string(list.Skills[0])))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(&entry); err != nil {
				t.Fatal(err)
			}
			root, isManifest := strings.CutSuffix(entry.URI, "/SKILL.md")
			if name, _ := entry.Frontmatter["name"].(string); !isManifest || root != "skill://"+name || entry.Resources[0].URI != entry.URI {
				t.Errorf("%s, %v, %v", entry.URI, entry.Frontmatter, entry.Resources[0])
			}
			if len(entry.Resources) > 512 || len(entry.Resources) < 15 {
				t.Errorf("%d files", len(entry.Resources))
			}
			seen, total := map[string]bool{}, 0
			for _, file := range entry.Resources {
				text := textOf(t, inBothProtocols(t, s, "resources/read", fmt.Sprintf(`"uri":%q`, file.URI))[i], file.URI)
				if file.Size != len(text) || file.Digest != fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))) || seen[file.URI] || !strings.HasPrefix(file.URI, root+"/") {
					t.Errorf("%v, served are %d bytes", file, len(text))
				}
				seen[file.URI], total = true, total+file.Size
			}
			if total > 16<<20 {
				t.Errorf("%d bytes", total)
			}
			var fields map[string]any
			if _, err := frontmatter.Read([]byte(textOf(t, inBothProtocols(t, s, "resources/read", skillParam)[i], entry.URI)), &fields); err != nil {
				t.Fatal(err)
			}
			if want := string(jsonvalue.Encode(fields)); string(jsonvalue.Encode(entry.Frontmatter)) != want {
				t.Errorf("front matter %v, want %s", entry.Frontmatter, want)
			}
		})
	}
}

// textOf returns the text of a resource that was read.
func textOf(t *testing.T, m message, uri string) string {
	t.Helper()
	var result struct {
		Contents []struct{ URI, MIMEType, Text string }
	}
	if err := json.Unmarshal(m.Result, &result); err != nil || len(result.Contents) != 1 || result.Contents[0].URI != uri || result.Contents[0].MIMEType != "text/markdown" {
		t.Fatalf("%s: %s (%v)", uri, show(m), err)
	}
	return result.Contents[0].Text
}

// The skill is one resource in resources/list, with its name and description. Its pages
// are there to be read.
func TestSkillIsListedAsAResource(t *testing.T) {
	s := newServer(t, echo)
	for _, m := range inBothProtocols(t, s, "resources/list", "") {
		var result struct {
			Resources []struct{ URI, Name, Description, MIMEType string }
		}
		if err := json.Unmarshal(m.Result, &result); err != nil {
			t.Fatal(err)
		}
		shown := 0
		for _, r := range result.Resources {
			if strings.HasPrefix(r.URI, "skill://") {
				shown++
				if r.Name != "sinch-provisioning" || !strings.HasPrefix(r.Description, "Provisions ") || r.MIMEType != "text/markdown" {
					t.Errorf("%+v", r)
				}
			}
		}
		if shown != 1 || len(result.Resources) < 10 {
			t.Errorf("%d resources of the skill, %d in all", shown, len(result.Resources))
		}
	}
}

// What the extension and its protocol demand of requests that can't be answered: a code,
// and a text that says what to do next.
func TestSkillsAreRefused(t *testing.T) {
	s := newServer(t, echo)
	for name, test := range map[string]struct {
		method, params string
		codes          [2]int // of an older protocol, and of 2026-07-28
		text           string
	}{
		"no such skill":              {"skills/get", `"uri":"skill://other/SKILL.md"`, [2]int{-32602, -32602}, `"skill://other/SKILL.md"; skills/list has`},
		"a page of the skill":        {"skills/get", `"uri":"skill://sinch-provisioning/references/rcs.md"`, [2]int{-32602, -32602}, "no skill is served at"},
		"the folder":                 {"skills/get", `"uri":"skill://sinch-provisioning"`, [2]int{-32602, -32602}, "no skill is served at"},
		"no URI":                     {"skills/get", ``, [2]int{-32602, -32602}, "no skill is served at"},
		"a URI that is not a text":   {"skills/get", `"uri":7`, [2]int{-32602, -32602}, "the params of skills/get are not valid"},
		"a cursor":                   {"skills/list", `"cursor":"x"`, [2]int{-32602, -32602}, "one page"},
		"a cursor that is an object": {"skills/list", `"cursor":{}`, [2]int{-32602, -32602}, "the params of skills/list are not valid"},
		"a long URI":                 {"skills/get", `"uri":"skill://` + strings.Repeat("x", 4000) + `"`, [2]int{-32602, -32602}, "no skill is served at"},
		"huge params":                {"skills/list", `"x":"` + strings.Repeat("x", 40<<10) + `"`, [2]int{-32602, -32602}, "bytes"},
		"another method":             {"skills/other", ``, [2]int{-32601, -32601}, "skills/other"},
		"directories, not declared":  {"resources/directory/read", `"uri":"skill://sinch-provisioning"`, [2]int{-32601, -32601}, "resources/directory/read"},
		"a file that does not exist": {"resources/read", `"uri":"skill://sinch-provisioning/references/fax.md"`, [2]int{-32002, -32602}, "fax.md"},
	} {
		t.Run(name, func(t *testing.T) {
			for i, m := range inBothProtocols(t, s, test.method, test.params) {
				if code, text := errorOf(t, m); code != test.codes[i] || !strings.Contains(text, test.text) || len(text) > maxErrorText {
					t.Errorf("%d %s", code, text)
				}
			}
		})
	}
	for _, params := range []string{`[]`, `7`, `"x"`} {
		for _, m := range scripted(t, s, []string{`{"jsonrpc":"2.0","id":1,"method":"skills/list","params":` + params + `}`}) {
			if code, _ := errorOf(t, m); code != -32602 {
				t.Errorf("params %s: %d", params, code)
			}
		}
	}
	for _, params := range []string{``, `,"params":null`, `,"params":{"cursor":null}`} { // as without any
		for _, m := range scripted(t, s, []string{`{"jsonrpc":"2.0","id":1,"method":"skills/list"` + params + `}`}) {
			if m.Error != nil {
				t.Errorf("params %s: %s", params, show(m))
			}
		}
	}
	// What mcp-go refuses in all methods, it refuses here.
	unknown := strings.Replace(modern(1, "skills/list", `{}`, ``), "2026-07-28", "2027-01-01", 1)
	for _, m := range scripted(t, s, []string{unknown}) {
		if code, text := errorOf(t, m); !strings.Contains(text, "rotocol") {
			t.Errorf("an unknown protocol: %d %s", code, text)
		}
	}
	for _, m := range scripted(t, s, []string{`{"jsonrpc":"2.0","method":"skills/list"}`}) {
		t.Errorf("a notification is answered: %s", show(m))
	}
}

// Over HTTP all callers are served the same skill, as they are the guides, whatever tools
// they are offered.
func TestSkillIsForAllCallers(t *testing.T) {
	w := serveWeb(t, echo, HTTPOptions{ToolboxFor: func(_ context.Context, id auth.Identity) (Toolbox, error) {
		if id.Principal == "bob" {
			return &fakeToolbox{do: echo}, nil // of no tool
		}
		return &fakeToolbox{names: []string{"do"}, do: echo}, nil
	}})
	var answers []string
	for _, principal := range []string{"alice", "bob"} {
		older, newer := skillRequest(1, "skills/list", "")
		for _, exchange := range []struct {
			body   string
			header headers
		}{
			{older, headers{w.open(principal)}},
			{newer, modernHeaders("skills/list", "")},
		} {
			status, body := w.answerTo(exchange.body, append(exchange.header, "Authorization: Bearer "+principal)...)
			if status != http.StatusOK || !strings.Contains(body, `"digest"`) {
				t.Errorf("%s: %d %s", principal, status, body)
			}
			answers = append(answers, body)
		}
	}
	if len(slices.Compact(answers)) != 1 {
		t.Errorf("the answers differ: %q", answers)
	}
	_, newer := skillRequest(2, "skills/get", `"uri":"skill://other/SKILL.md"`)
	if _, body := w.answerTo(newer, modernHeaders("skills/get", "")...); !strings.Contains(body, "-32602") {
		t.Error(body)
	}
	if _, body := w.answerTo(newer, modernHeaders("skills/list", "")...); strings.Contains(body, "digest") {
		t.Errorf("the header names another method: %s", body)
	}
}
