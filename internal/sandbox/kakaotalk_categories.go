package sandbox

// kakaoCategories are the categories of senders: three levels of codes.
var kakaoCategories = []kakaoCategory{
	{"001", "건강", []kakaoCategory{
		{"0001", "병원", []kakaoCategory{{"0001", "종합병원", nil}, {"0002", "피부과", nil}}},
		{"0002", "약국", []kakaoCategory{{"0001", "약국", nil}}},
	}},
	{"002", "교육", []kakaoCategory{
		{"0001", "학교", []kakaoCategory{{"0001", "유치원", nil}}},
	}},
	{"019", "쇼핑", []kakaoCategory{
		{"0006", "온라인몰", []kakaoCategory{{"0001", "종합몰", nil}}},
	}},
}

type kakaoCategory struct {
	code, name string
	below      []kakaoCategory
}

func renderKakaoCategories(all []kakaoCategory, parent string, depth int) []any {
	docs := make([]any, len(all))
	for i, one := range all {
		docs[i] = map[string]any{
			"parentCode": parent, "depth": depth, "code": one.code, "name": one.name,
			"subcategories": renderKakaoCategories(one.below, one.code, depth+1),
		}
	}
	return docs
}

// isKakaoCategory reports whether the codes lead down the tree.
func isKakaoCategory(codes ...string) bool {
	level := kakaoCategories
	for _, code := range codes {
		found := false
		for _, one := range level {
			if one.code == code {
				level, found = one.below, true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func listKakaoCategories(c *call) answer {
	return c.ok(map[string]any{"categories": renderKakaoCategories(kakaoCategories, "", 1)})
}

// noKakaoCategory is the code of a template that names no category.
const noKakaoCategory = "999999"

// kakaoTemplateCategories are the categories of templates, by code.
var kakaoTemplateCategories = []map[string]any{
	{"name": "회원", "nameEnglish": "Membership", "subcategories": []any{
		kakaoSubcategory("001001", "회원", "회원가입", "Join membership", "Welcome messages after a sign-up"),
		kakaoSubcategory("001002", "회원", "인증/비밀번호/로그인", "Authentication/Password/Login", "One-time codes and password resets"),
	}},
	{"name": "구매", "nameEnglish": "Purchase", "subcategories": []any{
		kakaoSubcategory("002001", "구매", "구매완료", "Purchase completed", "Confirmations of an order"),
		kakaoSubcategory("002002", "구매", "구매취소", "Purchase cancellation", "Confirmations of a cancellation"),
	}},
}

func kakaoSubcategory(code, group, name, english, inclusion string) map[string]any {
	return map[string]any{"code": code, "name": name, "nameEnglish": english, "groupName": group, "inclusion": inclusion, "exclusion": "Advertising"}
}

func listKakaoTemplateCategories(c *call, _ *kakaoSender) answer {
	return listDocuments(c, "categories", kakaoTemplateCategories)
}

func isKakaoTemplateCategory(code string) bool {
	for _, category := range kakaoTemplateCategories {
		for _, sub := range category["subcategories"].([]any) {
			if sub.(map[string]any)["code"] == code {
				return true
			}
		}
	}
	return code == noKakaoCategory || code == ""
}
