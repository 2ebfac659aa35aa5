package catalog

import (
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

var rcsSender = &Resource{
	Name: "rcs_sender",
	Get:  "rcs_sender_get", List: "rcs_sender_list", Create: "rcs_sender_create",
	NoneHere:  "rbm_has_not_been_used",
	Empty:     Step{Do: "create one", Tool: "rcs_sender_create", Needs: []string{"region", "billingCategory", "useCase"}},
	Complete:  map[string]Completion{"rcs_senders": {Field: "id"}},
	Bulky:     []string{"details.questionnaire.*.questions"}, // the same for each sender; rcs_questionnaire_get shows them
	Summaries: map[string]func(any) any{"countryStatus": operatorsByStatus, "testNumberStates": testNumbersByState},
	IDs:       map[string]string{"senderId": "id", "conversationAppId": "conversationApiAppDetails.id"},
	State:     "state",
	States: []State{
		{
			Name: "DRAFT", Class: ActionRequired, Means: "only saved", Moves: "`rcs_sender_update`, adding what is still missing",
			Next: []Step{
				{Do: "see all that a launch needs and it lacks", Tool: RcsReadiness},
				{Do: "read which questions a launch has for this use case", Tool: "rcs_questionnaire_get", Needs: []string{"useCase"}},
				{Do: "complete it: brand, countries, answers", Tool: "rcs_sender_update", Needs: []string{"details"}},
			},
		},
		{
			Name: "IN_PROGRESS", Class: Pending, Means: "being registered or set up", Moves: "Sinch", Lasts: Lasting{First: minute, Overdue: day},
			Next: []Step{
				{Do: "check again {again}: the sender is being set up{since}", Tool: "rcs_sender_get"},
				{Do: "meanwhile, complete what a launch needs", Tool: "rcs_sender_update", Needs: []string{"details"}, Launch: LaunchLacks},
			},
		},
		{
			Name: "IN_TEST", Class: Success, Means: "being tested, on test numbers", Moves: "`rcs_sender_launch`, when it is complete",
			Next: []Step{
				{Do: "invite phones to test it", Tool: "rcs_test_number_add", Needs: []string{"testNumbers"}},
				{Do: "see what a launch needs, lacks and freezes", Tool: RcsReadiness},
				{Do: "complete what a launch needs", Tool: "rcs_sender_update", Needs: []string{"details"}, Launch: LaunchLacks},
				{Do: "it has what a launch needs: if the person agrees, launch it", Tool: "rcs_sender_launch", Launch: LaunchReady},
			},
		},
		{
			Name: RcsPreparingLaunch, Class: Pending, Means: "being prepared for the launch: Sinch adds a video, or the US brand waits for approval", Moves: "Sinch; there is nothing to do but wait", Lasts: Lasting{First: day, Overdue: 14 * day},
			Next: []Step{{Do: "check again {again}: the launch is being prepared{since}", Tool: "rcs_sender_get"}},
		},
		{
			Name: "LAUNCHING", Class: Pending, Means: "the launch is under way: each operator decides for itself", Moves: "the operators; `rcs_sender_launch` again, for countries that were added", Lasts: Lasting{First: day, Overdue: 42 * day},
			Next: []Step{
				rcsCountryLacks, rcsCountryAdded,
				{Do: "check again {again}: each operator decides for itself{since}", Tool: "rcs_sender_get"},
			},
		},
		{
			Name: "LAUNCHED", Class: Success, Production: true, Means: "the launch succeeded; `countryStatus` says where", Moves: "`rcs_sender_launch` again, for new countries",
			Next: []Step{
				rcsCountryLacks, rcsCountryAdded,
				{Do: "to add countries, list old and new ones", Tool: "rcs_sender_update", Needs: []string{"details"}},
			},
		},
		{
			Name: rcsUnlaunched, Class: Failure, Means: "taken down and disabled", Moves: "`rcs_sender_update` corrects it, then `rcs_sender_launch`",
			Next: []Step{
				{Do: "read its activities: one may say why it was taken down", Tool: "rcs_sender_activity_list"},
				{Do: "correct what they or the remarks in countryStatus name", Tool: "rcs_sender_update", Needs: []string{"details"}},
				{Do: "once the cause is resolved, and the person agrees, launch again", Tool: "rcs_sender_launch", Launch: LaunchReady},
			},
		},
		{Name: "UNKNOWN", Means: "the API does not know its state"},
	},
	Parts: []Part{
		{Name: "brandDetails.registration", Field: "brandDetails.registration.status", States: slices.Concat(
			[]State{{Name: "COMPLETED", Class: Success, Means: "the US brand is registered"}},
			same(State{
				Class: Pending, Means: "the US brand is being registered", Moves: "Sinch", Lasts: Lasting{First: day, Overdue: 14 * day},
				Next: []Step{{Do: "check again {again}: the US brand is being registered{since}", Tool: "rcs_sender_get"}},
			}, "NEW", "PENDING", "PENDING_REVIEW", "MANUAL_REVIEW"),
			same(State{
				Class: Failure, Means: "the US brand is rejected, incomplete or archived", Moves: "the people who handle it: ask them with `rcs_sender_comment_add`",
				Next: []Step{{Do: "US brand {status}: ask reviewers", Tool: "rcs_sender_comment_add", Needs: []string{"comment"}}},
			}, "REJECTED", "INCOMPLETE", "ARCHIVED"),
			[]State{{Name: "UNSPECIFIED", Means: "no status is given"}, unrecognized},
		)},
		channelPart("rcs_sender_get"),
		{Name: "operators", States: rcsOperatorStates, OneOfSeveral: true, Find: func(sender any) (status, reason string) {
			named := refusingOperators(sender)
			if len(named) > 0 {
				status, _, _ = strings.Cut(named[0], " ")
			}
			return status, strings.Join(named, "; ")
		}},
	},
	Since:         "modified|created",
	More:          operatorSteps,
	Preconditions: []*Precondition{RcsSenderLaunch, RcsSenderUpdate},
}

// What the state of an RCS sender must be.
var (
	// RcsSenderLaunch: what else a launch needs, package lint knows.
	RcsSenderLaunch = &Precondition{
		Code: "guard_rcs_launch_requirements", About: "An RCS sender can be launched", Tools: []string{"rcs_sender_launch"},
		Live: []string{"IN_TEST", "LAUNCHING", "LAUNCHED", "UNLAUNCHED"}, MustBeLive: true, FailClosed: true,
		Errors: []string{"launch_invalid_agent_state", "launch_precondition_failed"}, Source: "launchSender, 1.2.117",
	}
	// RcsSenderUpdate: in the other states the countries can still be changed.
	RcsSenderUpdate = &Precondition{
		Code: "guard_rcs_update_launched", About: "More than the countries of an RCS sender can be updated", Tools: []string{"rcs_sender_update"},
		NotLive: []string{"LAUNCHING", "LAUNCHED"},
		Errors:  []string{"fields_not_updatable"}, Source: "updateSender, 1.2.117",
	}
)

// RcsNotLaunched is the status of a country that no launch has named yet
// (RcsOperatorStatusEnum, 1.2.117).
const RcsNotLaunched = "NOT_LAUNCHED"

// rcsLaunched is the status of an operator that carries a sender.
const rcsLaunched = "LAUNCHED"

// StatesInNotes has a state as the contract's notes on the launch call it, and
// its name in answers (launchSender, 1.2.117).
var StatesInNotes = []string{"PENDING_LAUNCH", RcsPreparingLaunch}

// rcsOperatorStates are the statuses of an operator in countryStatus
// (RcsOperatorStatusEnum, 1.2.117). As long as none refuses, the sender's own
// state says all; the steps about those that do name all of them: see
// operatorSteps.
var rcsOperatorStates = slices.Concat(
	[]State{
		{Name: rcsLaunched, Class: Success, Means: "live"},
		{Name: RcsNotLaunched, Means: "not live yet"},
		{Name: "PENDING", Means: "activation awaited"},
		{Name: "PENDING_UNLAUNCHED", Means: "to be taken down"},
	},
	same(State{
		Class: Failure, Means: "the operator does not carry the sender", Moves: "the reviewers (`rcs_sender_comment_add`), and Sinch support",
	}, "REJECTED", "SUSPENDED", rcsUnlaunched),
	[]State{
		{Name: rcsInvalidProfile, Class: Failure, Means: "the business is not valid in Google My Business", Moves: "a person, who has it verified there again"},
		unrecognized,
	},
)

// rcsUnlaunched is the state of a sender that was taken down, and the status of an
// operator that no longer carries one.
const rcsUnlaunched = "UNLAUNCHED"

// rcsInvalidProfile is the status of an operator that refuses a sender for its
// business.
const rcsInvalidProfile = "INVALID_IN_GOOGLE_MY_BUSINESS"

// RcsOperatorIs says in a word or two how a sender is doing at an operator with this
// status.
func RcsOperatorIs(status string) string {
	state := find(rcsOperatorStates, status)
	switch {
	case state == nil || state.Name == unrecognized.Name:
		return "unknown"
	case state.Class == Failure:
		return "refused"
	case state.Class == Success:
		return "launched"
	case state.Name == RcsNotLaunched:
		return "not asked"
	}
	return "waiting"
}

// rcsCountryLacks and rcsCountryAdded are about countries that were added after
// the first launch: only a further launch includes them, and no answer
// can be given for them any more.
var (
	rcsCountryLacks = Step{
		Do:   "an added country lacks answers: remove it",
		Tool: "rcs_sender_update", Needs: []string{"details"}, Launch: LaunchLacks,
	}
	rcsCountryAdded = Step{
		Do:   "a country was added: launch again, if the person agrees",
		Tool: "rcs_sender_launch", Launch: LaunchReady, Check: AddedAfterLaunch,
	}
)

// RcsPreparingLaunch is the state of a sender between the call that launches it and the
// question to the operators.
const RcsPreparingLaunch = "PREPARING_LAUNCH"

// LaunchBegun reports whether the operators were asked to launch a sender in a state: from
// then on only its countries can be changed.
func LaunchBegun(state string) bool { return !RcsSenderUpdate.AllowsState(state) }

// AddedAfterLaunch reports whether a sender names a country in which no operator
// was asked so far.
func AddedAfterLaunch(sender any) bool {
	asked := jsonvalue.Objects(sender, "countryStatus")
	return slices.ContainsFunc(jsonvalue.Texts(sender, "details.countries"), func(country string) bool {
		return !slices.ContainsFunc(asked, func(status map[string]any) bool {
			return status["country"] == country && status["status"] != RcsNotLaunched
		})
	})
}

// operatorSteps are the steps about the operators that refused a sender. The answer
// names them, with their remarks. Those of one that was taken down are about its
// correction: see its state.
func operatorSteps(sender any) []Step {
	refused, state := refusingOperators(sender), jsonvalue.Text(sender, "state")
	if len(refused) == 0 || state == rcsUnlaunched {
		return nil
	}
	steps := []Step{{
		Do:   papi.Count(len(refused), "operator") + " refused it (countryStatus): ask reviewers",
		Tool: "rcs_sender_comment_add", Needs: []string{"comment"},
	}}
	invalid := 0
	for _, named := range refused {
		if strings.HasPrefix(named, rcsInvalidProfile) {
			invalid++
		}
	}
	if invalid > 0 {
		steps = append(steps, Step{Do: "a person must have the business verified again in Google My Business"})
	}
	if invalid < len(refused) && !RcsSenderUpdate.AllowsState(state) {
		steps = append(steps, Step{Do: "no call changes its brand or answers any more: a person can ask Sinch support to, with the projectId, the senderId and the operators' remarks"})
	}
	return steps
}

// refusingOperators are the operators that refused a sender: status, country,
// name and remark of each.
func refusingOperators(sender any) []string {
	var named []string
	for _, country := range jsonvalue.Objects(sender, "countryStatus") {
		for _, operator := range jsonvalue.Objects(country, "operators") {
			status := jsonvalue.Text(operator, "status")
			refused := find(rcsOperatorStates, status)
			if refused == nil || refused.Class != Failure || status == rcsUnlaunched && jsonvalue.Text(sender, "state") == status { // with all of them
				continue
			}
			name := status + " " + jsonvalue.Text(country, "country") + " " + jsonvalue.Text(operator, "name")
			if remark := jsonvalue.Text(operator, "remark"); remark != "" {
				name += ": " + remark
			}
			named = append(named, name)
		}
	}
	return named
}

var rcsTestNumber = &Resource{
	Name: "rcs_test_number", Get: "rcs_sender_get", IDs: map[string]string{"testNumber": "number"}, State: "state",
	Bulky: []string{"submitted"}, // of one that waits, since has it
	States: []State{
		{
			Name: RcsTestNumberUnverified, Class: Pending, Means: "invited, not yet verified", Moves: "the phone's owner, who accepts the invitation", Lasts: Lasting{First: 10 * minute, Overdue: day, Ask: "the phone's owner"},
			Next: []Step{{Do: "the phone's owner accepts the invitation"}, {Do: "then check again{since}", Tool: "rcs_test_number_get"}},
		},
		{
			Name: "PENDING", Class: Pending, Means: "waits for the approval of the backend or an operator", Moves: "the operator", Lasts: Lasting{First: minute, Overdue: day},
			Next: []Step{{Do: "check again {again}{since}", Tool: "rcs_test_number_get"}},
		},
		{
			Name: RcsTestNumberVerified, Class: Success, Means: "can be used; adding it again sends a new invitation",
			Next: []Step{{Do: "see what it supports", Tool: "rcs_test_number_capabilities_get"}},
		},
		{
			Name: "DECLINED", Class: Failure, Means: "declined by the system, an operator or the phone's owner", Moves: rcsOtherPhone,
			Next: []Step{{Do: "it was declined: add another phone", Tool: "rcs_test_number_add", Needs: []string{"testNumbers"}}},
		},
		{
			Name: "EXPIRED", Class: Failure, Means: "not answered in time", Moves: "`rcs_test_number_reinvite`",
			Next: []Step{{Do: "invite again, if agreed", Tool: "rcs_test_number_reinvite"}},
		},
		{Name: "FAILED", Class: Failure, Means: "could not be added, after all attempts", Moves: rcsOtherPhone, Next: rcsAddOtherPhone},
		{Name: "REJECTED", Class: Failure, Means: "verification refused", Moves: rcsOtherPhone, Next: rcsAddOtherPhone},
		{
			Name: "INVALID", Class: Failure, Means: "not a valid phone number", Moves: "`rcs_test_number_delete`, then `rcs_test_number_add` with + and the country code",
			Next: []Step{{Do: "remove it; add it corrected", Tool: "rcs_test_number_delete"}},
		},
		unrecognized,
	},
	Since:         "submitted",
	Preconditions: []*Precondition{RcsTestNumberInvite},
}

// RcsTestNumberInvite is a warning: the owner may have thought better of it.
var RcsTestNumberInvite = &Precondition{
	Code: "guard_rcs_test_number", About: "A test number of an RCS sender is invited", Tools: []string{"rcs_test_number_add", "rcs_test_number_reinvite"},
	NotLive: []string{"DECLINED"},
	Errors:  []string{"blocked_because_the_recipient_declined"}, Source: "addTestNumbers, retryTestNumber, 1.2.117",
}

// An invitation makes a verified test number unverified (addTestNumbers,
// 1.2.117).
const (
	RcsTestNumberVerified   = "VERIFIED"
	RcsTestNumberUnverified = "UNVERIFIED"
)

const rcsOtherPhone = "`rcs_test_number_add`, with another phone"

var rcsAddOtherPhone = []Step{{Do: "can't be used: add another", Tool: "rcs_test_number_add", Needs: []string{"testNumbers"}}}

var rcsTestNumberWait = &Wait{Read: "rcs_test_number_get"}
