package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
)

// attempt is one call of a client, as the API can see it: who made it, about
// what, with which token, after how many refusals, and whether a person was
// asked.
type attempt struct {
	key, token string
	began      int
	asked      *reply
}

// reply is a person who answers the same to everything.
type reply struct {
	says  guard.Answer
	was   bool // asked
	heard func()
}

func (r *reply) Answered() (string, guard.Answer, bool) { return "", "", false }

func (r *reply) Ask(context.Context, guard.Question) guard.Answer {
	r.was = true
	r.heard()
	return r.says
}

type attemptKey struct{}

// vault is an API that knows which token was given for which call, and which
// have been used: it sees what gets through.
type vault struct {
	mu      sync.Mutex
	issued  map[string]string // the call that a token is for
	used    map[string]bool
	opened  int
	wrongly []string
	// refused has the calls that a person was asked about without a yes, and as
	// the how manieth refusal of all; a yes takes one out.
	refused  map[string]int
	refusals int
	person   map[string]*sync.Mutex // by call: a person is asked one thing at a time
	state    string                 // of everything: what summaries tell
}

func (v *vault) Do(ctx context.Context, r *papi.Request) (*papi.Response, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if r.Read {
		body := fmt.Sprintf(`{"id":"x","name":"x","state":%q,"status":%[1]q,"changes":{"status":"DRAFT"}}`, v.state)
		return &papi.Response{Status: http.StatusOK, Body: json.RawMessage(body)}, nil
	}
	a, _ := ctx.Value(attemptKey{}).(attempt)
	v.opened++
	if a.asked != nil && a.asked.was && a.asked.says == guard.Accepted {
		return &papi.Response{Status: http.StatusOK, Body: json.RawMessage(`{"id":"x"}`)}, nil
	}
	if at, ok := v.refused[a.key]; ok && at <= a.began {
		v.wrongly = append(v.wrongly, a.key+" after a person was asked, and did not say yes")
	}
	if v.issued[a.token] != a.key || v.used[a.token] {
		v.wrongly = append(v.wrongly, fmt.Sprintf("%s with %q, which is for %q, used before: %v", a.key, a.token, v.issued[a.token], v.used[a.token]))
	}
	v.used[a.token] = true
	return &papi.Response{Status: http.StatusOK, Body: json.RawMessage(`{"id":"x"}`)}, nil
}

func (v *vault) All(ctx context.Context, r *papi.Request, _ string, _ func([]json.RawMessage) bool) (*papi.Response, error) {
	return v.Do(ctx, r)
}

// loot are the tokens that clients have seen, their own and those of others.
type loot struct {
	mu     sync.Mutex
	tokens []string
}

func (l *loot) add(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens = append(l.tokens, token)
}

func (l *loot) any(r *rand.Rand) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.tokens) == 0 {
		return ""
	}
	return l.tokens[r.IntN(len(l.tokens))]
}

// marked are calls that a person must confirm, with arguments of which some
// are only a letter apart.
var marked = []struct {
	tool string
	args []map[string]any
}{
	{"webhook_delete", []map[string]any{{"webhookId": "w1"}, {"webhookId": "w2"}}},
	{"sms_app_delete", []map[string]any{{"smsAppId": "a1"}, {"smsAppId": "a2"}}},
	{"whatsapp_template_delete", []map[string]any{
		{"templateName": "t", "languageCode": "DE"}, {"templateName": "t", "languageCode": "DE", "deleteSubmitted": true}, {"templateName": "t", "languageCode": "EN"},
	}},
	{"whatsapp_template_delete_all_languages", []map[string]any{{"templateName": "t"}}},
	{"kakaotalk_template_delete", []map[string]any{{"plusFriendId": "k", "templateCode": "c"}}},
}

