package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
	"papi-mcp/tools"
)

// registering is a sandbox, and an agent that only follows the next of each answer.
type registering struct {
	*testing.T
	box  *sandbox.Sandbox
	set  *tools.Set
	code string // that the sandbox sent last, "" for none
}

func newRegistering(t *testing.T) *registering {
	r := &registering{T: t, box: sandbox.New(sandbox.Options{Seed: 1, Manual: true})}
	t.Cleanup(r.box.Close)
	client, err := papi.New(papi.Config{
		BaseURL: "http://sandbox", TokenURL: "http://sandbox/oauth2/token", AccessToken: sandbox.StaticToken, Transport: watching{r},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.restart(client)
	return r
}

// restart replaces the server by one without state.
func (r *registering) restart(client *papi.Client) {
	r.set = tools.New(tools.Options{Rows: catalog.Rows(), API: client, Guard: guard.New(guard.Options{
		Default: sandbox.DefaultProject, Mode: guard.Off, Store: store.NewMemory(), Reader: dispatch.Reader{API: client},
	})})
}

// watching sees the codes that the sandbox sends.
type watching struct{ r *registering }

func (w watching) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := w.r.box.Transport().RoundTrip(request)
	if err == nil && answer.Header.Get(sandbox.HeaderCode) != "" {
		w.r.code = answer.Header.Get(sandbox.HeaderCode)
	}
	return answer, err
}

// answer is the result of a call.
type answer struct {
	ErrorCode string            `json:"errorCode"`
	State     string            `json:"state"`
	IDs       map[string]string `json:"ids"`
	Data      map[string]any    `json:"data"`
	Next      []catalog.Next    `json:"next"`
}

func (r *registering) call(tool string, args map[string]any) answer {
	r.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		r.Fatal(err)
	}
	out, err := json.Marshal(r.set.Call(r.Context(), tools.Caller{Principal: "agent"}, tool, raw).Structured)
	var a answer
	if err != nil || json.Unmarshal(out, &a) != nil {
		r.Fatal(err, string(out))
	}
	return a
}

// follow makes the calls of next until a sender is ACTIVE. pick chooses among the
// possible steps, new ones first; the person chooses SMS, and knows the last code.
func (r *registering) follow(a answer, pick func([]catalog.Next) catalog.Next) {
	r.Helper()
	var way []string
	taken := map[string]bool{}
	for range 8 {
		if a.State == "ACTIVE" {
			return
		}
		var open, fresh []catalog.Next
		for _, n := range a.Next {
			n = read(n, a.IDs)
			n.Args = maps.Clone(n.Args)
			switch {
			case n.Tool == "":
				continue
			case slices.Equal(n.Needs, []string{"method"}):
				n.Args["method"] = "SMS"
			case slices.Equal(n.Needs, []string{"code"}) && r.code != "":
				n.Args["code"] = r.code
			case len(n.Needs) > 0:
				continue
			}
			open = append(open, n)
			if !taken[fmt.Sprint(n.Tool, n.Args)] {
				fresh = append(fresh, n)
			}
		}
		if len(fresh) > 0 {
			open = fresh
		}
		if len(open) == 0 {
			r.Fatalf("a dead end after %v: %s %s, next %v", way, a.ErrorCode, a.State, a.Next)
		}
		n := pick(open)
		taken[fmt.Sprint(n.Tool, n.Args)] = true
		row := catalog.Lookup(n.Tool)
		if row.Effect == catalog.Read {
			r.box.Advance(time.Minute)
		}
		a = r.call(n.Tool, n.Args)
		way = append(way, fmt.Sprintf("%s %s%s", n.Tool, a.ErrorCode, a.State))
	}
	r.Fatalf("no end after %v", way)
}

// read is the read that a step to wait repeats, of a thing with these ids; any other step
// is as it is.
func read(n catalog.Next, ids map[string]string) catalog.Next {
	things, _ := n.Args["for"].([]any)
	if n.Tool != "wait" || len(things) == 0 {
		return n
	}
	thing := things[0].(map[string]any)
	n.Tool, n.Needs, n.Args = thing["tool"].(string), nil, map[string]any{}
	for name, id := range ids {
		n.Args[name] = id
	}
	return n
}

