package catalog

import (
	"slices"
	"strings"
	"sync"

	"papi-mcp/internal/papi"
)

// Completion is where the values come from that complete an argument: a field
// of the things in a list.
type Completion struct {
	Tool  string // the list; "" for the resource's own
	Field string
	Args  []string // arguments of the list, which must be given already
}

// Resources returns all resources, in the order of the rows. They are shared and
// must not be changed.
var Resources = sync.OnceValue(func() []*Resource {
	var all []*Resource
	for _, row := range Rows() {
		if row.Resource != nil && !slices.Contains(all, row.Resource) {
			all = append(all, row.Resource)
		}
	}
	return all
})

// LookupResource returns a resource by its name, or nil.
func LookupResource(name string) *Resource {
	if i := slices.IndexFunc(Resources(), func(r *Resource) bool { return r.Name == name }); i >= 0 {
		return Resources()[i]
	}
	return nil
}

// NoneHere reports whether an error says that a project has nothing of a kind.
func NoneHere(code string) bool {
	return code != "" && slices.ContainsFunc(Resources(), func(r *Resource) bool { return r.NoneHere == code })
}

// Counted reports whether an overview counts the things by their state: a list of
// the project shows all of them.
func (r *Resource) Counted() bool {
	return r.State != "" && r.List != "" && strings.Count(Lookup(r.List).Op().Path, "{") == 1
}

// Kind is the resource's name in an overview: whatsappSenders, and
// whatsappAccount where a project has one.
func (r *Resource) Kind() string {
	words := strings.Split(r.Name, "_")
	for i := range words[1:] {
		words[i+1] = capitalised(words[i+1])
	}
	return r.plural(strings.Join(words, ""), 0)
}

// Called is what people call n of the things: WhatsApp senders.
func (r *Resource) Called(n int) string { return r.plural(brands.Replace(r.Name), n) }

func (r *Resource) plural(name string, n int) string {
	if n == 1 || r.List == "" {
		return name
	}
	return name + "s"
}

// ListOf is the tool that lists what the tools of a toolset are about, "" where
// none does.
func ListOf(toolset string) string {
	for _, row := range Rows() {
		if row.Toolset == toolset && row.Resource != nil {
			return row.Resource.List
		}
	}
	return ""
}

var brands = strings.NewReplacer("whatsapp", "WhatsApp", "kakaotalk", "KakaoTalk", "rcs", "RCS", "sms", "SMS", "_", " ")

// title is a tool's name for people, the verb first: "List WhatsApp senders".
func title(tool string) string {
	at := strings.LastIndexByte(tool, '_')
	thing, verb := brands.Replace(tool[:at]), tool[at+1:]
	if verb == "list" {
		thing = papi.Plural(thing)
	}
	return capitalised(verb) + " " + thing
}

func capitalised(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
