package guard

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
)

var kakaotalkRules = []Rule{
	{
		Name:  "kakaotalk_sender_unique",
		About: "A plusFriendId is used by one sender. Told as a warning: a project whose KakaoTalk account, of which it has one, may still be on its way.",
		Tools: []string{"kakaotalk_sender_create"},
		Reads: []string{"kakaotalk_sender_list"},
		check: kakaoSenderUnique,
	},
	{
		Name:  "kakaotalk_sender_category",
		About: "A KakaoTalk sender's category codes have 3, 4 and 4 digits, and lead down the tree of supported categories.",
		Tools: []string{"kakaotalk_sender_create", "kakaotalk_sender_update"},
		Reads: []string{"kakaotalk_sender_category_list"},
		check: kakaoSenderCategory,
	},
	{
		Name:  "kakaotalk_sender_update_state",
		About: "A KakaoTalk sender is updated when ACTIVE, or not yet live, and while its pending changes are a DRAFT.",
		Tools: []string{"kakaotalk_sender_update"},
		Reads: []string{"kakaotalk_sender_get"},
		check: looking("kakaotalk_sender_get", false, standing{states: []string{"ACTIVE"}, changes: []string{"DRAFT"}}.judge("kakaotalk_sender_get")),
	},
	{
		Name:   "kakaotalk_sender_discard_state",
		About:  "Pending changes of a KakaoTalk sender are discarded when DRAFT or REJECTED.",
		Tools:  []string{"kakaotalk_sender_changes_discard"},
		Reads:  []string{"kakaotalk_sender_get"},
		Closed: true,
		check:  looking("kakaotalk_sender_get", true, standing{changes: []string{"DRAFT", "REJECTED"}, must: true}.judge("kakaotalk_sender_get")),
	},
	{
		Name:  "kakaotalk_template_unique",
		About: "A KakaoTalk template's name is used once with a sender.",
		Tools: []string{"kakaotalk_template_create", "kakaotalk_template_update"},
		Reads: []string{"kakaotalk_template_list"},
		check: kakaoTemplateUnique,
	},
	{
		Name:  "kakaotalk_template_category",
		About: "A KakaoTalk template's category code is one that the project supports, or 999999 for none.",
		Tools: []string{"kakaotalk_template_create", "kakaotalk_template_update"},
		Reads: []string{"kakaotalk_template_category_list"},
		check: kakaoTemplateCategory,
	},
	{
		Name:  "kakaotalk_buttons",
		About: "No two buttons of a KakaoTalk template share a type.",
		Tools: []string{"kakaotalk_template_create", "kakaotalk_template_update"},
		check: kakaoButtons,
	},
	{
		Name:  "kakaotalk_template_update_state",
		About: "A KakaoTalk template is updated when APPROVED, REJECTED or not yet live, and while its pending changes are DRAFT or REJECTED.",
		Tools: []string{"kakaotalk_template_update"},
		Reads: []string{"kakaotalk_template_get"},
		check: looking("kakaotalk_template_get", false, standing{states: []string{"APPROVED", "REJECTED"}, changes: []string{"DRAFT", "REJECTED"}}.judge("kakaotalk_template_get")),
	},
	{
		Name:   "kakaotalk_template_discard_state",
		About:  "What is discarded of a KakaoTalk template was not yet submitted: its pending changes are a DRAFT.",
		Tools:  []string{"kakaotalk_template_changes_discard"},
		Reads:  []string{"kakaotalk_template_get"},
		Closed: true,
		check:  looking("kakaotalk_template_get", true, standing{changes: []string{"DRAFT"}, must: true}.judge("kakaotalk_template_get")),
	},
}

