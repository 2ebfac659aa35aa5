package guard

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"strings"
)

// cursorMACLength is how many bytes sign a cursor. Who forges one gains nothing but a
// wrong comparison, so it is short: an agent repeats it.
const cursorMACLength = 6

// SignCursor makes a cursor of a text, which [Guard.OpenCursor] returns.
func (g *Guard) SignCursor(ctx context.Context, text string) (string, error) {
	tag, err := g.cursorTag(ctx, text)
	if err != nil {
		return "", err
	}
	return tag + "." + text, nil
}

// OpenCursor returns the text of a cursor; ok is false for one that is not ours. The
// error is that of the store.
func (g *Guard) OpenCursor(ctx context.Context, cursor string) (text string, ok bool, _ error) {
	given, text, _ := strings.Cut(cursor, ".")
	tag, err := g.cursorTag(ctx, text)
	if err != nil {
		return "", false, err
	}
	return text, hmac.Equal([]byte(given), []byte(tag)), nil
}

func (g *Guard) cursorTag(ctx context.Context, text string) (string, error) {
	key, err := g.signingKey(ctx)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(mac(key, []byte("cursor"), []byte(g.opts.Realm), []byte{0}, []byte(text))[:cursorMACLength]), nil
}
