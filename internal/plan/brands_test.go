package plan

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"papi-mcp/internal/jsonvalue"
)

// brands are projects of one sandbox, with an onboarded WhatsApp account each, and the
// file that all of them share.
func brands(t testing.TB, n int) (projects []*guardedProject, file []*Item) {
	t.Helper()
	first := newGuardedProject(t)
	for i := range n {
		p := *first
		p.id = fmt.Sprintf("00000000-0000-0000-0000-%012d", i)
		p.must("whatsapp_account_create", decoded(t, `{"wabaName":"Example","clientBusinessManagerId":"1000000000","businessManager":"SINCH_UK","senderDetails":{"displayName":"Example Shop","businessCategory":"SHOPPING_AND_RETAIL","region":"EU"}}`))
		projects = append(projects, &p)
	}
	if _, err := first.box.AdvanceBy(context.Background(), 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		file = append(file, fileItem(t, "webhooks", fmt.Sprintf(`{"target":"https://example.com/hooks/%d","triggers":["WHATSAPP_TEMPLATE_APPROVED"],"secret":"${env:PAPI_VAR_HOOK}"}`, i)))
	}
	for i := range 20 {
		for _, language := range []string{"EN", "DE", "FR"} {
			text := fmt.Sprintf("Order {{1}} of shop %d (%s) is on its way. We will tell you when it is near.", i, language)
			fields := map[string]any{
				"name": fmt.Sprintf("order_%d", i), "language": language, "category": "UTILITY",
				"details": map[string]any{"components": []any{
					map[string]any{"type": "BODY", "text": text, "examples": []any{"1001"}},
					map[string]any{"type": "FOOTER", "text": "Example Shop"},
				}},
			}
			file = append(file, fileItem(t, "whatsappTemplates", string(jsonvalue.Encode(fields))))
		}
	}
	return projects, file
}

// TestRequestsOfBrands counts the requests of plans of many brands: with everything to
// create, and with nothing to do. The least is one for each list of a brand that the file
// is about.
func TestRequestsOfBrands(t *testing.T) {
	const n = 5
	projects, file := brands(t, n)
	least := int64(2 * n)
	for _, round := range []string{"all is created", "nothing is to do"} {
		var plans []*Plan
		projects[0].sent.Store(0)
		for _, p := range projects {
			plans = append(plans, p.plan(MakeOptions{}, file))
		}
		sent := projects[0].sent.Load()
		// A project without templates is asked whether it can have any.
		if most := least + n; round == "all is created" && sent > most || round != "all is created" && sent > least {
			t.Errorf("%s: %d requests; the least is %d", round, sent, least)
		}
		for i, made := range plans {
			if want := map[string]int{"all is created": len(file)}[round]; len(made.Steps) != want || len(made.Blocked) > 0 {
				t.Fatalf("%s: %s", round, made.Text(PrintOptions{}))
			}
			projects[i].execute(made)
		}
	}
}

// BenchmarkBrands plans fifty brands one after the other, each with three webhooks and
// twenty templates in three languages: with everything to create, and with nothing to do.
func BenchmarkBrands(b *testing.B) {
	const n = 50
	projects, file := brands(b, n)
	measure := func(name string, steps int) {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				projects[0].sent.Store(0)
				var peak uint64
				for _, p := range projects {
					made := p.plan(MakeOptions{}, file)
					if len(made.Steps) != steps {
						b.Fatalf("%d steps, want %d", len(made.Steps), steps)
					}
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					peak = max(peak, m.HeapInuse)
				}
				b.ReportMetric(float64(projects[0].sent.Load()), "requests")
				b.ReportMetric(float64(peak)/(1<<20), "MB-heap-with-the-sandbox")
			}
		})
	}
	measure("create", len(file))
	for _, p := range projects {
		p.execute(p.plan(MakeOptions{}, file))
	}
	measure("nothing", 0)
}
