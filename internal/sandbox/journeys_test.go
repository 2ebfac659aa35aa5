package sandbox

import (
	"slices"
	"testing"
	"time"
)

func TestSenderBecomesActive(t *testing.T) {
	w := manual(t)
	w.get("/whatsapp/senders").fails("project_not_initialized")
	w.onboarded()
	first := w.get("/whatsapp/senders").ok().items("senders")
	if len(first) != 1 {
		t.Fatalf("%d senders came with the account, want 1", len(first))
	}

	made := w.post("/whatsapp/senders", partnerSender("5550100")).ok().is("changes.status", "IN_PROGRESS", "state", "", "changes.details.displayName", "Example Care")
	path := "/whatsapp/senders/" + made.str("id")
	w.post(path+"/register", obj{"method": "SMS"}).fails("not_allowed_register")
	w.post(path+"/verify", obj{"code": "123456"}).fails("not_allowed_verify")

	w.s.Advance(senderProvisioning)
	w.get(path).ok().is("state", "PENDING_VERIFICATION", "details.displayName", "Example Care", "changes.status", "", "metadata.displayName.status", "PENDING")
	asked := w.post(path+"/register", obj{"method": "SMS"}).ok()
	code := asked.header.Get(HeaderCode)
	if len(code) != 6 || asked.body["verificationCodeSent"] != true {
		t.Fatalf("code %q, answer %v", code, asked.body)
	}
	w.post(path+"/verify", obj{"code": other(code)}).fails("wrong_otp")
	w.post(path+"/verify", obj{"code": code}).ok()
	w.post(path+"/register", obj{"method": "SMS"}).fails("sender-already-registered")
	w.get(path).ok().is("state", "PENDING_VERIFICATION")

	w.s.Advance(senderActivation)
	w.get(path).ok().is("state", "ACTIVE", "qualityRating", "UNKNOWN")
	if w.get(path).str("bearerToken") == "" {
		t.Error("an active sender without its bearer token")
	}
	w.s.Advance(senderQuality)
	w.get(path).ok().is("qualityRating", "GREEN", "metadata.displayName.status", "APPROVED")
	w.s.Advance(accountLimitRaise)
	w.get("/whatsapp").ok().is("businessDailyLimit", "TIER_1K")
	w.get(path).ok().is("dailyLimit", "TIER_1K")

	if got := w.get(path+"/activities").names("notifications", "type"); !slices.Equal(got, []string{"ACTIVE", "VERIFIED", "REGISTERED", "IN_PROGRESS", "CREATED"}) {
		t.Errorf("activities %v", got)
	}
	w.delete(path).ok()
	w.delete(path).fails("sender_already_deleted")
	w.s.Advance(senderRemoval - time.Second)
	w.get(path).ok().is("state", "ACTIVE")
	w.s.Advance(time.Second)
	w.get(path).fails("sender_not_found")
}

