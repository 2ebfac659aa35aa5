package catalog

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/papi"
)

// eachStates calls do with each list of states that is declared, and the values
// that the contract has for them.
func eachStates(do func(where string, want []string, states []State)) {
	for _, r := range resources() {
		do(r.Name, valuesOf(r, r.State), r.States)
		do(r.Name+" "+r.Pending, valuesOf(r, r.Pending), r.Changes)
		for _, part := range r.Parts {
			want := valuesOf(r, part.Field)
			if part.Find != nil { // no single field has the status of the operators
				want = texts(papi.LookupSchema("RcsOperatorStatusEnum").Enum)
			}
			do(r.Name+" "+part.Name, want, part.States)
		}
	}
	do("conversation_channel", texts(papi.LookupSchema("ConversationChannelStatusEnum").Enum), ChannelStates)
}

// valuesOf are the values that the field has in the answers that show the
// resource.
func valuesOf(r *Resource, field string) []string {
	var all []any
	for _, row := range Rows() {
		if answer := row.Op().Answers[200]; row.Resource == r && answer != nil && field != "" {
			all = append(all, valuesAt(answer, field)...)
		}
	}
	return texts(all)
}

// texts are values without repetitions, sorted.
func texts(values []any) []string {
	var all []string
	for _, v := range values {
		all = append(all, fmt.Sprint(v))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// resources are those that have a state.
func resources() []*Resource {
	return slices.DeleteFunc(slices.Clone(Resources()), func(r *Resource) bool { return r.State == "" })
}

// Each state of the contract is declared, once, and no other is.
func TestEachStateOfTheContractIsDeclared(t *testing.T) {
	eachStates(func(where string, want []string, states []State) {
		declared := map[string]int{}
		for _, s := range states {
			declared[s.Name]++
			if !slices.Contains(want, s.Name) {
				t.Errorf("%s: the contract has no %s: remove it from the resource's states in this package", where, s.Name)
			}
		}
		for _, name := range want {
			if declared[name] != 1 {
				t.Errorf("%s: %s is declared %d times: declare it once in the resource's states in this package, with its class, meaning, what moves it on and the next steps", where, name, declared[name])
			}
		}
	})
}

// Each state says what it means, and what an agent has to know in it. In an
// Unknown one, and where all is well, there may be nothing to do. What to do
// about operators that refused depends on all of them.
func TestEachStateIsComplete(t *testing.T) {
	eachStates(func(where string, _ []string, states []State) {
		for _, s := range states {
			at := where + " " + s.Name
			goesOn := s.Class == Pending || s.Class == Failure || s.Class == ActionRequired
			if s.Means == "" {
				t.Errorf("%s: set Means", at)
			}
			if goesOn != (s.Moves != "") && s.Class != Success {
				t.Errorf("%s is %s, and Moves is %q: set it where something has to move the thing on, and nowhere else", at, s.Class, s.Moves)
			}
			if goesOn && len(s.Next) == 0 && where != "rcs_sender operators" {
				t.Errorf("%s is %s, and no step says what to do: set Next", at, s.Class)
			}
			if s.Class == Pending && s.Lasts.Overdue == 0 && where != "conversation_channel" {
				t.Errorf("%s is pending, and nothing says for how long: set Lasts", at)
			}
			if s.Lasts.Overdue < s.Lasts.First || s.Lasts.First == 0 && s.Lasts != (Lasting{}) {
				t.Errorf("%s lasts %+v", at, s.Lasts)
			}
			if s.Production && s.Class != Success {
				t.Errorf("%s is in production and %s", at, s.Class)
			}
		}
	})
	for _, r := range resources() {
		for _, other := range []string{"UNHEARD_OF", "UNRECOGNIZED"} {
			at := r.At(other, "")
			if at.Class == Unknown && (len(at.Next) != 1 || Lookup(at.Next[0].Tool) == nil) {
				t.Errorf("%s %s leads to %+v", r.Name, other, at.Next)
			}
		}
	}
}

// Each tool of a step exists, and takes what the step gives and needs.
func TestEachStepOfAStateCanBeMade(t *testing.T) {
	eachStates(func(where string, _ []string, states []State) {
		for _, s := range states {
			for _, step := range s.Next {
				row := Lookup(step.Tool)
				if row == nil {
					if step.Tool != "" && step.Tool != "project_confirm" && OwnToolset(step.Tool) == "" {
						t.Errorf("%s %s: no tool %s", where, s.Name, step.Tool)
					}
					continue
				}
				takes := map[string]bool{}
				for _, p := range row.Op().Parameters {
					takes[p.Name] = true
				}
				for _, variant := range row.Op().Variants() {
					for name := range variant.Properties {
						takes[name] = true
					}
				}
				for name := range step.Args {
					if !takes[name] {
						t.Errorf("%s %s: %s takes no %s", where, s.Name, step.Tool, name)
					}
				}
				for _, name := range step.Needs {
					if !takes[name] {
						t.Errorf("%s %s: %s takes no %s", where, s.Name, step.Tool, name)
					}
				}
			}
		}
	})
}

// What decides is the pending change, where it is declared, else the state; a
// row may see a state in another way than the resource.
func TestClassOfAState(t *testing.T) {
	for _, test := range []struct {
		tool, state, pending string
		want                 Class
	}{
		{"whatsapp_sender_get", "ACTIVE", "", Success},
		{"whatsapp_sender_get", "ACTIVE", "IN_PROGRESS", Pending},
		{"whatsapp_sender_get", "ACTIVE", "ERROR", Failure},
		{"whatsapp_sender_get", "", "DRAFT", ActionRequired},
		{"whatsapp_sender_get", "ACTIVE", "NEW_STATUS", Success},
		{"whatsapp_sender_get", "ACTIVE", "displayName=PENDING", Success},
		{"whatsapp_sender_get", "NEW_STATE", "", Unknown},
		{"whatsapp_sender_get", "", "", Unknown},
		{"webhook_get", "ACTIVE", "", Unknown},
		{"conversation_viber_get", "ACTIVE", "", Unknown},
		{"rcs_sender_get", "IN_TEST", "", Success},
		{"rcs_sender_create", "IN_TEST", "", Success},
		{"rcs_sender_launch", "IN_TEST", "", Pending},
		{"rcs_sender_get", "UNLAUNCHED", "", Failure},
		{"rcs_sender_create", "UNLAUNCHED", "", ActionRequired},
		{"rcs_sender_launch", "UNLAUNCHED", "", Failure},
	} {
		if got := Lookup(test.tool).Class(test.state, test.pending); got != test.want {
			t.Errorf("%s, %q, %q: %s, want %s", test.tool, test.state, test.pending, got, test.want)
		}
	}
}

// How long a status lasts that the contract does not have is unknown, even where
// the state of the thing has its time.
func TestHowLongAStateLasts(t *testing.T) {
	sender := LookupResource("whatsapp_sender")
	for _, test := range []struct {
		state, pending string
		want           time.Duration // until it is overdue, 0 where it does not end without a call
	}{
		{"IN_PROGRESS", "", day},
		{"ACTIVE", "", 0},
		{"NEW_STATE", "", 0},
		{"", "", 0},
		{"ACTIVE", "IN_PROGRESS", day},
		{"IN_PROGRESS", "DRAFT", 0},
		{"IN_PROGRESS", "NEW_STATUS", 0},
		{"ACTIVE", "displayName=PENDING", 3 * day},
		{"IN_PROGRESS", "displayName=REJECTED", 0},
		{"IN_PROGRESS", "displayName=NEW_STATUS", 0},
	} {
		if lasting, ok := sender.Lasting(test.state, test.pending); lasting.Overdue != test.want || ok != (test.want > 0) {
			t.Errorf("%q, %q: %s, want %s", test.state, test.pending, lasting.Overdue, test.want)
		}
	}
}

// In which states a thing reaches people, so that its project looks like
// production.
func TestStatesInProduction(t *testing.T) {
	got := map[string][]string{}
	for _, resource := range Resources() {
		for _, state := range slices.Concat(resource.States, resource.Changes) {
			if state.Production {
				got[resource.Name] = append(got[resource.Name], state.Name)
			}
		}
	}
	want := map[string][]string{"kakaotalk_sender": {"ACTIVE"}, "rcs_sender": {"LAUNCHED"}, "sms_app": {"ACTIVE"}, "whatsapp_sender": {"ACTIVE"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// ownStates are the states that one family alone has. They are looked for as
// words, in comments too; those that several have: see genericStates.
var ownStates = map[string]string{
	"rcs":               `LAUNCHING|LAUNCHED|PREPARING_LAUNCH|UNLAUNCHED|NOT_LAUNCHED|IN_TEST|PENDING_UNLAUNCHED|INVALID_IN_GOOGLE_MY_BUSINESS|PENDING_REVIEW|MANUAL_REVIEW`,
	"whatsapp_sender":   `PENDING_VERIFICATION|MULTIPLE_WABA_ERROR|DEFERRED`,
	"whatsapp_template": `PAUSED`,
	"whatsapp_account":  `PENDING_FACEBOOK_VERIFICATION|ONBOARDED|SCHEDULE_FOR_DISABLE|REINSTATE`,
	"kakaotalk":         `VERIFYING`,
	"sms": `(?:DE)?PROVISIONING(?:_[A-Z]+)*|PENDING_(?:ADD|BLOCK|DELETE|UNBLOCK|UPDATE)|IN_PROGRESS_(?:ADD|BLOCK|DELETE|UNBLOCK|UPDATE)|` +
		`FAILED_(?:ADD|BLOCK|DELETE|UNBLOCK|UPDATE)`,
}

// genericStates are looked for as string literals. DRAFT is not among them: it
// is also what the argument status takes.
var genericStates = []string{
	"ACTIVE", "INACTIVE", "APPROVED", "REJECTED", "DISABLED", "SUSPENDED", "BLOCKED", "FAILED", "FAILING", "EXPIRED", "DECLINED",
	"VERIFIED", "UNVERIFIED", "INVALID", "IN_PROGRESS", "PENDING", "DONE", "ERROR",
}

// A state is named in the file that declares it, and at most one more.
func TestStatesAreNamedOnce(t *testing.T) {
	named := map[string][]string{}
	words := map[string]*regexp.Regexp{}
	for family, states := range ownStates {
		words[family] = regexp.MustCompile(`\b(?:` + states + `)\b`)
	}
	eachProductionFile(t, func(path string, source []byte, literals []string) {
		for family, word := range words {
			if word.Match(source) {
				named[family] = append(named[family], path)
			}
		}
		for _, state := range genericStates {
			if slices.Contains(literals, state) && !declares(path) {
				t.Errorf("%s names %s: take it from the resource", path, state)
			}
		}
	})
	for family, files := range named {
		if len(files) > 2 {
			t.Errorf("the states of %s are named in %d files: %v", family, len(files), files)
		}
	}
}

// declares reports whether a file may hold states as literals: the demo is a
// walk that checks what it is shown, as a test is.
func declares(path string) bool {
	return strings.HasPrefix(path, "internal/catalog/") || path == "internal/cli/demo.go"
}

// eachProductionFile calls do with each Go file that is neither a test nor the
// sandbox's, and its string literals.
func eachProductionFile(t *testing.T, do func(path string, source []byte, literals []string)) {
	t.Helper()
	root := os.DirFS(filepath.Join("..", ".."))
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (path == "internal/sandbox" || path != "." && strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		source, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, source, 0)
		if err != nil {
			return err
		}
		var literals []string
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil {
					literals = append(literals, text)
				}
			}
			return true
		})
		do(path, source, literals)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A description says to wait for what ends soon, and to follow what takes longer, since an
// agent comes back for that.
func TestDescriptionsSayToWaitForWhatEndsSoon(t *testing.T) {
	said := 0
	for _, row := range Rows() {
		_, how, ok := strings.Cut(row.About, "Asynchronous: ")
		if !ok {
			continue
		}
		said++
		soon := true
		for _, state := range slices.Concat(row.Resource.States, row.Resource.Changes) {
			if state.Class == Pending && !state.Lasts.Short(0, 1) {
				soon = false
			}
		}
		want := "follow it with " + row.Resource.Get
		if soon {
			want = "call wait with " + row.Resource.Get
		}
		if !strings.HasPrefix(how, want) {
			t.Errorf("%s: %q, want %q", row.Tool, how, want)
		}
	}
	if said == 0 {
		t.Error("no description says that its call is asynchronous")
	}
}
