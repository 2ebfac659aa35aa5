package sandbox

import "time"

// state is all that a sandbox remembers, as Dump writes it.
type state struct {
	Seed     uint64               `json:"seed"` // of ids and codes
	Projects map[string]*project  `json:"projects"`
	Queue    eventQueue           `json:"queue"`
	Events   int                  `json:"events"` // the number of events so far
	Draws    map[string]uint64    `json:"draws"`  // the number of draws from each stream, see draw
	Tokens   map[string]time.Time `json:"tokens"` // the times at which they expire
	// UsedSignups are the signup codes that have been used.
	UsedSignups map[string]bool `json:"spent"`
	Deliveries  []*delivery     `json:"deliveries"`
	// Chains are the deliveries that are made one after the other, by webhook
	// and resource.
	Chains map[string][]string `json:"chains"`
}

// project holds the resources of one project.
type project struct {
	ID       string     `json:"id"`
	Counter  int        `json:"made"` // things so far, which orders them
	Webhooks []*webhook `json:"webhooks"`

	Account   *whatsappAccount          `json:"account,omitempty"`
	Senders   *table[*whatsappSender]   `json:"senders"`
	Templates *table[*whatsappTemplate] `json:"templates"`
	// Locked has the time of deletion of template names, and of names with a
	// language.
	Locked map[string]time.Time `json:"locked"`
	// Contents has the ids of submitted templates by the hash of their content.
	Contents map[string][]string `json:"contents"`
	Syncs    []time.Time         `json:"syncs"` // the syncs of templates in the last hour

	Solutions    []*whatsappSolution  `json:"solutions"`
	Bundles      *table[*bundle]      `json:"bundles"`
	KakaoSenders *table[*kakaoSender] `json:"kakaoSenders"`
	KakaoReady   time.Time            `json:"kakaoReady"` // the time from which there is a KakaoTalk account; zero: there is none
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

// project returns the project with the id, which it creates when the id is first
// used.
func (s *Sandbox) project(id string) *project {
	p := s.state.Projects[id]
	if p == nil {
		p = &project{ID: id}
		p.complete()
		s.state.Projects[id] = p
	}
	return p
}

// complete creates the parts that a new project, or a loaded one, does not have.
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

func ensure[T any](part **T, create func() *T) {
	if *part == nil {
		*part = create()
	}
}

// nextNumber numbers the resources of a project in the order of their creation.
func (p *project) nextNumber() int {
	p.Counter++
	return p.Counter
}

// stream names a source of randomness of the project, see draw.
func (p *project) stream(of string) string { return p.ID + "/" + of }
