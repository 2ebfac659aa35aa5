package clientconfig

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tailscale/hujson"
)

func cursor(t *testing.T) *Client {
	t.Helper()
	c := Lookup("cursor")
	if c == nil {
		t.Fatal("there is no such client")
	}
	return c
}

func exampleServer() *Server {
	return &Server{
		Name: "papi", Command: "/bin/papi-mcp", Args: []string{"serve"},
		Env: map[string]string{"SINCH_KEY_ID": "key"}, Own: []string{"SINCH_KEY_ID", "SINCH_KEY_SECRET"},
	}
}

// What is added is laid out as the file is, and nothing else in it changes.
func TestMergeKeepsTheLayout(t *testing.T) {
	for name, test := range map[string]struct{ before, after string }{
		"no file":     {"", "{\n  \"mcpServers\": {\n    \"papi\": ENTRY(    ,  )\n  }\n}\n"},
		"white space": {" \n", "{\n  \"mcpServers\": {\n    \"papi\": ENTRY(    ,  )\n  }\n}\n"},
		"empty":       {"{}", "{\n  \"mcpServers\": {\n    \"papi\": ENTRY(    ,  )\n  }\n}"},
		"other members, in their order, numbers as they are": {
			"{\n  \"z\": 1.50,\n  \"a\": 123456789012345678901234567890,\n  \"e\": 1e400,\n  \"u\": \"\\u00e9\\/\"\n}\n",
			"{\n  \"z\": 1.50,\n  \"a\": 123456789012345678901234567890,\n  \"e\": 1e400,\n  \"u\": \"\\u00e9\\/\",\n  \"mcpServers\": {\n    \"papi\": ENTRY(    ,  )\n  }\n}\n",
		},
		"other servers, tabs": {
			"{\n\t\"mcpServers\": {\n\t\t\"b\": {\"command\": \"b\"},\n\t\t\"a\": {}\n\t},\n\t\"last\": null\n}",
			"{\n\t\"mcpServers\": {\n\t\t\"b\": {\"command\": \"b\"},\n\t\t\"a\": {},\n\t\t\"papi\": ENTRY(\t\t,\t)\n\t},\n\t\"last\": null\n}",
		},
		"no servers": {
			"{\n    \"mcpServers\": {}\n}\n",
			"{\n    \"mcpServers\": {\n        \"papi\": ENTRY(        ,    )\n    }\n}\n",
		},
		"a byte order mark and CR LF": {
			"\ufeff{\r\n  \"a\": [ 1,2 ]\r\n}\r\n",
			"\ufeff{\r\n  \"a\": [ 1,2 ],\r\n  \"mcpServers\": {\r\n    \"papi\": ENTRY(    ,  )\r\n  }\r\n}\r\n",
		},
		"one line": {
			`{"a":1,"mcpServers":{"b":{}}}`,
			`{"a":1,"mcpServers":{"b":{},"papi":{"type":"stdio","command":"/bin/papi-mcp","args":["serve"],"env":{"SINCH_KEY_ID":"key"}}}}`,
		},
		"a server on the line of its parent": {
			"{\n  \"mcpServers\": {\"b\": {}}\n}\n",
			"{\n  \"mcpServers\": {\"b\": {},\n    \"papi\": ENTRY(    ,  )\n  }\n}\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := test.after
			if before, rest, found := strings.Cut(want, "ENTRY("); found {
				layout, after, _ := strings.Cut(rest, ")")
				prefix, indent, _ := strings.Cut(layout, ",")
				text := indented(object(cursor(t).entry(exampleServer(), false)), prefix, indent)
				if strings.Contains(before, "\r\n") {
					text = strings.ReplaceAll(text, "\n", "\r\n")
				}
				want = before + text + after
			}
			merged, change, err := cursor(t).Merge([]byte(test.before), exampleServer())
			if err != nil || change != Added || string(merged) != want {
				t.Errorf("%v, %v\n%q, want\n%q", change, err, merged, want)
			}
			again, change, err := cursor(t).Merge(merged, exampleServer())
			if err != nil || change != Unchanged || !bytes.Equal(again, merged) {
				t.Errorf("again: %v, %v\n%s", change, err, again)
			}
		})
	}
}

func TestMergeRefusesWhatItCannotEdit(t *testing.T) {
	for document, want := range map[string]string{
		"[]":                                   "it is a list",
		"null":                                 "it is null",
		`"text"`:                               "it is a string",
		`{"mcpServers": []}`:                   `"mcpServers" is a list`,
		`{"mcpServers": null}`:                 `"mcpServers" is null`,
		`{"mcpServers": 3}`:                    `"mcpServers" is a number`,
		`{"mcpServers": true}`:                 `"mcpServers" is a boolean`,
		`{"mcpServers": {}, "mcpServers": {}}`: `"mcpServers" appears twice`,
		`{"mcpServers": {"papi": 1, "\u0070api": 2}}`: `"papi" appears twice`,
		"{\n  \"a\": 1\n  \"b\": 2\n}":                "it is not valid JSON: line 3: invalid character",
		"{":                                           "it is not valid JSON",
		"mcpServers: {}":                              "it is not valid JSON",
		"\xff\xfe{\x00}\x00":                          "it is not UTF-8",
		strings.Repeat("[", 1<<20):                    "it is not valid JSON",
		strings.Repeat("{\"a\":", 1<<20):              "it is not valid JSON",
	} {
		merged, _, err := cursor(t).Merge([]byte(document), exampleServer())
		if err == nil || !strings.Contains(err.Error(), want) || merged != nil {
			t.Errorf("%.40q: %q, %v; want %s", document, merged, err, want)
		}
	}
	for _, document := range []string{"{} // comment", "/* comment */ {}", `{"a": 1,}`, "{\"a\": [1,],\n}", "\ufeff{} // BOM"} {
		if _, _, err := cursor(t).Merge([]byte(document), exampleServer()); !errors.Is(err, ErrComments) {
			t.Errorf("%q: %v", document, err)
		}
	}
}

