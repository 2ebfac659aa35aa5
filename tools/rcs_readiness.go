package tools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
)

type rcsReadinessArgs struct {
	SenderID  string   `json:"senderId,omitempty"`
	Countries []string `json:"countries,omitempty"`
	UseCase   string   `json:"useCase,omitempty"`
	ProjectID string   `json:"projectId,omitempty"`
}

// newRcsReadiness is the tool that says what the launch of an RCS sender lacks. The
// countries and use cases that it takes are the contract's.
func (s *Set) newRcsReadiness() *coreTool {
	c := newCoreTool(coreTool{
		name: catalog.RcsReadiness, annotations: hints("Check RCS sender readiness", true, true),
		about:   "Check whether an RCS sender can be launched, where, and what is missing: brand, media, answers, what the launch freezes, what each operator decided and why. Without senderId: what a launch in these countries needs, with sample arguments.",
		example: map[string]any{"countries": []any{"SE", "GB"}, "useCase": "TRANSACTIONAL"},
		phrases: []string{"can we launch the RCS agent", "what is missing for the launch", "is our RBM agent complete", "what does an RCS launch in a country need", "checklist before going live with RCS"},
	}, s.rcsReadiness)
	reflected := c.schema
	c.schema = sync.OnceValue(func() *papi.Schema {
		schema := reflected().Clone()
		countries := *papi.LookupSchema("RcsSenderDetailsInputDto").Properties["countries"]
		countries.Description = "" // which says that they are a sender's
		schema.Properties["countries"] = &countries
		schema.Properties["useCase"] = papi.LookupSchema("RcsInputSenderUseCasesEnum")
		return schema
	})
	return c
}

// rcsReadiness is what rcs_sender_readiness shows.
type rcsReadiness struct {
	// Launch says whether it can be launched now, in a word, and Why in a sentence. Where
	// has the status of each country, and until an operator is asked whether it lacks answers.
	Launch string            `json:"launch"`
	Why    string            `json:"why,omitempty"`
	Where  map[string]string `json:"where,omitempty"`
	// Missing is what the launch is refused without, and Advised what it is better
	// with; paths of the sender.
	Missing []string `json:"missing,omitempty"`
	Advised []string `json:"advised,omitempty"`
	// Operators has for each country what its operators decided.
	Operators *Table `json:"operators,omitempty"`
	Brand     *Table `json:"brand"`
	Media     *Table `json:"media"`
	// Questions are those of each part of the questionnaire.
	Questions map[string]*Table `json:"questions"`
	// Freezes says what the launch freezes, and Later which countries can't follow without
	// answers that they ask for.
	Freezes string `json:"freezes"`
	Later   string `json:"later,omitempty"`
	// USBrand is the status of the brand's registration in the US.
	USBrand string `json:"usBrand,omitempty"`
	// Sample has arguments of rcs_sender_create that lack nothing.
	Sample map[string]any `json:"sample,omitempty"`
}

// rcsReadiness says whether an RCS sender can be launched, or what a launch needs.
func (s *Set) rcsReadiness(ctx context.Context, caller Caller, args rcsReadinessArgs) Outcome {
	project, refusal := s.opts.Guard.Project(ctx, caller.Principal, args.ProjectID)
	if refusal != nil {
		return s.refuseProject(ctx, caller, catalog.RcsReadiness, project, refusal)
	}
	get := catalog.Lookup("rcs_sender_get")
	sender := map[string]any{"details": map[string]any{}}
	var now time.Time
	if args.SenderID != "" {
		ids := map[string]any{"senderId": args.SenderID}
		sent, err := s.readAs(ctx, caller, args.ProjectID, get, ids)
		if err != nil {
			e := failed(get, ids, err)
			e.Next = s.offered(e.Next, args.ProjectID)
			return e.outcome()
		}
		sender, now = jsonvalue.Object(sent.Answer, ""), s.now(sent)
	}
	planned, added := withCountries(sender, args.Countries)
	launch := lint.NewLaunch(planned)
	texts, warning := s.rcsQuestions(ctx, caller, args, planned, launch)

	r := &Result{Tool: catalog.RcsReadiness, ProjectID: project, Data: readinessOf(planned, launch, texts, added, args)}
	if warning != "" {
		r.Warnings = []string{warning}
	}
	if args.SenderID == "" {
		r.Next = s.offered(firstLaunchSteps(args), args.ProjectID)
		return Outcome{Structured: r}
	}
	st := conditionOf(get.Resource, sender)
	st.speed = s.opts.Speed
	r.IDs, r.State, r.Pending = st.ids, st.state, st.pending
	if st.waits() {
		r.Usually = st.usually()
		if !st.since.IsZero() {
			r.Since, r.Now = stamp(st.since), stamp(now)
		}
	}
	r.Next = s.offered(launchSteps(&st, get, launch, added, project, now), args.ProjectID)
	return Outcome{Structured: r}
}

