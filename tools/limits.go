package tools

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"papi-mcp/internal/papi"
)

// The limits of a call's arguments, far beyond what any call needs. They are
// enforced while the text is parsed, before anything else reads it: comparing a
// number of a million digits takes minutes.
const (
	maxDigits = 64    // of a number, written out
	maxName   = 128   // bytes of a name
	maxNames  = 200   // names of an object, and paths in the argument fields
	maxDepth  = 32    // of nested objects and lists
	maxValues = 5_000 // in total
)

// limitError is a limit that was exceeded, as a violation.
type limitError struct{ papi.Violation }

func (e *limitError) Error() string { return fmt.Sprintf("%s: %v", e.Path, e.Allowed) }

// reader reads one JSON value within the limits.
type reader struct {
	dec    *json.Decoder
	values int
}

func newReader(text []byte) *reader {
	r := &reader{dec: json.NewDecoder(bytes.NewReader(text))}
	r.dec.UseNumber()
	return r
}

// read returns the value. A *limitError means that it exceeds a limit.
func (r *reader) read() (any, error) {
	value, err := r.value("", 0)
	if err != nil {
		return nil, err
	}
	if _, err := r.dec.Token(); err != io.EOF {
		return nil, errors.New("more than one value")
	}
	return value, nil
}

func (r *reader) value(path string, depth int) (any, error) {
	token, err := r.dec.Token()
	if err != nil {
		return nil, broken(err)
	}
	if r.values++; r.values > maxValues {
		return nil, limit(path, nil, "at most %d values in total", maxValues)
	}
	if depth > maxDepth {
		return nil, limit(path, nil, "objects and lists nested at most %d deep", maxDepth)
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '[' {
			return r.list(path, depth)
		}
		return r.object(path, depth)
	case json.Number:
		if digits(string(t)) > maxDigits {
			return nil, limit(path, papi.Echo(string(t)), "a number of at most %d digits", maxDigits)
		}
	}
	return token, nil
}

func (r *reader) list(path string, depth int) (any, error) {
	items := []any{}
	for i := 0; r.dec.More(); i++ {
		item, err := r.value(path+"["+strconv.Itoa(i)+"]", depth+1)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	if _, err := r.dec.Token(); err != nil { // its end
		return nil, broken(err)
	}
	return items, nil
}

func (r *reader) object(path string, depth int) (any, error) {
	fields := map[string]any{}
	for r.dec.More() {
		token, err := r.dec.Token()
		if err != nil {
			return nil, broken(err)
		}
		name, _ := token.(string)
		at := papi.JoinPath(path, name)
		if len(name) > maxName {
			return nil, limit(at, nil, "a name of at most %d bytes", maxName)
		}
		if fields[name], err = r.value(at, depth+1); err != nil {
			return nil, err
		}
		if len(fields) > maxNames {
			return nil, limit(path, nil, "at most %d names in an object", maxNames)
		}
	}
	if _, err := r.dec.Token(); err != nil {
		return nil, broken(err)
	}
	return fields, nil
}

func limit(path string, given any, format string, max int) error {
	return &limitError{papi.Violation{Path: papi.Echo(path), Given: given, Allowed: fmt.Sprintf(format, max)}}
}

// broken is an error of the JSON text. The decoder's own repeats one character at
// most.
func broken(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("unexpected end")
	}
	return err
}

// digits counts the digits of a number written out: 1e9 has ten.
func digits(number string) int {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(strings.TrimPrefix(number, "-")), "e")
	n := len(strings.Replace(mantissa, ".", "", 1))
	if exponent == "" || n > maxDigits {
		return n
	}
	e, err := strconv.Atoi(exponent)
	if err != nil || e > maxDigits || e < -maxDigits {
		return maxDigits + 1
	}
	return n + max(e, -e)
}
