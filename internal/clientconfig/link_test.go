package clientconfig

import (
	"encoding/base64"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"papi-mcp/internal/jsonvalue"
)

// What a client decodes from a link is the entry that its file would have, with questions
// for what is not in it, and without a secret.
func TestLinks(t *testing.T) {
	account := &Server{
		Name: "papi", Command: "npx", Args: []string{"-y", "@scope/papi-mcp", "serve", "a b+c&d=é"},
		Refer: []string{"SINCH_PROJECT_ID", "SINCH_KEY_SECRET"}, Own: []string{"SINCH_PROJECT_ID", "SINCH_KEY_SECRET"},
	}
	sandbox := &Server{Name: "papi", Command: "npx", Args: []string{"-y", "@scope/papi-mcp", "serve", "--sandbox"}}
	for _, server := range []*Server{account, sandbox} {
		for _, id := range []string{"vscode", "cursor"} {
			client := Lookup(id)
			link, err := url.Parse(client.Link(server))
			if err != nil || link.Scheme != "https" || strings.Contains(link.RawQuery, "+") {
				t.Fatalf("%v: %s", err, link)
			}
			query := link.Query()
			config := query.Get("config")
			if id == "cursor" {
				raw, err := base64.StdEncoding.DecodeString(config)
				if err != nil {
					t.Fatal(err)
				}
				config = string(raw)
			}
			document := decoded(t, client.Document(server))
			servers := jsonvalue.Object(document, client.Key)
			if query.Get("name") != "papi" || !reflect.DeepEqual(decoded(t, config), servers["papi"]) {
				t.Errorf("%s: the link has %s, and the file %v", id, config, servers)
			}
			inputs := any(nil)
			if raw := query.Get("inputs"); raw != "" {
				inputs = decoded(t, raw)
			}
			if !reflect.DeepEqual(inputs, jsonvalue.Object(document, "")["inputs"]) {
				t.Errorf("%s: the link asks for %v", id, inputs)
			}
		}
	}
	for _, c := range Clients {
		if hasLink := c.ID == "vscode" || c.ID == "cursor"; hasLink != (c.Link(sandbox) != "") {
			t.Errorf("%s: %q", c.ID, c.Link(sandbox))
		}
	}
}

// Only a secret is hidden while it is typed.
func TestQuestionsHideTheSecret(t *testing.T) {
	document := decoded(t, Lookup("vscode").Document(&Server{Name: "papi", Command: "npx", Refer: []string{"SINCH_KEY_ID", "SINCH_KEY_SECRET"}}))
	inputs, _ := jsonvalue.Object(document, "")["inputs"].([]any)
	if len(inputs) != 2 || jsonvalue.Object(inputs[0], "")["password"] != nil || jsonvalue.Object(inputs[1], "")["password"] != true {
		t.Errorf("%v", inputs)
	}
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	value, err := jsonvalue.Decode([]byte(text))
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return value
}
