package jsonvalue

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"testing"
)

// byStandard decodes as encoding/json does.
func byStandard(raw []byte) (value any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&value) != nil {
		return nil, false
	}
	_, err := d.Token()
	return value, err == io.EOF
}

func FuzzDecodeAsEncodingJSON(f *testing.F) {
	for _, raw := range []string{
		`{"a":[1,-0.50e+9,true,false,null,"x"],"":{}}`, `[]`, ` 1 `, `"\u00e9\ud83d\ude00\n\/"`, `"\ud800"`, `"\udc00x\ud800\u0041"`,
		"\"\xff\xc3\"", "{\"\xff\":1}", `{"a":1,"a":2}`, `{"a":1,"\u0061":[2]}`,
		``, ` `, `{`, `[1,`, `[1 2]`, `{"a" 1}`, `{1:2}`, `nul`, `01`, `1.`, `"\x"`, "\"\n\"", `1 2`, `{} x`, `]`, `[}`, `{"a":}`, `[,]`, "\ufeff1",
	} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		got, err := Decode(raw)
		if want, ok := byStandard(raw); ok != (err == nil) || ok && !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %#v, %v; encoding/json has %#v, %v", raw, got, err, want, ok)
		}
		if !bytes.Equal(raw, before) {
			t.Errorf("%q was changed to %q", before, raw)
		}
	})
}

func TestDecodeReturnsWhatComesBeforeMore(t *testing.T) {
	for raw, want := range map[string]any{`{} x`: map[string]any{}, `1 2`: json.Number("1"), `"a`: nil, ``: nil} {
		if got, err := Decode([]byte(raw)); err == nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %#v, %v", raw, got, err)
		}
	}
}

// encoding/json refuses a deeper one too.
func TestDecodeBoundsTheDepth(t *testing.T) {
	for depth, want := range map[int]bool{9_999: true, 10_001: false} {
		raw := append(bytes.Repeat([]byte("["), depth), bytes.Repeat([]byte("]"), depth)...)
		if _, err := Decode(raw); (err == nil) != want {
			t.Errorf("%d deep: %v", depth, err)
		}
	}
}
