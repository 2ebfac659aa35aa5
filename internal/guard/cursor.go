package guard

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"strings"
)

// A cursor is what an agent repeats, so its parts are short: who forges one gains nothing
// but a wrong comparison or page.
const (
	cursorMACLength   = 6 // bytes that sign it
	cursorOwnerLength = 3 // bytes that say whose it is
)

// Why a cursor is refused.
var (
	ErrNoCursor     = errors.New("this is no cursor of this server")
	ErrOthersCursor = errors.New("this cursor belongs to someone or something else")
)

// SignCursor makes a cursor of a text for a principal, with the credentials of this guard.
// scope says what else it is bound to, such as a tool and a project.
func (g *Guard) SignCursor(ctx context.Context, principal, scope, text string) (string, error) {
	key, err := g.signingKey(ctx)
	if err != nil {
		return "", err
	}
	owner := g.cursorOwner(key, principal, scope)
	return cursorTag(key, owner, text) + owner + "." + text, nil
}

// OpenCursor returns the text of a cursor of SignCursor, with the same principal and
// scope. The error is ErrNoCursor, ErrOthersCursor, or that of the store.
func (g *Guard) OpenCursor(ctx context.Context, principal, scope, cursor string) (text string, _ error) {
	key, err := g.signingKey(ctx)
	if err != nil {
		return "", err
	}
	signed, text, _ := strings.Cut(cursor, ".")
	split := min(len(signed), base64.RawURLEncoding.EncodedLen(cursorMACLength))
	tag, owner := signed[:split], signed[split:]
	switch {
	case !hmac.Equal([]byte(tag), []byte(cursorTag(key, owner, text))):
		return "", ErrNoCursor
	case owner != g.cursorOwner(key, principal, scope):
		return "", ErrOthersCursor
	}
	return text, nil
}

func cursorTag(key []byte, owner, text string) string {
	return base64.RawURLEncoding.EncodeToString(mac(key, []byte("cursor"), []byte(owner), []byte{0}, []byte(text))[:cursorMACLength])
}

// cursorOwner says whose a cursor is without naming it.
func (g *Guard) cursorOwner(key []byte, principal, scope string) string {
	return base64.RawURLEncoding.EncodeToString(mac(key, []byte("cursor's owner"), []byte(g.opts.Realm), []byte{0}, []byte(principal), []byte{0}, []byte(scope))[:cursorOwnerLength])
}
