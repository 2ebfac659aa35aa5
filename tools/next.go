package tools

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// steps are what to do about a thing: what its state asks for, and its parts
// that are under review or were refused. The state comes first where a call or a
// person has to move it on; where a part is under review and all else is well,
// that review is what to wait for.
func (st *standing) steps(project string, ids map[string]string, now time.Time) []catalog.Step {
	at, wording := st.resource.At(st.state, st.pending), st.wording(now)
	ofState := fillIn(st.possible(at.Next), wording)
	var ofParts []catalog.Step
	reviewed := st.resource.Pends(st.pending)
	if st.pending == "" || reviewed != nil { // else a change pends, and goes first
		if reviewed != nil {
			ofParts = fillIn(reviewed.Next, wording)
		}
		for _, part := range st.refused {
			ofParts = append(ofParts, fillIn(st.possible(part.status.Next), part.wording())...)
		}
	}
	all := slices.Concat(ofParts, ofState)
	switch {
	case at.Class == catalog.ActionRequired, at.Class == catalog.Failure:
		all = slices.Concat(ofState, ofParts)
	case reviewed != nil: // it is not as it should be yet
		all = ofParts
	}
	if st.overdue(now) {
		all = slices.Concat([]catalog.Step{st.escalation(project, ids, now)}, all)
	}
	return all
}

// possible leaves out the steps that can't be taken in the thing's state. Where
// that concerns a pending change, the state says what to do.
func (st *standing) possible(steps []catalog.Step) []catalog.Step {
	kept := slices.DeleteFunc(slices.Clone(steps), func(s catalog.Step) bool { return s.Requires != nil && !s.Requires.AllowsState(st.state) })
	if len(kept) < len(steps) && st.pending != "" && st.state != "" {
		kept = slices.Concat(st.resource.At(st.state, "").Next, kept)
	}
	return kept
}

// fillIn completes what steps leave open.
func fillIn(steps []catalog.Step, wording *strings.Replacer) []catalog.Step {
	filled := slices.Clone(steps)
	for i := range filled {
		filled[i].Do = wording.Replace(filled[i].Do)
	}
	return filled
}

// wording replaces what the steps of a refused part leave open.
func (part *refusedPart) wording() *strings.Replacer {
	reason, shown := "", ""
	if part.reason != "" {
		reason = " (" + quoted(part.reason) + ")"
	}
	if part.value != "" {
		shown = " " + quoted(part.value)
	}
	return strings.NewReplacer(" {value}", shown, "{status}", part.status.Name, "{reason}", reason)
}

// fill makes a step an action, with the ids that are known as arguments. It
// fails where one is neither known nor asked for.
func fill(s catalog.Step, ids map[string]string) (next catalog.Next, ok bool) {
	next = catalog.Next{Do: s.Do, Tool: s.Tool, Args: map[string]any{}, Needs: []string{}}
	maps.Copy(next.Args, s.Args)
	next.Needs = append(next.Needs, s.Needs...)
	row := catalog.Lookup(s.Tool)
	if row == nil {
		return next, true
	}
	for _, p := range row.Op().Parameters {
		if p.In != "path" || p.Name == argProject {
			continue
		}
		if id, ok := ids[p.Name]; ok {
			next.Args[p.Name] = id
			next.Needs = slices.DeleteFunc(next.Needs, func(name string) bool { return name == p.Name })
		} else if !slices.Contains(next.Needs, p.Name) {
			return next, false
		}
	}
	return next, true
}

// nextAfterError is what to do after an error of the API.
func nextAfterError(row *catalog.Row, args map[string]any, e *papi.Error) []catalog.Next {
	ids := pathIDs(row, args)
	if row.Effect == catalog.Create && row.Resource != nil {
		for id, field := range row.Resource.IDs { // what the call was to make
			if given := jsonvalue.Text(args, field); given != "" {
				ids[id] = given
			}
		}
	}
	if next := fillAll(stepsAfterError(row, e), ids); len(next) > 0 {
		return next
	}
	return fillAll([]catalog.Step{otherwise(row, args, e)}, ids)
}

