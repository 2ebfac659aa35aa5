package plan

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"papi-mcp/internal/jsonvalue"
)

// aFolder is a folder with files, opened for references.
func aFolder(t testing.TB, files map[string]string) (string, *os.Root) {
	t.Helper()
	folder := t.TempDir()
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return folder, root
}

// TestVariables replaces variables in texts, and nothing in their values.
func TestVariables(t *testing.T) {
	vars := map[string]string{"A": "1", "B": "${var:A}", "EMPTY": "", "FILE": "${file:x}", "SECRET": "${env:PAPI_VAR_X}"}
	for text, want := range map[string]string{
		"${var:A}":                 "1",
		"a ${var:A}${var:A} b":     "a 11 b",
		"${var:B}":                 "${var:A}",
		"${var:FILE}":              "${file:x}",
		"${var:SECRET}":            "${env:PAPI_VAR_X}",
		"${var:EMPTY}.":            ".",
		"$${var:A}":                "${var:A}",
		"$$${var:A}":               "$${var:A}",
		"$5, {x}, $ {y}":           "$5, {x}, $ {y}",
		"{{1}} costs $${{2}} here": "{{1}} costs ${{2}} here",
	} {
		file := "smsApps:\n- name: " + string(jsonvalue.Encode(text)) + "\n  region: EU\n"
		d := readFile(t, file, Options{Vars: vars})
		if got := d.Items[0].Fields["name"]; got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
		if again := readFile(t, "smsApps:\n- name: "+string(jsonvalue.Encode(Escape(want)))+"\n  region: EU\n", Options{}); again.Items[0].Fields["name"] != want {
			t.Errorf("%q as Escape writes it is %q", want, again.Items[0].Fields["name"])
		}
	}
}

