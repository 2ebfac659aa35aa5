package plan

import (
	"fmt"
	"testing"
)

func TestShop(t *testing.T) {
	p := newSandboxProject(t)
	if err := p.box.Seed("shop"); err != nil {
		t.Fatal(err)
	}
	text := Export("p", p.items(), false)
	fmt.Println(string(text))
	d, faults := Read(text, Options{File: "x.yaml", Secrets: func(string) bool { return true }})
	for _, f := range faults {
		fmt.Println(f)
	}
	if d != nil {
		for _, n := range Check(d) {
			fmt.Println(n.At, n.Error, n.Path, n.Text)
		}
	}
}
