package guard

import (
	"context"
	"encoding/json"
)

// reads are the reads that the rules of one call share: each is made once.
type reads struct {
	reader Reader
	done   map[string]readResult
}

type readResult struct {
	answer map[string]any
	err    error
}

// read calls a reading tool in the call's project, once for all rules.
func (c *Call) read(ctx context.Context, tool string, args map[string]any) (map[string]any, error) {
	raw, err := json.Marshal(args)
	if err != nil {
		return nil, err
	}
	key := tool + string(raw)
	if r, ok := c.reads.done[key]; ok {
		return r.answer, r.err
	}
	answer, err := c.reads.reader.Read(ctx, c.ProjectID, tool, args)
	if c.reads.done == nil {
		c.reads.done = map[string]readResult{}
	}
	c.reads.done[key] = readResult{answer, err}
	return answer, err
}
