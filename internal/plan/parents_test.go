package plan

import (
	"fmt"
	"testing"
)

// The templates of KakaoTalk senders that the file does not name are not read.
func TestOnlyNamedSendersAreRead(t *testing.T) {
	p := newGuardedProject(t)
	for i := range 4 {
		p.box.Advance(24 * 3600e9)
		p.must("kakaotalk_sender_create", decoded(t, fmt.Sprintf(`{"plusFriendId":"shop%d","status":"DRAFT","details":{"name":"Shop %d"}}`, i, i)))
	}
	p.sent.Store(0)
	p.plan(MakeOptions{}, []*Item{fileItem(t, "kakaotalkTemplates", `{"plusFriendId":"shop2","details":{"name":"Welcome","language":"KO","content":"Hello"}}`)})
	if sent := p.sent.Load(); sent > 3 { // the senders, the templates of one, and the categories
		t.Errorf("%d requests", sent)
	}
}
