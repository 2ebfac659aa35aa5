package search

import (
	"slices"
	"strings"
	"testing"
)

func library() *Index {
	return New([]Field{{Weight: 3}, {Weight: 1}, {Weight: 12, Names: true}}, []Document{
		{"red_apple_get", [][]string{{"red_apple_get"}, {"Read about one apple, and verify it."}, {"apple_not_found"}}},
		{"red_apple_list", [][]string{{"red_apple_list"}, {"List the apples of the garden."}, {"apple_not_found", "ripe_apple"}}},
		{"red_apple_delete", [][]string{{"red_apple_delete"}, {"Throw an apple away, for every activity."}, nil}},
		{"blue_plum_list", [][]string{{"blue_plum_list"}, {"List the plums, with theirColour."}, nil}},
		{"blue_plum_delete", [][]string{{"blue_plum_delete"}, {"Delete a plum."}, {"plum-is-gone"}}},
	}, Words{
		Synonyms:  map[string]string{"delete": "remove, get rid of, do away with", "list": "show all", "apple": "fruit"},
		Exclusive: []string{"red", "blue"},
		Plural:    "list",
		Verb:      "get",
		Question:  "read",
		Named:     "plum list",
		Known:     []string{"known_name"},
	})
}

// The best match, "" for none.
func TestFind(t *testing.T) {
	x := library()
	for query, want := range map[string]string{
		"red_apple_list":               "red_apple_list",
		"deleting plums":               "blue_plum_delete", // stems
		"remove the plum":              "blue_plum_delete", // a synonym
		"do away with my plum":         "blue_plum_delete", // one of several words
		"get rid of the red fruit":     "red_apple_delete", // and not the verb
		"get the fruit":                "red_apple_get",    // the verb
		"plums":                        "blue_plum_list",   // a plural
		"appple":                       "red_apple_list",   // a typo
		"colour":                       "blue_plum_list",   // a word within a name
		"colours":                      "blue_plum_list",   // and its plural
		"Color":                        "blue_plum_list",   // in another spelling
		"PLUM_IS_GONE":                 "blue_plum_delete", // a name, in other signs
		"why ripe_apple?":              "red_apple_list",   // a name within a sentence
		"the blue list of apples":      "blue_plum_list",   // exclusive words
		"activities":                   "red_apple_delete", // not of active
		"verification":                 "red_apple_get",    // of verify
		"is it red":                    "red_apple_get",    // a question
		"why summer_sale?":             "blue_plum_list",   // a name that a user gave
		"why known_name?":              "",                 // and one that none gave
		"":                             "",
		"the of and":                   "",
		"banana":                       "",
		"\x00\xff\u202e":               "",
		strings.Repeat("banana ", 9e3): "",
	} {
		got := ""
		if found := x.Find(query); len(found) > 0 {
			got = found[0].Name
		}
		if got != want {
			t.Errorf("%.40q finds %q, want %q", query, got, want)
		}
	}
}

// The same query is always answered in the same order, and a better match has a higher
// score.
func TestFindIsOrdered(t *testing.T) {
	first := library().Find("list or delete the red apples of the garden")
	for i := range first[1:] {
		if first[i].Score < first[i+1].Score {
			t.Errorf("%v", first)
		}
	}
	for range 20 {
		if again := library().Find("list or delete the red apples of the garden"); !slices.Equal(again, first) {
			t.Errorf("%v, and then %v", first, again)
		}
	}
}

func TestTerms(t *testing.T) {
	for text, want := range map[string]string{
		"Webhooks, templates' languages!": "webhook templat languag",
		"template_not_updatable":          "template_not_updatable templat not updat",
		"multi-partner":                   "multi_partner multi partner",
		"deleteSubmitted":                 "delet submit",
		"the sender's number":             "the sender number",
		"don't":                           "dont",
		"registration":                    "regist",
		"--":                              "",
	} {
		if got := strings.Join(Terms(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzFind(f *testing.F) {
	x := library()
	for _, query := range []string{"delete the plum", "plum_is-gone", "+1 555 010 0001", "'", "_'-", "ÄÖÜ", "a\x00b"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, m := range x.Find(query) {
			if !(m.Score > 0) {
				t.Errorf("%+v", m)
			}
		}
	})
}
