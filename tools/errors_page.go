package tools

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

// ErrorPage tells of an error code of the API as markdown: what it means in
// each toolset, which tools answer it, and what to do. A toolset may stand before
// the code, with a dot between them (kakaotalk.file_not_found): its part is then
// the first. It returns "" for a code that the contract does not know, and for
// a toolset that does not answer it.
func ErrorPage(code string) string {
	toolset, own, named := strings.Cut(code, ".")
	if named {
		code = own
	}
	if papi.ErrorCodes()[code] == nil {
		return ""
	}
	all := answering(code)
	if named {
		i := slices.IndexFunc(all, func(a *answerer) bool { return a.toolset == toolset })
		if i < 0 {
			return ""
		}
		all = slices.Concat(all[i:i+1], all[:i], all[i+1:])
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", code)
	for _, in := range all {
		text := in.text()
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n", in.toolset, sentence(text.Message))
		fmt.Fprintf(&b, "Do: %s.\n\n", text.Resolution)
		next := in.next()
		for _, status := range in.statuses() {
			fmt.Fprintf(&b, "- %d %s, answered by %s.", status, http.StatusText(status), strings.Join(in.tools(status), ", "))
			if len(next) == 0 { // what holds for every error of a status may be wrong for one that has steps of its own
				fmt.Fprintf(&b, " %s", byStatus(status))
			}
			b.WriteString("\n")
		}
		for _, step := range next {
			b.WriteString("- Next: ")
			if step.Tool != "" {
				fmt.Fprintf(&b, "`%s`: ", step.Tool)
			}
			fmt.Fprintf(&b, "%s.\n", step.Do)
		}
	}
	fmt.Fprintf(&b, "\nFacts: Provisioning API %s.\n", papi.ContractVersion)
	return b.String()
}

// errorURI is the page of an error that a tool of the toolset met. The shorter
// URI will do where the page begins with that toolset anyway.
func errorURI(code, toolset string) string {
	if all := answering(code); len(all) == 0 || all[0].toolset == toolset {
		return ErrorsURI + code
	}
	return ErrorsURI + toolset + "." + code
}

// plainer replaces texts of the contract which speak of their own source, name
// what another operation takes, or know one of two fields only. The key is the
// code, or toolset/code.
var plainer = map[string]papi.ErrorText{
	"invalid_google_agent":                     {Message: "Google does not take the sender as it is"},
	"user_cannot_be_reached":                   {Message: "the phone can't be reached by RCS"},
	"invalid_business_manager_for_environment": {Resolution: "use one that is allowed in this environment"},
	"bundles/conversation_app_not_found":       {Resolution: "check the id of the Conversation app"},
	"bundles/sms_app_not_found":                {Resolution: "check the id of the SMS app"},
	"conversation/internal_error":              {Resolution: "wait and retry, then contact support"},
	"sms/invalid_id_format":                    {Resolution: "check the id that the message names"},
	"webhooks/invalid_id_format":               {Resolution: "check the webhookId"},
	"rcs/file_has_wrong_dimensions":            {Resolution: "resize the image that the message names: the banner to 1440 x 448 px, the logo to 224 x 224 px"},
	"rcs/file_size_too_large":                  {Resolution: "use a smaller file for the image that the message names: the banner up to 200 KB, the logo up to 50 KB"},
}

// answerer is a toolset in which an error code is documented.
type answerer struct {
	code    string
	toolset string
	rows    []*catalog.Row
}

// text is what the code means for the toolset.
func (a *answerer) text() papi.ErrorText {
	text := a.rows[0].Op().ErrorText(a.code)
	for _, key := range []string{a.code, a.toolset + "/" + a.code} {
		text.Message = cmp.Or(plainer[key].Message, text.Message)
		text.Resolution = cmp.Or(plainer[key].Resolution, text.Resolution)
	}
	return text
}

// answering returns the toolsets whose operations document the code.
func answering(code string) []*answerer {
	var all []*answerer
	for _, row := range catalog.Rows() {
		if statusOf(row, code) == 0 {
			continue
		}
		i := slices.IndexFunc(all, func(a *answerer) bool { return a.toolset == row.Toolset })
		if i < 0 {
			i = len(all)
			all = append(all, &answerer{code: code, toolset: row.Toolset})
		}
		all[i].rows = append(all[i].rows, row)
	}
	return all
}

// statusOf is the status with which an operation answers the code, 0 where it
// documents none.
func statusOf(row *catalog.Row, code string) int {
	for status, codes := range row.Op().Errors {
		if slices.Contains(codes, code) {
			return status
		}
	}
	return 0
}

func (a *answerer) statuses() []int {
	var all []int
	for _, row := range a.rows {
		if status := statusOf(row, a.code); !slices.Contains(all, status) {
			all = append(all, status)
		}
	}
	slices.Sort(all)
	return all
}

func (a *answerer) tools(status int) []string {
	var all []string
	for _, row := range a.rows {
		if statusOf(row, a.code) == status {
			all = append(all, "`"+row.Tool+"`")
		}
	}
	return all
}

// next has the steps that an agent is told after the error, each once.
func (a *answerer) next() []catalog.Step {
	var all []catalog.Step
	for _, row := range a.rows {
		e := &papi.Error{Status: statusOf(row, a.code), Code: a.code}
		for _, s := range stepsAfterError(row, e) {
			if !slices.ContainsFunc(all, func(o catalog.Step) bool { return o.Tool == s.Tool && o.Do == s.Do }) {
				all = append(all, s)
			}
		}
	}
	return all
}

// sentence begins with a capital letter.
func sentence(text string) string {
	if text == "" {
		return "The contract says no more than the code"
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
