package tools

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// nextAfterError is what to do after an error of the API. No error is a dead
// end.
func nextAfterError(row *catalog.Row, args map[string]any, e *papi.Error) []catalog.Next {
	ids := pathIDs(row, args)
	if row.Effect == catalog.Create && row.Resource != nil {
		for id, field := range row.Resource.IDs { // of what the call should have created
			if given := jsonvalue.Text(args, field); given != "" {
				ids[id] = given
			}
		}
	}
	if next := fillAll(stepsAfterError(row, e), ids); len(next) > 0 {
		return next
	}
	return fillAll([]catalog.Step{stepByStatus(row, args, e.Status)}, ids)
}

// stepsAfterError are the steps that are for this error alone, or for this tool
// in its state; nil where only the status says what to do.
func stepsAfterError(row *catalog.Row, e *papi.Error) []catalog.Step {
	if e.Unknown {
		return []catalog.Step{checkOutcome(row)}
	}
	for _, key := range []string{row.Tool + "/" + e.Code, row.Op().Family() + "/" + e.Code, e.Code} {
		if steps := afterError[key]; steps != nil {
			return steps
		}
	}
	if e.Status == http.StatusConflict && row.Resource != nil && row.Effect != catalog.Create {
		return []catalog.Step{{Do: "check its state", Tool: row.Resource.Get}}
	}
	return nil
}

// noneYet returns the error by which the API says that a project has nothing yet of what
// a list shows, nil for any other: then the list is empty. A list of the parts of a thing
// is not, as the call names a thing that does not exist.
func noneYet(row *catalog.Row, err error) *papi.Error {
	e, _ := errors.AsType[*papi.Error](err)
	if e == nil || len(row.Columns) == 0 || len(row.Op().PathIDs()) > 0 || !catalog.NoneHere(e.Code) {
		return nil
	}
	return e
}

const noneYetText = "none yet: "

// firstStep is the step after a list that is empty since the API answered with an error:
// the first call of those that are offered, whose own answer leads on. Where none is, it
// says only what the error means.
func firstStep(row *catalog.Row, e *papi.Error, offered []catalog.Next) []catalog.Next {
	for _, first := range offered {
		if first.Tool != "" {
			first.Do = noneYetText + strings.TrimPrefix(first.Do, "or ")
			return []catalog.Next{first}
		}
	}
	return []catalog.Next{{Do: plainText(row, e.Code).Message}}
}

// stepByStatus is the step after an error that has none of its own.
func stepByStatus(row *catalog.Row, args map[string]any, status int) catalog.Step {
	switch {
	case status == 0:
		return catalog.Step{Do: "follow the resolution, then make the call again"}
	case status == http.StatusBadRequest:
		if s := correct(row); len(s.Needs) > 0 {
			return s
		}
	case status == http.StatusNotFound && catalog.ListOf(row.Toolset) != "":
		return catalog.Step{Do: "see what exists", Tool: catalog.ListOf(row.Toolset)}
	case status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		if row.Effect == catalog.Read && row.Op().Body == nil { // a body may hold a secret
			return catalog.Step{Do: "repeat in a minute", Tool: row.Tool, Args: args}
		}
	}
	do := byStatus(status)
	return catalog.Step{Do: strings.ToLower(do[:1]) + strings.TrimSuffix(do[1:], ".")}
}

// byStatus is what to do after any error of a status.
func byStatus(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "Nothing was changed: fix the call (`schema_get` shows the schema and an example) and make it again."
	case http.StatusUnauthorized:
		return "Check the projectId with the person; if it is right, the credentials are not valid for it: ask the server's operator to run papi-mcp doctor."
	case http.StatusForbidden:
		return "Another call won't help: a person must resolve it."
	case http.StatusNotFound:
		return "Check what exists before you create anything again."
	case http.StatusConflict, http.StatusPreconditionFailed, http.StatusFailedDependency:
		return "The current state does not allow it: read the state, do what it requires, then make the call again."
	case http.StatusTooManyRequests:
		return "Wait, as long as retryAfterSeconds says if it is given; repeating the call right away makes it worse."
	}
	return "After a change, read the state first: the change may have been made. Then wait, and try again."
}