func kakaoSenderUnique(ctx context.Context, _ *Guard, c *Call) *Refusal {
	answer, err := c.read(ctx, "kakaotalk_sender_list", map[string]any{})
	if err != nil {
		return unreadable(c, "kakaotalk_sender_list", false, err)
	}
	senders := objects(answer["senders"])
	live := false
	for _, sender := range senders {
		if sender["plusFriendId"] == c.Args["plusFriendId"] {
			id := map[string]any{"plusFriendId": c.Args["plusFriendId"]}
			return &Refusal{
				Message:    fmt.Sprintf("the project has a sender with plusFriendId %q already", c.Args["plusFriendId"]),
				Resolution: "go on with that sender, or name another channel",
				Next:       []catalog.Next{{Do: "look at the sender that is there", Tool: "kakaotalk_sender_get", Args: id, Needs: []string{}}},
			}
		}
		live = live || text(sender, "state") != ""
	}
	if len(senders) > 0 && !live {
		c.Warn("no KakaoTalk sender of the project is live yet: while its account is being made, the API refuses another sender (account_is_in_progress)")
	}
	return nil
}

// kakaoLevels are the codes of a sender's category, from the top down, and
// their digits.
var kakaoLevels = []struct {
	field  string
	digits int
}{{"topLevelCategoryCode", 3}, {"midLevelCategoryCode", 4}, {"subLevelCategoryCode", 4}}

func kakaoSenderCategory(ctx context.Context, _ *Guard, c *Call) *Refusal {
	details := object(c.Args, "details")
	codes := make([]string, len(kakaoLevels))
	var wrong []string
	given := false
	for i, level := range kakaoLevels {
		codes[i] = text(details, level.field)
		if codes[i] == "" {
			continue
		}
		given = true
		if len(codes[i]) != level.digits || strings.Trim(codes[i], "0123456789") != "" {
			wrong = append(wrong, fmt.Sprintf("details.%s must have exactly %d digits", level.field, level.digits))
		}
	}
	if !given {
		return nil
	}
	next := []catalog.Next{{Do: "choose a category with the person", Tool: "kakaotalk_sender_category_list", Args: map[string]any{}, Needs: []string{}}}
	if wrong != nil {
		return &Refusal{Message: strings.Join(wrong, "; "), Resolution: "take the codes from kakaotalk_sender_category_list", Next: next}
	}
	answer, err := c.read(ctx, "kakaotalk_sender_category_list", map[string]any{})
	if err != nil {
		return unreadable(c, "kakaotalk_sender_category_list", false, err)
	}
	tree := objects(answer["categories"])
	if len(tree) == 0 || leadDown(tree, codes) {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("no supported category has the codes %s", strings.Join(slices.DeleteFunc(codes, func(code string) bool { return code == "" }), " > ")),
		Resolution: "take the codes from kakaotalk_sender_category_list: one of each level, below each other",
		Next:       next,
	}
}

// leadDown tells whether the codes lead down the tree; a code that is not given
// may be any.
func leadDown(level []map[string]any, codes []string) bool {
	if len(codes) == 0 {
		return true
	}
	for _, one := range level {
		if (codes[0] == "" || one["code"] == codes[0]) && leadDown(objects(one["subcategories"]), codes[1:]) {
			return true
		}
	}
	// Below the last level nothing is asked.
	return codes[0] == "" && !slices.ContainsFunc(codes, func(code string) bool { return code != "" })
}

func kakaoTemplateUnique(ctx context.Context, _ *Guard, c *Call) *Refusal {
	name := text(object(c.Args, "details"), "name")
	if name == "" {
		return nil
	}
	sender := map[string]any{"plusFriendId": c.Args["plusFriendId"]}
	answer, err := c.read(ctx, "kakaotalk_template_list", withArg(sender, "templateName", name))
	if err != nil {
		return unreadable(c, "kakaotalk_template_list", false, err)
	}
	for _, template := range objects(answer["templates"]) {
		if template["code"] == c.Args["templateCode"] || templateName(template) != name {
			continue
		}
		id := withArg(sender, "templateCode", template["code"])
		return &Refusal{
			Message:    fmt.Sprintf("the sender has a template named %q already, %v", name, template["code"]),
			Resolution: "give another name, or update that template",
			Info:       map[string]any{"templateCode": template["code"]},
			Next: []catalog.Next{
				{Do: "look at the template that is there", Tool: "kakaotalk_template_get", Args: id, Needs: []string{}},
				{Do: "or change it", Tool: "kakaotalk_template_update", Args: id, Needs: []string{"details"}},
			},
		}
	}
	return nil
}

