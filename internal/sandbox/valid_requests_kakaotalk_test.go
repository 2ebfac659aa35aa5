package sandbox

import (
	"time"
)

// kakaoBody is the body of a KakaoTalk sender.
func kakaoBody(id string) obj {
	return obj{"plusFriendId": id, "details": obj{
		"adminPhoneNo": "+15550100", "name": "Example", "topLevelCategoryCode": "019", "midLevelCategoryCode": "0006", "subLevelCategoryCode": "0001",
	}}
}

// kakaoActive makes a KakaoTalk sender ACTIVE.
func (w *harness) kakaoActive(id string) {
	w.t.Helper()
	w.post("/kakaotalk/senders", kakaoBody(id)).ok().is("changes.status", "IN_PROGRESS")
	w.s.Advance(kakaoReview)
	path := "/kakaotalk/senders/" + id
	w.get(path).ok().is("state", "INACTIVE")
	code := w.post(path+"/register", nil).ok().is("state", "VERIFYING").header.Get(HeaderCode)
	w.post(path+"/verify", `{"code":`+code+`}`).ok().is("state", "ACTIVE")
}

func kakaoTemplateBody(name string) obj {
	return obj{"details": obj{"name": name, "language": "KO", "content": "Hello", "categoryCode": "001001"}}
}

func requestKakaotalk(w *harness) {
	w.kakaoActive("shop")
	path := "/kakaotalk/senders/shop"
	w.get("/kakaotalk/categories/senders").ok()
	w.get("/kakaotalk/categories/senders/shop/templates").ok()
	w.get("/kakaotalk/senders?filterStates=ACTIVE").ok()
	w.get(path + "/activities").ok()
	w.post(path+"/comments", obj{"comment": "Hi"}).ok()
	w.patch(path, obj{"details": obj{"name": "New", "logoImage": nil}}).ok().is("changes.status", "DRAFT")
	w.delete(path + "/changes").ok()
	w.patch(path, obj{"status": "SUBMIT", "details": obj{"name": "Newer"}}).ok().is("changes.status", "IN_PROGRESS")
	w.s.Advance(kakaoReview)
	w.get(path).ok().is("details.name", "Newer", "state", "ACTIVE")

	made := w.post(path+"/templates", kakaoTemplateBody("Welcome")).ok().is("changes.status", "IN_PROGRESS")
	one := path + "/templates/" + made.str("code")
	w.s.Advance(kakaoReview)
	w.get(one).ok().is("state", "APPROVED", "details.messageType", "BASIC")
	w.get(path + "/templates?templateName=Wel&filterStates=APPROVED").ok()
	w.patch(one, obj{}).ok().is("changes.status", "")
	w.patch(one, obj{"details": obj{"title": "T"}}).ok().is("changes.status", "DRAFT")
	w.delete(one + "/changes").fails("template_not_deletable") // it was submitted before
	w.patch(one, obj{"status": "SUBMIT", "details": obj{"title": "T"}}).ok().is("changes.status", "IN_PROGRESS")
	w.s.Advance(kakaoReview)
	w.get(one).ok().is("details.title", "T", "details.content", "Hello")
	w.get(one + "/activities").ok()
	w.post(one+"/comments", obj{"comment": "Hi"}).ok()

	draft := path + "/templates/" + w.post(path+"/templates", clone(kakaoTemplateBody("Draft"), obj{"status": "DRAFT"})).ok().str("code")
	w.delete(draft + "/changes").ok()
	w.get(draft).fails("template_not_found")

	bad := path + "/templates/" + w.post(path+"/templates", kakaoTemplateBody("Reject me")).ok().str("code")
	w.s.Advance(kakaoReview)
	w.get(bad).ok().is("state", "REJECTED")
	w.delete(bad + "/changes").fails("template_not_deletable")
	w.patch(bad, obj{"status": "SUBMIT", "details": obj{"name": "Good"}}).ok()
	w.s.Advance(kakaoReview)
	w.get(bad).ok().is("state", "APPROVED", "details.name", "Good")
	w.delete(one).ok()
	w.delete(path).ok()
	w.s.Advance(kakaoRemoval - time.Second)
	w.get(path).ok().is("state", "ACTIVE")
	w.s.Advance(time.Second)
	w.get(path).fails("sender_not_found")
}