// correct is the call again, with what a person or the agent has to fix.
func correct(row *catalog.Row) catalog.Step {
	s := catalog.Step{Do: "call again, corrected", Tool: row.Tool}
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

// checkOutcome is the read that shows whether a call took effect.
func checkOutcome(row *catalog.Row) catalog.Step {
	s := catalog.Step{Do: "see whether it took effect"}
	switch {
	case row.Reconcile != nil && row.Reconcile.Read != "":
		s.Tool = row.Reconcile.Read
	case row.Wait != nil:
		s.Tool = row.Wait.Read
	case row.Resource != nil:
		s.Tool = row.Resource.Get
	default:
		s.Do = "ask the person to check: no tool shows it"
		return s
	}
	s.Needs = catalog.Lookup(s.Tool).Op().PathIDs()
	return s
}

// nextAfterRefusal is what to do after a refusal of the guard that has no steps of
// its own. row is nil for a core tool.
func nextAfterRefusal(row *catalog.Row, args map[string]any, code string) []catalog.Next {
	steps, known := afterRefusal[code]
	if row == nil {
		return fillAll(steps, nil)
	}
	if !known {
		s := correct(row)
		s.Needs = slices.DeleteFunc(s.Needs, func(name string) bool { _, given := args[name]; return !given })
		if steps = asResolved; len(s.Needs) > 0 {
			steps = []catalog.Step{s}
		}
	}
	return fillAll(steps, pathIDs(row, args))
}

// afterRefusal has the steps after a refusal for which no argument of the call is
// the reason.
var afterRefusal = map[string][]catalog.Step{
	errorcode.ProjectMissing:    {{Do: "ask the person which project it is", Tool: "project_confirm", Needs: []string{argProject}}},
	errorcode.ProjectNotAllowed: {{Do: "see which projects this server allows", Tool: "project_confirm"}},
	errorcode.ReadOnly:          asResolved,
	errorcode.StoreUnavailable:  asResolved,
}

var asResolved = []catalog.Step{{Do: "follow the resolution"}}

// Steps after more than one error.
var (
	connectChannel      = []catalog.Step{{Do: "ask the person to connect the channel to the app in the Sinch Dashboard"}}
	seeWhatABundleMade  = []catalog.Step{{Do: "see whether a bundle was created, and which parts of it exist: the same call would create it twice", Tool: "bundle_list"}}
	checkChannelLater   = []catalog.Step{{Do: "make the same call again in a few minutes; if the error persists, ask the person to check the channel in the Sinch Dashboard"}}
	waitAnHour          = []catalog.Step{{Do: "wait an hour before the next attempt: each one counts"}}
	continueInHours     = []catalog.Step{{Do: "stop here, and offer to continue in a few hours: another attempt now makes it worse"}}
	seeWhatIsConnected  = []catalog.Step{{Do: "see which SMS app and which Conversation app are connected", Tool: "sms_app_list"}}
	submitTheDraft      = []catalog.Step{{Do: "see whether it was saved as a draft; then submit that with whatsapp_template_update, a few minutes later", Tool: "whatsapp_template_list"}}
	seeConversationApps = []catalog.Step{{Do: "see the Conversation apps that SMS apps have; the Sinch Dashboard shows the ids of the others", Tool: "sms_app_list"}}
	noCopy              = []catalog.Step{{Do: "no copy is possible from this parent: ask the person whether to create a separate SMS app in the subproject"}}
	withoutTestNumber   = []catalog.Step{{Do: "leave the test number out, or ask the person to contact Sinch support"}}
	followTheBundle     = []catalog.Step{{Do: "follow the bundle that has it, or use another app", Tool: "bundle_list"}}
	signUpAgain         = []catalog.Step{{Do: "ask the person to go through Meta's Embedded Signup again for a new one"}}
	rcsImage            = []catalog.Step{{Do: "ask the person for an image that fits: JPEG or PNG, the banner 1440 x 448 px and up to 200 KB, the logo 224 x 224 px and up to 50 KB"}}
)

// afterError has the steps after an errorCode of the API, for its result and
// for its page; a family's own are under family/code, a tool's under tool/code. A code
// that is not listed leads to where its status leads.
var afterError = map[string][]catalog.Step{
	"account_data_is_corrupt":                                  {{Do: "no call fixes it: ask the person to contact Sinch support, with the projectId"}},
	"Kakaotalk/account_exists":                                 {{Do: "see which senders exist", Tool: "kakaotalk_sender_list"}},
	"account_exists":                                           {{Do: "read the account that exists", Tool: "whatsapp_account_get"}},
	"account_has_sender_changes":                               {{Do: "see which senders have pending changes", Tool: "whatsapp_sender_list"}},
	"account_has_senders":                                      {{Do: "see which senders block it", Tool: "whatsapp_sender_list"}},
	"account_is_in_progress":                                   {{Do: "see the progress of the first sender, which creates the account", Tool: "kakaotalk_sender_list"}, {Do: "then make the call again; if the error persists, ask the person to contact Sinch support"}},
	"Rcs/account_not_found":                                    {{Do: "create a sender first", Tool: "rcs_sender_create", Needs: []string{"region", "billingCategory", "useCase"}}},
	"account_not_found":                                        {{Do: "onboard the project's WhatsApp account", Tool: "whatsapp_account_create", Needs: []string{"wabaName", "clientBusinessManagerId", "senderDetails"}}, {Do: "or onboard by Embedded Signup", Tool: "whatsapp_sender_create", Needs: []string{"wabaId", "phoneNumberId", "authenticationCode"}}},
	"Kakaotalk/account_not_updatable":                          {{Do: "see which senders exist", Tool: "kakaotalk_sender_list"}},
	"account_not_updatable":                                    {{Do: "check the account's state", Tool: "whatsapp_account_get"}},
	"add_test_number_invalid":                                  {{Do: "ask the person for the phone number, with + and its country code"}},
	"add_test_number_not_allowed_before_launch":                {{Do: "ask the person for a phone of another carrier, or whether to launch without a test on this one"}},
	"all_phone_number_id_provisioned":                          {{Do: "see whether the number is a sender of this project already", Tool: "whatsapp_sender_list"}, {Do: "otherwise ask the person to add a phone number to the WhatsApp Business Account at Meta"}},
	"allowed_only_for_default_test_sms_app":                    {{Do: "see which SMS app is the one for tests", Tool: "sms_app_list"}},
	"blocked_because_the_recipient_declined":                   {{Do: "ask the person for another phone: the owner of this one declined, and another invitation changes nothing"}},
	"bundle_not_found":                                         {{Do: "see which bundles exist", Tool: "bundle_list"}},
	"conversation_app_already_connected_to_sms_app":            seeWhatIsConnected,
	"conversation_app_id_invalid":                              seeConversationApps,
	"conversation_app_is_already_in_bundles_process":           followTheBundle,
	"conversation_app_no_instagram_channel":                    connectChannel,
	"conversation_app_no_messenger_channel":                    connectChannel,
	"conversation_app_no_telegram_channel":                     connectChannel,
	"conversation_app_no_viber_channel":                        connectChannel,
	"conversation_app_not_found":                               seeConversationApps,
	"default_sms_app_already_exists":                           {{Do: "see which SMS apps exist", Tool: "sms_app_list"}},
	"default_sms_app_not_found":                                {{Do: "create an SMS app for tests first, if the person agrees", Tool: "sms_app_create", Args: map[string]any{"test": true}, Needs: []string{"name", "region"}}},
	"facebook_api_error":                                       checkChannelLater,
	"facebook_Request_limit_reached":                           waitAnHour,
	"failed_to_create_conversation_service":                    seeWhatABundleMade,
	"failed_to_create_sms_service":                             seeWhatABundleMade,
	"failed_to_create_subproject":                              seeWhatABundleMade,
	"fields_not_updatable":                                     {{Do: "check its state", Tool: "rcs_sender_get"}, {Do: "once a launch has begun, give only countries", Tool: "rcs_sender_update", Needs: []string{"details"}}, {Do: "for any other change, answers included, ask the person to contact Sinch support"}},
	"Rcs/file_has_wrong_dimensions":                            rcsImage,
	"file_has_wrong_dimensions":                                {{Do: "ask the person for an image of the size that is allowed"}},
	"file_invalid_mime_type":                                   {{Do: "ask the person for a file of a type that is allowed"}},
	"file_not_found":                                           {{Do: "ask the person for a URL that opens the file itself, without a login"}},
	"Rcs/file_size_too_large":                                  rcsImage,
	"file_size_too_large":                                      {{Do: "ask the person for a smaller file"}},
	"file_unexpected_error":                                    {{Do: "ask the person for another file: this one can't be processed"}},
	"flow_not_found":                                           {{Do: "see which flows exist", Tool: "whatsapp_flow_list"}},
	"flow_screens_not_found":                                   {{Do: "read the flow; its screens are made at Meta", Tool: "whatsapp_flow_list"}},
	"forbidden_payload":                                        {{Do: "these credentials may not create one of the services: leave it out, or have a person get permission for it"}},
	"invalid_app_key":                                          {{Do: "no argument fixes it: ask the person to contact Sinch support"}},
	"invalid_business_manager":                                 {{Do: "read the project's account, which has the businessManager; it must fit the region (papi://guides/whatsapp)", Tool: "whatsapp_account_get"}},
	"invalid_business_manager_for_environment":                 {{Do: "use a businessManager that schema_get lists for this tool; for a sender it must fit the region (papi://guides/whatsapp)"}},
	"invalid_facebook_code":                                    signUpAgain,
	"invalid_facebook_token":                                   signUpAgain,
	"invalid_google_agent":                                     {{Do: "complete the sender's brand and questionnaire as papi://guides/rcs describes; if the error persists, ask the person to contact Sinch support"}},
	"invalid_region_for_att_supplier":                          {{Do: "AT&T accepts only senders of the US region, and a sender's region can't be changed: leave AT&T out, or create a sender in the US region"}},
	"invalid_waba_id_or_phone_number_id_for_region":            {{Do: "ask the person in which region the WhatsApp Business Account and the number are, and give that one"}},
	"invalid_webhooks":                                         {{Do: "see whether a bundle was created, and which parts of it exist: the same call would create it twice", Tool: "bundle_list"}, {Do: "check the webhooks: each target is public, https and used once, and ALL is alone"}},
	"launch_precondition_failed":                               {{Do: "complete the sender with what additionalInformation names", Tool: "rcs_sender_update", Needs: []string{"details"}}, {Do: "see all that a launch needs", Tool: catalog.RcsReadiness}, {Do: "once a launch has begun only countries can be changed: remove the country that lacks answers, or have a person ask Sinch support to add them"}},
	"log_in_facebook_required":                                 {{Do: "the owner of the business at Meta must log in at www.facebook.com and do what it asks; then make the call again"}},
	"looking_up_the_rbm_agent":                                 {{Do: "make the call again in a few minutes; if the error persists, ask the person to contact Sinch support"}},
	"more_than_one_sms_app":                                    {{Do: "see which SMS apps exist, and ask the person which one they mean", Tool: "sms_app_list"}},
	"no_google_supplier":                                       {{Do: "read the sender: test numbers need one that Google supplies", Tool: "rcs_sender_get"}},
	"not_allowed_for_non_test_account":                         withoutTestNumber,
	"not_allowed_for_subproject":                               withoutTestNumber,
	"Kakaotalk/not_allowed_verify":                             {{Do: "read the sender; in VERIFYING ask the person for the code again, or have another sent with kakaotalk_sender_register", Tool: "kakaotalk_sender_get"}},
	"not_allowed_verify":                                       {{Do: "check in minutes whether it is ACTIVE; else ask Sinch support", Tool: "whatsapp_sender_get"}},
	"not_found_waba_id":                                        {{Do: "see whether the project has an account", Tool: "whatsapp_account_get"}, {Do: "if it has none, onboard one first, or ask the person for the wabaId"}},
	"object_with_whatsapp_business_account_id_does_not_exist":  {{Do: "read the project's account", Tool: "whatsapp_account_get"}, {Do: "if the person says that it still exists at Meta, ask them to contact Sinch support"}},
	"only_one_test_number_allowed":                             {{Do: "use the test number that the project has"}},
	"parent_sms_bespoke_price":                                 noCopy,
	"parent_sms_not_route_assisted":                            noCopy,
	"plus_friend_id_used":                                      {{Do: "see whether it is a sender of this project; otherwise it belongs to another", Tool: "kakaotalk_sender_list"}},
	"project_not_found":                                        {{Do: "ask the person which project is meant: project_confirm without an id shows those that this server knows"}},
	"Kakaotalk/project_not_initialized":                        firstKakaotalkSender,
	"project_not_initialized":                                  {{Do: "see whether an account is being onboarded", Tool: "whatsapp_account_get"}, {Do: "if there is none, onboard the project's WhatsApp account", Tool: "whatsapp_account_create", Needs: []string{"wabaName", "clientBusinessManagerId", "senderDetails"}}, {Do: "or onboard by Embedded Signup", Tool: "whatsapp_sender_create", Needs: []string{"wabaId", "phoneNumberId", "authenticationCode"}}},
	"provisioned_phone_number_id":                              {{Do: "see whether the number is a sender of this project already", Tool: "whatsapp_sender_list"}},
	"rcs_sender_create/rbm_has_not_been_used":                  {{Do: "make the call again in a few minutes; if the error persists, ask the person to write to the address above"}},
	"rbm_has_not_been_used":                                    {{Do: "create a sender, if the project never had one", Tool: "rcs_sender_create", Needs: []string{"region", "billingCategory", "useCase"}}},
	"rbm_resources_not_found":                                  {{Do: "check the ids; if they are right, ask the person to contact Sinch support"}},
	"rbm_webhook_incorrect_secret":                             {{Do: "no argument fixes it: make the call again in a few minutes; if the error persists, ask the person to write to the address above"}},
	"resource_locked":                                          {{Do: "another operation on it is still running: make the same call again in a minute"}},
	"sender-already-registered":                                {{Do: "check again: it becomes ACTIVE automatically", Tool: "whatsapp_sender_get"}, {Do: "if it stays in this state, verify without a code", Tool: "whatsapp_sender_verify"}},
	"sender-number-not-approved-for-enterprise":                {{Do: "no call fixes it: a person must ask Sinch support to have the number approved"}},
	"sender-register-too-many-requests":                        continueInHours,
	"Kakaotalk/sender_already_deleted":                         {{Do: "nothing is left to do: it still works until 60 days after its deletion, then it is gone"}},
	"sender_already_deleted":                                   {{Do: "nothing is left to do: it still works until 30 days after its deletion, then it is gone"}},
	"Kakaotalk/sender_changes_not_deletable":                   {{Do: "check the status of its changes", Tool: "kakaotalk_sender_get"}},
	"sender_changes_not_deletable":                             {{Do: "check the status of its changes", Tool: "whatsapp_sender_get"}},
	"Kakaotalk/sender_changes_not_found":                       {{Do: "read the sender: nothing is pending", Tool: "kakaotalk_sender_get"}},
	"sender_changes_not_found":                                 {{Do: "read the sender: nothing is pending", Tool: "whatsapp_sender_get"}},
	"sender_invalid_category_code":                             {{Do: "use three codes of this list; before the first sender it is empty, but creating a draft without codes may fill it", Tool: "kakaotalk_sender_category_list"}},
	"Kakaotalk/sender_not_found":                               {{Do: "see which senders exist", Tool: "kakaotalk_sender_list"}},
	"Rcs/sender_not_found":                                     {{Do: "see which senders exist", Tool: "rcs_sender_list"}},
	"sender_not_found":                                         {{Do: "see which senders exist", Tool: "whatsapp_sender_list"}},
	"sender_phone_number_not_registered_with_meta_cloud_api":   {{Do: "the number must be registered with Meta's Cloud API first: if it should be already, ask the person to contact Sinch support"}},
	"sender_request_code_failed":                               {{Do: "in minutes request it again", Tool: "whatsapp_sender_register", Needs: []string{"method"}}},
	"sender_username_not_available":                            {{Do: "see which usernames are free, and ask the person for one", Tool: "whatsapp_sender_username_suggest"}},
	"sms_app_is_already_in_bundles_process":                    followTheBundle,
	"sms_app_is_already_linked_to_conversation_app":            seeWhatIsConnected,
	"sms_app_not_found":                                        {{Do: "see which SMS apps exist", Tool: "sms_app_list"}},
	"sms_service_not_found":                                    {{Do: "create one", Tool: "sms_app_create", Needs: []string{"name", "region"}}},
	"solution_not_found":                                       {{Do: "see which solutions exist", Tool: "whatsapp_solution_list"}},
	"target_project_not_subproject":                            {{Do: "a copy needs a subproject: have the bundle create one, or name an existing one"}},
	"telegram_api_error":                                       checkChannelLater,
	"Kakaotalk/template_changes_not_found":                     {{Do: "read the template: it has no draft", Tool: "kakaotalk_template_get"}},
	"template_changes_not_found":                               {{Do: "read the template: it has no draft", Tool: "whatsapp_template_get"}},
	"Kakaotalk/template_changes_not_updatable":                 {{Do: "check the status of its changes", Tool: "kakaotalk_template_get"}},
	"template_changes_not_updatable":                           {{Do: "check the status of its changes", Tool: "whatsapp_template_get"}},
	"template_check_media_file_size":                           {{Do: "ask the person for a public media URL, whose server reports the file's size"}},
	"template_content_already_exists":                          {{Do: "see which template has this content: use that one, or change the text with the person", Tool: "whatsapp_template_list"}},
	"template_could_not_delete_drafts":                         {{Do: "see which drafts are left", Tool: "whatsapp_template_list"}, {Do: "then make the call again in a few minutes"}},
	"template_dynamic_pricing_not_available":                   {{Do: "leave details.optimization out, or have the person ask Sinch support what the account needs for it"}},
	"Kakaotalk/template_exists":                                {{Do: "see which templates exist", Tool: "kakaotalk_template_list"}},
	"template_exists":                                          {{Do: "see which languages exist", Tool: "whatsapp_template_language_list"}},
	"template_incorrect_category":                              {{Do: "see the category of its other languages, and use that", Tool: "whatsapp_template_language_list"}},
	"template_insights_not_yet_available":                      {{Do: "no call turns them on for this account: ask the person to contact Sinch support"}},
	"template_invalid_category_code":                           {{Do: "use a categoryCode of this list", Tool: "kakaotalk_template_category_list"}},
	"template_kakaotalk_validation_error":                      {{Do: "give the person Kakao's reason in the message; if a draft was saved, submit it with another text, else call again with one", Tool: "kakaotalk_template_list"}},
	"template_language_recently_deleted":                       {{Do: "choose another name: the deleted language of this one is locked for 4 weeks, and the name in it for 30 days"}},
	"template_limit_reached":                                   {{Do: "see which templates are no longer needed, and ask the person whether to delete them", Tool: "whatsapp_template_list"}},
	"template_media_file_size_exceeds_maximum_file_size_limit": {{Do: "ask the person for a smaller media file"}},
	"template_name_recently_used":                              {{Do: "choose another name: this one is locked for 30 days, in the deleted language, or in all languages if all were deleted"}},
	"template_not_deletable":                                   {{Do: "check its state", Tool: "kakaotalk_template_get"}},
	"template_not_deletable_due_to_input_config":               {{Do: "if the person wants it deleted at Meta too: locks name and language for 30 days", Tool: "whatsapp_template_delete", Args: map[string]any{"deleteSubmitted": true}}},
	"Kakaotalk/template_not_found":                             {{Do: "see which templates exist", Tool: "kakaotalk_template_list"}},
	"template_not_found":                                       {{Do: "see which templates exist", Tool: "whatsapp_template_list"}},
	"Kakaotalk/template_not_updatable":                         {{Do: "check the template's state", Tool: "kakaotalk_template_get"}},
	"template_not_updatable":                                   {{Do: "check the template's state", Tool: "whatsapp_template_get"}},
	"template_policies_violations":                             {{Do: "the message itself must change, not its form: propose another text to the person"}},
	"template_restricted_Domain_for_button_url":                {{Do: "ask the person for a link that does not lead to wa.me or whatsapp.com"}},
	"template_source_not_updatable":                            {{Do: "it was created by Meta: create a separate one under another name"}},
	"template_start_session_for_uploading_media":               submitTheDraft,
	"template_submit_error":                                    submitTheDraft,
	"templates_compare_not_found":                              {{Do: "see which templates exist", Tool: "whatsapp_template_list"}},
	"templates_compare_not_unique":                             {{Do: "name two different templates"}},
	"templates_not_eligible_for_comparison":                    {{Do: "choose a longer timeframe, or templates that were sent 1,000 times each in it"}},
	"too_many_invalid_verification_codes":                      continueInHours,
	"too_many_waba_id":                                         {{Do: "ask the person which WhatsApp Business Account it is, and give its wabaId"}},
	"used_phone_number_id":                                     {{Do: "see whether the number is a sender of this project already", Tool: "whatsapp_sender_list"}},
	"user_cannot_be_reached":                                   {{Do: "ask the person whether RCS is on for that phone, or for another phone"}},
	"user_has_not_accepted_invite":                             {{Do: "after the owner accepts, check", Tool: "rcs_test_number_get"}},
	"user_is_not_tester_for_agent":                             {{Do: "see which test numbers the sender has", Tool: "rcs_sender_get"}, {Do: "invite the phone, if agreed", Tool: "rcs_test_number_add", Needs: []string{"testNumbers"}}},
	"verification_suspended_in_gmb":                            {{Do: "ask the person to have the business verified again in Google My Business; then launch again"}},
	"viber_api_error":                                          checkChannelLater,
	"waba_id_used":                                             {{Do: "another project has this WhatsApp Business Account: ask the person whether the sender belongs there, or give another wabaId"}},
	"webhook_exists":                                           {{Do: "see which webhook has the target", Tool: "webhook_list"}},
	"webhook_limit_reached":                                    {{Do: "see which of the 15 webhooks can be deleted", Tool: "webhook_list"}},
	"webhook_not_found":                                        {{Do: "see which webhooks exist", Tool: "webhook_list"}},
	"whatsapp_business_api_request_limit_exceeded":             waitAnHour,
	"wrong_business_manager":                                   {{Do: "read the project's account, which has the businessManager", Tool: "whatsapp_account_get"}},
	"wrong_otp":                                                {{Do: "enter the person's code", Tool: "whatsapp_sender_verify", Needs: []string{"code"}}, {Do: "or have another sent", Tool: "whatsapp_sender_register", Needs: []string{"method"}}},
	"wrong_supplier_configuration":                             {{Do: "no call fixes it: ask the person to write to the address above"}},
	"wrong_waba_id":                                            {{Do: "read the project's account, which has the wabaId", Tool: "whatsapp_account_get"}},
}