// readAs makes a read as a call of its tool would: the guard decides whether it is sent.
func (s *Set) readAs(ctx context.Context, caller Caller, project string, row *catalog.Row, args map[string]any) (dispatch.Result, error) {
	gc := &guard.Call{Row: row, Principal: caller.Principal, Client: caller.Client, CommandLine: caller.CommandLine, ProjectID: project, Args: args}
	if v := s.opts.Guard.Check(ctx, gc); v.Refuse != nil {
		return dispatch.Result{}, &papi.Error{Code: v.Refuse.Code, Message: v.Refuse.Message, Resolution: v.Refuse.Resolution}
	}
	return dispatch.Send(ctx, s.opts.API, row, gc.ProjectID, args)
}

// withCountries returns the sender with those countries that it does not name, and
// these.
func withCountries(sender map[string]any, countries []string) (planned map[string]any, added []string) {
	details := jsonvalue.Object(sender, "details")
	all := slices.Clone(jsonvalue.List(details, "countries"))
	for _, country := range countries {
		if !slices.Contains(all, any(country)) {
			all, added = append(all, country), append(added, country)
		}
	}
	if added == nil {
		return sender, nil
	}
	return jsonvalue.With(sender, "details", jsonvalue.With(details, "countries", all)), added
}

// question is a question of the questionnaire, with the answers that it suggests.
type question struct{ text, suggested string }

// rcsQuestions returns the questions by the paths of their answers: those of the
// sender, and where one is not there, those of the questionnaire of its use case.
// Without a use case only the contract has texts.
func (s *Set) rcsQuestions(ctx context.Context, caller Caller, args rcsReadinessArgs, sender map[string]any, launch *lint.Launch) (texts map[string]question, warning string) {
	texts = questionsIn(jsonvalue.Field(sender, "details.questionnaire"))
	lacks := slices.ContainsFunc(launch.Values, func(v lint.LaunchValue) bool {
		_, has := texts[v.Path]
		return strings.HasPrefix(v.Path, questionnairePath) && !has
	})
	useCase := cmp.Or(jsonvalue.Text(sender, "useCase"), args.UseCase)
	if !lacks || useCase == "" {
		return texts, ""
	}
	row := catalog.Lookup("rcs_questionnaire_get")
	ask := map[string]any{"useCase": useCase}
	if countries := jsonvalue.List(sender, "details.countries"); len(countries) > 0 {
		ask["countries"] = countries
	}
	if slices.Contains(launch.Countries, "US") && launch.Campaign == "" {
		ask["usQuestionnaireVersion"] = "v1"
	}
	sent, err := s.readAs(ctx, caller, args.ProjectID, row, ask)
	if err != nil {
		code := err.Error()
		if e, ok := errors.AsType[*papi.Error](err); ok {
			code = e.Code
		}
		return texts, fmt.Sprintf("%s could not be read (%s): the questions are worded as in the contract", row.Tool, papi.Echo(code))
	}
	all := questionsIn(sent.Answer)
	maps.Copy(all, texts)
	return all, ""
}

