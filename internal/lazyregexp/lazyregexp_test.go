package lazyregexp

import "testing"

// A wrong pattern is found by the tests of its package, whatever they use.
func TestWrongPattern(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	New("(")
}

func TestMethods(t *testing.T) {
	r := New("(a)(b)")
	if !r.MatchString("ab") || r.MatchString("ba") {
		t.Error("MatchString")
	}
	if got := r.ReplaceAllString("abc", "$2$1"); got != "bac" {
		t.Errorf("ReplaceAllString: %q", got)
	}
}
