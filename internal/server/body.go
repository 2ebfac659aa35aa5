package server

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"
)

// readBody reads a message; ok is false when the request has been refused.
func (h *HTTP) readBody(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		h.refuse(w, http.StatusUnsupportedMediaType, "the Content-Type must be application/json")
		return nil, false
	}
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(h.limits.ReadTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(h.limits.Body)))
	if err == nil {
		// After an error the deadline stays: net/http reads the rest of a refused
		// body, which a slow client could delay for ever.
		_ = c.SetReadDeadline(time.Time{})
	}
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		h.refuse(w, http.StatusRequestEntityTooLarge, "a message may have at most "+strconv.Itoa(h.limits.Body)+" bytes")
		return nil, false
	case err != nil:
		w.Header().Set("Connection", "close")
		h.refuse(w, http.StatusRequestTimeout, "the message was not received in time")
		return nil, false
	case depth(body) > h.limits.Depth:
		h.refuse(w, http.StatusBadRequest, "the message is nested deeper than "+strconv.Itoa(h.limits.Depth))
		return nil, false
	}
	return body, true
}

// depth returns how deep arrays and objects are nested in a text that may be
// JSON.
func depth(text []byte) int {
	deepest, now, inString := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}
