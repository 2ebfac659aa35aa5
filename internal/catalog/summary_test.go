package catalog

import (
	"testing"

	"papi-mcp/internal/jsonvalue"
)

func TestSummaries(t *testing.T) {
	for _, tt := range []struct {
		name string
		show func(any) any
		raw  string
		want string // JSON
	}{
		{"all launched", operatorsByStatus, `[{"country":"SE","operators":[{"name":"Telia","status":"LAUNCHED"},{"name":"Three","status":"LAUNCHED"}]}]`, `"2 of 2 LAUNCHED"`},
		{
			"one refused, with a remark", operatorsByStatus,
			`[{"country":"GB","operators":[{"name":"EE","status":"LAUNCHED"}]},{"country":"SE","operators":[{"name":"Telia","status":"REJECTED","remark":"remark"},{"name":"Three","status":"LAUNCHED"}]}]`,
			`"2 of 3 LAUNCHED; REJECTED: SE Telia - remark"`,
		},
		{
			"some wait", operatorsByStatus,
			`[{"country":"GB","operators":[{"name":"EE","status":"LAUNCHED"}]},{"country":"SE","operators":[{"name":"Telia","status":"PENDING"},{"name":"Three","status":"PENDING"}]}]`,
			`"1 of 3 LAUNCHED; 2 PENDING (SE)"`,
		},
		{
			"none is launched", operatorsByStatus,
			`[{"country":"SE","operators":[{"name":"Telia","status":"SUSPENDED"},{"name":"Three","status":"REJECTED"}]}]`,
			`"0 of 2 LAUNCHED; SUSPENDED: SE Telia; REJECTED: SE Three"`,
		},
		{"all taken down", operatorsByStatus, `[{"country":"SE","operators":[{"name":"Telia","status":"UNLAUNCHED"},{"name":"Three","status":"UNLAUNCHED"}]}]`, `"2 UNLAUNCHED"`},
		{
			"all refused, with a remark", operatorsByStatus,
			`[{"country":"SE","operators":[{"name":"Telia","status":"REJECTED","remark":"late"},{"name":"Three","status":"REJECTED"}]}]`,
			`"REJECTED: SE Telia - late, SE Three"`,
		},
		{
			"a remark of one that was not refused", operatorsByStatus,
			`[{"country":"SE","operators":[{"name":"Telia","status":"PENDING","remark":"late"},{"name":"Three","status":"PENDING"},{"name":"Tele2","status":"LAUNCHED","remark":"early"}]}]`,
			`"1 of 3 LAUNCHED; SE Tele2 - early; PENDING: SE Telia - late, and 1 more"`,
		},
		{"a status of a newer API", operatorsByStatus, `[{"country":"SE","operators":[{"name":"Telia","status":"LAUNCHED"},{"name":"Three","status":"NEW"}]}]`, `"1 of 2 LAUNCHED; 1 NEW (SE)"`},
		{"no countries", operatorsByStatus, `[]`, `[]`},
		{"another form", operatorsByStatus, `["SE"]`, `["SE"]`},
		{"another form of operators", operatorsByStatus, `[{"country":"SE","operators":{"Telia":"LAUNCHED"}}]`, `[{"country":"SE","operators":{"Telia":"LAUNCHED"}}]`},

		{"test numbers", testNumbersByState, `[{"number":"+15550110","state":"EXPIRED"},{"number":"+15550111","state":"VERIFIED"}]`, `"1 of 2 VERIFIED; EXPIRED: +15550110"`},
		{"all are verified", testNumbersByState, `[{"number":"+15550110","state":"VERIFIED"}]`, `"1 of 1 VERIFIED"`},
		{"none is verified", testNumbersByState, `[{"number":"+15550110","state":"UNVERIFIED"}]`, `"UNVERIFIED: +15550110"`},
		{"another form of numbers", testNumbersByState, `{"+15550110":"VERIFIED"}`, `{"+15550110":"VERIFIED"}`},

		{"texts", commaSeparated, `["GB","SE"]`, `"GB, SE"`},
		{"not only texts", commaSeparated, `["GB",1]`, `["GB",1]`},

		{"what is false", onlyTrue, `false`, `null`},
		{"a quality that is not known yet", unlessUnknown, `"QUALITY_SCORE_UNKNOWN"`, `null`},
		{"a quality", unlessUnknown, `"GREEN"`, `"GREEN"`},
		{"what is true", onlyTrue, `true`, `true`},

		{"all triggers", triggersInLowerCase, `["ALL"]`, `"ALL"`},
		{"triggers", triggersInLowerCase, `["BUNDLE_DONE","WHATSAPP_SENDER_ACTIVE"]`, `"bundle_done whatsapp_sender_active"`},
		{"a trigger of another form", triggersInLowerCase, `["BUNDLE_DONE","bundleGone"]`, `["BUNDLE_DONE","bundleGone"]`},
		{"not only triggers", triggersInLowerCase, `[{"name":"ALL"}]`, `[{"name":"ALL"}]`},

		{"categories of senders", lowerCategories, `[{"code":"0001","name":"병원","subcategories":[{"code":"0001","name":"종합병원"},{"code":"0002","name":"피부과"}]}]`, `["0001 병원: 0001 종합병원, 0002 피부과"]`},
		{"categories of templates", templateCategories, `[{"code":"001001","name":"회원가입","nameEnglish":"Join membership","inclusion":"Welcome","exclusion":"Advertising"}]`, `["001001 회원가입 (Join membership): Welcome; not: Advertising"]`},
		{"numbers of a WABA", wabaNumbers, `[{"id":"2001","displayPhoneNumber":"+1 555 01","provisioned":false},{"id":"2002","displayPhoneNumber":"+1 555 02","provisioned":true}]`, `["2001 +1 555 01","2002 +1 555 02, provisioned"]`},
	} {
		value, err := jsonvalue.Decode([]byte(tt.raw))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(jsonvalue.Encode(tt.show(value))); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// The result of each write says what it has done, and shows of its answer only what
// the contract has.
func TestEachWriteSaysWhatItHasDone(t *testing.T) {
	for _, row := range Rows() {
		if row.Writes() != (row.Done != "") {
			t.Errorf("%s, a %s: done is %q", row.Tool, row.Effect, row.Done)
		}
		if len(row.Keep) > 0 && row.Op().Answer() == nil {
			t.Errorf("%s keeps %q of an answer that has no body", row.Tool, row.Keep)
		}
	}
}
