package events

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestADeliveryIsStored(t *testing.T) {
	f := newFixture(t)
	woken, stop := f.inboxes.Of("").Watch()
	defer stop()
	f.send(f.delivery("n1", approved), http.StatusOK, OutcomeStored)
	select {
	case <-woken:
	case <-time.After(10 * time.Second):
		t.Error("who watches the inbox was not woken")
	}
	got := f.events("")
	if len(got) != 1 {
		t.Fatalf("%d events", len(got))
	}
	e := got[0]
	if e.Number != 1 || !e.Received.Equal(f.now) || e.Registration != f.reg.ID || e.ProjectID != projectID || e.Type != "WHATSAPP_TEMPLATE_APPROVED" ||
		string(e.Payload) != `{"name":"order_update","state":"APPROVED"}` || e.More != nil || len(e.ID) != 32 {
		t.Errorf("%+v", e)
	}
}

// The signature of the contract's example is computed as the contract says, over the bytes
// as they were received.
func TestTheSignatureIsOverTheRawBytes(t *testing.T) {
	f := newFixture(t)
	body := " { \"payload\" : {\"a\" : 1.0, \"é\":\"\\u00e9\"} ,\t\"type\":\"X\"}\r\n"
	f.send(f.delivery("n1", body), http.StatusOK, OutcomeStored)
	d := f.delivery("n2", body)
	d.edit = func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(strings.TrimSpace(body))) }
	f.send(d, http.StatusUnauthorized, OutcomeUnauthorized)
	if got := f.events(""); len(got) != 1 || string(got[0].Payload) != `{"a":1.0,"é":"é"}` {
		t.Errorf("%+v", got)
	}
	// printf '{}.01EAW2BNWCG9DC13RS582V0ZQ3.1592227387' | openssl dgst -sha256 -hmac secret -binary | base64
	s := signature{nonce: "01EAW2BNWCG9DC13RS582V0ZQ3", timestamp: "1592227387"}
	if got := base64.StdEncoding.EncodeToString(s.by("secret", []byte("{}"))); got != "CTTbJZ0X+SwHwooPhLSfodEgVaFzxARBoXdFRIE3NUs=" {
		t.Errorf("got %s", got)
	}
}

func TestWhatIsRefused(t *testing.T) {
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, c := range map[string]struct {
		change  func(*delivery)
		status  int
		outcome string
	}{
		"another secret":           {func(d *delivery) { d.secret = "another" }, 401, OutcomeUnauthorized},
		"an unknown registration":  {func(d *delivery) { d.id = newID() }, 401, OutcomeUnauthorized},
		"an id of another form":    {func(d *delivery) { d.id = "x" }, 401, OutcomeUnauthorized},
		"another body":             {func(d *delivery) { d.edit = func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("{}")) } }, 401, OutcomeUnauthorized},
		"another nonce":            {func(d *delivery) { d.edit = header(HeaderNonce, "n2") }, 401, OutcomeUnauthorized},
		"another timestamp":        {func(d *delivery) { d.edit = header(HeaderTimestamp, "1") }, 401, OutcomeUnauthorized},
		"no signature":             {func(d *delivery) { d.edit = header(HeaderSignature, "") }, 401, OutcomeUnauthorized},
		"not base64":               {func(d *delivery) { d.edit = header(HeaderSignature, "!!!") }, 401, OutcomeUnauthorized},
		"a short signature":        {func(d *delivery) { d.edit = header(HeaderSignature, "AAAA") }, 401, OutcomeUnauthorized},
		"another algorithm":        {func(d *delivery) { d.edit = header(HeaderAlgorithm, "HmacSHA1") }, 401, OutcomeUnauthorized},
		"no nonce":                 {func(d *delivery) { d.nonce = "" }, 401, OutcomeUnauthorized},
		"a huge nonce":             {func(d *delivery) { d.nonce = strings.Repeat("n", maxNonce+1) }, 401, OutcomeUnauthorized},
		"no timestamp":             {func(d *delivery) { d.timestamp = "" }, 401, OutcomeUnauthorized},
		"a timestamp that is none": {func(d *delivery) { d.timestamp = "yesterday" }, 401, OutcomeExpired},
		"older than a day":         {func(d *delivery) { d.timestamp = "1772279999" }, 401, OutcomeExpired}, // 24 h and 1 s
		"of the future":            {func(d *delivery) { d.timestamp = "1772366701" }, 401, OutcomeExpired}, // 5 min and 1 s
		"no JSON":                  {func(d *delivery) { d.body = "hello" }, 400, OutcomeMalformed},
		"no object":                {func(d *delivery) { d.body = "[1]" }, 400, OutcomeMalformed},
		"two objects":              {func(d *delivery) { d.body = "{}{}" }, 400, OutcomeMalformed},
		"nothing":                  {func(d *delivery) { d.body = "" }, 400, OutcomeMalformed},
		"nested too deeply":        {func(d *delivery) { d.body = strings.Repeat(`{"a":`, 20000) }, 400, OutcomeMalformed},
		"a body that is too large": {func(d *delivery) { d.body = strings.Repeat("x", maxBody+1) }, 413, OutcomeTooLarge},
		"too large, without a length": {func(d *delivery) {
			d.body = strings.Repeat("x", maxBody+1)
			d.edit = func(r *http.Request) { r.ContentLength = -1 }
		}, 413, OutcomeTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			d := f.delivery("n1", approved)
			c.change(&d)
			f.send(d, c.status, c.outcome)
			if len(f.events("")) != 0 {
				t.Error("it is stored")
			}
			// It has not used up the nonce.
			f.send(f.delivery("n1", approved), http.StatusOK, OutcomeStored)
		})
	}
}

