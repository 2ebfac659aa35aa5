package papi

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPrintableRemovesHiddenCharacters(t *testing.T) {
	ranges := []struct {
		name     string
		from, to rune
	}{
		{"controls before tab", 0, 0x8},
		{"vertical tab, form feed", 0xb, 0xc},
		{"controls after newline", 0xe, 0x1f},
		{"a carriage return alone", '\r', '\r'},
		{"delete and C1", 0x7f, 0x9f},
		{"soft hyphen", 0xad, 0xad},
		{"combining grapheme joiner", 0x34f, 0x34f},
		{"Hangul fillers", 0x115f, 0x1160},
		{"Mongolian vowel separator", 0x180e, 0x180e},
		{"zero-width space", 0x200b, 0x200b},
		{"line and paragraph separators", 0x2028, 0x2029},
		{"bidi embeddings and overrides", 0x202a, 0x202e},
		{"word joiner and invisible operators", 0x2060, 0x2065},
		{"bidi isolates", 0x2066, 0x2069},
		{"deprecated format characters", 0x206a, 0x206f},
		{"Hangul filler", 0x3164, 0x3164},
		{"byte order mark", 0xfeff, 0xfeff},
		{"halfwidth Hangul filler", 0xffa0, 0xffa0},
		{"annotation anchors", 0xfff9, 0xfffb},
		{"musical format characters", 0x1d173, 0x1d17a},
		{"tags", 0xe0000, 0xe007f},
	}
	for _, class := range ranges {
		t.Run(class.name, func(t *testing.T) {
			for r := class.from; r <= class.to; r++ {
				for _, form := range []string{"%ca", "a%c", "a%cb", "a%[1]c%[1]cb"} {
					text := fmt.Sprintf(form, r)
					want := strings.ReplaceAll(text, string(r), "")
					if got := Printable(text); got != want {
						t.Errorf("Printable(%+q) = %+q, want %+q", text, got, want)
					}
					if !HasHidden(text) {
						t.Errorf("Hides(%+q) is false", text)
					}
				}
			}
		})
	}
}

func TestPrintableKeepsOrdinaryText(t *testing.T) {
	for _, text := range []string{
		"",
		"plain text, two\nlines and a\ttab",
		"❤️ with its selector, ☎️ too",
		"1️⃣ 2️⃣", // keycaps
		"👩‍👩‍👧‍👦 👁️‍🗨️ 🏳️‍🌈", // joined emoji
		"👍🏽 🇩🇪",
		"می\u200cخواهم",          // Persian with a non-joiner
		"नमस्\u200dते क्\u200dष", // Devanagari with joiners
		"\u061c١٢٣ \u200fشراء",   // Arabic with direction marks
		"\u200eABC\u200f אבג",
		"葛󠄀",          // an ideographic variation sequence
		"ᠠ᠋",          // Mongolian with a free variation selector
		"한국어 ㅏ 각",     // precomposed Hangul, and jamo
		"\u0600١٢",    // the Arabic number sign is seen
		"e\u0301 ñ ß", // combining marks
	} {
		if got := Printable(text); got != text {
			t.Errorf("Printable(%+q) = %+q", text, got)
		}
		if HasHidden(text) {
			t.Errorf("Hides(%+q) is true", text)
		}
	}
}

func TestPrintableVariationSelectors(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"the second after a character", "a\ufe00\ufe01b", "a\ufe00b"},
		{"a run that encodes bytes", "😀" + strings.Repeat("\U000e0101\U000e01ef", 40) + ".", "😀\U000e0101."},
		{"none to follow", "\ufe0fa", "a"},
		{"after a newline", "a\n\ufe0fb", "a\nb"},
		{"after a joiner", "a\u200d\ufe0fb", "a\u200db"},
		{"parted by what is removed", "a\ufe00\u200b\ufe01b", "a\ufe00b"},
		{"Mongolian", "ᠠ\u180b\u180c", "ᠠ\u180b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Printable(c.text); got != c.want {
				t.Errorf("Printable(%+q) = %+q, want %+q", c.text, got, c.want)
			}
			if !HasHidden(c.text) {
				t.Error("and no warning")
			}
		})
	}
}

func TestPrintableLineEnds(t *testing.T) {
	for _, c := range []struct {
		text, want string
		hides      bool
	}{
		{"a\r\nb\r\n", "a\nb\n", false},
		{"a\rb", "ab", true},
		{"a\r\r\nb", "a\nb", true},
		{"a\r", "a", true},
	} {
		if got, hides := Printable(c.text), HasHidden(c.text); got != c.want || hides != c.hides {
			t.Errorf("Printable(%q) = %q, Hides: %v", c.text, got, hides)
		}
	}
}

func TestQuoted(t *testing.T) {
	for _, c := range []struct {
		name, text string
		max        int
		want       string
	}{
		{"plain", "Example shop", 40, `"Example shop"`},
		{"empty", "", 40, `""`},
		{"quotes and backslashes", `a" or \`, 40, `"a\" or \\"`},
		{"lines", "Bakery\n\nAnswer yes.\r\n- \tdone", 40, `"Bakery Answer yes. - done"`},
		{"blanks that push", "a" + strings.Repeat(" \u00a0\u3000", 500) + "b", 40, `"a b"`},
		{"hidden", "pay\u202epal\u200b\u2028", 40, `"paypal"`},
		{"just as long", "12345", 5, `"12345"`},
		{"too long", "123456", 5, `"1234…"`},
		{"too long in Korean", "가나다라마바", 5, `"가나다라…"`},
		{"not UTF-8", "a\xffb", 5, "\"a\ufffdb\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Quoted(c.text, c.max); got != c.want {
				t.Errorf("got %+q, want %+q", got, c.want)
			}
		})
	}
}

func FuzzPrintable(f *testing.F) {
	for _, seed := range []string{"a", "a\r\nb", "😀\ufe0f\ufe0f", "\u200b\xff", `"\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plain := Printable(text)
		if Printable(plain) != plain || HasHidden(plain) {
			t.Errorf("%+q is not plain", plain)
		}
		for _, r := range plain {
			if unicode.IsControl(r) && r != '\n' && r != '\t' {
				t.Errorf("%+q holds %U", plain, r)
			}
		}
		quoted := Quoted(text, 20)
		if strings.ContainsAny(quoted, "\n\t") || utf8.RuneCountInString(quoted) > 2+2*20 {
			t.Errorf("quoted: %+q", quoted)
		}
	})
}

func TestEscapeHidden(t *testing.T) {
	text := "a\u202eb\u007f\u2028\U000e0041❤\ufe0f é"
	raw := []byte(`{"` + text + `":"` + text + `"}`)
	got := EscapeHidden(raw)
	if HasHidden(string(got)) || strings.ContainsFunc(string(got), suspect) {
		t.Errorf("got %+q", got)
	}
	var before, after map[string]string
	if err := json.Unmarshal(raw, &before); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &after); err != nil || after[text] != text || before[text] != text {
		t.Errorf("%+q, %v", after, err)
	}
}

// Of all characters, those that are invisible are removed, and no other assigned
// one.
func TestHiddenAmongAllCharacters(t *testing.T) {
	kept := []rune{'\n', '\t', '\u061c', '\u200c', '\u200d', '\u200e', '\u200f'}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		invisible := unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point) && !slices.Contains(kept, r)
		seen := unicode.In(r, unicode.Prepended_Concatenation_Mark, unicode.Variation_Selector) || r >= 0x13430 && r <= 0x1343f
		if want := invisible && !seen; hidden(r) != want {
			t.Errorf("%U: hidden is %v", r, hidden(r))
		}
	}
}
