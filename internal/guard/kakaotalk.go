package guard

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
)

var ruleKakaoSenderUnique = Rule{
	Code:   "guard_kakaotalk_sender_unique",
	About:  "Only one sender uses a plusFriendId. A warning: the project's one KakaoTalk account may not be ready yet.",
	Tools:  []string{"kakaotalk_sender_create"},
	Source: "createSender, 1.2.117",
	Reads:  []*Read{readKakaoSenders},
	check:  kakaoSenderUnique,
}

func kakaoSenderUnique(c *Call, a answers) *Refusal {
	senders := jsonvalue.Objects(a.of(readKakaoSenders), "senders")
	live := false
	for _, sender := range senders {
		if sender["plusFriendId"] == c.Args["plusFriendId"] {
			return &Refusal{
				Message:    fmt.Sprintf("the project already has a sender with plusFriendId %q", c.Args["plusFriendId"]),
				Resolution: "continue with that sender, or give another channel",
				Next:       []catalog.Next{readKakaoSender.next(c, "check the existing sender")},
			}
		}
		live = live || jsonvalue.Text(sender, "state") != ""
	}
	if len(senders) > 0 && !live {
		c.Warn("no KakaoTalk sender of the project is live yet: while its account is being created, the API refuses another sender (account_is_in_progress)")
	}
	return nil
}

var ruleKakaoCategoryForm = Rule{
	Code:   "guard_kakaotalk_category_form",
	About:  "A KakaoTalk sender's category codes have 3, 4 and 4 digits.",
	Tools:  []string{"kakaotalk_sender_create", "kakaotalk_sender_update"},
	Source: "KakaotalkInputSenderDetailsDto, 1.2.117",
	check:  kakaoCategoryForm,
}

func kakaoCategoryForm(c *Call, _ answers) *Refusal {
	var wrong []string
	for i, code := range kakaoCodes(c) {
		digits := kakaoDigits[i]
		if code != "" && (len(code) != digits || strings.Trim(code, "0123456789") != "") {
			wrong = append(wrong, fmt.Sprintf("details.%s must have exactly %d digits", catalog.KakaotalkCategoryFields[i], digits))
		}
	}
	return refuseAll(wrong, Refusal{
		Resolution: "take the codes from kakaotalk_sender_category_list",
		Next:       []catalog.Next{readKakaoSenderCategories.next(c, "choose a category with the person")},
	})
}

// kakaoDigits are how many digits the codes of a sender's category have, from the
// top down.
var kakaoDigits = []int{3, 4, 4}

// kakaoCodes are the category codes that the call gives, "" for a level that it
// leaves out.
func kakaoCodes(c *Call) []string {
	codes := make([]string, len(catalog.KakaotalkCategoryFields))
	for i, field := range catalog.KakaotalkCategoryFields {
		codes[i] = jsonvalue.Text(c.Args, "details."+field)
	}
	return codes
}

func isGiven(code string) bool { return code != "" }

var ruleKakaoSenderCategory = Rule{
	Code:    "guard_kakaotalk_sender_category",
	About:   "A KakaoTalk sender's category codes form a path down the tree of supported categories.",
	Tools:   []string{"kakaotalk_sender_create", "kakaotalk_sender_update"},
	Source:  "createSender, updateSender, 1.2.117",
	When:    "a category code is given",
	applies: func(c *Call) bool { return slices.ContainsFunc(kakaoCodes(c), isGiven) },
	Reads:   []*Read{readKakaoSenderCategories},
	check:   kakaoSenderCategory,
}

func kakaoSenderCategory(c *Call, a answers) *Refusal {
	tree, codes := jsonvalue.Objects(a.of(readKakaoSenderCategories), "categories"), kakaoCodes(c)
	if len(tree) == 0 || leadDown(tree, codes) {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("no supported category has the codes %s", strings.Join(slices.DeleteFunc(codes, func(code string) bool { return !isGiven(code) }), " > ")),
		Resolution: "take the codes from kakaotalk_sender_category_list: one from each level, each below the one before",
		Next:       []catalog.Next{readKakaoSenderCategories.next(c, "choose a category with the person")},
	}
}

// leadDown reports whether the codes lead down the tree; a code that is not given
// may be any.
func leadDown(level []map[string]any, codes []string) bool {
	if len(codes) == 0 {
		return true
	}
	for _, one := range level {
		if (codes[0] == "" || one["code"] == codes[0]) && leadDown(jsonvalue.Objects(one, "subcategories"), codes[1:]) {
			return true
		}
	}
	// Below the last level nothing is asked.
	return !slices.ContainsFunc(codes, isGiven)
}

var ruleKakaoTemplateUnique = Rule{
	Code:    "guard_kakaotalk_template_unique",
	About:   "A KakaoTalk template's name is unique among those of its sender.",
	Tools:   []string{"kakaotalk_template_create", "kakaotalk_template_update"},
	Source:  "createTemplate, updateTemplate, 1.2.117",
	When:    "a name is given",
	applies: givesDetail("name"),
	Reads:   []*Read{readKakaoNames},
	check:   kakaoTemplateUnique,
}

func kakaoTemplateUnique(c *Call, a answers) *Refusal {
	name := jsonvalue.Text(c.Args, "details.name")
	for _, template := range jsonvalue.Objects(a.of(readKakaoNames), "templates") {
		pendingName := jsonvalue.Text(template, "changes.details.name")
		if template["code"] == c.Args["templateCode"] || cmp.Or(pendingName, jsonvalue.Text(template, "details.name")) != name {
			continue
		}
		id := map[string]any{"plusFriendId": c.Args["plusFriendId"], "templateCode": template["code"]}
		return &Refusal{
			Message:    fmt.Sprintf("the sender already has a template named %q, %v", name, template["code"]),
			Resolution: "give another name, or update that template",
			Info:       map[string]any{"templateCode": template["code"]},
			Next: []catalog.Next{
				nextCall("check the existing template", "kakaotalk_template_get", id),
				nextCall("or change it", "kakaotalk_template_update", id, "details"),
			},
		}
	}
	return nil
}

