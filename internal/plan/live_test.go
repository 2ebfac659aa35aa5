package plan

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"

	"papi-mcp/internal/jsonvalue"
)

// TestFromLiveKeepsEveryField makes an answer of each field that a create takes: an item
// has all of them.
func TestFromLiveKeepsEveryField(t *testing.T) {
	parent := &Item{Identity: map[string]string{"plusFriendId": "shop"}}
	for _, kind := range Kinds {
		args, _ := kind.Schema().Sample(true).(map[string]any)
		for _, name := range kind.Hidden {
			delete(args, name)
		}
		if args["category"] != nil {
			args["category"] = "UTILITY" // of AUTHENTICATION the texts are Meta's
		}
		answer := map[string]any{"id": "a", "state": "ACTIVE", "created": "2030-01-01T00:00:00Z", "isMetaGenerated": false}
		for name, value := range args {
			answer[name] = value
		}
		var of *Item
		switch {
		case kind.Parent != nil:
			of, args["plusFriendId"] = parent, "shop"
		case kind.Name == "whatsappSenders":
			answer["countryCode"], answer["phoneNumber"] = "1", "5550100"
		case kind.Name == "smsApps":
			answer["regions"], answer["conversationApiAppDetails"] = []any{args["region"]}, map[string]any{"id": args["convApiAppId"]}
		}
		item := FromLive(kind, answer, of)
		want := withoutEmpty(args)
		got, _ := jsonvalue.Decode(jsonvalue.Encode(item.Fields))
		again, _ := jsonvalue.Decode(jsonvalue.Encode(want))
		for path, value := range leaves(again, "") {
			if value == false { // the default
				continue
			}
			if !reflect.DeepEqual(leaves(got, "")[path], value) {
				t.Errorf("%s: %s is %v, want %v", kind.Name, path, leaves(got, "")[path], value)
			}
		}
	}
}

// leaves are the scalars of a value by their paths.
func leaves(value any, at string) map[string]any {
	all := map[string]any{}
	switch v := value.(type) {
	case map[string]any:
		for name, field := range v {
			for path, leaf := range leaves(field, at+"."+name) {
				all[path] = leaf
			}
		}
	case []any:
		for i, item := range v {
			for path, leaf := range leaves(item, at+"["+string(rune('0'+i%10))+"]") {
				all[path] = leaf
			}
		}
	default:
		all[at] = v
	}
	return all
}

// TestFromLive is what items have of answers in which more is pending than live.
func TestFromLive(t *testing.T) {
	for name, test := range map[string]struct {
		kind, answer, fields, key, unmanaged string
		draft, launch                        bool
		state, pending                       string
	}{
		"a draft of a live sender": {
			kind:   "whatsappSenders",
			answer: `{"id":"s","state":"ACTIVE","countryCode":"1","phoneNumber":"5550100","details":{"displayName":"A","vertical":"OTHER","about":"Old"},"changes":{"status":"DRAFT","details":{"about":"New"}},"bearerToken":"hush"}`,
			fields: `{"details":{"about":"New","displayName":"A","vertical":"OTHER"}}`, key: "+15550100", draft: true, state: "ACTIVE", pending: "DRAFT",
		},
		"a display name in review": {
			kind:   "whatsappSenders",
			answer: `{"id":"s","state":"ACTIVE","countryCode":"1","phoneNumber":"5550100","details":{"displayName":"A"},"metadata":{"displayName":{"value":"B","status":"PENDING"},"username":{"value":"c","status":"REJECTED"}}}`,
			fields: `{"details":{"displayName":"B"}}`, key: "+15550100", state: "ACTIVE",
		},
		"a sender without a number": {
			kind: "whatsappSenders", answer: `{"id":"s","changes":{"status":"IN_PROGRESS","details":{"displayName":"A"}}}`,
			fields: `{"details":{"displayName":"A"}}`, key: "s", unmanaged: "it has no phone number yet", pending: "IN_PROGRESS",
		},
		"a template in review": {
			kind:   "whatsappTemplates",
			answer: `{"name":"hello","language":"EN","category":"UTILITY","state":"APPROVED","details":{"components":[{"type":"BODY","text":"Old","addSecurityRecommendation":false}],"messageSendTtlSeconds":600},"changes":{"status":"IN_PROGRESS","allowCategoryChange":true,"details":{"components":[{"type":"BODY","text":"New"}]}},"qualityScore":"QUALITY_SCORE_UNKNOWN"}`,
			fields: `{"allowCategoryChange":true,"category":"UTILITY","details":{"components":[{"text":"New","type":"BODY"}],"messageSendTtlSeconds":600},"language":"EN","name":"hello"}`, key: "hello/EN", state: "APPROVED", pending: "IN_PROGRESS",
		},
		"a template of Meta's": {
			kind: "whatsappTemplates", answer: `{"name":"hello","language":"EN","category":"UTILITY","state":"APPROVED","isMetaGenerated":true}`,
			fields: `{"category":"UTILITY","language":"EN","name":"hello"}`, key: "hello/EN", state: "APPROVED", unmanaged: "Meta generated it, and no call changes it",
		},
		"an RCS sender": {
			kind:   "rcsSenders",
			answer: `{"id":"r","state":"LAUNCHING","region":"EU","billingCategory":"CONVERSATIONAL","useCase":"OTP","hostingRegion":"EUROPE","authToken":"hush","details":{"brand":{"name":"A"},"callbackUrl":"https://example.com","questionnaire":{"general":{"questions":{"optInDescription":{"question":"How?"}},"answers":{"optInDescription":"So"}},"verification":{"questions":{},"answers":{}}}}}`,
			fields: `{"billingCategory":"CONVERSATIONAL","details":{"brand":{"name":"A"},"questionnaire":{"general":{"answers":{"optInDescription":"So"}}}},"region":"EU","useCase":"OTP"}`, key: "r", launch: true, state: "LAUNCHING",
		},
		"an RCS sender with a new country": {
			kind:   "rcsSenders",
			answer: `{"id":"r","state":"LAUNCHED","region":"EU","details":{"countries":["SE","DE"]},"countryStatus":[{"country":"SE","status":"LAUNCHED"},{"country":"DE","status":"NOT_LAUNCHED"}]}`,
			fields: `{"details":{"countries":["SE","DE"]},"region":"EU"}`, key: "r", state: "LAUNCHED",
		},
		"a webhook": {
			kind: "webhooks", answer: `{"id":"w","target":"https://papi.example.com/events/order-1","triggers":["ALL"]}`,
			fields: `{"target":"https://papi.example.com/events/order-1","triggers":["ALL"]}`, key: "https://papi.example.com/events/order-1",
		},
		"a webhook of a server that receives events": {
			kind: "webhooks", answer: `{"id":"w","target":"https://papi.example.com/events/ABCDEFGHIJKLMNOPQRSTUVWX23","triggers":["ALL"]}`,
			fields: `{"target":"https://papi.example.com/events/ABCDEFGHIJKLMNOPQRSTUVWX23","triggers":["ALL"]}`, key: "https://papi.example.com/events/ABCDEFGHIJKLMNOPQRSTUVWX23",
			unmanaged: "it brings events to a papi-mcp server, whose tool event_subscribe makes and changes it",
		},
		"an SMS app": {
			kind: "smsApps", answer: `{"id":"s","smsServiceId":"x","name":"News","status":"ACTIVE","regions":["AU"],"test":false,"conversationApiAppDetails":{"id":"c","projectId":"p","region":"EU"}}`,
			fields: `{"convApiAppId":"c","name":"News"}`, key: "s", state: "ACTIVE",
		},
		"an SMS app that is gone": {
			kind: "smsApps", answer: `{"id":"s","name":"News","status":"DELETED","regions":["EU"],"test":true}`,
			fields: `{"name":"News","region":"EU","test":true}`, key: "s", state: "DELETED", unmanaged: "it is deleted",
		},
		"a KakaoTalk sender": {
			kind: "kakaotalkSenders", answer: `{"plusFriendId":"shop","changes":{"status":"DRAFT","details":{"name":"A"}}}`,
			fields: `{"details":{"name":"A"},"plusFriendId":"shop"}`, key: "shop", draft: true, pending: "DRAFT",
		},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := jsonvalue.Decode([]byte(test.answer))
			if err != nil {
				t.Fatal(err)
			}
			item := FromLive(LookupKind(test.kind), answer.(map[string]any), nil)
			if got := string(jsonvalue.Encode(item.Fields)); got != test.fields {
				t.Errorf("fields\ngot  %s\nwant %s", got, test.fields)
			}
			if item.Key != test.key || item.Draft != test.draft || item.Launch != test.launch || item.State != test.state || item.Pending != test.pending || item.Unmanaged != test.unmanaged {
				t.Errorf("%+v", item)
			}
		})
	}
}

