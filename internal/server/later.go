package server

import (
	"cmp"
	"context"

	"github.com/mark3labs/mcp-go/mcp"
)

// waitTool is the tool whose calls last for minutes.
const waitTool = "wait"

// laterCall is a call that is made when mcp-go has returned. Below mcp-go's frames it
// would keep a stack of 32 KB instead of 16: too much for a thousand calls that wait.
type laterCall struct {
	ctx  context.Context // of the message
	call func(context.Context)
}

type laterKey struct{}

func withLaterCall(ctx context.Context) (context.Context, *laterCall) {
	later := &laterCall{ctx: ctx}
	return context.WithValue(ctx, laterKey{}, later), later
}

// handleCall is the handler of all tools. A call that waits is made later, and its result
// replaces the one that is returned here.
func (s *Server) handleCall(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	later, ok := ctx.Value(laterKey{}).(*laterCall)
	if !ok || request.Params.Name != waitTool {
		return s.call(ctx, &request)
	}
	result := &mcp.CallToolResult{}
	later.call = func(running context.Context) {
		made, err := s.call(running, &request)
		if err != nil {
			panic(err) // it returns none
		}
		made.ResultType = cmp.Or(made.ResultType, result.ResultType) // which mcp-go has set meanwhile
		*result = *made
	}
	values := context.WithoutCancel(ctx) // mcp-go ends it
	later.ctx = withValuesOf(later.ctx, values)
	return result, nil
}

// run makes the call, if there is one.
func (l *laterCall) run() {
	if l.call != nil {
		l.call(l.ctx)
	}
}

// valuesContext ends with one context, and has the values of another.
type valuesContext struct {
	context.Context
	values context.Context
}

func withValuesOf(ctx, values context.Context) context.Context { return valuesContext{ctx, values} }

// Value implements context.Context.
func (c valuesContext) Value(key any) any { return c.values.Value(key) }
