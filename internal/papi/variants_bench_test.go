package papi

import (
	"fmt"
	"testing"
)

// The cost of a list of a union grows with its items, and no faster.
func BenchmarkUnion(b *testing.B) {
	body := Lookup("WhatsappTemplatesController_createTemplate_v1").Body
	for _, n := range []int{-1000, 10, 100, 1000} {
		components := make([]any, max(n, -n))
		for i := range components {
			components[i] = map[string]any{"type": "BUTTONS", "buttons": []any{map[string]any{"type": "URL", "text": fmt.Sprint(i), "url": "example"}}}
			if n < 0 { // nothing says what is meant
				components[i] = map[string]any{fmt.Sprint(i): i}
			}
		}
		value := map[string]any{"name": "a_b", "language": "EN", "category": "UTILITY", "details": map[string]any{"components": components}}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if len(body.Violations(value, CheckOptions{Closed: true, Formats: true})) == 0 {
					b.Fatal("all are valid")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(len(components)), "us/item")
		})
	}
}