// listsOf counts the lists that are read, by tool.
type listsOf struct {
	mu    sync.Mutex
	reads map[string]int
	next  Reader
	err   error
}

func (l *listsOf) Read(ctx context.Context, tool string, args map[string]any) (map[string]any, error) {
	l.mu.Lock()
	l.reads[tool]++
	l.mu.Unlock()
	if l.err != nil {
		return nil, l.err
	}
	return l.next.Read(ctx, tool, args)
}

// TestReadProject reads each list once, and only those of the kinds that are wanted.
func TestReadProject(t *testing.T) {
	p := newSandboxProject(t)
	if err := p.box.Seed("shop"); err != nil {
		t.Fatal(err)
	}
	all := &listsOf{reads: map[string]int{}, next: p}
	items, err := ReadProject(t.Context(), all, Kinds)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range Kinds {
		if all.reads[kind.Resource.List] != 1 {
			t.Errorf("%s is read %d times", kind.Resource.List, all.reads[kind.Resource.List])
		}
	}
	order := ""
	for _, item := range items {
		if name := item.Kind.Name; !strings.HasSuffix(order, name+" ") {
			order += name + " "
		}
		if len(item.Target()) == 0 {
			t.Errorf("%s %s: nothing names it in a call", item.Kind.Name, item.Key)
		}
	}
	if want := "webhooks whatsappSenders whatsappTemplates kakaotalkSenders kakaotalkTemplates rcsSenders smsApps "; order != want {
		t.Errorf("the order is %s", order)
	}
	some := &listsOf{reads: map[string]int{}, next: p}
	items, err = ReadProject(t.Context(), some, []*Kind{LookupKind("kakaotalkTemplates")})
	if want := map[string]int{"kakaotalk_sender_list": 1, "kakaotalk_template_list": 1}; err != nil || !reflect.DeepEqual(some.reads, want) {
		t.Errorf("%v, %v, want %v", some.reads, err, want)
	}
	if len(items) != 1 || items[0].Key != "exampleshop/Welcome" || !reflect.DeepEqual(items[0].Target(), map[string]any{"plusFriendId": "exampleshop", "templateCode": items[0].Live["code"]}) {
		t.Errorf("%+v", items)
	}
	if _, err := ReadProject(t.Context(), &listsOf{reads: map[string]int{}, err: errors.New("no")}, Kinds); err == nil || err.Error() != "no" {
		t.Errorf("the error of a read: %v", err)
	}
	if empty, err := ReadProject(t.Context(), newSandboxProject(t), Kinds); err != nil || len(empty) != 0 {
		t.Errorf("an empty project: %v, %v", empty, err)
	}
}
