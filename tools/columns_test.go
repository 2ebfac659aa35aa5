package tools

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// lists are the rows whose tools list something.
func lists() []*catalog.Row {
	return slices.DeleteFunc(slices.Clone(catalog.Rows()), func(r *catalog.Row) bool { return !strings.HasSuffix(r.Tool, "_list") })
}

func column(row *catalog.Row, name string) *catalog.Column {
	if i := slices.IndexFunc(row.Columns, func(c catalog.Column) bool { return c.Name == name }); i >= 0 {
		return &row.Columns[i]
	}
	return nil
}

func TestEachListHasColumnsOfTheContract(t *testing.T) {
	for _, row := range catalog.Rows() {
		isList := strings.HasSuffix(row.Tool, "_list")
		if isList != (len(row.Columns) > 0) || isList && row.List() == "" {
			t.Errorf("%s has %d columns, and lists %q", row.Tool, len(row.Columns), row.List())
		}
		names := map[string]bool{}
		for _, c := range row.Columns {
			if names[c.Name] || c.Name == "" {
				t.Errorf("%s: two columns are called %q", row.Tool, c.Name)
			}
			names[c.Name] = true
			if c.From != catalog.FromPath && row.Resource == nil {
				t.Errorf("%s, column %s: without a resource nothing is pending or refused", row.Tool, c.Name)
			}
			for _, path := range strings.Split(c.Path, "|") {
				if !itemPart(row).has(path) {
					t.Errorf("%s, column %s: the contract has no %s", row.Tool, c.Name, path)
				}
			}
		}
	}
}

// The ids of a thing are columns of its list, called as the arguments of the next
// call, and so are its state and what is pending.
func TestColumnsHaveIDsAndStates(t *testing.T) {
	inGet := []string{"smsAppId", "conversationAppId"} // of a bundle: its list would consist of them
	for _, row := range lists() {
		if row.Resource == nil {
			continue
		}
		for id, path := range row.Resource.IDs {
			if row.Op().Parameter(id) != nil || row.Resource.Name == "bundle" && slices.Contains(inGet, id) {
				continue
			}
			if c := column(row, id); c == nil || c.Path != path {
				t.Errorf("%s: no column %s with %s", row.Tool, id, path)
			}
		}
		for name, path := range map[string]string{"state": row.Resource.State, "pending": row.Resource.Pending} {
			if c := column(row, name); path != "" && (c == nil || c.Path != path || (c.From == catalog.FromPending) != (name == "pending")) {
				t.Errorf("%s: no column %s with %s", row.Tool, name, path)
			}
		}
		if row.Resource.Parts != nil && row.Resource.Name == "whatsapp_sender" {
			if c := column(row, "refused"); c == nil || c.From != catalog.FromRefused {
				t.Errorf("%s does not show the parts that were refused", row.Tool)
			}
		}
	}
}

// What a call about a thing of a list needs in its path is in the list, or was an
// argument of the list itself.
func TestColumnsHaveWhatTheNextCallNeeds(t *testing.T) {
	for _, s := range samples(t) {
		if !strings.HasSuffix(s.row.Tool, "_list") || s.row.Resource == nil {
			continue
		}
		table, _ := listTable(s.row, s.items(), nil)
		for _, next := range catalog.Rows() {
			if next.Resource != s.row.Resource || next == s.row {
				continue
			}
			for _, id := range next.Op().PathIDs() {
				at := slices.Index(table.Cols, id)
				if at < 0 {
					if s.args[id] == nil {
						t.Errorf("%s needs %s, which %s does not show: %q", next.Tool, id, s.row.Tool, table.Cols)
					}
					continue
				}
				for i, item := range s.items() {
					if want := jsonvalue.Text(item, s.row.Resource.IDs[id]); want == "" || table.Rows[i][at] != want {
						t.Errorf("%s: the %s of item %d is %v, want %q", s.row.Tool, id, i, table.Rows[i][at], want)
					}
				}
			}
		}
	}
}

