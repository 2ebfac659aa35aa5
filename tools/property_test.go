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
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
)

// attempt is one call of a client, as the API can see it: who made it, about
// what, and with which token.
type attempt struct{ key, token string }

type attemptKey struct{}

// vault is an API that knows which token was given for which call, and which
// have been used: it sees what gets through.
type vault struct {
	mu      sync.Mutex
	issued  map[string]string // the call that a token is for
	used    map[string]bool
	opened  int
	wrongly []string
	state   string // of everything: what summaries tell
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
	if v.issued[a.token] != a.key || v.used[a.token] {
		v.wrongly = append(v.wrongly, fmt.Sprintf("%s with %q, which is for %q, used before: %v", a.key, a.token, v.issued[a.token], v.used[a.token]))
	}
	v.used[a.token] = true
	return &papi.Response{Status: http.StatusOK, Body: json.RawMessage(`{"id":"x"}`)}, nil
}

func (v *vault) All(ctx context.Context, r *papi.Request, _ string, _ int) (*papi.Response, error) {
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

// No sequence of calls by clients that can't ask, however they guess, repeat,
// reorder, race, replay and steal, gets a marked operation through without the
// token of exactly that call. PAPI_TEST_SEQUENCES says how many are tried.
func TestNothingGetsThroughWithoutItsToken(t *testing.T) {
	sequences := 3_000
	if n, err := strconv.Atoi(os.Getenv("PAPI_TEST_SEQUENCES")); err == nil {
		sequences = n
	}
	const seed = 20260728
	v := &vault{issued: map[string]string{}, used: map[string]bool{}, state: "ACTIVE"}
	rows, err := catalog.Select(catalog.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	g := guard.New(guard.Options{Store: store.NewMemory(), Reader: catalog.Reader{API: v}})
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
			for lane := range 2 { // of each client, side by side
				r := rand.New(rand.NewPCG(seed, uint64(n*4+c*2+lane)))
				all.Go(func() { misbehave(t, set, v, seen, r, client, projects) })
			}
		}
		all.Wait()
		if len(v.wrongly) > 0 {
			t.Fatalf("sequence %d: %v", n, v.wrongly)
		}
		if n%100 == 99 { // old tokens are tried too, but not for ever
			seen.tokens = seen.tokens[max(0, len(seen.tokens)-50):]
		}
	}
	if v.opened < sequences/10 {
		t.Errorf("only %d calls got through: the test tries too little", v.opened)
	}
	t.Logf("%d sequences, %d tokens given, %d calls let through", sequences, len(v.issued), v.opened)
}

// misbehave makes a few calls, with tokens that are good, stolen, old, bent or
// made up.
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
		a := attempt{key: client + " " + project + " " + tool + " " + string(encode(args)), token: token}
		given := maps.Clone(args)
		given["projectId"] = project
		if token != "" {
			given["confirm"] = token
		}
		out := set.Call(context.WithValue(t.Context(), attemptKey{}, a), Caller{Principal: client}, tool, encode(given))
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
