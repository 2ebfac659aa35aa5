package tools

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"papi-mcp/guides"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
)

// ErrorPage explains an error code of the API or of this server as markdown: what
// it means in a toolset, which tools return it, and what to do. The toolset, or the
// origin of a code of ours, may be given before the code, with a dot between them
// (kakaotalk.file_not_found); else it is the first that has the code. The page
// names the others. It returns "" for an unknown code, and for a toolset that does
// not return it.
func ErrorPage(code string) string {
	toolset, bare, named := strings.Cut(code, ".")
	if named {
		code = bare
	}
	documented := papi.ErrorCodes()[code] != nil
	var sections []section
	for _, a := range answering(code) {
		sections = append(sections, section{a.toolset, a.section})
	}
	for _, own := range serverCodes() {
		if own.Code == code {
			sections = append(sections, section{string(own.Origin), func() string { return ownSection(own) }})
		}
	}
	shown := 0
	if named {
		if shown = slices.IndexFunc(sections, func(s section) bool { return s.name == toolset }); shown < 0 {
			return ""
		}
	}
	if len(sections) == 0 && !documented {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", code)
	var others []string
	for i, s := range sections {
		if i == shown {
			fmt.Fprintf(&b, "\n## %s\n\n%s", s.name, s.text())
		} else {
			others = append(others, s.name)
		}
	}
	if others != nil {
		fmt.Fprintf(&b, "\nIt may mean something else in: %s (%sNAME.%s).\n", strings.Join(others, ", "), ErrorsURI, code)
	}
	if documented {
		fmt.Fprintf(&b, "\nFacts: Provisioning API %s.\n", papi.ContractVersion)
	}
	return b.String()
}

// section is the part of a page that is about one toolset, or about this server.
type section struct {
	name string
	text func() string
}

// maxTools is how many tools a page names for one status.
const maxTools = 6

func (a *answerer) section() string {
	var b strings.Builder
	text := a.text()
	fmt.Fprintf(&b, "%s.\n\nDo: %s.\n\n", sentence(text.Message), text.Resolution)
	var next []catalog.Step // those that an agent gets after the error, each once
	tools := map[int][]string{}
	for _, row := range a.rows {
		status := statusOf(row, a.code)
		tools[status] = append(tools[status], "`"+row.Tool+"`")
		for _, step := range stepsAfterError(row, &papi.Error{Status: status, Code: a.code}) {
			if !slices.ContainsFunc(next, func(s catalog.Step) bool { return s.Tool == step.Tool && s.Do == step.Do }) {
				next = append(next, step)
			}
		}
	}
	for _, status := range slices.Sorted(maps.Keys(tools)) {
		named, more := tools[status], ""
		if n := len(named) - maxTools; n > 0 {
			named, more = named[:maxTools], fmt.Sprintf(" and %d more", n)
		}
		fmt.Fprintf(&b, "- %d %s, answered by %s%s.", status, http.StatusText(status), strings.Join(named, ", "), more)
		if len(next) == 0 { // what holds for every error of a status may be wrong for one that has steps of its own
			fmt.Fprintf(&b, " %s", byStatus(status))
		}
		b.WriteString("\n")
	}
	writeSteps(&b, next)
	return b.String()
}

func writeSteps(b *strings.Builder, steps []catalog.Step) {
	for _, step := range steps {
		b.WriteString("- Next: ")
		if step.Tool != "" {
			fmt.Fprintf(b, "`%s`: ", step.Tool)
		}
		fmt.Fprintf(b, "%s.\n", step.Do)
	}
}

func ownSection(own errorcode.Entry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nDo: %s.\n\n- Retryable: %s.\n", own.Meaning, strings.TrimSuffix(own.Do, "."), own.Retryable)
	if rule := ruleOf(own.Code); rule != nil {
		fmt.Fprintf(&b, "- A rule of the guard; it checks `%s`", strings.Join(rule.Tools, "`, `"))
		if rule.When != "" {
			fmt.Fprintf(&b, ", when %s", rule.When)
		}
		fmt.Fprintf(&b, ".\n- Source: %s.\n", rule.Source)
		var families []string
		for _, tool := range rule.Tools {
			if family := guides.OfTool(catalog.Lookup(tool).Toolset); !slices.Contains(families, family) {
				families = append(families, family)
			}
		}
		fmt.Fprintf(&b, "- Guide: %s%s.\n", GuidesURI, strings.Join(families, ", "+GuidesURI))
	}
	writeSteps(&b, afterRefusal[own.Code])
	return b.String()
}

// serverCodes are the codes of this server: those of package errorcode, and those
// of the guard's rules.
func serverCodes() []errorcode.Entry {
	all := errorcode.All()
	for i := range guard.Rules {
		rule := &guard.Rules[i]
		if rule.Warns { // and never refuses
			continue
		}
		all = append(all, errorcode.Entry{
			Code: rule.Code, Origin: errorcode.Guard, Meaning: rule.About, Retryable: errorcode.No,
			Do: "follow the resolution: change the call, or first bring the resource into the required state; then call again",
		})
	}
	return all
}

// ruleOf is the rule of the guard that refuses with the code, or nil.
func ruleOf(code string) *guard.Rule {
	i := slices.IndexFunc(guard.Rules, func(r guard.Rule) bool { return r.Code == code })
	if i < 0 {
		return nil
	}
	return &guard.Rules[i]
}

// errorCodes are all codes that have a page.
func errorCodes() []string {
	codes := slices.Collect(maps.Keys(papi.ErrorCodes()))
	for _, own := range serverCodes() {
		codes = append(codes, own.Code)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// errorURI is the page of an error that a tool of the toolset met. The shorter
// URI is enough where the page begins with that toolset anyway.
func errorURI(code, toolset string) string {
	if all := answering(code); len(all) == 0 || all[0].toolset == toolset {
		return ErrorsURI + code
	}
	return ErrorsURI + toolset + "." + code
}

// clearerTexts replace texts of the contract that mention their own source, name
// what another operation takes, cover only one of two fields, or read as a failure where
// there is none yet. The key is the code, or toolset/code.
var clearerTexts = map[string]papi.ErrorText{
	"account_not_found":                        {Message: "none yet: the project has no WhatsApp account", Resolution: "onboard one first; if there should be one, check the projectId"},
	"rcs/account_not_found":                    {Message: "none yet: the project has no RCS account before its first sender", Resolution: "create a sender first"},
	"project_not_initialized":                  {Message: "none yet: the project is not set up for WhatsApp", Resolution: "set it up first; if it should be already, check the projectId"},
	"kakaotalk/project_not_initialized":        {Message: "none yet: the project is not set up for KakaoTalk", Resolution: "create a sender first; if there should be one, check the projectId"},
	"rbm_has_not_been_used":                    {Message: "none yet: the project has not used RCS", Resolution: "create a sender first; if there should be one, wait and retry, or write to si-richmessaging@sinch.com"},
	"sms_service_not_found":                    {Message: "none yet: the project has no SMS app", Resolution: "create one first; if there should be one, check the projectId"},
	"invalid_google_agent":                     {Message: "Google does not accept the sender as it is"},
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
		text.Message = cmp.Or(clearerTexts[key].Message, text.Message)
		text.Resolution = cmp.Or(clearerTexts[key].Resolution, text.Resolution)
	}
	return text
}

// plainText is what the code means for the tool.
func plainText(row *catalog.Row, code string) papi.ErrorText {
	return (&answerer{code, row.Toolset, []*catalog.Row{row}}).text()
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

// sentence begins with a capital letter.
func sentence(text string) string {
	if text == "" {
		return "The contract gives only the code"
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