// No sequence of calls, however clients guess, repeat, reorder, race, replay and
// steal, gets a marked operation through without a person's yes to it, or the
// token of exactly that call; nor with that where a person was asked about the
// call, by any client of the principal, and did not say yes. PAPI_TEST_SEQUENCES
// says how many are tried.
func TestNothingGetsThroughWithoutItsToken(t *testing.T) {
	t.Parallel()
	sequences := 3_000
	if testing.Short() {
		sequences = 500
	}
	if n, err := strconv.Atoi(os.Getenv("PAPI_TEST_SEQUENCES")); err == nil {
		sequences = n
	}
	const seed = 20260728
	v := &vault{issued: map[string]string{}, used: map[string]bool{}, state: "ACTIVE", refused: map[string]int{}, person: map[string]*sync.Mutex{}}
	rows, err := catalog.Select(catalog.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	g := guard.New(guard.Options{Store: store.NewMemory(), Reader: dispatch.Reader{API: v}})
	set := New(Options{Rows: rows, Guard: g, API: v})
	clients, projects := []string{"alice", "bob"}, []string{"p1", "p2"}
	for _, client := range clients {
		for _, project := range projects {
			if verdict, _, _ := g.ConfirmProject(t.Context(), client, "", nil, project, ""); !verdict.Allowed() {
				t.Fatal("the project is not confirmed")
			}
		}
	}

	seen := &loot{}
	for n := range sequences {
		var all sync.WaitGroup
		for c, client := range clients {
			for lane := range 2 { // of each client, concurrently
				r := rand.New(rand.NewPCG(seed, uint64(n*4+c*2+lane)))
				all.Go(func() { misbehave(t, set, v, seen, r, client, projects) })
			}
		}
		all.Wait()
		if len(v.wrongly) > 0 { // what was sent
			t.Fatalf("sequence %d: %v", n, v.wrongly)
		}
		if n%100 == 99 { // old tokens are tried too, but not for ever
			seen.tokens = seen.tokens[max(0, len(seen.tokens)-50):]
		}
	}
	if v.opened < sequences/10 {
		t.Errorf("only %d calls got through: the test tries too little", v.opened)
	}
	if v.refusals < sequences/10 {
		t.Errorf("only %d refusals: the test tries too little", v.refusals)
	}
	t.Logf("%d sequences, %d tokens given, %d calls let through, %d refusals", sequences, len(v.issued), v.opened, v.refusals)
}

// begin notes an attempt; the function that it returns notes its end. A person
// is asked about a call once at a time, so that their last word is known.
func (v *vault) begin(a *attempt, asked *reply) (done func()) {
	v.mu.Lock()
	a.asked = asked
	if asked == nil {
		a.began = v.refusals
		v.mu.Unlock()
		return func() {}
	}
	one := v.person[a.key]
	if one == nil {
		one = &sync.Mutex{}
		v.person[a.key] = one
	}
	v.mu.Unlock()
	one.Lock()
	v.mu.Lock()
	a.began = v.refusals
	v.mu.Unlock()
	asked.heard = func() { // from the yes on, tokens count again
		v.mu.Lock()
		defer v.mu.Unlock()
		if asked.says == guard.Accepted {
			delete(v.refused, a.key)
		}
	}
	return func() {
		defer one.Unlock()
		v.mu.Lock()
		defer v.mu.Unlock()
		switch {
		case !asked.was, asked.says == guard.Unavailable, asked.says == guard.Accepted:
		default:
			v.refusals++
			v.refused[a.key] = v.refusals
		}
	}
}

// misbehave makes a few calls, some of a client that can ask, some with tokens that
// are valid, stolen, old, altered or invented.
func misbehave(t *testing.T, set *Set, v *vault, seen *loot, r *rand.Rand, client string, projects []string) {
	last := ""
	var again *struct {
		tool, project string
		args          map[string]any
	}
	for range 3 + r.IntN(4) {
		m := marked[r.IntN(len(marked))]
		tool, project, args := m.tool, projects[r.IntN(len(projects))], m.args[r.IntN(len(m.args))]
		if again != nil && r.IntN(3) > 0 { // the same call again
			tool, project, args = again.tool, again.project, again.args
		}
		again = &struct {
			tool, project string
			args          map[string]any
		}{tool, project, args}
		token := ""
		switch r.IntN(8) {
		case 0: // none
		case 1:
			token = seen.any(r)
		case 2:
			token = bent(seen.any(r), r)
		case 3:
			token = strconv.FormatUint(r.Uint64(), 36)
		default:
			token = last
		}
		if r.IntN(10) == 0 {
			v.mu.Lock()
			v.state = []string{"ACTIVE", "PAUSED", "APPROVED"}[r.IntN(3)]
			v.mu.Unlock()
		}
		var asked *reply
		if r.IntN(4) == 0 {
			says := []guard.Answer{guard.Accepted, guard.Accepted, guard.Declined, guard.Cancelled, guard.TimedOut, guard.Pending, guard.Unavailable}
			asked = &reply{says: says[r.IntN(len(says))]}
		}
		a := attempt{key: client + " " + project + " " + tool + " " + string(encode(args)), token: token}
		done := v.begin(&a, asked)
		given := maps.Clone(args)
		given["projectId"] = project
		if token != "" {
			given["confirm"] = token
		}
		caller := Caller{Principal: client}
		if asked != nil {
			caller.Elicitor = asked
		}
		out := set.Call(context.WithValue(t.Context(), attemptKey{}, a), caller, tool, encode(given))
		done()
		if e, ok := out.Structured.(*Error); ok && e.Confirmation != nil {
			last = e.Confirmation.Token
			v.mu.Lock()
			v.issued[last] = a.key
			v.mu.Unlock()
			seen.add(last)
		}
	}
}

// bent is a token of which one sign is another.
func bent(token string, r *rand.Rand) string {
	if token == "" {
		return "x"
	}
	i := r.IntN(len(token))
	return token[:i] + string("ABCDEFGHabcdefgh01234567-_"[r.IntN(26)]) + token[i+1:]
}