// Following next leads to an ACTIVE sender and never in a circle: if Meta knows the
// number, if the code was submitted before, on a server without the registration.
func TestNextEndsAtAVerifiedSender(t *testing.T) {
	first := func(open []catalog.Next) catalog.Next { return open[0] }
	last := func(open []catalog.Next) catalog.Next { return open[len(open)-1] }
	other := map[string]any{"wabaId": "100000000005678", "phoneNumberId": "200000000005678", "authenticationCode": "from-the-signup", "region": "EU", "businessManager": "SINCH_UK"}
	known := maps.Clone(other)
	known["phoneNumberId"] = "200000000001111"
	sender := func(r *registering, args map[string]any) map[string]any {
		made := r.call("whatsapp_sender_create", args)
		if made.IDs["senderId"] == "" {
			t.Fatalf("no sender: %+v", made)
		}
		r.box.Advance(10 * time.Minute)
		return map[string]any{"senderId": made.IDs["senderId"]}
	}
	with := func(id map[string]any, name string, value any) map[string]any {
		args := maps.Clone(id)
		args[name] = value
		return args
	}
	// verified submits the correct code; for half a minute the state does not
	// show it, and another registration is answered with 429.
	verified := func(r *registering) map[string]any {
		id := sender(r, other)
		r.call("whatsapp_sender_register", with(id, "method", "SMS"))
		if a := r.call("whatsapp_sender_verify", with(id, "code", r.code)); a.ErrorCode != "" {
			t.Fatal(a.ErrorCode)
		}
		r.code = ""
		return id
	}
	for name, begin := range map[string]func(r *registering) answer{
		"a new number": func(r *registering) answer { return r.call("whatsapp_sender_get", sender(r, other)) },
		"a number that Meta knows": func(r *registering) answer {
			return r.call("whatsapp_sender_register", with(sender(r, known), "method", "SMS"))
		},
		"a number that Meta knows, without registering": func(r *registering) answer {
			a := r.call("whatsapp_sender_verify", sender(r, known))
			if a.ErrorCode != "" {
				t.Errorf("verify without a code: %s", a.ErrorCode)
			}
			return a
		},
		"registered again after the right code": func(r *registering) answer {
			a := r.call("whatsapp_sender_register", with(verified(r), "method", "SMS"))
			if a.ErrorCode != "sender-already-registered" {
				t.Errorf("register after the right code: %s", a.ErrorCode)
			}
			return a
		},
		"verified again without a code": func(r *registering) answer { return r.call("whatsapp_sender_verify", verified(r)) },
		"a code that was not requested here": func(r *registering) answer {
			return r.call("whatsapp_sender_verify", with(sender(r, other), "code", "012345"))
		},
		"a KakaoTalk sender": func(r *registering) answer { return r.call("kakaotalk_sender_get", kakaoShop(r)) },
		"a KakaoTalk code that is wrong": func(r *registering) answer {
			id := kakaoShop(r)
			r.call("kakaotalk_sender_register", id)
			a := r.call("kakaotalk_sender_verify", with(id, "code", 1))
			if a.ErrorCode != "not_allowed_verify" {
				t.Errorf("a wrong code: %s", a.ErrorCode)
			}
			return a
		},
		"a KakaoTalk sender that is ACTIVE already": func(r *registering) answer {
			id := kakaoShop(r)
			r.call("kakaotalk_sender_register", id)
			r.call("kakaotalk_sender_verify", with(id, "code", json.Number(r.code)))
			return r.call("kakaotalk_sender_register", id)
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, pick := range []func([]catalog.Next) catalog.Next{first, last} {
				r := newRegistering(t)
				r.follow(begin(r), pick)
			}
		})
	}
}

func kakaoShop(r *registering) map[string]any {
	id := map[string]any{"plusFriendId": "exampleshop"}
	r.call("kakaotalk_sender_create", map[string]any{"plusFriendId": "exampleshop", "details": map[string]any{
		"adminPhoneNo": "+15550120", "name": "Example Shop", "topLevelCategoryCode": "019", "midLevelCategoryCode": "0006", "subLevelCategoryCode": "0001",
	}})
	r.box.Advance(72 * time.Hour)
	return id
}

// A 429 sender-already-registered counts as a successful registration: the server
// that got it accepts a code.
func TestAlreadyRegisteredCountsAsARegistration(t *testing.T) {
	r := newRegistering(t)
	made := r.call("whatsapp_sender_create", map[string]any{"wabaId": "100000000005678", "phoneNumberId": "200000000005678", "authenticationCode": "from-the-signup", "region": "EU", "businessManager": "SINCH_UK"})
	r.box.Advance(10 * time.Minute)
	id := made.IDs["senderId"]
	r.call("whatsapp_sender_register", map[string]any{"senderId": id, "method": "SMS"})
	r.call("whatsapp_sender_verify", map[string]any{"senderId": id, "code": r.code})
	client, err := papi.New(papi.Config{BaseURL: "http://sandbox", TokenURL: "http://sandbox/oauth2/token", AccessToken: sandbox.StaticToken, Transport: watching{r}})
	if err != nil {
		t.Fatal(err)
	}
	r.restart(client)
	for _, step := range []struct {
		tool string
		args map[string]any
		want string
	}{
		{"whatsapp_sender_verify", map[string]any{"senderId": id, "code": "012345"}, "guard_register_first"},
		{"whatsapp_sender_register", map[string]any{"senderId": id, "method": "SMS"}, "sender-already-registered"},
		{"whatsapp_sender_verify", map[string]any{"senderId": id, "code": "012345"}, ""}, // it is verified already
	} {
		if a := r.call(step.tool, step.args); a.ErrorCode != step.want {
			t.Errorf("%s: %s, want %s", step.tool, a.ErrorCode, step.want)
		}
	}
}
