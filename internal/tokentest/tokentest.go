// Package tokentest counts tokens, for the tests that hold the server's texts to
// their budgets. Only tests import it: the vocabulary that it embeds is large.
package tokentest

import (
	"sync"

	"github.com/tiktoken-go/tokenizer"
)

// codec is the vocabulary o200k_base.
var codec = sync.OnceValue(func() tokenizer.Codec {
	c, err := tokenizer.Get(tokenizer.O200kBase)
	if err != nil {
		panic("tokentest: " + err.Error())
	}
	return c
})

// Count returns how many tokens of o200k_base a text has.
func Count(text string) int {
	n, err := codec().Count(text)
	if err != nil {
		panic("tokentest: " + err.Error())
	}
	return n
}
