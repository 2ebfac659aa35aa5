package papi

import (
	"runtime"
	"testing"
	"time"
)

// A validator lives as long as its schema.
func TestValidatorsAreFreedWithTheirSchemas(t *testing.T) {
	kept := func() (n int) {
		validators.Range(func(any, any) bool { n++; return true })
		return n
	}
	before := kept()
	stays := &Schema{Type: Types{"object"}}
	for range 1000 {
		s := &Schema{Type: Types{"object"}, Properties: map[string]*Schema{"name": {Type: Types{"string"}}}}
		for _, opts := range []CheckOptions{{}, {Closed: true}, {Closed: true, Draft: true}} {
			if found := s.Violations(map[string]any{"name": 7}, opts); len(found) != 1 {
				t.Fatalf("found %v", found)
			}
		}
		stays.Violations(7, CheckOptions{})
	}
	end := time.Now().Add(20 * time.Second)
	for kept() > before+1 && time.Now().Before(end) { // cleanups run beside the collection
		runtime.GC()
	}
	if n := kept() - before; n != 1 {
		t.Errorf("%d validators are left of 3001, want that of the schema in use", n)
	}
	runtime.KeepAlive(stays)
}