// other is a code that is not the one.
func other(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

func TestEmbeddedSignupOnboardsTheProject(t *testing.T) {
	w := manual(t)
	body := obj{"wabaId": "111111111111111", "phoneNumberId": "22222222222222", "authenticationCode": "once"}
	id := w.post("/whatsapp/senders", body).ok().str("id")
	account := w.get("/whatsapp").ok().is("state", "ONBOARDED", "wabaId", "111111111111111")
	if account.body["isEmbeddedSignup"] != true {
		t.Error("the account does not show the signup")
	}
	w.s.Advance(senderProvisioning)
	w.get("/whatsapp/senders/"+id).ok().is("state", "PENDING_VERIFICATION")
	w.post("/whatsapp/senders", body).fails("invalid_facebook_token") // the code was used
}

func TestNumberVerifiedByMetaNeedsNoCode(t *testing.T) {
	w := manual(t)
	w.onboarded()
	path := "/whatsapp/senders/" + w.post("/whatsapp/senders", partnerSender("5551111")).ok().str("id")
	w.s.Advance(senderProvisioning)
	if asked := w.post(path+"/register", obj{"method": "VOICE"}).ok(); asked.body["verificationCodeSent"] != false {
		t.Errorf("a code was sent: %v", asked.body)
	}
	w.post(path+"/verify", obj{}).ok()
	w.s.Advance(senderActivation)
	w.get(path).ok().is("state", "ACTIVE")
}

func TestSenderUpdate(t *testing.T) {
	w := manual(t)
	w.onboarded()
	path := "/whatsapp/senders/" + w.activeSender("5550101")
	w.s.Advance(displayNameReview)

	w.patch(path, obj{"details": obj{"about": "Open all day"}}).ok().is("changes.status", "DRAFT", "changes.details.about", "Open all day")
	w.delete(path + "/changes").ok()
	w.delete(path + "/changes").fails("sender_changes_not_found")

	w.patch(path, obj{"status": "SUBMIT", "details": obj{"about": "Open all day", "email": nil, "displayName": "New Name"}}).ok().
		is("changes.status", "IN_PROGRESS", "metadata.displayName.status", "PENDING", "details.displayName", "Example Care")
	w.delete(path + "/changes").fails("sender_changes_not_deletable")
	w.patch(path, obj{"details": obj{"about": "Again"}}).fails("sender_changes_not_updatable")
	w.s.Advance(senderUpdate)
	w.get(path).ok().is("details.about", "Open all day", "changes.status", "")
	w.patch(path, obj{"details": obj{"displayName": "Newer Name"}}).fails("sender_display_name_update_not_allowed")
	w.s.Advance(displayNameReview)
	w.get(path).ok().is("details.displayName", "New Name", "metadata.displayName.status", "APPROVED")

	w.patch(path, obj{"status": "SUBMIT", "details": obj{"displayName": "Reject me", "about": nil}}).ok()
	w.s.Advance(displayNameReview)
	w.get(path).ok().is("details.displayName", "New Name", "metadata.displayName.status", "REJECTED", "details.about", "")

	w.patch(path, obj{"status": "SUBMIT", "details": obj{"username": "example.care"}}).ok().is("metadata.username.status", "PENDING")
	w.s.Advance(usernameReview)
	w.get(path).ok().is("details.username", "example.care")
	w.patch(path, obj{"status": "SUBMIT", "details": obj{"description": "reject this"}}).ok()
	w.s.Advance(senderUpdate)
	w.get(path).ok().is("changes.status", "REJECTED", "details.description", "")
	w.patch(path, obj{"status": "SUBMIT", "details": obj{"description": "better"}}).ok()
	w.s.Advance(senderUpdate)
	w.get(path).ok().is("changes.status", "", "details.description", "better")
}

func TestDraftSenderIsSubmittedLater(t *testing.T) {
	w := manual(t)
	w.onboarded()
	body := partnerSender("5550102")
	body["status"] = "DRAFT"
	path := "/whatsapp/senders/" + w.post("/whatsapp/senders", body).ok().is("changes.status", "DRAFT", "state", "").str("id")
	w.patch(path, obj{"status": "SUBMIT"}).ok().is("changes.status", "IN_PROGRESS")
	w.s.Advance(senderProvisioning)
	w.get(path).ok().is("state", "PENDING_VERIFICATION")
}

func TestAccountJourneys(t *testing.T) {
	body := func(name string) obj { return obj{"companyLegalName": name, "clientBusinessManagerId": "1234567890"} }
	t.Run("rejected, then corrected", func(t *testing.T) {
		w := manual(t)
		w.post("/whatsapp", body("Reject Ltd")).ok().is("changes.status", "IN_PROGRESS", "state", "")
		w.patch("/whatsapp", obj{"wabaName": "Good Ltd"}).fails("account_not_updatable")
		w.s.Advance(accountReview)
		w.get("/whatsapp").ok().is("changes.status", "REJECTED")
		w.patch("/whatsapp", obj{"wabaName": "Good Ltd"}).ok().is("changes.status", "IN_PROGRESS", "changes.details.wabaName", "Good Ltd")
		w.s.Advance(accountReview)
		w.get("/whatsapp").ok().is("state", "ONBOARDED", "details.wabaName", "Good Ltd")
		w.delete("/whatsapp").ok()
		w.get("/whatsapp").fails("account_not_found")
	})
	t.Run("waits for Meta's verification", func(t *testing.T) {
		w := manual(t)
		w.post("/whatsapp", body("Pending Ltd")).ok()
		w.s.Advance(accountReview)
		w.get("/whatsapp").ok().is("changes.status", "PENDING_FACEBOOK_VERIFICATION")
		w.s.Advance(accountVerification)
		w.get("/whatsapp").ok().is("state", "ONBOARDED")
	})
}

func TestTemplateApproved(t *testing.T) {
	w := manual(t)
	w.onboarded()
	path := templatePath("order_update", "EN")
	w.post("/whatsapp/templates", template("order_update", "EN")).ok().is("changes.status", "IN_PROGRESS", "state", "")
	w.s.Advance(templateSubmission)
	w.get(path).ok().is("state", "PENDING", "changes.status", "")
	w.patch(path, obj{"details": obj{"messageSendTtlSeconds": 60}}).fails("template_not_updatable")
	w.s.Advance(templateReview)
	w.get(path).ok().is("state", "APPROVED", "qualityScore", "QUALITY_SCORE_UNKNOWN")
	w.s.Advance(templateQuality)
	w.get(path).ok().is("qualityScore", "QUALITY_SCORE_GREEN")

	w.patch(path, obj{"status": "SUBMIT", "details": obj{"components": []any{obj{"type": "BODY", "text": "New text."}}}}).ok().is("state", "APPROVED", "changes.status", "IN_PROGRESS")
	w.patch(path, obj{"details": obj{"messageSendTtlSeconds": 60}}).fails("template_changes_not_updatable")
	w.s.Advance(templateSubmission + templateReview)
	got := w.get(path).ok().is("state", "APPROVED", "changes.status", "")
	if components := got.body["details"].(obj)["components"].([]any); components[0].(obj)["text"] != "New text." {
		t.Errorf("the new text is not live: %v", components)
	}
}

func TestTemplateRejectedAndResubmitted(t *testing.T) {
	w := manual(t)
	w.onboarded()
	path := templatePath("reject_scam_offer", "EN")
	w.post("/whatsapp/templates", template("reject_scam_offer", "EN")).ok()
	w.s.Advance(templateSubmission + templateReview)
	w.get(path).ok().is("state", "REJECTED", "rejectionCode", "SCAM")
	w.patch(path, obj{"details": obj{"components": []any{obj{"type": "BODY", "text": "Honest."}}}}).ok().is("changes.status", "DRAFT")
	w.patch(path, obj{"status": "SUBMIT"}).ok().is("changes.status", "IN_PROGRESS")
	w.s.Advance(templateSubmission)
	w.get(path).ok().is("state", "PENDING", "rejectionCode", "")
	w.s.Advance(templateReview)
	w.get(path).ok().is("state", "APPROVED")
}

func TestTemplatePaused(t *testing.T) {
	w := manual(t)
	w.onboarded()
	w.approved("pause_promo", "EN")
	w.s.Advance(templatePause)
	w.get(templatePath("pause_promo", "EN")).ok().is("state", "PAUSED")
	w.s.Advance(templateUnpause)
	w.get(templatePath("pause_promo", "EN")).ok().is("state", "APPROVED")
}

func TestTemplateChangesCategory(t *testing.T) {
	w := manual(t)
	w.onboarded()
	body := template("recategorize_me", "EN")
	body["allowCategoryChange"] = true
	w.post("/whatsapp/templates", body).ok()
	w.s.Advance(templateSubmission + templateReview)
	w.get(templatePath("recategorize_me", "EN")).ok().is("state", "APPROVED", "category", "MARKETING")
}

func TestTemplateDeleted(t *testing.T) {
	w := manual(t)
	w.onboarded()
	for _, language := range []string{"EN", "DE", "FR"} {
		w.approved("season", language)
	}
	w.delete(templatePath("season", "EN")).fails("template_not_deletable_due_to_input_config")
	w.delete(templatePath("season", "EN") + "?deleteSubmitted=true").ok()
	w.get(templatePath("season", "EN")).fails("template_not_found")
	w.get(templatePath("season", "DE")).ok()
	w.post("/whatsapp/templates", template("season", "EN")).fails("template_language_recently_deleted")
	w.s.Advance(templateLanguageLock)
	w.post("/whatsapp/templates", template("season", "EN")).fails("template_name_recently_used")
	w.s.Advance(templateNameLock - templateLanguageLock)
	w.post("/whatsapp/templates", template("season", "EN")).ok()

	w.delete("/whatsapp/templates/season").ok()
	w.get("/whatsapp/templates/season").fails("template_not_found")
	w.post("/whatsapp/templates", template("season", "IT")).fails("template_name_recently_used")
	w.s.Advance(templateNameLock)
	w.post("/whatsapp/templates", template("season", "IT")).ok()
}

func TestTemplateDraftDeleted(t *testing.T) {
	w := manual(t)
	w.onboarded()
	draft := obj{"name": "draft", "language": "EN", "category": "UTILITY", "status": "DRAFT"}
	w.post("/whatsapp/templates", draft).ok().is("changes.status", "DRAFT")
	w.delete(templatePath("draft", "EN")).ok()
	w.get(templatePath("draft", "EN")).fails("template_not_found")
	w.post("/whatsapp/templates", draft).ok() // a draft locks nothing

	w.approved("live", "EN")
	w.patch(templatePath("live", "EN"), obj{"details": obj{"messageSendTtlSeconds": 60}}).ok().is("changes.status", "DRAFT")
	w.delete(templatePath("live", "EN")).ok()
	w.get(templatePath("live", "EN")).ok().is("state", "APPROVED", "changes.status", "")
}

// The first KakaoTalk sender of a project may begin as a draft without category
// codes, which opens their list.
func TestKakaoDraftMakesCategoriesAvailable(t *testing.T) {
	w := manual(t)
	w.get("/kakaotalk/categories/senders").fails("project_not_initialized")
	w.post("/kakaotalk/senders", obj{"plusFriendId": "shop", "status": "DRAFT", "details": obj{"name": "Example", "adminPhoneNo": "+15550100"}}).ok().is("changes.status", "DRAFT")
	w.get("/kakaotalk/categories/senders").ok()
	path := "/kakaotalk/senders/shop"
	w.patch(path, obj{"status": "SUBMIT"}).fails("invalid_input")
	w.patch(path, obj{"status": "SUBMIT", "details": obj{"topLevelCategoryCode": "019", "midLevelCategoryCode": "0006", "subLevelCategoryCode": "0001"}}).ok().is("changes.status", "IN_PROGRESS")
}
