package tools

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
)

// What a list shows of a thing is what its own read shows, so that who compares the two
// sees no change where there is none.
func TestAListShowsWhatAReadShows(t *testing.T) {
	s := inSandbox(t, shopWeek(t), false)
	kinds := 0
	for _, r := range catalog.Resources() {
		get, list := catalog.Lookup(r.Get), catalog.Lookup(r.List)
		if list == nil || !get.Follows() || len(list.Op().PathIDs()) > 0 {
			continue
		}
		kinds++
		query, e := s.Query(t.Context(), "test", list.Tool, nil, "")
		if e != nil {
			t.Fatal(e.Message)
		}
		all, err := s.Observe(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for _, listed := range all.Things {
			args := map[string]any{}
			for _, id := range get.Op().PathIDs() {
				args[id] = listed.IDs[id]
			}
			one, err := s.Observe(t.Context(), Query{Tool: get.Tool, Project: query.Project, Args: args})
			if err != nil || len(one.Things) != 1 {
				t.Fatalf("%s %v: %v, %v", get.Tool, args, one, err)
			}
			read := one.Things[0]
			if read.Print != listed.Print || read.State != listed.State || read.Class != listed.Class || read.Quality != listed.Quality || read.Line != listed.Line {
				t.Errorf("%s\nlisted %+v\nread   %+v", get.Tool, listed, read)
			}
		}
		if len(all.Things) == 0 && !slices.Contains([]string{"bundle"}, r.Name) {
			t.Errorf("there is no %s", r.Name)
		}
	}
	if kinds < 5 {
		t.Errorf("%d kinds", kinds)
	}
}

// What can't be read is refused before a request is sent.
func TestSight(t *testing.T) {
	s := inSandbox(t, shopWeek(t), false)
	for _, tt := range []struct {
		tool, project, code string
		args                map[string]any
	}{
		{"whatsapp_template_get", "", errorcode.InvalidArguments, map[string]any{"templateName": "a"}},
		{"whatsapp_template_get", "", errorcode.InvalidArguments, map[string]any{"templateName": "a", "languageCode": "KLINGON"}},
		{"whatsapp_template_create", "", errorcode.UnknownTool, nil},
		{"none", "", errorcode.UnknownTool, nil},
	} {
		if _, e := s.Query(t.Context(), "test", tt.tool, tt.args, tt.project); e == nil || e.Code != tt.code {
			t.Errorf("%s %v: %v", tt.tool, tt.args, e)
		}
	}
	given := map[string]any{"templateName": "a", "languageCode": "en_us"}
	query, e := s.Query(t.Context(), "test", "whatsapp_template_get", given, "")
	if e != nil || query.Project == "" || query.Args["languageCode"] != "EN_US" || !maps.Equal(given, map[string]any{"templateName": "a", "languageCode": "en_us"}) {
		t.Errorf("%+v, %v", query, e)
	}
}

// Those who read the same thing at the same time share a read, with calls of wait too;
// that there is none is not an error, and that the API fails is one.
func TestObserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		status := 0
		s, api := newChangingSet(t, func(at time.Duration, _ string) apiAnswer {
			time.Sleep(100 * time.Millisecond)
			state := "IN_PROGRESS"
			if at > time.Minute {
				state = "SUSPENDED\u202e" + strings.Repeat("x", 1000)
			}
			return apiAnswer{status: status, thing: map[string]any{"id": "S", "state": state, "qualityRating": "GREEN"}}
		}, nil)
		query := Query{Tool: "whatsapp_sender_get", Project: project, Args: map[string]any{"senderId": "S"}}
		done := make(chan Observed)
		go waitOn(t, s, map[string]any{"timeoutSeconds": 5}, aSender("S"))
		for range 5 {
			go func() {
				o, err := s.Observe(t.Context(), query)
				if err != nil {
					t.Error(err)
				}
				done <- o
			}()
		}
		for range 5 {
			o := <-done
			if len(o.Things) != 1 || o.Things[0].State != "IN_PROGRESS" || o.Things[0].Class != "Pending" || o.Things[0].Settled || o.Things[0].IDs["senderId"] != "S" || o.Things[0].Quality != "GREEN" {
				t.Errorf("got %+v", o)
			}
		}
		if n := api.count(); n > 3 { // of six callers, some of whom came during the first one
			t.Errorf("%d reads", n)
		}
		time.Sleep(2 * time.Minute)
		o, err := s.Observe(t.Context(), query)
		if err != nil || len(o.Things) != 1 || len(o.Things[0].Line) > 500 || strings.Contains(o.Things[0].Line+o.Things[0].State, "\u202e") {
			t.Errorf("a text from outside: %+v, %v", o, err)
		}
		status = http.StatusNotFound
		if o, err := s.Observe(t.Context(), query); err != nil || len(o.Things) != 0 {
			t.Errorf("none: %+v, %v", o, err)
		}
		status = http.StatusBadGateway
		_, err = s.Observe(t.Context(), query)
		if e, ok := errors.AsType[*papi.Error](err); !ok || !e.Temporary() {
			t.Errorf("an error: %v", err)
		}
	})
}
