package cli

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/tools"
)

// testSet returns the tools as papi-mcp call has them.
func testSet(t *testing.T) *tools.Set {
	t.Helper()
	c := config{store: memory, confirm: "auto", sandbox: true, sandboxFlags: defaultSandbox}
	a, err := c.newApp(t.Context(), &streams{strings.NewReader(""), os.Stderr, os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	return a.tools
}

// A value has the type that the tool's schema says; a text stays a text.
func TestArgumentsAreTyped(t *testing.T) {
	set := testSet(t)
	folder := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return "@" + path
	}
	for name, tt := range map[string]struct {
		tool string
		args []string
		want string
	}{
		"none":                        {"webhook_list", nil, `{}`},
		"a text that looks otherwise": {"whatsapp_sender_get", []string{"senderId=123"}, `{"senderId":"123"}`},
		"a boolean's name as a text":  {"whatsapp_sender_verify", []string{"code=true", "senderId=0"}, `{"code":"true","senderId":"0"}`},
		"leading zeros and a plus":    {"whatsapp_sender_verify", []string{"code=012345", "senderId=+15550100"}, `{"code":"012345","senderId":"+15550100"}`},
		"an equals sign":              {"webhook_create", []string{"target=https://example.com/?a=b:=c"}, `{"target":"https://example.com/?a=b:=c"}`},
		"an empty text":               {"webhook_create", []string{"secret="}, `{"secret":""}`},
		"quotes and backslashes":      {"webhook_create", []string{`secret="a\b"`}, `{"secret":"\"a\\b\""}`},
		"an integer":                  {"webhook_list", []string{"pageSize=5"}, `{"pageSize":5}`},
		"an integer that is none":     {"webhook_list", []string{"pageSize=five"}, `{"pageSize":"five"}`},
		"our own":                     {"webhook_list", []string{"all=true", "detail=full", "projectId=1"}, `{"all":true,"detail":"full","projectId":"1"}`},
		"paths":                       {"webhook_list", []string{"fields=webhooks.id,webhooks.target"}, `{"fields":["webhooks.id","webhooks.target"]}`},
		"a list by commas":            {"webhook_create", []string{"triggers=A, B"}, `{"triggers":["A","B"]}`},
		"a list by its key":           {"webhook_create", []string{"triggers=A", "triggers=B,C"}, `{"triggers":["A","B","C"]}`},
		"a list as JSON":              {"webhook_create", []string{`triggers=["A"]`}, `{"triggers":["A"]}`},
		"an empty list":               {"webhook_create", []string{"triggers="}, `{"triggers":[]}`},
		"numbers of phones":           {"rcs_sender_create", []string{"details.testNumbers=+15550100,+15550101"}, `{"details":{"testNumbers":["+15550100","+15550101"]}}`},
		"texts that have commas":      {"rcs_sender_create", []string{"details.questionnaire.us.answers.sampleMessages=Hi, Ann", "details.questionnaire.us.answers.sampleMessages=Bye, Ann"}, `{"details":{"questionnaire":{"us":{"answers":{"sampleMessages":["Hi, Ann","Bye, Ann"]}}}}}`},
		"fields of an object":         {"whatsapp_sender_update", []string{"senderId=1", "details.about=Hi", "details.email=a@example.com"}, `{"details":{"about":"Hi","email":"a@example.com"},"senderId":"1"}`},
		"an object as JSON":           {"whatsapp_sender_update", []string{`details={"about":"Hi"}`}, `{"details":{"about":"Hi"}}`},
		"null":                        {"whatsapp_sender_update", []string{"details.about:=null"}, `{"details":{"about":null}}`},
		"a text that is null":         {"whatsapp_sender_update", []string{"details.about=null"}, `{"details":{"about":"null"}}`},
		"a union of true and object":  {"bundle_create", []string{"smsApp=true"}, `{"smsApp":true}`},
		"a number, before a text that is deprecated": {"rcs_sender_update", []string{"details.questionnaire.us.answers.messagesVolume=5"}, `{"details":{"questionnaire":{"us":{"answers":{"messagesVolume":5}}}}}`},
		"that text":                    {"rcs_sender_update", []string{"details.questionnaire.us.answers.messagesVolume=1M+ messages"}, `{"details":{"questionnaire":{"us":{"answers":{"messagesVolume":"1M+ messages"}}}}}`},
		"JSON whatever the type":       {"webhook_create", []string{`target:="x"`, "foo:=[1]"}, `{"target":"x","foo":[1]}`},
		"a number as it is written":    {"webhook_list", []string{"pageSize:=12345678901234567890"}, `{"pageSize":12345678901234567890}`},
		"unknown names stay":           {"webhook_create", []string{"targt=1", "secret.x=2"}, `{"secret":{"x":"2"},"targt":"1"}`},
		"a map":                        {"bundle_create", []string{"subproject.labels.team=1"}, `{"subproject":{"labels":{"team":"1"}}}`},
		"a core tool":                  {"schema_get", []string{"tool=webhook_create", "path=triggers"}, `{"tool":"webhook_create","path":"triggers"}`},
		"an unknown tool":              {"webhook_lst", []string{"pageSize=5"}, `{"pageSize":"5"}`},
		"an object":                    {"webhook_list", []string{` {"pageSize": 5} `}, `{"pageSize":5}`},
		"an object and keys":           {"webhook_list", []string{`{"pageSize": 5}`, "all=true"}, `{"pageSize":5,"all":true}`},
		"keys and an object":           {"webhook_list", []string{"all=true", `{"pageSize": 5}`}, `{"pageSize":5,"all":true}`},
		"an empty object and keys":     {"webhook_list", []string{"\ufeff{ }", "all=true"}, `{"all":true}`},
		"a file":                       {"webhook_list", []string{file("a.json", "\ufeff{\"pageSize\": 5}\n"), "all=true"}, `{"pageSize":5,"all":true}`},
		"standard input":               {"webhook_list", []string{"-", "all=true"}, `{"pageSize":7,"all":true}`},
		"a value in a file":            {"webhook_create", []string{"secret=" + file("secret", "\ufeffone\ntwo\r\n")}, `{"secret":"one\ntwo"}`},
		"an empty line at its end":     {"webhook_create", []string{"secret=" + file("lines", "one\n\n")}, `{"secret":"one\n"}`},
		"a typed value in a file":      {"webhook_list", []string{"pageSize=" + file("size", "5\n")}, `{"pageSize":5}`},
		"JSON in a file":               {"webhook_create", []string{"triggers:=" + file("list.json", "[\"A\",\n\"B\"]\n")}, `{"triggers":["A","B"]}`},
		"a text that begins with an @": {"webhook_create", []string{`secret:="@x"`}, `{"secret":"@x"}`},
	} {
		t.Run(name, func(t *testing.T) {
			given, err := readArguments(&streams{in: strings.NewReader("\ufeff{\"pageSize\":7}\n")}, tt.args)
			if err != nil {
				t.Fatal(err)
			}
			got, err := given.encode(set.Schema(tt.tool))
			if err != nil {
				t.Fatal(err)
			}
			if !sameJSON(t, string(got), tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	canonical := func(text string) string {
		var value any
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&value); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		out, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	return canonical(a) == canonical(b)
}

// What can't be understood is a usage error that says what is allowed, and shows no
// value.
func TestArgumentsThatAreWrong(t *testing.T) {
	set := testSet(t)
	folder := t.TempDir()
	large := filepath.Join(folder, "large")
	if err := os.WriteFile(large, make([]byte, maxArguments+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no equals sign":          {[]string{"target"}, `"target" is neither KEY=VALUE nor @FILE, and not one JSON object: the arguments are [JSON | @FILE | -] [KEY=VALUE ...]`},
		"spaces around it":        {[]string{"target", "=", "x"}, `"target" is neither`},
		"an empty key":            {[]string{"=canary"}, `""=: a key is the name of an argument`},
		"an empty name":           {[]string{"details..x=canary"}, "names with dots (details.name)"},
		"an index":                {[]string{"webhooks[0].target=canary"}, `KEY:='[{...}]'`},
		"an empty argument":       {[]string{""}, "not one JSON object"},
		"a list as JSON":          {[]string{"[1]"}, "not one JSON object"},
		"an object that is cut":   {[]string{`{"a":1`}, "not one JSON object"},
		"two objects":             {[]string{"{}", "{}"}, `"{}": a JSON object is given before it, and there can be one`},
		"an object and input":     {[]string{"{}", "target=x", "-"}, "there can be one"},
		"input and a file":        {[]string{"-", "@" + large}, "there can be one"},
		"a key given twice":       {[]string{"target=canary", "target=canary"}, "target is given twice; only a list takes several: KEY=A KEY=B"},
		"twice, once as JSON":     {[]string{"triggers=A", `triggers:=["B"]`}, "triggers is given twice"},
		"a key of the object":     {[]string{`{"target":"canary"}`, "target=canary"}, "target is in the JSON object, and given as a key too"},
		"a field of the object's": {[]string{`{"details":{}}`, "details.x=1"}, "details is in the JSON object, and given as a key too"},
		"an object and its field": {[]string{"details:={}", "details.x=1"}, "details and details.x are both given"},
		"a field and its object":  {[]string{"details.x=1", "details:={}"}, "details is given, and so are fields of it"},
		"not JSON":                {[]string{"target:=canary"}, `target:=: the value is not JSON; a text is in quotes ('"..."'), and as it is with target=`},
		"not UTF-8":               {[]string{"target=\xff"}, "target: the value is not valid UTF-8"},
		"a file that is none":     {[]string{"@" + folder + "/none"}, "none"},
		"a folder":                {[]string{"@" + folder}, "is a folder"},
		"a value's file":          {[]string{"target=@none"}, `a value that begins with @ itself is JSON: target:='"@..."'`},
		"a file that is large":    {[]string{"@" + large}, "more than 8388608 bytes"},
		"a value that is large":   {[]string{"target=@" + large}, "more than 8388608 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			given, err := readArguments(&streams{in: strings.NewReader("{}")}, tt.args)
			if err == nil {
				_, err = given.encode(set.Schema("webhook_create"))
			}
			exit, ok := errors.AsType[*exitError](err)
			if !ok || exit.code != errorcode.Usage || !strings.Contains(exit.text, tt.want) || strings.Contains(exit.text, "canary") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// An object is passed on as it is written, so that names that occur twice are still
// found.
func TestArgumentsKeepTheObject(t *testing.T) {
	given, err := readArguments(&streams{}, []string{`{"a":1,"a":2}`, "b=3"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := given.encode(nil); string(got) != `{"a":1,"a":2,"b":"3"}` || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}

// In no tool does a name mean a text in one variant of the arguments and something else
// in another: its value would be a text always.
func TestTextsAreTextsInEveryVariant(t *testing.T) {
	set := testSet(t)
	names := []string{"schema_get", "project_confirm", "project_overview"}
	for _, row := range catalog.Rows() {
		names = append(names, row.Tool)
	}
	for _, tool := range names {
		var walk func(s *papi.Schema, path []string)
		walk = func(s *papi.Schema, path []string) {
			l := leavesAt(s, path)
			for _, kind := range []string{"integer", "number", "boolean", "object", "array"} {
				if l.has("string") && l.has(kind) {
					t.Errorf("%s: %v is a text or %s", tool, path, kind)
				}
			}
			for _, one := range l {
				for name := range one.Properties {
					walk(s, append(path[:len(path):len(path)], name))
				}
			}
		}
		walk(set.Schema(tool), nil)
	}
}

func TestCallCompletion(t *testing.T) {
	complete := func(args ...string) string {
		c := config{confirm: "auto", sandboxFlags: defaultSandbox}
		values, _ := c.completeCall(t.Context(), args[:len(args)-1], args[len(args)-1], anyTool)
		return strings.Join(values, " ")
	}
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"tools":                 {[]string{"webhook_get"}, "webhook_get\t"},
		"keys":                  {[]string{"webhook_create", ""}, "detail= dryRun= fields= projectId= secret= target= triggers="},
		"a key that was given":  {[]string{"webhook_create", "target=x", "t"}, "triggers="},
		"a list may be again":   {[]string{"webhook_create", "triggers=x", "t"}, "target= triggers="},
		"fields of an object":   {[]string{"bundle_create", "subproject."}, "subproject."},
		"fixed values":          {[]string{"webhook_list", "detail="}, "detail=concise detail=full"},
		"booleans":              {[]string{"webhook_list", "all=t"}, "all=true"},
		"the last of a list":    {[]string{"whatsapp_sender_list", "filterStates=ACTIVE,PENDING_V"}, "filterStates=ACTIVE,PENDING_VERIFICATION"},
		"nothing for free text": {[]string{"webhook_create", "target=h"}, ""},
		"an unknown tool":       {[]string{"webhook_lst", ""}, ""},
	} {
		if got := complete(tt.args...); got != tt.want && (tt.want == "" || !strings.HasPrefix(got, tt.want) || name != "tools" && name != "fields of an object") {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

// The examples in the help fit the contract.
func TestExamplesOfCall(t *testing.T) {
	set := testSet(t)
	checked := 0
	for line := range strings.Lines(newCall(&streams{}).Example) {
		words := strings.Fields(strings.ReplaceAll(line, "'", ""))[2:]
		args := slices.DeleteFunc(words[1:], func(word string) bool { return strings.HasPrefix(word, "--") })
		if strings.Contains(line, "@") || strings.Contains(line, "{") {
			continue // in which a file, or a quoted object, is not a word
		}
		given, err := readArguments(&streams{}, args)
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := given.encode(set.Schema(words[0]))
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonvalue.Decode(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if wrong := set.Schema(words[0]).Violations(value, papi.CheckOptions{Closed: true}); len(wrong) > 0 {
			t.Errorf("%s%v", line, wrong)
		}
		checked++
	}
	if checked < 3 {
		t.Errorf("%d examples were checked", checked)
	}
}