var ruleKakaoTemplateCategory = Rule{
	Code:   "guard_kakaotalk_template_category",
	About:  "A KakaoTalk template's category code is one that the project supports, or " + noCategory + " for none.",
	Tools:  []string{"kakaotalk_template_create", "kakaotalk_template_update"},
	Source: "createTemplate, updateTemplate, 1.2.117",
	When:   "a category other than " + noCategory + " is given",
	applies: func(c *Call) bool {
		return !slices.Contains([]string{"", noCategory}, jsonvalue.Text(c.Args, "details.categoryCode"))
	},
	Reads: []*Read{readKakaoTemplateCategories},
	check: kakaoTemplateCategory,
}

func kakaoTemplateCategory(c *Call, a answers) *Refusal {
	code := jsonvalue.Text(c.Args, "details.categoryCode")
	answer := a.of(readKakaoTemplateCategories)
	var codes []string
	for _, category := range jsonvalue.Objects(answer, "categories") {
		for _, sub := range jsonvalue.Objects(category, "subcategories") {
			codes = append(codes, jsonvalue.Text(sub, "code"))
		}
	}
	// A list that is truncated does not show that there is no such code.
	if len(codes) == 0 || !jsonvalue.IsEmpty(answer["nextPageToken"]) || slices.Contains(codes, code) {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("details.categoryCode %q is not among the project's template categories", code),
		Resolution: "take a code from kakaotalk_template_category_list, or leave it out",
		Next:       []catalog.Next{readKakaoTemplateCategories.next(c, "choose a category with the person")},
	}
}

// noCategory is the code of a template that names no category.
const noCategory = "999999"

var ruleKakaoButtons = Rule{
	Code:   "guard_kakaotalk_buttons",
	About:  "No two buttons of a KakaoTalk template share a type.",
	Tools:  []string{"kakaotalk_template_create", "kakaotalk_template_update"},
	Source: "KakaotalkInputTemplateDetailsDto, 1.2.117",
	check:  kakaoButtons,
}

func kakaoButtons(c *Call, _ answers) *Refusal {
	twice := repeats(jsonvalue.Objects(c.Args, "details.buttons"), "type")
	if twice == nil {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("details.buttons[%d]: there is already a button of type %s", twice[0].at, twice[0].value),
		Resolution: "give each button a different type",
		Info:       map[string]any{"type": twice[0].value},
	}
}

var ruleKakaoVariables = Rule{
	Code:   "guard_kakaotalk_variables",
	About:  "A warning: variables such as {{1}} in the texts of a KakaoTalk template. That is how WhatsApp's are written; KakaoTalk's are written #{name}.",
	Tools:  []string{"kakaotalk_template_create", "kakaotalk_template_update"},
	Source: "KakaotalkInputTemplateDetailsDto, KakaotalkInputButtonDto, 1.2.117",
	Warns:  true,
	check:  kakaoVariables,
}

// kakaoVariables only warns: the contract says nothing of KakaoTalk's variables.
func kakaoVariables(c *Call, _ answers) *Refusal {
	details := jsonvalue.Object(c.Args, "details")
	warn := func(holder map[string]any, path, field string) {
		found := lint.FindVariables(jsonvalue.Text(holder, field))
		if given := found.Written; len(given) > 0 {
			c.Warn(fmt.Sprintf("%s.%s contains %q, which is how WhatsApp's variables are written; KakaoTalk's are written #{name}: the API decides", path, field, shortened(given[0])))
		}
		for _, one := range found.Lookalikes {
			if !strings.HasPrefix(one, "#") {
				c.Warn(fmt.Sprintf("%s.%s: %q is sent as it is, since KakaoTalk's variables are written #{name}", path, field, shortened(one)))
			}
		}
	}
	for _, field := range []string{"content", "extra", "title", "subtitle"} {
		warn(details, "details", field)
	}
	for i, button := range jsonvalue.Objects(details, "buttons") {
		for _, field := range []string{"name", "linkMo", "linkPc", "schemeIos", "schemeAndroid"} {
			warn(button, fmt.Sprintf("details.buttons[%d]", i), field)
		}
	}
	return nil
}

var kakaotalkSummaries = []Summary{
	{Tool: "kakaotalk_sender_delete", Reads: []*Read{readKakaoSender, readKakaoTemplates}, text: askKakaoSenderDelete},
	questionAbout("kakaotalk_sender_changes_discard", readKakaoSender, "name", sentences{ask: "Discard the pending changes of the KakaoTalk sender"}, lostChanges),
	questionAbout("kakaotalk_template_delete", readKakaoTemplate, "name", sentences{ask: "Delete the KakaoTalk template", effect: noWayBack}, stateAndChanges),
	questionAbout("kakaotalk_template_changes_discard", readKakaoTemplate, "name", sentences{ask: "Discard the draft of the KakaoTalk template"}, lostChanges),
}

func askKakaoSenderDelete(_ map[string]any, a answers) sentences {
	sender := a.of(readKakaoSender)
	return sentences{
		ask:    "Delete the KakaoTalk sender",
		name:   detailName(sender, "name"),
		effect: "It can still deliver its last messages for 60 days, then it is gone. " + noWayBack,
		facts:  fmt.Sprintf("%s It has %s.", stateAndChanges(sender), papi.Count(total(a.of(readKakaoTemplates), "templates"), "template")),
	}
}
