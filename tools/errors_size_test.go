package tools

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/tokentest"
)

// maxPage is how many tokens a page about an error code has at most.
const maxPage = 250

// Each page about an error code is small, whichever toolset asked for it.
func TestErrorPagesAreSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	for _, code := range errorCodes() {
		names := []string{code}
		for _, a := range answering(code) {
			names = append(names, a.toolset+"."+code)
		}
		for _, own := range serverCodes() {
			if own.Code == code {
				names = append(names, string(own.Origin)+"."+code)
			}
		}
		for _, name := range names {
			page := ErrorPage(name)
			if n := tokentest.Count(page); n > maxPage || n == 0 {
				t.Errorf("%s has %d tokens:\n%s", name, n, page)
			}
		}
	}
}

// maxErrorTokens and maxMedianError are how many tokens an error has at most, and in the
// median.
const (
	maxErrorTokens = 300
	maxMedianError = 250
)

// So is each error that an operation documents, in the contract's own words, and each
// of ours: the steps are added to the text, which stays as it is.
func TestErrorsAreSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	var sizes []int
	measure := func(where string, e *Error) {
		n := tokentest.Count(string(encode(e.outcome().Structured)))
		if sizes = append(sizes, n); n > maxErrorTokens {
			t.Errorf("%s: %d tokens: %s", where, n, encode(e))
		}
	}
	for _, row := range catalog.Rows() {
		args := map[string]any{}
		for _, id := range row.Op().PathIDs() {
			args[id] = realistic[id]
		}
		for status, codes := range row.Op().Errors {
			for _, code := range codes {
				text := row.Op().ErrorText(code)
				e := failed(row, args, &papi.Error{Status: status, Code: code, Message: text.Message, Resolution: text.Resolution})
				ours := row.Effect == catalog.Read && catalog.NoneHere(code) // what it only means
				if len(e.Next) == 0 || len(e.Next) > maxNext || (e.Resolution != text.Resolution) != ours {
					t.Errorf("%s %s: %s", row.Tool, code, encode(e))
				}
				measure(row.Tool+" "+code, e)
			}
		}
		for _, own := range errorcode.All() {
			measure(row.Tool+" "+own.Code, &Error{Code: own.Code, Message: own.Meaning, Next: nextAfterRefusal(row, args, own.Code)})
		}
	}
	slices.Sort(sizes)
	if median := sizes[len(sizes)/2]; median > maxMedianError {
		t.Errorf("the median has %d tokens", median)
	}
	t.Logf("%d errors: median %d tokens, largest %d", len(sizes), sizes[len(sizes)/2], sizes[len(sizes)-1])
}

// A name that no tool has is answered with a few that are like it, not with all.
func TestAnUnknownToolIsAnsweredBriefly(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	for _, name := range []string{"whatsapp_sender_create_new", "list_webhooks", "x", strings.Repeat("sender ", 50)} {
		e := encode(failure(t, do(t, set, name, nil)))
		if n := tokentest.Count(string(e)); n > maxErrorTokens {
			t.Errorf("%s: %d tokens: %s", name, n, e)
		}
	}
}

// It is found by its words, and in a dynamic set through tool_find.
func TestAnUnknownToolIsFoundByItsWords(t *testing.T) {
	plain, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	opts := plain.opts
	opts.Dynamic = true
	for name, want := range map[string]string{"webhook_remove": "webhook_delete", "publish-rcs-agent": "rcs_sender_launch"} {
		if e := encode(failure(t, do(t, plain, name, nil))); !strings.Contains(string(e), want) || strings.Contains(string(e), "tool_find") {
			t.Errorf("%s: %s", name, e)
		}
		e := encode(failure(t, do(t, New(opts), ToolCallWrite, map[string]any{"tool": name})))
		if !strings.Contains(string(e), want) || strings.Contains(string(e), "of the list") {
			t.Errorf("%s: %s", name, e)
		}
	}
}
