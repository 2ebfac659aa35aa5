package papi

import "testing"

// The outline that says most is chosen of those that fit, and the shortest where none does.
func TestOutlineWithin(t *testing.T) {
	s := schema(t, `{"type":"object","properties":{"a":{"description":"of all","type":"object","properties":{
		"b":{"type":"object","properties":{"c":{"enum":["1","2","3","4"]}}}}}}}`)
	for _, c := range []struct {
		notes bool
		limit int
		want  string
	}{
		{true, 100, "{\n a:{\n  b:{\n   c:1|2|3|4\n  }\n } // of all\n}"},
		{true, 30, "{\n a:{...} // of all\n}"},
		{true, 20, "{a:{b:{c:1|2|3|4}}}"},
		{false, 100, "{a:{b:{c:1|2|3|4}}}"},
		{false, 18, "{a:{b:{...}}}"},
		{false, 10, "{a:{...}}"},
		{false, 1, "{a:{...}}"},
	} {
		if got := s.OutlineWithin("", c.notes, func(outline string, _ OutlineOptions) bool { return len(outline) <= c.limit }); got != c.want {
			t.Errorf("notes %v, at most %d: %s, want %s", c.notes, c.limit, got, c.want)
		}
	}
	within := func(outline string, _ OutlineOptions) bool { return len(outline) <= 16 }
	if got, want := s.OutlineWithin("a", false, within), "a:{b:{...}}"; got != want {
		t.Errorf("of a part: %s, want %s", got, want)
	}
}
