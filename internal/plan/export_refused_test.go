package plan

import (
	"strings"
	"testing"
)

// What a project has though no call could make it is a comment of an export: the file is
// valid, and nothing is to do after it.
func TestExportOfWhatNoCallMakes(t *testing.T) {
	items := []*Item{
		FromLive(LookupKind("webhooks"), decoded(t, `{"id":"1","target":"https://example.com/${x}","triggers":["ALL"]}`), nil),
		FromLive(LookupKind("webhooks"), decoded(t, `{"id":"2","target":"https://example.com/$b","triggers":["ALL"]}`), nil),
		FromLive(whatsappTemplates, decoded(t, `{"name":"a","language":"EN","category":"UTILITY","state":"APPROVED","details":{"components":[{"type":"BODY","text":"Hello there"}]}}`), nil),
		FromLive(LookupKind("rcsSenders"), decoded(t, `{"id":"r","state":"IN_PROGRESS","region":"EU","billingCategory":"CONVERSATIONAL","useCase":"MULTIUSE","details":{"brand":{"name":"Example"},"testNumbers":["+15550100"]}}`), nil),
	}
	text := Export("00000000-0000-0000-0000-000000000000", items, false)
	d, faults := Read(text, Options{Secrets: func(string) bool { return true }})
	if faults != nil {
		t.Fatalf("%v\n%s", faults, text)
	}
	if len(d.Items) != 2 {
		t.Errorf("%d items:\n%s", len(d.Items), text)
	}
	for _, want := range []string{
		"# not written: https://example.com/${x}: it is as no call can make it: target: ",
		"# not written: a/EN: it is as no call can make it: name: ",
		"# testNumbers: the owners of these phones are invited",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}