// An entry that is replaced keeps what does not say how the server is started: members
// and variables that are not ours.
func TestMergeReplaces(t *testing.T) {
	before := `{
  "mcpServers": {
    "a": {"n": 1.0},
    "papi": {
      "url": "https://example.com", "timeout": 60.0, "autoApprove": ["webhook_list"],
      "env": {"HTTPS_PROXY": "http://localhost:3128", "SINCH_KEY_SECRET": "old", "SINCH_KEY_ID": "old"}
    },
    "z": {}
  }
}
`
	want := `{
  "mcpServers": {
    "a": {"n": 1.0},
    "papi": {
      "type": "stdio",
      "command": "/bin/papi-mcp",
      "args": [
        "serve"
      ],
      "env": {
        "SINCH_KEY_ID": "key",
        "HTTPS_PROXY": "http://localhost:3128"
      },
      "timeout": 60.0,
      "autoApprove": [
        "webhook_list"
      ]
    },
    "z": {}
  }
}
`
	merged, change, err := cursor(t).Merge([]byte(before), exampleServer())
	if err != nil || change != Replaced || string(merged) != want {
		t.Errorf("%v, %v\n%s", change, err, merged)
	}
	sandbox := exampleServer()
	sandbox.Env = nil
	merged, change, err = cursor(t).Merge(merged, sandbox)
	if err != nil || change != Replaced || bytes.Contains(merged, []byte("SINCH")) || !bytes.Contains(merged, []byte("HTTPS_PROXY")) {
		t.Errorf("%v, %v\n%s", change, err, merged)
	}
	for _, old := range []string{"null", "[]", `"papi"`, "7"} {
		merged, change, err := cursor(t).Merge([]byte(`{"mcpServers":{"papi":`+old+`}}`), exampleServer())
		if err != nil || change != Replaced || !json.Valid(merged) {
			t.Errorf("%s: %v, %v\n%s", old, change, err, merged)
		}
	}
}

// randomJSON returns a JSON text with random values, names and layout.
func randomJSON(r *rand.Rand, depth int) string {
	space := func() string { return []string{"", " ", "\n", "\r\n", "\t", "\n    "}[r.IntN(6)] }
	switch kind := r.IntN(8); {
	case kind < 2 && depth > 0:
		var items []string
		for range r.IntN(4) {
			items = append(items, space()+randomJSON(r, depth-1)+space())
		}
		return "[" + strings.Join(items, ",") + "]"
	case kind < 5 && depth > 0:
		return randomObject(r, depth-1)
	default:
		return []string{"0", "-0.0", "1E+2", "18446744073709551616", "true", "null", `""`, `"\ud83d\ude00"`, `"\ud800"`, `"a\\\"b"`, `"<&>"`, "\"\u2028\""}[r.IntN(12)]
	}
}

func randomObject(r *rand.Rand, depth int) string {
	names := []string{"mcpServers", "papi", "servers", "a", "b.c", "\\n", "\\u0000", "ä", ""}
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	var members []string
	for _, name := range names[:r.IntN(len(names))] {
		members = append(members, fmt.Sprintf("%s\"%s\"%s:%s", []string{"", "\n  ", " "}[r.IntN(3)], name, []string{"", " "}[r.IntN(2)], randomJSON(r, depth)))
	}
	return "{" + strings.Join(members, ",") + []string{"", "\n", " "}[r.IntN(3)] + "}"
}

// In random documents every value that is not our entry survives, byte for byte and in
// its order; a second time changes nothing.
func TestMergeKeepsEverythingElse(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	changes := map[Change]int{}
	for range 5_000 {
		before := []byte(randomObject(r, 3))
		merged, change, err := cursor(t).Merge(before, exampleServer())
		if err != nil {
			continue // mcpServers is not an object
		}
		changes[change]++
		if !json.Valid(merged) {
			t.Fatalf("%s\nbecame\n%s", before, merged)
		}
		if old, now := others(t, before), others(t, merged); !slices.Equal(old, now) {
			t.Fatalf("%s\nbecame\n%s\n%q\n%q", before, merged, old, now)
		}
		var parsed struct {
			McpServers map[string]struct {
				Command string
				Args    []string
				Env     map[string]string
			}
		}
		_ = json.Unmarshal(merged, &parsed) // other servers can have wrong types
		if e := parsed.McpServers["papi"]; e.Command != "/bin/papi-mcp" || !reflect.DeepEqual(e.Args, []string{"serve"}) || e.Env["SINCH_KEY_ID"] != "key" {
			t.Fatalf("the entry is %+v in\n%s", e, merged)
		}
		again, change, err := cursor(t).Merge(merged, exampleServer())
		if err != nil || change != Unchanged || !bytes.Equal(again, merged) {
			t.Fatalf("again: %v, %v\n%s\n%s", change, err, merged, again)
		}
	}
	if changes[Added] < 500 || changes[Replaced] < 100 {
		t.Errorf("too few documents: %v", changes)
	}
}

// others returns the members of a document and its servers in order, without our entry,
// each with its text.
func others(t *testing.T, document []byte) []string {
	t.Helper()
	root, err := hujson.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, m := range root.Value.(*hujson.Object).Members {
		if nameOf(&m) != "mcpServers" {
			list = append(list, m.Name.String()+":"+m.Value.String())
			continue
		}
		for _, server := range m.Value.Value.(*hujson.Object).Members {
			if nameOf(&server) != "papi" {
				list = append(list, "server "+server.Name.String()+":"+server.Value.String())
			}
		}
	}
	return list
}