// otherwise is the step after an error that has none of its own: no error is a
// dead end.
func otherwise(row *catalog.Row, args map[string]any, e *papi.Error) catalog.Step {
	switch {
	case e.Status == 0:
		return catalog.Step{Do: "do what the resolution says, then make the call again"}
	case e.Status == http.StatusBadRequest:
		if s := correct(row); len(s.Needs) > 0 {
			return s
		}
	case e.Status == http.StatusNotFound && catalog.ListOf(row.Toolset) != "":
		return catalog.Step{Do: "see what exists", Tool: catalog.ListOf(row.Toolset)}
	case e.Status == http.StatusTooManyRequests, e.Status >= http.StatusInternalServerError:
		if row.Effect == catalog.Read && row.Op().Body == nil { // a body may hold a secret
			return catalog.Step{Do: "make the same call again, after the time that retryAfterSeconds tells or in some minutes", Tool: row.Tool, Args: args}
		}
	}
	return catalog.Step{Do: lower(byStatus(e.Status))}
}

// correct is the call again, with what a person or the agent has to put right.
func correct(row *catalog.Row) catalog.Step {
	s := catalog.Step{Do: "put right what the message names, and make the call again", Tool: row.Tool}
	variants := row.Op().Variants()
	if len(variants) == 0 {
		return s
	}
	for _, name := range slices.Sorted(maps.Keys(variants[0].Properties)) { // the first is the usual one
		if name != "status" {
			s.Needs = append(s.Needs, name)
		}
	}
	return s
}

// nextAfterRefusal is what to do after a refusal of the guard that says no more
// than its resolution.
func nextAfterRefusal(row *catalog.Row, args map[string]any, code string) []catalog.Next {
	switch {
	case code == "guard_project_missing":
		return []catalog.Next{{Do: "ask the person which project it is", Tool: "project_confirm", Args: map[string]any{}, Needs: []string{argProject}}}
	case code == "guard_project_not_allowed":
		return []catalog.Next{{Do: "see which projects this server allows", Tool: "project_confirm", Args: map[string]any{}, Needs: []string{}}}
	case !strings.HasPrefix(code, "guard_"), row == nil:
		return nil
	}
	s := correct(row)
	s.Needs = slices.DeleteFunc(s.Needs, func(name string) bool { _, given := args[name]; return !given })
	if code == "guard_read_only" || code == "guard_store_unavailable" || len(s.Needs) == 0 {
		s = catalog.Step{Do: "do what the resolution says"}
	}
	return fillAll([]catalog.Step{s}, pathIDs(row, args))
}

// lower begins with a small letter, as what stands in do does.
func lower(sentence string) string {
	return strings.ToLower(sentence[:1]) + strings.TrimSuffix(sentence[1:], ".")
}

func stepsAfterError(row *catalog.Row, e *papi.Error) []catalog.Step {
	steps, own := afterError[row.Op().Family()+"/"+e.Code]
	if !own {
		steps = afterError[e.Code]
	}
	switch {
	case e.Unknown:
		return []catalog.Step{lookAt(row)}
	case steps != nil:
		return steps
	case e.Status == http.StatusConflict && row.Resource != nil && row.Effect != catalog.Create:
		return []catalog.Step{{Do: "look at its state", Tool: row.Resource.Get}}
	}
	return nil
}

// lookAt is the read that shows whether a call took effect.
func lookAt(row *catalog.Row) catalog.Step {
	s := catalog.Step{Do: "see whether it took effect"}
	switch {
	case row.Reconcile != nil && row.Reconcile.Read != "":
		s.Tool = row.Reconcile.Read
	case row.Wait != nil:
		s.Tool = row.Wait.Read
	case row.Resource != nil:
		s.Tool = row.Resource.Get
	default:
		s.Do = "ask the person to look: nothing here shows it"
		return s
	}
	for _, p := range catalog.Lookup(s.Tool).Op().Parameters {
		if p.In == "path" && p.Name != argProject {
			s.Needs = append(s.Needs, p.Name)
		}
	}
	return s
}

// fillAll makes actions of the steps. One about a thing whose id is not known,
// and that no person is asked for, is left out.
func fillAll(steps []catalog.Step, ids map[string]string) []catalog.Next {
	next := []catalog.Next{}
	for _, s := range steps {
		if n, ok := fill(s, ids); ok {
			next = append(next, n)
		}
	}
	return next
}

// pathIDs are the path parameters of a call.
func pathIDs(row *catalog.Row, args map[string]any) map[string]string {
	ids := map[string]string{}
	for _, p := range row.Op().Parameters {
		if value, ok := args[p.Name]; ok && p.In == "path" {
			ids[p.Name] = catalog.Text(value)
		}
	}
	return ids
}