// A stranger does not learn which registrations exist.
func TestAnUnknownRegistrationHasTheAnswerOfAWrongSignature(t *testing.T) {
	f := newFixture(t)
	wrong, unknown := f.delivery("n1", approved), f.delivery("n1", approved)
	wrong.secret, unknown.id = "another", newID()
	a := f.send(wrong, http.StatusUnauthorized, OutcomeUnauthorized)
	b := f.send(unknown, http.StatusUnauthorized, OutcomeUnauthorized)
	if a.Body.String() != b.Body.String() || len(a.Header()) != len(b.Header()) {
		t.Errorf("%s and %s", a.Body, b.Body)
	}
}

func TestOnlyPostIsServed(t *testing.T) {
	f := newFixture(t)
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		w := httptest.NewRecorder()
		f.handler.ServeHTTP(w, httptest.NewRequest(method, Path+f.reg.ID, nil))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodPost {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

// A nonce is accepted once: its repetition is acknowledged and stores nothing, for as long
// as its timestamp is accepted; later it is too old. Two nonces are two events.
func TestARepetition(t *testing.T) {
	f := newFixture(t)
	first := f.delivery("n1", approved)
	f.send(first, http.StatusOK, OutcomeStored)
	f.send(first, http.StatusOK, OutcomeRepeated)
	again := f.delivery("n1", approved) // signed later, with the same nonce
	again.timestamp = strconv.FormatInt(f.now.Unix()+1, 10)
	f.send(again, http.StatusOK, OutcomeRepeated)
	f.send(f.delivery("n2", approved), http.StatusOK, OutcomeStored)

	f.now = f.now.Add(DefaultMaxAge)
	f.send(first, http.StatusOK, OutcomeRepeated)
	f.now = f.now.Add(time.Second)
	f.send(first, http.StatusUnauthorized, OutcomeExpired)
	if got := f.events(""); len(got) != 2 || got[0].ID == got[1].ID {
		t.Errorf("%+v", got)
	}
}

// A delivery whose timestamp is ahead of our clock is accepted for longer than a day, and
// its nonce is known for as long.
func TestTheNonceOfAClockThatIsAheadIsKnownForAsLongAsItIsAccepted(t *testing.T) {
	f := newFixture(t)
	d := f.delivery("n1", approved)
	d.timestamp = strconv.FormatInt(f.now.Add(clockSkew).Unix(), 10)
	f.send(d, http.StatusOK, OutcomeStored)
	f.now = f.now.Add(DefaultMaxAge + clockSkew)
	f.send(d, http.StatusOK, OutcomeRepeated)
	f.now = f.now.Add(time.Second)
	f.send(d, http.StatusUnauthorized, OutcomeExpired)
}

// What was signed and delayed for hours, by the retries of the API, is accepted.
func TestMaxAge(t *testing.T) {
	late := func(f *fixture, age time.Duration) delivery {
		d := f.delivery("n1", approved)
		d.timestamp = strconv.FormatInt(f.now.Add(-age).Unix(), 10)
		return d
	}
	f := newFixture(t)
	f.send(late(f, 24*time.Hour), http.StatusOK, OutcomeStored)
	f = newFixture(t, func(o *ReceiverOptions) { o.Inboxes.maxAge = time.Hour })
	f.send(late(f, time.Hour+time.Second), http.StatusUnauthorized, OutcomeExpired)
	if !strings.Contains(f.log.String(), "--max-event-age") || !strings.Contains(f.log.String(), "age=1h0m1s") {
		t.Errorf("the log: %s", f.log.String())
	}
	f.send(late(f, time.Hour), http.StatusOK, OutcomeStored)
}

// The signature does not say where the nonce ends: no one can make a second delivery of
// one by moving what is behind a dot from one header to another, or to the body.
func TestPartsOfADeliveryCannotBeMoved(t *testing.T) {
	for _, times := range []string{"1772366400", "1772366400000", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00.123Z", "2026-03-01T13:00:00.5+01:00"} {
		for _, nonce := range []string{"n1", "a.b", "1772366400.1772366400", "2026-03-01T12:00:00", "x.2026-03-01T12:00:00"} {
			f := newFixture(t)
			d := f.delivery(nonce, approved)
			d.timestamp = times
			f.send(d, http.StatusOK, OutcomeStored)
			signed := d.request().Header.Get(HeaderSignature)
			parts := strings.Split(approved+"."+nonce+"."+times, ".")
			for i := 1; i < len(parts)-1; i++ {
				for j := i + 1; j < len(parts); j++ {
					moved := delivery{id: f.reg.ID, body: strings.Join(parts[:i], "."), nonce: strings.Join(parts[i:j], "."), timestamp: strings.Join(parts[j:], ".")}
					moved.edit = func(r *http.Request) { r.Header.Set(HeaderSignature, signed) }
					f.handler.ServeHTTP(httptest.NewRecorder(), moved.request())
				}
			}
			if got := f.events(""); len(got) != 1 {
				t.Errorf("%s.%s: %d events", nonce, times, len(got))
			}
		}
	}
}

// An event of a type that the contract does not have is kept, and so is one without.
func TestUnknownTypesAreKept(t *testing.T) {
	f := newFixture(t)
	f.send(f.delivery("n1", `{"type":"RCS_SENDER_TELEPORTED","payload":{"new":{"deep":[1,null,"x"]}},"comment":"hello","later":{"a":1}}`), http.StatusOK, OutcomeStored)
	f.send(f.delivery("n2", `{"a":1}`), http.StatusOK, OutcomeStored)
	f.send(f.delivery("n3", `{"type":7,"payload":null}`), http.StatusOK, OutcomeStored)
	got := f.events("")
	if got[0].Type != "RCS_SENDER_TELEPORTED" || string(got[0].Payload) != `{"new":{"deep":[1,null,"x"]}}` || string(got[0].More) != `{"comment":"hello","later":{"a":1}}` {
		t.Errorf("%+v", got[0])
	}
	if got[1].Type != "" || got[1].Payload != nil || string(got[1].More) != `{"a":1}` {
		t.Errorf("%+v", got[1])
	}
	if got[2].Type != "" || got[2].Payload != nil || string(got[2].More) != `{"type":7}` {
		t.Errorf("%+v", got[2])
	}
}

// No secret is stored in clear, however its name is disguised, and no text that hides
// something; identifiers are never altered.
func TestPayloadsAreMaskedAndSanitized(t *testing.T) {
	f := newFixture(t)
	f.send(f.delivery("n1", `{"type":"X\u202e","payload":{"bearerToken":"s3cret","to\u200bken":"s3cret","authToken":{"a":["s3cret"]},"code":"WELCOME",
		"text":"a\u202eb \ud83d\udc68\u200d\ud83d\udc69","senderId":"01\u200b2","name\u00ad":"other","name":"real","link":"https://user:s3cret@example.com/"},
		"secret":"s3cret"}`), http.StatusOK, OutcomeStored)
	raw, _, err := f.store.Read(t.Context(), f.inboxes.Of("").stream, 0, 10)
	if err != nil || len(raw) != 1 || bytes.Contains(raw[0].Value, []byte("s3cret")) {
		t.Errorf("%v, %v", raw, err)
	}
	got := f.events("")[0]
	if want := `{"authToken":"***","bearerToken":"***","code":"WELCOME","link":"https://***@example.com/","name":"real","senderId":null,"text":"ab 👨‍👩","token":"***"}`; string(got.Payload) != want {
		t.Errorf("got  %s\nwant %s", got.Payload, want)
	}
	if string(got.More) != `{"secret":"***"}` || got.Type != "X" {
		t.Errorf("%q, %s", got.Type, got.More)
	}
}

// Each tenant has an inbox of its own, and the same nonce in two webhooks is two events.
func TestEachTenantHasItsOwnEvents(t *testing.T) {
	f := newFixture(t)
	other, secret, err := f.registrations.Add(t.Context(), Registration{Tenant: "emea", ProjectID: "p2"})
	if err != nil {
		t.Fatal(err)
	}
	f.send(f.delivery("n1", approved), http.StatusOK, OutcomeStored)
	d := f.delivery("n1", approved)
	d.id, d.secret = other.ID, secret
	f.send(d, http.StatusOK, OutcomeStored)
	if own, emea := f.events(""), f.events("emea"); len(own) != 1 || len(emea) != 1 || emea[0].ProjectID != "p2" || own[0].ID == emea[0].ID {
		t.Errorf("%+v, %+v", own, emea)
	}
}

// A delivery that can't be stored is never acknowledged, and counts as new when it comes
// again.
func TestAStoreThatFails(t *testing.T) {
	f := newFixture(t)
	f.store.err = errors.New("the disk is full")
	w := f.send(f.delivery("n1", approved), http.StatusServiceUnavailable, OutcomeFailed)
	if w.Header().Get("Retry-After") != "10" || strings.Contains(w.Body.String(), "disk") || !strings.Contains(f.log.String(), "the disk is full") {
		t.Errorf("%v, %s; the log: %s", w.Header(), w.Body, f.log.String())
	}
	f.store.err = nil
	f.send(f.delivery("n1", approved), http.StatusOK, OutcomeStored)
}

// What is done with an event before it is acknowledged may fail too.
func TestReceived(t *testing.T) {
	var got []Event
	var fails error
	f := newFixture(t, func(o *ReceiverOptions) {
		o.Received = func(e Event) error { got = append(got, e); return fails }
	})
	f.send(f.delivery("n1", approved), http.StatusOK, OutcomeStored)
	f.send(f.delivery("n1", approved), http.StatusOK, OutcomeRepeated)
	if len(got) != 1 || !got[0].Received.Equal(f.now) || got[0].Type == "" {
		t.Errorf("%+v", got)
	}
	fails = os.ErrClosed
	f.send(f.delivery("n2", approved), http.StatusServiceUnavailable, OutcomeFailed)
}

// Strangers can't use up more than the receiver has for them.
func TestBounds(t *testing.T) {
	f := newFixture(t)
	for range maxOpen {
		f.receiver.open <- struct{}{}
	}
	w := f.send(f.delivery("n1", approved), http.StatusServiceUnavailable, OutcomeBusy)
	if w.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	<-f.receiver.open
	f.send(f.delivery("n1", approved), http.StatusOK, OutcomeStored)
	f.send(f.delivery("n1", approved), http.StatusOK, OutcomeRepeated) // the place was free again
}

// No body is read before there are the headers of a signature, and a body that does not
// come is waited for only so long.
func TestABodyThatDoesNotCome(t *testing.T) {
	f := newFixture(t)
	d := f.delivery("n1", approved)
	d.edit = func(r *http.Request) {
		r.Header.Del(HeaderSignature)
		r.Body = io.NopCloser(unread{t})
	}
	f.send(d, http.StatusUnauthorized, OutcomeUnauthorized)
	d.edit = func(r *http.Request) { r.Body = io.NopCloser(io.MultiReader(strings.NewReader("{"), stalled{})) }
	w := f.send(d, http.StatusRequestTimeout, OutcomeIncomplete)
	if w.Header().Get("Connection") != "close" {
		t.Error("the connection stays open")
	}
}

type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

type stalled struct{}

func (stalled) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

// Of many deliveries with the same nonce that come together, one is stored and all are
// acknowledged.
func TestRepetitionsThatComeTogether(t *testing.T) {
	f := newFixture(t)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			w := httptest.NewRecorder()
			f.handler.ServeHTTP(w, f.delivery("n1", approved).request())
			if w.Code != http.StatusOK {
				t.Errorf("status %d", w.Code)
			}
		})
	}
	all.Wait()
	if len(f.events("")) != 1 || f.outcomes[OutcomeStored] != 1 || f.outcomes[OutcomeRepeated] != 49 {
		t.Errorf("%v", f.outcomes)
	}
}

// FuzzReceiver sends bodies and headers that are signed correctly: each is stored and
// acknowledged, or neither, and what is stored can be read.
func FuzzReceiver(f *testing.F) {
	f.Add(approved, "n1", "1772366400")
	f.Add(`{"type":"\ud800","payload":{"a\u202e":[{}]}}`, "a.b", "2026-03-01T12:00:00.123Z")
	f.Add("{}{", " ", "-1")
	f.Fuzz(func(t *testing.T, body, nonce, timestamp string) {
		r := newFixture(t)
		d := r.delivery(nonce, body)
		d.timestamp = timestamp
		w := httptest.NewRecorder()
		r.handler.ServeHTTP(w, d.request())
		if stored := len(r.events("")) == 1; stored != (w.Code == http.StatusOK) {
			t.Errorf("status %d, stored: %v", w.Code, stored)
		}
	})
}
