package sandbox

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
)

// Change is a change of a resource's states.
type Change struct {
	Project string
	// Resource is its kind, such as whatsapp_sender, and IDs are its ids by the
	// parameters of paths.
	Resource string
	IDs      map[string]string
	// Before and After are its state, then what changed of its pending changes and
	// its parts as NAME=STATUS; "none" where there is no such resource.
	Before, After string
}

// thing names a resource. Its ids are the values of its kind's parameters.
type thing struct {
	project, kind string
	ids           [2]string
}

// parameters are those of the paths of each kind of resource with states.
var parameters = map[string][]string{
	"bundle":             {"bundleId"},
	"kakaotalk_sender":   {"plusFriendId"},
	"kakaotalk_template": {"plusFriendId", "templateCode"},
	"rcs_sender":         {"senderId"},
	"sms_app":            {"smsAppId"},
	"whatsapp_account":   nil,
	"whatsapp_sender":    {"senderId"},
	"whatsapp_template":  {"templateName", "languageCode"},
}

// condition has a resource's statuses by name: that of the resource itself has the
// name "".
type condition map[string]string

// conditions are the statuses of all resources.
func (s *state) conditions() map[thing]condition {
	all := map[thing]condition{}
	for _, p := range s.Projects {
		add := func(kind string, c condition, ids ...string) {
			maps.DeleteFunc(c, func(_, status string) bool { return status == "" })
			t := thing{project: p.ID, kind: kind}
			copy(t.ids[:], ids)
			all[t] = c
		}
		if p.Account != nil {
			add("whatsapp_account", documented(p.Account.Doc))
		}
		for _, w := range p.Senders.items {
			c := documented(w.Doc)
			for _, part := range []string{"displayName", "username"} {
				c[part] = jsonvalue.Text(w.Doc, "metadata."+part+".status")
			}
			add("whatsapp_sender", c, w.ID)
		}
		for _, t := range p.Templates.items {
			add("whatsapp_template", condition{"": t.State, pendingStatus: t.Status}, t.Name, t.Language)
		}
		for _, b := range p.Bundles.items {
			add("bundle", condition{"": b.State}, b.ID)
		}
		for _, k := range p.KakaoSenders.items {
			add("kakaotalk_sender", documented(k.Doc), k.ID)
			for _, t := range k.Templates.items {
				add("kakaotalk_template", documented(t.Doc), k.ID, t.Code)
			}
		}
		for _, r := range p.RcsSenders.items {
			add("rcs_sender", r.condition(), r.ID)
		}
		for _, a := range p.SmsApps.items {
			add("sms_app", condition{"": jsonvalue.Text(a.Doc, "status")}, a.ID)
		}
	}
	return all
}

// pendingStatus is the name of the status of changes that are not live yet.
const pendingStatus = "changes.status"

// documented are the statuses in the answer for a resource.
func documented(doc map[string]any) condition {
	return condition{"": jsonvalue.Text(doc, "state"), pendingStatus: jsonvalue.Text(doc, pendingStatus)}
}

func (r *rcsSender) condition() condition {
	c := condition{"": r.State, "brandDetails.registration": jsonvalue.Text(r.Doc, "brandDetails.registration.status")}
	for _, n := range r.Numbers {
		c[n.Number] = n.State
	}
	for _, launch := range r.Launches {
		for _, o := range launch.Operators {
			c[launch.Country+" "+o.Name] = o.Status
		}
	}
	return c
}

// changesOf compares the conditions of resources at two times. The changes are in the
// order of their projects, kinds and ids.
func changesOf(before, after map[thing]condition) []Change {
	all := maps.Clone(before)
	maps.Copy(all, after)
	var changes []Change
	for _, t := range slices.SortedFunc(maps.Keys(all), func(a, b thing) int {
		return cmp.Or(strings.Compare(a.project, b.project), strings.Compare(a.kind, b.kind), slices.Compare(a.ids[:], b.ids[:]))
	}) {
		was, is := before[t], after[t]
		if (was == nil) == (is == nil) && maps.Equal(was, is) {
			continue
		}
		changed := func(name string) bool { return was[name] != is[name] }
		change := Change{Project: t.project, Resource: t.kind, IDs: map[string]string{}, Before: was.text(changed), After: is.text(changed)}
		for i, name := range parameters[t.kind] {
			change.IDs[name] = t.ids[i]
		}
		changes = append(changes, change)
	}
	return changes
}

// text is the state, and those of the other statuses that are shown.
func (c condition) text(shown func(name string) bool) string {
	if c == nil {
		return "none"
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(c)) {
		switch {
		case name == "":
			all = append(all, c[name])
		case shown(name):
			all = append(all, name+"="+c[name])
		}
	}
	return strings.Join(all, ", ")
}