const questionnairePath = "details.questionnaire."

// questionsIn are the questions of a questionnaire by the paths of their answers.
func questionsIn(questionnaire any) map[string]question {
	all := map[string]question{}
	for part := range jsonvalue.Object(questionnaire, "") {
		for name, one := range jsonvalue.Object(questionnaire, part+".questions") {
			if object, isObject := one.(map[string]any); isObject {
				all[questionnairePath+part+".answers."+name] = question{jsonvalue.Text(object, "question"), jsonvalue.Join(object, "suggestedAnswers", " | ")}
			}
		}
	}
	return all
}

// readinessOf is what the tool shows of a sender, or of one that does not exist yet.
func readinessOf(sender map[string]any, launch *lint.Launch, texts map[string]question, added []string, args rcsReadinessArgs) *rcsReadiness {
	r := &rcsReadiness{
		Where: map[string]string{}, Missing: lint.GroupPaths(launch.Missing), Questions: map[string]*Table{},
		Freezes: "the launch freezes brand, media and answers, given or not: then only details.countries can be changed",
		USBrand: jsonvalue.Text(sender, "brandDetails.registration.status"),
	}
	later := " can't follow without answers of their own: add them to countries to see the questions"
	if launch.Fixed {
		r.Freezes = "brand, media and answers are frozen: only details.countries can be changed; for the rest a person must ask Sinch support"
		later = " can't follow: they ask for answers that it lacks"
	}
	if len(launch.Later) > 0 {
		r.Later = strings.Join(launch.Later, ", ") + later
	}
	r.Launch, r.Why = "no sender", "create it with all of this in one call: replace each value of sample by the person's"
	if args.SenderID != "" {
		r.Launch, r.Why = verdict(sender, launch, added)
	}
	status := map[string]string{}
	for _, country := range jsonvalue.Objects(sender, "countryStatus") {
		status[jsonvalue.Text(country, "country")] = jsonvalue.Text(country, "status")
	}
	for _, country := range launch.Countries {
		r.Where[country] = "lacks no answers"
		if lacks := lint.CountryLacks(jsonvalue.Object(sender, "details.questionnaire"), country); lacks != nil && lacks.Missing != nil {
			r.Where[country] = "lacks answers"
		}
		if now := status[country]; now != "" && now != catalog.RcsNotLaunched {
			r.Where[country] = now
		}
	}
	parts := map[string][]lint.LaunchValue{}
	var advised []string
	for _, v := range launch.Values {
		if !v.Given && (v.Need == lint.NeedAdvised || v.Need == lint.NeedAsked) {
			advised = append(advised, v.Path)
		}
		part, _, _ := strings.Cut(strings.TrimPrefix(v.Path, questionnairePath), ".")
		switch {
		case v.Path == "details.countries":
			continue
		case slices.Contains(mediaPaths, v.Path):
			part = "media"
		case part == "details":
			part = "brand"
		}
		parts[part] = append(parts[part], v)
	}
	r.Advised = lint.GroupPaths(advised)
	t := valueTables{texts: texts, isNew: args.SenderID == "", fixed: launch.Fixed}
	for part, values := range parts {
		switch table := t.table(part, values); part {
		case "brand":
			r.Brand = table
		case "media":
			r.Media = table
		default:
			r.Questions[part] = table
		}
	}
	switch {
	case args.SenderID != "":
		r.Operators = operatorTable(sender, launch.Countries)
	case len(launch.Countries) > 0:
		r.Sample = map[string]any{
			"region": "EU", "billingCategory": "CONVERSATIONAL", "useCase": cmp.Or(args.UseCase, "TRANSACTIONAL"),
			"details": lint.LaunchSample(launch.Countries),
		}
	}
	return r
}

// mediaPaths are the values that are URLs of images and videos. They are never opened here.
var mediaPaths = []string{"details.brand.bannerUrl", "details.brand.logoUrl", lint.VideoPath, "details.questionnaire.general.answers.screenshotUris"}

