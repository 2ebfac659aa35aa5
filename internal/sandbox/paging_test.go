package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

func TestPagesFollowEachOther(t *testing.T) {
	w := manual(t)
	w.onboarded()
	var want []string
	for i := range 7 {
		name := fmt.Sprintf("page_%d", i)
		w.post("/whatsapp/templates", template(name, "EN")).ok()
		want = append(want, name)
	}
	first := w.get("/whatsapp/templates?pageSize=3").ok()
	if first.str("previousPageToken") != "" || first.body["totalSize"] != float64(7) || first.body["pageSize"] != float64(3) {
		t.Errorf("first page: %v", first.body)
	}
	got := first.names("templates", "name")
	for token := first.str("nextPageToken"); token != ""; {
		page := w.get("/whatsapp/templates?pageSize=3&pageToken=" + token).ok()
		got = append(got, page.names("templates", "name")...)
		token = page.str("nextPageToken")
		if token == "" {
			back := w.get("/whatsapp/templates?pageSize=3&pageToken=" + page.str("previousPageToken")).ok()
			if names := back.names("templates", "name"); !slices.Equal(names, want[3:6]) {
				t.Errorf("the page before the last has %v", names)
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages have %v, want %v", got, want)
	}
	w.get("/whatsapp/senders?pageToken=" + first.str("nextPageToken")).fails("invalid_page_token")
}

// Each list has the page size of its family, and refuses what the contract
// does not allow with the code that it documents.
func TestDefaultPageSizes(t *testing.T) {
	w := manual(t)
	if err := w.s.Seed("shop"); err != nil {
		t.Fatal(err)
	}
	first := func(path, list, field string) string { return jsonvalue.Text(w.get(path).ok().items(list)[0], field) }
	sizes := map[string]float64{"webhooks": 15, "bundles": 10} // 50 else
	ids := map[string]string{
		"plusFriendId": "exampleshop", "templateName": "order_shipped", "languageCode": "EN",
		"templateCode": first("/kakaotalk/senders/exampleshop/templates", "templates", "code"),
	}
	for _, op := range papi.Operations() {
		at := slices.IndexFunc(op.Parameters, func(p papi.Parameter) bool { return p.Name == "pageSize" })
		if at < 0 {
			continue
		}
		ids["senderId"] = first("/whatsapp/senders?filterStates=ACTIVE", "senders", "id")
		if op.Family() == "Rcs" {
			ids["senderId"] = first("/rcs/senders", "senders", "id")
		}
		path := strings.TrimPrefix(op.Path, "/v1/projects/{projectId}")
		for name, id := range ids {
			path = strings.ReplaceAll(path, "{"+name+"}", id)
		}
		want, own := sizes[path[strings.LastIndex(path, "/")+1:]]
		if !own {
			want = 50
		}
		if got := w.get(path).ok().body["pageSize"]; got != want {
			t.Errorf("%s: pageSize %v, want %v", path, got, want)
		}
		most := *op.Parameters[at].Schema.Maximum
		if got := w.get(path + fmt.Sprintf("?pageSize=%v", most)).ok().body["pageSize"]; got != most {
			t.Errorf("%s: pageSize %v, want %v", path, got, most)
		}
		for _, bad := range []string{"0", "-1", "many", "1.5", fmt.Sprint(most + 1)} {
			got := w.get(path + "?pageSize=" + bad)
			if statusOf(op, "invalid_page_size") != 0 {
				got.fails("invalid_page_size")
			} else if got.ok().body["pageSize"] != want {
				t.Errorf("%s: pageSize=%s is answered with %v", path, bad, got.body["pageSize"])
			}
		}
	}
}

func TestFilters(t *testing.T) {
	w := manual(t)
	w.onboarded()
	w.approved("offer_a", "EN")
	w.approved("offer_b", "EN")
	w.approved("order_a", "EN")
	w.patch(templatePath("offer_b", "EN"), obj{"details": obj{"messageSendTtlSeconds": 60}}).ok()
	w.post("/whatsapp/templates", clone(template("offer_c", "EN"), obj{"status": "DRAFT"})).ok()
	for query, want := range map[string]string{
		"":                      "offer_a offer_b offer_c order_a",
		"templateName=offer":    "offer_a offer_b offer_c",
		"filterStatuses=DRAFT":  "offer_b offer_c",
		"filterStates=APPROVED": "offer_a offer_b order_a",
		"filterStates=PENDING":  "",
		"filterStates=APPROVED&filterStatuses=DRAFT":                     "offer_b",
		"filterStates=APPROVED&filterStates=PENDING&templateName=offer_": "offer_a offer_b",
	} {
		page := w.get("/whatsapp/templates?" + query).ok()
		if got := strings.Join(page.names("templates", "name"), " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
		if got := page.body["totalSize"]; got != float64(len(strings.Fields(want))) {
			t.Errorf("%s: totalSize %v", query, got)
		}
	}
}

func TestFieldMask(t *testing.T) {
	w := manual(t)
	w.onboarded()
	w.approved("masked", "EN")
	got := w.get(templatePath("masked", "EN") + "?fieldMask=name&fieldMask=details.components.0.text").ok().body
	if len(got) != 2 || got["name"] != "masked" {
		t.Fatalf("masked: %v", got)
	}
	part := got["details"].(obj)["components"].([]any)[0].(obj)
	if len(part) != 1 || part["text"] != "This is masked." {
		t.Errorf("masked component: %v", part)
	}
}

func TestParameterWithoutDocumentedErrorFallsBack(t *testing.T) {
	w := manual(t)
	w.onboarded()
	w.approved("kept", "EN")
	w.delete(templatePath("kept", "EN") + "?deleteSubmitted=perhaps").fails("template_not_deletable_due_to_input_config")
	w.get(templatePath("kept", "EN") + "?templateAnalyticsDateRange=CENTURY").ok()
}

// BenchmarkListPage shows that a page costs the same in a long list.
func BenchmarkListPage(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := New(Options{Manual: true})
			defer s.Close()
			p := s.project(DefaultProject)
			s.newAccount(p, "SINCH_UK").Doc["state"] = "ONBOARDED"
			for i := range n {
				s.saveTemplate(p, &whatsappTemplate{Name: fmt.Sprintf("template_%05d", i), Language: "EN", Category: "UTILITY", State: []string{"APPROVED", "PENDING"}[i%2], Quality: "QUALITY_SCORE_UNKNOWN"})
			}
			client := s.Transport()
			from := n / 2 / 50 * 50
			c := &call{path: "/v1/projects/" + DefaultProject + "/whatsapp/templates"}
			token := c.pageToken(templateID(fmt.Sprintf("template_%05d", from), "EN"))
			r := newRequest(b, "/whatsapp/templates?filterStates=APPROVED&filterStates=PENDING&pageToken="+token)
			b.ResetTimer()
			for b.Loop() {
				resp, err := client.RoundTrip(r)
				if err != nil || resp.StatusCode != 200 {
					b.Fatal(resp, err)
				}
			}
		})
	}
}