// TestMissingVariables names each variable without a value once, with what may be meant.
func TestMissingVariables(t *testing.T) {
	got := faultsOf("project: ${var:PROJECT}\nsmsApps:\n- name: ${var:BRAND} news\n  region: ${var:REGION}\n- name: ${var:BRAND} alerts\n  region: EU\n", Options{Vars: map[string]string{"REGIONS": "EU"}})
	want := `f.yaml:1:10: project: ${var:PROJECT} has no value
f.yaml:3:9: smsApps[0].name: ${var:BRAND}, used 2 times, has no value
f.yaml:4:11: smsApps[0].region: ${var:REGION} has no value (did you mean REGIONS, which has one?)`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestUnknownReferences refuses what is no reference, and those in places where they
// mean nothing.
func TestUnknownReferences(t *testing.T) {
	for text, want := range map[string]string{
		"${BRAND}":               "unknown reference ${BRAND}; allowed: ${var:NAME}, ${file:PATH} or ${env:NAME}; the text ${ itself is written $${",
		"${vars:BRAND}":          "unknown reference ${vars:BRAND}; allowed: ${var:NAME}, ${file:PATH} or ${env:NAME}; the text ${ itself is written $${ (did you mean ${var:...}?)",
		"${var:BRAND":            "${var:BRAND has no closing }; allowed: ${var:NAME}, ${file:PATH} or ${env:NAME}; the text ${ itself is written $${",
		"${var:A B}":             "${var:A B}: the name of a variable has letters, digits and _",
		"${var:}":                "${var:}: the name of a variable has letters, digits and _",
		"a ${file:b}":            "${file:b}: this reference must be the complete value",
		"a ${env:PAPI_VAR_B}":    "${env:PAPI_VAR_B}: this reference must be the complete value",
		"${file:b}":              "${file:b}: no file is read here: write the content in its place",
		"${env:PAPI_VAR_B}":      "${env:PAPI_VAR_B}: a document may not refer to this variable",
		"${env:HOME}":            "${env:HOME}: the name of a variable for a secret begins with PAPI_VAR_",
		"${env:PAPI_VAR_}${var:": "has no closing }",
	} {
		got := faultsOf("smsApps:\n- name: "+string(jsonvalue.Encode(text))+"\n  region: EU\n", Options{})
		if !strings.Contains(got, want) || !strings.HasPrefix(got, "f.yaml:2:") {
			t.Errorf("%s: got\n%s\nwant\n%s", text, got, want)
		}
	}
}

// TestSecrets takes secrets from references alone, in the fields that are secret alone.
func TestSecrets(t *testing.T) {
	const webhook = "webhooks:\n- target: https://example.com/a\n  secret: "
	for name, test := range map[string]struct {
		file, want string
		secrets    func(string) bool
	}{
		"a text":                   {webhook + "hush\n", "f.yaml:3:3: webhooks[0].secret: write ${env:PAPI_VAR_NAME}, and set that environment variable to the secret: a file contains no secrets", anySecret},
		"a variable":               {webhook + "${var:X}\n", "f.yaml:3:3: webhooks[0].secret: write ${env:PAPI_VAR_NAME}, and set that environment variable to the secret: a file contains no secrets", anySecret},
		"a list":                   {webhook + "[hush]\n", "f.yaml:3:3: webhooks[0].secret: write ${env:PAPI_VAR_NAME}, and set that", anySecret},
		"another variable":         {webhook + "${env:SINCH_KEY_SECRET}\n", "f.yaml:3:11: webhooks[0].secret: ${env:SINCH_KEY_SECRET}: the name of a variable for a secret begins with PAPI_VAR_", anySecret},
		"one that is not listed":   {webhook + "${env:PAPI_VAR_B}\n", "f.yaml:3:11: webhooks[0].secret: ${env:PAPI_VAR_B}: a document may not refer to this variable", func(name string) bool { return name == "PAPI_VAR_A" }},
		"another field":            {"webhooks:\n- target: ${env:PAPI_VAR_A}\n", "f.yaml:2:3: webhooks[0].target: ${env:PAPI_VAR_A} is for secrets alone (secret of webhooks): use ${var:NAME}, and give it with --var", anySecret},
		"a field of the same name": {"smsApps:\n- name: a\n  region: EU\n  secret: ${env:PAPI_VAR_A}\n", "f.yaml:4:3: smsApps[0].secret: ${env:PAPI_VAR_A} is for secrets alone (secret of webhooks)", anySecret},
		"the project":              {"project: ${env:PAPI_VAR_A}\n", "f.yaml:1:1: project: the id of a project is no secret: use ${var:NAME}", anySecret},
		"below delete":             {"delete:\n  webhooks: [{target: '${env:PAPI_VAR_A}'}]\n", "f.yaml:2:15: delete.webhooks[0].target: ${env:PAPI_VAR_A} is for secrets alone", anySecret},
	} {
		t.Run(name, func(t *testing.T) {
			got := faultsOf(test.file, Options{Secrets: test.secrets, Vars: map[string]string{"X": "hush"}})
			if !strings.Contains(got, test.want) || strings.Contains(got, "hush") {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// TestReveal resolves secrets at the time of a call, in the fields that have them alone.
func TestReveal(t *testing.T) {
	o := Options{Secrets: anySecret, Secret: func(name string) (string, bool) {
		return map[string]string{"PAPI_VAR_A": "hush"}[name], name == "PAPI_VAR_A"
	}}
	args := map[string]any{"target": "${env:PAPI_VAR_A}", "secret": "${env:PAPI_VAR_A}"}
	revealed, err := o.Reveal("webhook_create", args)
	if err != nil || revealed["secret"] != "hush" || revealed["target"] != "${env:PAPI_VAR_A}" {
		t.Errorf("%v, %v", revealed, err)
	}
	if args["secret"] != "${env:PAPI_VAR_A}" {
		t.Error("the arguments of the plan are changed")
	}
	other, err := o.Reveal("sms_app_create", map[string]any{"name": "${env:PAPI_VAR_A}"})
	if err != nil || other["name"] != "${env:PAPI_VAR_A}" {
		t.Errorf("a field that is no secret: %v, %v", other, err)
	}
	for name, o := range map[string]Options{
		"not set":  {Secrets: anySecret, Secret: func(string) (string, bool) { return "", false }},
		"empty":    {Secrets: anySecret, Secret: func(string) (string, bool) { return "", true }},
		"refused":  {Secrets: func(string) bool { return false }, Secret: o.Secret},
		"nowhere":  {},
		"unfilled": {Secrets: anySecret, Secret: func(string) (string, bool) { return "<your secret>", true }},
	} {
		_, err := o.Reveal("webhook_update", args)
		if err == nil || err.Error() != "the variable PAPI_VAR_A, which secret of webhook_update refers to, is not set: set it to the secret" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFiles takes texts and data from files below the folder.
func TestFiles(t *testing.T) {
	_, root := aFolder(t, map[string]string{
		"texts/de.txt":   "Hallo ${var:BRAND},\r\n$${x}\r\n",
		"de.json":        `{"details": {"components": [{"type": "BODY", "text": "${file:texts/de.txt}"}]}}`,
		"meta.json":      `{"name": "order_update", "language": "fr", "category": "UTILITY", "components": [{"type": "BODY", "text": "Bonjour"}]}`,
		"get.json":       `{"data": [{"name": "a", "language": "it", "category": "UTILITY", "components": [{"type": "BODY", "text": "Ciao"}]}, {"name": "order_update", "language": "es", "category": "UTILITY", "components": [{"type": "BODY", "text": "Hola"}, {"type": "BUTTONS", "buttons": [{"type": "CATALOG", "text": "See"}]}]}]}`,
		"api.json":       `{"name": "order_update", "language": "EN_GB", "category": "UTILITY", "details": {"components": [{"type": "BODY", "text": "Cheers"}]}}`,
		"hooks.yaml":     "- target: https://example.com/a\n- target: https://example.com/b\n",
		"brands/x.txt":   "X",
		"brands/one.yml": "{name: One, region: EU}",
	})
	d := readFile(t, `
webhooks: ${file:hooks.yaml}
whatsappTemplates:
- name: order_update
  category: UTILITY
  languages:
    DE: ${file:de.json}
    FR: ${file:./meta.json}
    ES: ${file:get.json}
    EN_GB: ${file:api.json}
smsApps:
- ${file:brands/one.yml}
- name: ${file:brands/${var:BRAND}.txt}
  region: EU
`, Options{Files: root, Vars: map[string]string{"BRAND": "x"}})
	got := map[string]string{}
	for _, item := range d.Items {
		got[item.Key] = string(jsonvalue.Encode(jsonvalue.Field(item.Fields, "details.components")))
	}
	for key, want := range map[string]string{
		"https://example.com/a": "null", "https://example.com/b": "null", "One": "null", "X": "null",
		"order_update/DE":    `[{"text":"Hallo x,\n${x}","type":"BODY"}]`,
		"order_update/FR":    `[{"text":"Bonjour","type":"BODY"}]`,
		"order_update/ES":    `[{"text":"Hola","type":"BODY"}]`,
		"order_update/EN_GB": `[{"text":"Cheers","type":"BODY"}]`,
	} {
		if got[key] != want {
			t.Errorf("%s: %s, want %s", key, got[key], want)
		}
	}
	if len(d.Notes) != 1 || d.Notes[0].Key != "order_update/ES" || d.Notes[0].At.Line != 9 {
		t.Errorf("notes %+v", d.Notes)
	}
	if at := d.Items[0].At("target"); at.String() != "hooks.yaml:1:3" {
		t.Errorf("a field of another file is at %s", at)
	}
}

// TestFilesStayBelowTheFolder refuses each way out of the folder, and what is no file.
func TestFilesStayBelowTheFolder(t *testing.T) {
	outside, _ := aFolder(t, map[string]string{"secret.txt": "hush"})
	folder, root := aFolder(t, map[string]string{
		"a.txt": "a", "loop.yaml": "name: ${file:loop.yaml}\n", "bad.yaml": "a: [\n", "empty.yaml": "", "bytes.txt": "\xff",
		"1.yaml": "name: ${file:2.yaml}\n", "2.yaml": "name: ${file:1.yaml}\n", "long.txt": strings.Repeat("x", MaxFile+1),
	})
	for link, target := range map[string]string{
		"link.txt": filepath.Join(outside, "secret.txt"), "up": "..", "out": outside, "inside.txt": "a.txt",
	} {
		if err := os.Symlink(target, filepath.Join(folder, link)); err != nil {
			t.Skip(err)
		}
	}
	refused := map[string]string{
		"../" + filepath.Base(outside) + "/secret.txt": "relative to the folder of the main file",
		filepath.Join(outside, "secret.txt"):           "relative to the folder of the main file",
		"a/../../x":                                    "relative to the folder of the main file",
		"":                                             "relative to the folder of the main file",
		"link.txt":                                     "no link may lead out of it",
		"out/secret.txt":                               "no link may lead out of it",
		"up/x":                                         "no link may lead out of it",
		"none.txt":                                     syscall.ENOENT.Error(),
		".":                                            "it is not a regular file",
		"loop.yaml":                                    "the file refers to itself",
		"1.yaml":                                       "the file refers to itself",
		"bad.yaml":                                     "not valid YAML",
		"empty.yaml":                                   "the file is empty",
		"bytes.txt":                                    "it is not UTF-8",
		"long.txt":                                     "the files are too long",
	}
	if pipe := filepath.Join(folder, "pipe"); makePipe(pipe) {
		refused["pipe"] = "it is not a regular file"
	}
	for path, want := range refused {
		got := faultsOf("smsApps:\n- name: ${file:"+path+"}\n  region: EU\n", Options{Files: root})
		if !strings.Contains(got, want) || strings.Contains(got, "hush") {
			t.Errorf("%s: got\n%s\nwant %s", path, got, want)
		}
	}
	if d := readFile(t, "smsApps:\n- name: ${file:inside.txt}\n  region: EU\n", Options{Files: root}); d.Items[0].Key != "a" {
		t.Errorf("a link within the folder: %s", d.Items[0].Key)
	}
}

// TestFaultsInOtherFiles are where they are, with the name of the file next to the one
// that refers to it.
func TestFaultsInOtherFiles(t *testing.T) {
	_, root := aFolder(t, map[string]string{"x/de.yaml": "details:\n  components:\n  - type: BODY\n    txt: Hallo\n"})
	got := faultsOf("whatsappTemplates:\n- {name: hello, category: UTILITY, languages: {DE: '${file:x/de.yaml}'}}\n", Options{File: "brands/f.yaml", Files: root})
	if want := filepath.Join("brands", "x", "de.yaml") + ":4:5: whatsappTemplates[0].languages.DE.details.components[0].txt: no such name"; !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestReadVariables reads the values of --var-file.
func TestReadVariables(t *testing.T) {
	vars, faults := ReadVariables([]byte("BRAND: Example\nCODE: 007\nON: true\nRATE: 1.50\n"), "v.yaml")
	raw, _ := json.Marshal(vars)
	if want := `{"BRAND":"Example","CODE":"007","ON":"true","RATE":"1.50"}`; string(raw) != want || faults != nil {
		t.Errorf("%s, %v, want %s", raw, faults, want)
	}
	_, faults = ReadVariables([]byte(`{"A B": "x", "LIST": [1]}`), "v.json")
	if len(faults) != 2 || faults[0].String() != `v.json:1:2: A B: the name of a variable has letters, digits and _: "A B"` || faults[1].String() != "v.json:1:14: LIST: must be a text" {
		t.Errorf("%v", faults)
	}
	if vars, faults := ReadVariables(nil, "v"); len(vars) != 0 || faults != nil {
		t.Errorf("nothing: %v, %v", vars, faults)
	}
}

// TestFor takes a document to another project: without ids, and with a Conversation app
// of its own.
func TestFor(t *testing.T) {
	d := readFile(t, "project: a\nsmsApps:\n- {id: x, name: News, region: EU, convApiAppId: app}\ndelete:\n  smsApps: [{id: y}]\n", Options{})
	if d.For("a") != d {
		t.Error("for its own project it is another document")
	}
	other := d.For("b")
	item := other.Items[0]
	if item.ID != "" || item.Key != "News" || item.Identity["id"] != "" || item.Fields["convApiApp"] != true || item.Fields["convApiAppId"] != nil || other.ProjectID != "b" {
		t.Errorf("%+v", item)
	}
	if len(other.Delete) != 0 {
		t.Errorf("a thing of the first project is deleted in the other: %+v", other.Delete[0])
	}
	if byID := readFile(t, "project: a\nrcsSenders: [{id: x}]\n", Options{}).For("b"); len(byID.Items) != 0 || len(byID.Notes) != 1 {
		t.Errorf("an item that only its id identifies: %+v", byID)
	}
	if d.Items[0].ID != "x" || d.Items[0].Fields["convApiAppId"] != "app" {
		t.Error("the document itself is changed")
	}
}
