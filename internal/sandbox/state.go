package sandbox

import "time"

// state is all that a sandbox remembers; it can be written as JSON.
type state struct {
	Seed     uint64               `json:"seed"` // that ids and codes are drawn from
	Projects map[string]*project  `json:"projects"`
	Queue    eventQueue           `json:"queue"`
	Events   int                  `json:"events"` // so far, which orders them
	Draws    map[string]uint64    `json:"draws"`  // from each stream, see draw
	Tokens   map[string]time.Time `json:"tokens"` // when they expire
	// UsedSignups are the signup codes that have been used.
	UsedSignups map[string]bool `json:"spent"`
	Deliveries  []*delivery     `json:"deliveries"`
	// Chains are the deliveries that wait for each other, by webhook and
	// resource, first to last.
	Chains map[string][]string `json:"chains"`
}

// project is what belongs to one project.
type project struct {
	ID       string     `json:"id"`
	Counter  int        `json:"made"` // things so far, which orders them
	Webhooks []*webhook `json:"webhooks"`

	Account   *whatsappAccount          `json:"account,omitempty"`
	Senders   *table[*whatsappSender]   `json:"senders"`
	Templates *table[*whatsappTemplate] `json:"templates"`
	// Locked are the template names, and names and languages, that were
	// deleted, with the time of it.
	Locked map[string]time.Time `json:"locked"`
	// Contents has the ids of submitted templates by their content.
	Contents map[string][]string `json:"contents"`
	Syncs    []time.Time         `json:"syncs"` // of templates, of the last hour

	Solutions    []*whatsappSolution  `json:"solutions"`
	Bundles      *table[*bundle]      `json:"bundles"`
	KakaoSenders *table[*kakaoSender] `json:"kakaoSenders"`
	KakaoReady   time.Time            `json:"kakaoReady"` // when the KakaoTalk account is made; zero: there is none
	ConvApps     map[string]*convApp  `json:"convApps"`
	Rcs          *history             `json:"rcs,omitempty"` // of the RCS account
	RcsSenders   *table[*rcsSender]   `json:"rcsSenders"`
	SmsApps      *table[*smsApp]      `json:"smsApps"`
	SmsService   string               `json:"smsService"`
}

func newState() *state {
	return &state{
		Projects:    map[string]*project{},
		Draws:       map[string]uint64{},
		Tokens:      map[string]time.Time{},
		UsedSignups: map[string]bool{},
		Chains:      map[string][]string{},
	}
}

// project returns the project called id, which exists from when it is first
// asked for.
func (s *Sandbox) project(id string) *project {
	p := s.state.Projects[id]
	if p == nil {
		p = &project{ID: id}
		p.complete()
		s.state.Projects[id] = p
	}
	return p
}

// complete makes the parts that a new project, or a written one, ensure.
func (p *project) complete() {
	ensure(&p.Senders, newTable[*whatsappSender])
	ensure(&p.Templates, newTable[*whatsappTemplate])
	ensure(&p.Bundles, newTable[*bundle])
	ensure(&p.KakaoSenders, newTable[*kakaoSender])
	ensure(&p.RcsSenders, newTable[*rcsSender])
	ensure(&p.SmsApps, newTable[*smsApp])
	for _, k := range p.KakaoSenders.items {
		ensure(&k.Templates, newTable[*kakaoTemplate])
	}
	if p.Locked == nil {
		p.Locked = map[string]time.Time{}
	}
	if p.Contents == nil {
		p.Contents = map[string][]string{}
	}
	if p.ConvApps == nil {
		p.ConvApps = map[string]*convApp{}
	}
}

func ensure[T any](part **T, made func() *T) {
	if *part == nil {
		*part = made()
	}
}

// nextNumber numbers the things of a project in the order of their making.
func (p *project) nextNumber() int {
	p.Counter++
	return p.Counter
}

// stream names a source of randomness of the project.
func (p *project) stream(of string) string { return p.ID + "/" + of }