// The steps that follow a list without states need what it shows, too.
func TestColumnsHaveWhatTheRowsStepsNeed(t *testing.T) {
	for tool, id := range map[string]string{"whatsapp_flow_list": "flowId", "whatsapp_waba_list": "wabaId", "kakaotalk_template_category_list": "categoryCode", "kakaotalk_sender_category_list": "topLevelCategoryCode"} {
		if column(catalog.Lookup(tool), id) == nil {
			t.Errorf("%s has no column %s", tool, id)
		}
	}
}

func items(t *testing.T, raw string) []any {
	t.Helper()
	value, err := jsonvalue.Decode([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return jsonvalue.List(value, "")
}

func TestListTable(t *testing.T) {
	for _, tt := range []struct {
		name, tool, items string
		fields            []string
		want, warning     string
	}{
		{
			"declared columns, but those without a value", "whatsapp_flow_list", `[{"id":"1","name":"A"},{"id":"2"}]`, nil,
			`{"cols":["flowId","name"],"rows":[["1","A"],["2",null]]}`, "",
		},
		{"no items", "whatsapp_flow_list", `[]`, nil, `{"cols":[],"rows":[]}`, ""},
		{
			"known fields without a column are left out, unknown ones never", "webhook_list",
			`[{"id":"1","projectId":"p","target":"t","triggers":["ALL"],"zone":{"a":1}},{"id":"2","projectId":"p","target":"t","triggers":["ALL"],"alias":"x"}]`, nil,
			`{"cols":["webhookId","target","triggers","alias","zone"],"rows":[["1","t","ALL",null,{"a":1}],["2","t","ALL","x",null]]}`, "",
		},
		{
			"unknown fields within known ones", "rcs_sender_list",
			`[{"id":"1","state":"DRAFT","details":{"brand":{"name":"A","motto":"m"},"new":2},"countryStatus":[{"country":"SE","status":"PENDING","operators":[{"name":"Telia","status":"PENDING","since":"x"}]}]}]`, nil,
			`{"cols":["senderId","name","state","operators","countryStatus","details.brand.motto","details.new"],"rows":[["1","A","DRAFT","1 PENDING",[{"operators":[{"since":"x"}]}],"m",2]]}`, "",
		},
		{
			"an unknown field called as a column is", "whatsapp_solution_list", `[{"id":"1","name":"other","details":{"name":"A"}}]`, nil,
			`{"cols":["solutionId","name","name (2)"],"rows":[["1","A","other"]]}`, "",
		},
		{
			"the pending change of a thing that was never live", "whatsapp_sender_list",
			`[{"id":"1","changes":{"status":"DRAFT","details":{"displayName":"A"}}}]`, nil,
			`{"cols":["senderId","name","pending"],"rows":[["1","A","DRAFT"]]}`, "",
		},
		{
			"parts under review and refused", "whatsapp_sender_list",
			`[{"id":"1","state":"ACTIVE","metadata":{"displayName":{"status":"PENDING"},"username":{"status":"REJECTED"}}}]`, nil,
			`{"cols":["senderId","state","pending","refused"],"rows":[["1","ACTIVE","displayName=PENDING","username=REJECTED"]]}`, "",
		},
		{
			"times to the second", "rcs_sender_activity_list", `[{"created":"2026-01-05T09:00:00.123Z","type":"EDITED","comment":"at 2026-01-05T09:00:00.123Z"},{"created":"soon","type":"EDITED"}]`, nil,
			`{"cols":["created","type","comment"],"rows":[["2026-01-05T09:00:00Z","EDITED","at 2026-01-05T09:00:00.123Z"],["soon","EDITED",null]]}`, "",
		},
		{
			"fields are the columns, as they are", "rcs_sender_list", `[{"id":"1","created":"2026-01-05T09:00:00.123Z","countryStatus":[{"country":"SE"},{"country":"GB"}]}]`,
			[]string{"countryStatus.country", "created", "senders.id"},
			`{"cols":["countryStatus.country","created","id"],"rows":[[["SE","GB"],"2026-01-05T09:00:00.123Z","1"]]}`, "",
		},
		{
			"a field that the contract knows and no item has", "whatsapp_template_list", `[{"name":"a","language":"DE"}]`, []string{"name", "rejectionCode"},
			`{"cols":["name","rejectionCode"],"rows":[["a",null]]}`, "",
		},
		{
			"a field unknown to the contract", "whatsapp_template_list", `[{"name":"a","language":"DE"}]`, []string{"reason"},
			`{"cols":["reason"],"rows":[[null]]}`, `fields: no item has "reason", and the contract does not know it`,
		},
		{"an item of another form", "whatsapp_flow_list", `["x",{"id":"1"}]`, nil, `{"cols":["flowId"],"rows":[[null],["1"]]}`, ""},
	} {
		table, warnings := listTable(catalog.Lookup(tt.tool), items(t, tt.items), tt.fields)
		if got := string(encode(table)); got != tt.want {
			t.Errorf("%s:\n%s, want\n%s", tt.name, got, tt.want)
		}
		if got := strings.Join(warnings, "; "); got != tt.warning {
			t.Errorf("%s: warnings %q, want %q", tt.name, got, tt.warning)
		}
	}
}

// The first line says what counts have.
func TestCounts(t *testing.T) {
	for _, tt := range []struct{ tool, answer, want, line string }{
		{
			"whatsapp_template_list",
			`{"templates":[{"name":"a","language":"DE","state":"APPROVED"},{"name":"a","language":"EN","state":"REJECTED"},{"name":"b","language":"DE","changes":{"status":"DRAFT"}}],"totalSize":3}`,
			`{"language":{"DE":2,"EN":1},"name":{"a":2,"b":1},"state":{"APPROVED":1,"REJECTED":1,"changes.status=DRAFT":1}}`,
			"3 items: 1 APPROVED, 1 REJECTED, 1 changes.status=DRAFT; 2 languages: 2 DE, 1 EN; 2 names: 2 a, 1 b",
		},
		{
			"whatsapp_template_list",
			`{"templates":[{"name":"a","language":"DE"},{"name":"a","language":"DE"},{"name":"b","language":"DE"},{"name":"c","language":"DE"},{"name":"d","language":"DE"},{"name":"e","language":"DE"},{"name":"f","language":"DE"}]}`,
			`{"language":{"DE":7},"name":{"a":2,"b":1,"c":1,"d":1,"e":1,"f":1}}`,
			"7 items; 1 language: 7 DE; 6 names: 2 a",
		},
		{"sms_app_list", `{"smsApps":[{"id":"1","status":"ACTIVE"},{"id":"2","status":"ACTIVE"}],"totalSize":70}`, `{"state":{"ACTIVE":2},"total":70}`, "2 of 70 items: 2 ACTIVE"},
		{"whatsapp_flow_list", `{"flows":[{"id":"1","status":"FLOW_STATUS_DRAFT"}],"totalSize":1}`, `{"state":{"FLOW_STATUS_DRAFT":1}}`, "1 item: 1 FLOW_STATUS_DRAFT"},
		{"webhook_list", `{"webhooks":[{"id":"1"},{"id":"2"}],"totalSize":2}`, `{}`, "2 items"},
		{"kakaotalk_template_list", `{"templates":[]}`, `{}`, "0 items"},
	} {
		answer, err := jsonvalue.Decode([]byte(tt.answer))
		if err != nil {
			t.Fatal(err)
		}
		row := catalog.Lookup(tt.tool)
		counted := countItems(row, answer)
		if got := string(encode(counted)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.tool, got, tt.want)
		}
		if got := countsLine(len(jsonvalue.List(answer, row.List())), counted); got != tt.line {
			t.Errorf("%s: %q, want %q", tt.tool, got, tt.line)
		}
	}
}

// Lists count by state, and templates by language; those of WhatsApp by name as
// well, since one template is a name in a language.
func TestWhatListsCount(t *testing.T) {
	for _, row := range lists() {
		counted := map[string]bool{}
		for _, c := range row.Columns {
			if c.Count != "" {
				counted[c.Count] = true
			}
		}
		want := map[string]bool{}
		if column(row, "state") != nil {
			want["state"] = true
		}
		if strings.Contains(row.Tool, "_template_l") {
			want["language"] = true
		}
		if row.Tool == "whatsapp_template_list" {
			want["name"] = true
		}
		if !maps.Equal(counted, want) {
			t.Errorf("%s counts by %v, want %v", row.Tool, counted, want)
		}
	}
}

func TestUnknownPartsOfAnAnswer(t *testing.T) {
	for _, tt := range []struct{ tool, answer, want string }{
		{"webhook_get", `{"id":"1","target":"t","triggers":["ALL"]}`, `null`},
		{"webhook_get", `{"id":"1","more":null,"secretive":{"a":[1]}}`, `{"secretive":{"a":[1]}}`},
		{"whatsapp_template_get", `{"name":"a","details":{"components":[{"type":"BODY","text":"x"},{"type":"FOOTER","text":"y","tone":"warm"}],"style":1}}`, `{"details":{"components":[{},{"tone":"warm"}],"style":1}}`},
		{"bundle_get", `{"id":"1","subproject":{"labels":{"any":"name"}}}`, `null`},
		{"webhook_get", `["a list"]`, `null`},
	} {
		answer, err := jsonvalue.Decode([]byte(tt.answer))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(encode(unknownIn(answer, answerPart(catalog.Lookup(tt.tool))))); got != tt.want {
			t.Errorf("%s %s: %s, want %s", tt.tool, tt.answer, got, tt.want)
		}
	}
}

// What the sandbox answers, the contract knows.
func TestNoSampleHasUnknownParts(t *testing.T) {
	for _, s := range samples(t) {
		if part := unknownIn(s.answer, answerPart(s.row)); part != nil {
			t.Errorf("%s: %s", s.row.Tool, encode(part))
		}
	}
}

// A path that nothing has is answered with the nearest one of the contract, at another
// level too.
func TestFieldsNameTheNearestPath(t *testing.T) {
	for _, tt := range []struct{ tool, path, nearest string }{
		{"whatsapp_sender_list", "stat", "state"},
		{"whatsapp_sender_list", "channelStatus", "conversationApiAppDetails.channelStatus"},
		{"whatsapp_sender_list", "senders.details.displayname", "details.displayName"},
		{"whatsapp_sender_get", "phonenumber", "phoneNumber"},
		{"whatsapp_sender_get", "channelStatus", "conversationApiAppDetails.channelStatus"},
		{"whatsapp_sender_get", "zzz", ""},
	} {
		row := catalog.Lookup(tt.tool)
		_, warnings := shape(row, callOptions{fields: []string{tt.path}}, &Result{}, map[string]any{row.List(): []any{}})
		want := ", and the contract does not know it"
		if tt.nearest != "" {
			want += "; did you mean " + tt.nearest + "?"
		}
		if len(warnings) != 1 || !strings.HasSuffix(warnings[0], want) {
			t.Errorf("%s %s: %q, want %q", tt.tool, tt.path, warnings, want)
		}
	}
}

// A path that the contract knows is no mistake where nothing has it.
func TestFieldsThatNothingHasAreNoMistake(t *testing.T) {
	for tool, path := range map[string]string{"whatsapp_sender_list": "changes.errorCode", "whatsapp_template_list": "templates.rejectionCode", "whatsapp_sender_get": "changes.errorCode"} {
		row := catalog.Lookup(tool)
		if _, warnings := shape(row, callOptions{fields: []string{path}}, &Result{}, map[string]any{row.List(): []any{map[string]any{}}}); len(warnings) > 0 {
			t.Errorf("%s %s: %q", tool, path, warnings)
		}
	}
}

// The secrets of the items are masked, in the columns that fields names too.
func TestListsMaskSecrets(t *testing.T) {
	answer := map[string]any{"senders": []any{map[string]any{"id": "1", "state": "ACTIVE", "bearerToken": "s3cret", "newer": map[string]any{"authToken": "s3cret"}}}}
	set, _ := newSet(t, answerJSON(200, answer), nil)
	for _, args := range []map[string]any{{}, {"fields": []any{"id", "bearerToken", "newer"}}, {"detail": "full"}} {
		out := do(t, set, "whatsapp_sender_list", args)
		shown := string(encode(out.Structured)) + out.Text()
		if strings.Contains(shown, "s3cret") || !strings.Contains(shown, papi.Masked) {
			t.Errorf("%v: %s", args, shown)
		}
	}
}
