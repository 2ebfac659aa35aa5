package papi

import (
	"net/url"
	"strings"
	"testing"

	"papi-mcp/internal/errorcode"
)

// aPath has its second variable in the middle.
func aPath(value string) *Request {
	return &Request{
		Operation: Lookup("WhatsappSendersController_listActivities_v1"),
		Path:      map[string]string{"projectId": testProject, "senderId": value},
	}
}

func TestURLPath(t *testing.T) {
	const before, after = "/v1/projects/" + testProject + "/whatsapp/senders/", "/activities"
	for _, test := range []struct {
		name, value string
		want        string // the segment; "" where it is refused
	}{
		{"an id", "01ABC-def_4.5~6", "01ABC-def_4.5~6"},
		{"a phone number", "+15550100", "+15550100"},
		{"a KakaoTalk friend", "@friend", "@friend"},
		{"a space", "my template", "my%20template"},
		{"letters of the world", "été 한국어", "%C3%A9t%C3%A9%20%ED%95%9C%EA%B5%AD%EC%96%B4"},
		{"what has a meaning in URLs", "a?b#c;d,e=f&g:h", "a%3Fb%23c%3Bd%2Ce=f&g:h"},
		{"a per cent sign", "100%", "100%25"},
		{"an escaped space", "a%20b", "a%2520b"},
		{"dots within", "a..b...", "a..b..."},
		{"512 bytes", strings.Repeat("x", 512), strings.Repeat("x", 512)},

		{"nothing", "", ""},
		{"513 bytes", strings.Repeat("x", 513), ""},
		{"10 MB", strings.Repeat("x", 10<<20), ""},
		{"here", ".", ""},
		{"up", "..", ""},
		{"up and down", "../x", ""},
		{"a slash", "a/b", ""},
		{"a backslash", `a\b`, ""},
		{"an escaped dot", "%2e", ""},
		{"escaped dots", "%2e%2E", ""},
		{"an escaped slash", "a%2Fb", ""},
		{"an escaped backslash", "a%5cb", ""},
		{"dots escaped twice", "%252e%252e", ""},
		{"a slash escaped three times", "a%25252fb", ""},
		{"an escaped dot next to a bad escape", "%zz%2e", ""},
		{"an escaped NUL", "a%00b", ""},
		{"a dot in too many bytes", "%c0%ae", ""},
		{"NUL", "a\x00b", ""},
		{"a newline", "a\nb", ""},
		{"DEL", "a\x7fb", ""},
		{"a C1 control", "a\u0085b", ""},
		{"not UTF-8", "a\xffb", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := aPath(test.value).URLPath()
			if test.want != "" {
				if err != nil || got != before+test.want+after {
					t.Errorf("%s, %v; want the segment %s", got, err, test.want)
				}
				return
			}
			e := failureOf(t, err)
			if e.Code != errorcode.InvalidPath || e.Info["parameter"] != "senderId" || len(e.Error()) > 200 {
				t.Errorf("%v %v", e, e.Info)
			}
		})
	}

	t.Run("a missing variable", func(t *testing.T) {
		_, err := (&Request{Operation: Lookup("WhatsappSendersController_listActivities_v1")}).URLPath()
		if e := failureOf(t, err); e.Info["parameter"] != "projectId" {
			t.Errorf("%v %v", e, e.Info)
		}
	})
}

// An accepted id stays one segment, and unescapes to itself.
func FuzzURLPath(f *testing.F) {
	for _, seed := range []string{"+15550100", "@friend", "../x", "a/b", "%2e%2e", "", "a%20b", "%252e", "..;", "a?b#c", "été"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		path, err := aPath(value).URLPath()
		if err != nil {
			failureOf(t, err)
			return
		}
		u, err := url.Parse("https://example.com/base" + path)
		if err != nil {
			t.Fatalf("%q gives %s, which is not a URL: %v", value, path, err)
		}
		if u.RawQuery != "" || u.Fragment != "" || u.Host != "example.com" {
			t.Fatalf("%q leaves the path: %s", value, path)
		}
		if clean := u.JoinPath().EscapedPath(); clean != u.EscapedPath() {
			t.Fatalf("%q leads to %s", value, clean)
		}
		want := strings.Split("/base/v1/projects/"+testProject+"/whatsapp/senders/ID/activities", "/")
		got := strings.Split(u.EscapedPath(), "/")
		if len(got) != len(want) {
			t.Fatalf("%q gives %d segments: %s", value, len(got), path)
		}
		for i, segment := range got {
			if want[i] == "ID" {
				want[i] = value
			}
			plain, err := url.PathUnescape(segment)
			if err != nil || plain != want[i] {
				t.Fatalf("%q: segment %d is read as %q, want %q", value, i, plain, want[i])
			}
			// Read a second time it may be another text, and still one segment.
			if twice, err := url.PathUnescape(plain); err == nil && (strings.ContainsAny(twice, `/\`) || twice == "." || twice == "..") {
				t.Fatalf("%q is read as %q by who unescapes twice", value, twice)
			}
		}
	})
}