// verdict says whether the sender can be launched now.
func verdict(sender map[string]any, launch *lint.Launch, added []string) (word, why string) {
	missing := len(launch.Missing)
	switch {
	case launch.Waits:
		return "waits", launch.State + " ends on its own: it can't be launched now"
	case missing > 0 && launch.Fixed:
		return "incomplete", "what is missing can't be added any more: remove the countries that ask for it, or a person must ask Sinch support, with the projectId and the senderId"
	case missing > 0:
		return "incomplete", "the launch is refused until what is missing is given"
	case !launch.Allowed:
		return "incomplete", launch.StateProblem()
	case len(added) > 0:
		return "ready", "once the sender names " + strings.Join(added, ", ")
	case launch.Fixed && !catalog.AddedAfterLaunch(sender):
		if catalog.LookupResource("rcs_sender").At(launch.State, "").Class == catalog.Pending {
			return "waits", "it was submitted: each operator decides for itself"
		}
		return "launched", "each country was submitted: add one to launch again"
	}
	return "ready", "it has all that its launch needs; a person must agree"
}

// firstLaunchSteps lead to a sender where there is none yet.
func firstLaunchSteps(args rcsReadinessArgs) []catalog.Next {
	known, needs := map[string]any{}, []string{"region", "billingCategory", "useCase", "details"}
	if args.UseCase != "" {
		known["useCase"] = args.UseCase
		needs = slices.DeleteFunc(needs, func(name string) bool { return name == "useCase" })
	}
	first := catalog.Next{Do: "ask the person for the values, and create it with all of them, as in sample", Tool: "rcs_sender_create", Args: known, Needs: needs}
	if len(args.Countries) == 0 {
		first = catalog.Next{Do: "ask the person where to launch, now and later", Tool: catalog.RcsReadiness, Args: known, Needs: []string{"countries"}}
	}
	return []catalog.Next{first, {Do: "or continue with a sender that exists", Tool: "rcs_sender_list"}}
}

// launchSteps are those of a read of the sender that the answer does not make
// superfluous, with what is missing in place of details, and before them what adds the
// countries. The launch comes before tests, which are the person's choice.
func launchSteps(st *condition, get *catalog.Row, launch *lint.Launch, added []string, project string, now time.Time) []catalog.Next {
	next := slices.DeleteFunc(st.next(get, st.ids, project, now), func(n catalog.Next) bool {
		return n.Tool == catalog.RcsReadiness || n.Tool == "rcs_questionnaire_get"
	})
	isTest := func(n catalog.Next) int { return strings.Count(n.Tool, "rcs_test_number_add") }
	slices.SortStableFunc(next, func(a, b catalog.Next) int { return isTest(a) - isTest(b) })
	lacks := launch.Missing
	if len(added) > 0 {
		if len(lacks) > 0 && launch.Fixed {
			return append([]catalog.Next{{Do: "first a person must ask Sinch support to add the answers, with the projectId and the senderId"}}, next...)
		}
		next = slices.DeleteFunc(next, func(n catalog.Next) bool { return n.Tool == "rcs_sender_launch" || n.Tool == "rcs_sender_update" })
		update := catalog.Next{Do: "add the countries, if the person agrees", Tool: "rcs_sender_update", Args: map[string]any{"senderId": st.ids["senderId"]}}
		if len(lacks) > 0 {
			update.Needs, lacks = []string{"details"}, append([]string{"details.countries"}, lacks...)
		} else {
			update.Args["details"] = map[string]any{"countries": launch.Countries}
		}
		next = append([]catalog.Next{update}, next...)
	}
	if len(lacks) == 0 || launch.Fixed {
		return next
	}
	for i, n := range next {
		if n.Tool != "rcs_sender_update" {
			continue
		}
		named := n
		named.Do, named.Needs = "ask the person for what is missing, and give all of it", lint.GroupPaths(lacks)
		if estimateTokens(jsonvalue.Encode(named)) > maxStep {
			named.Needs = []string{"details"}
		}
		next[i] = named
	}
	return next
}
