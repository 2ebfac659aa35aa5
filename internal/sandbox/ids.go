package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// draw returns a source of randomness that depends on the seed, the name of
// the stream, and the number of draws from that stream. So what happens in one
// project does not change the ids of another.
func (s *Sandbox) draw(stream string) *rand.ChaCha8 {
	n := s.state.Draws[stream]
	s.state.Draws[stream] = n + 1
	var seed []byte
	seed = binary.BigEndian.AppendUint64(seed, s.state.Seed)
	seed = binary.BigEndian.AppendUint64(seed, n)
	return rand.NewChaCha8(sha256.Sum256(append(seed, stream...)))
}

// uuid is the form of senders, subprojects and apps.
func (s *Sandbox) uuid(stream string) string {
	var b [16]byte
	_, _ = s.draw(stream).Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// ulid is the form of webhooks, deliveries and nonces. The characters that encode
// the time in other ULIDs are random too, so that they depend on the seed.
func (s *Sandbox) ulid(stream string) string {
	from := s.draw(stream)
	out := []byte("01")
	for len(out) < 26 {
		out = append(out, crockford[from.Uint64()&31])
	}
	return string(out)
}

func isULID(s string) bool {
	return len(s) == 26 && s[0] <= '7' && strings.Trim(s, crockford) == ""
}

// digits is the form of Meta's ids and of one-time codes.
func (s *Sandbox) digits(stream string, n int) string {
	from := rand.New(s.draw(stream))
	out := make([]byte, n)
	for i := range out {
		out[i] = byte('0' + from.IntN(10))
	}
	if n > 6 && out[0] == '0' {
		out[0] = '1'
	}
	return string(out)
}

// letters is the form of secrets.
func (s *Sandbox) letters(stream string, n int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	from := rand.New(s.draw(stream))
	out := make([]byte, n)
	for i := range out {
		out[i] = alphabet[from.IntN(len(alphabet))]
	}
	return string(out)
}

// formatTime is the form of times in answers.
func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// hex is the form of SMS apps and bundles.
func (s *Sandbox) hex(stream string, n int) string {
	b := make([]byte, n/2)
	_, _ = s.draw(stream).Read(b)
	return fmt.Sprintf("%x", b)
}