// templateName is a template's name: the pending one, before the live one.
func templateName(template map[string]any) string {
	if name := text(object(template, "changes", "details"), "name"); name != "" {
		return name
	}
	return text(object(template, "details"), "name")
}

// noCategory is the code of a template that names no category.
const noCategory = "999999"

func kakaoTemplateCategory(ctx context.Context, _ *Guard, c *Call) *Refusal {
	code := text(object(c.Args, "details"), "categoryCode")
	if code == "" || code == noCategory {
		return nil
	}
	sender := map[string]any{"plusFriendId": c.Args["plusFriendId"]}
	answer, err := c.read(ctx, "kakaotalk_template_category_list", sender)
	if err != nil {
		return unreadable(c, "kakaotalk_template_category_list", false, err)
	}
	var codes []string
	for _, category := range objects(answer["categories"]) {
		for _, sub := range objects(category["subcategories"]) {
			codes = append(codes, text(sub, "code"))
		}
	}
	// A list that is cut does not tell that there is no such code.
	if len(codes) == 0 || answered(answer["nextPageToken"]) || slices.Contains(codes, code) {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("details.categoryCode %q is not among the project's template categories", code),
		Resolution: "take a code from kakaotalk_template_category_list, or leave it out",
		Next:       []catalog.Next{{Do: "choose a category with the person", Tool: "kakaotalk_template_category_list", Args: sender, Needs: []string{}}},
	}
}

func kakaoButtons(_ context.Context, _ *Guard, c *Call) *Refusal {
	seen := map[string]bool{}
	for i, button := range objects(object(c.Args, "details")["buttons"]) {
		kind := text(button, "type")
		if kind != "" && seen[kind] {
			return &Refusal{
				Message:    fmt.Sprintf("details.buttons[%d]: there is a button of type %s already", i, kind),
				Resolution: "give each button a type of its own",
				Info:       map[string]any{"type": kind},
			}
		}
		seen[kind] = true
	}
	return nil
}

// summariseKakaoSenderDelete tells which sender goes, and what with it.
func summariseKakaoSenderDelete(ctx context.Context, c *Call) (string, []string) {
	id := pathArgs(c.Row, c.Args)
	sender, err := c.read(ctx, "kakaotalk_sender_get", id)
	if err != nil {
		return unseen(err)
	}
	told := fmt.Sprintf("The sender %q is %s.", kakaoName(sender), or(text(sender, "state"), "not live yet"))
	if templates, err := c.read(ctx, "kakaotalk_template_list", id); err != nil {
		told += fmt.Sprintf(" Its templates could not be counted (%s).", code(err))
	} else {
		told += fmt.Sprintf(" It has templates: %s.", total(templates, "templates"))
	}
	told += " It delivers its last messages for 60 days; this API has no call that brings it back."
	return told, []string{told}
}

// summariseKakaoTemplate tells which template goes.
func summariseKakaoTemplate(ctx context.Context, c *Call) (string, []string) {
	template, err := c.read(ctx, "kakaotalk_template_get", pathArgs(c.Row, c.Args))
	if err != nil {
		return unseen(err)
	}
	told := fmt.Sprintf("The template %q is %s; pending changes: %s. This API has no call that brings it back.", templateName(template), or(text(template, "state"), "not live yet"), or(pending(template), "none"))
	return told, []string{told}
}

// summariseKakaoDiscard tells which changes are lost.
func summariseKakaoDiscard(read string) func(context.Context, *Call) (string, []string) {
	return func(ctx context.Context, c *Call) (string, []string) {
		thing, err := c.read(ctx, read, pathArgs(c.Row, c.Args))
		if err != nil {
			return unseen(err)
		}
		fields := slices.Sorted(maps.Keys(object(thing, "changes", "details")))
		told := fmt.Sprintf("%q is %s. Lost are its changes in %s: %s.", kakaoName(thing), or(text(thing, "state"), "not live yet"), or(pending(thing), "none"), strings.Join(fields, ", "))
		return told, []string{told}
	}
}

// kakaoName is the name of a sender or template.
func kakaoName(thing map[string]any) string {
	if name := text(object(thing, "details"), "name"); name != "" {
		return name
	}
	return text(object(thing, "changes", "details"), "name")
}
