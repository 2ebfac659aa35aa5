package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/tools"
)

// person answers what the client is asked.
type person struct{ action mcp.ElicitationResponseAction }

func (p person) Elicit(_ context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	if p.action == "" {
		return nil, errors.New("the handler fails")
	}
	return &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: p.action}}, nil
}

// connect opens a real client over pipes.
func connect(t *testing.T, s *Server, version string, options ...client.ClientOption) *client.Client {
	t.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- s.ServeStdio(context.Background(), inR, outW)
		outW.Close()
	}()
	c := client.NewClient(transport.NewIO(outR, inW, io.NopCloser(nil)), options...)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Errorf("the connection ended with %v", err)
		}
		outR.Close()
	})
	if err := c.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	var request mcp.InitializeRequest
	request.Params.ProtocolVersion = version
	request.Params.ClientInfo = mcp.Implementation{Name: "client", Version: "1"}
	result, err := c.Initialize(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	if result.ProtocolVersion != version || result.ServerInfo.Name != "papi-mcp" {
		t.Fatalf("connected as %+v", result)
	}
	return c
}

func TestRealClient(t *testing.T) {
	var request mcp.CallToolRequest
	request.Params.Name = "do"
	request.Params.Arguments = map[string]any{"a": 1}

	for _, version := range []string{"2024-11-05", "2025-06-18", "2025-11-25", "2026-07-28"} {
		t.Run(version, func(t *testing.T) {
			c := connect(t, newServer(t, echo), version)
			listed, err := c.ListTools(t.Context(), mcp.ListToolsRequest{})
			if err != nil {
				t.Fatal(err)
			}
			if len(listed.Tools) != 1 || listed.Tools[0].Name != "do" {
				t.Errorf("tools %+v", listed.Tools)
			}
			result, err := c.CallTool(t.Context(), request)
			if err != nil {
				t.Fatal(err)
			}
			if got := structured(t, result); got["echo"].(map[string]any)["a"] != 1.0 {
				t.Errorf("content %v", got)
			}
		})

		t.Run(version+" is not asked without a handler", func(t *testing.T) {
			c := connect(t, newServer(t, asking), version)
			result, err := c.CallTool(t.Context(), request)
			if err != nil {
				t.Fatal(err)
			}
			if got := structured(t, result); got["answer"] != "can not elicit" {
				t.Errorf("content %v", got)
			}
		})

		for action, want := range map[mcp.ElicitationResponseAction]string{
			mcp.ElicitationResponseActionAccept:  "accepted",
			mcp.ElicitationResponseActionDecline: "declined",
			mcp.ElicitationResponseActionCancel:  "cancelled",
		} {
			t.Run(version+" "+string(action), func(t *testing.T) {
				c := connect(t, newServer(t, asking), version, client.WithElicitationHandler(person{action}))
				result, err := c.CallTool(t.Context(), request)
				if err != nil {
					t.Fatal(err)
				}
				if got := structured(t, result); got["answer"] != want {
					t.Errorf("content %v, want %s", got, want)
				}
			})
		}

		t.Run(version+" goes away", func(t *testing.T) {
			running, stopped := make(chan struct{}), make(chan struct{})
			c := connect(t, newServer(t, func(ctx context.Context, _ tools.Caller, _ string, _ json.RawMessage) tools.Outcome {
				close(running)
				<-ctx.Done()
				close(stopped)
				return tools.Outcome{Structured: map[string]any{}}
			}), version)
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-running
				cancel()
			}()
			if _, err := c.CallTool(ctx, request); !errors.Is(err, context.Canceled) {
				t.Errorf("call ended with %v", err)
			}
			<-stopped
		})
	}
}

// mcp-go's client answers with an error when its handler fails, where the
// protocol has a place for one.
func TestRealClientWhoseHandlerFails(t *testing.T) {
	var request mcp.CallToolRequest
	request.Params.Name = "do"
	c := connect(t, newServer(t, asking), "2025-11-25", client.WithElicitationHandler(person{}))
	result, err := c.CallTool(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	if got := structured(t, result); got["answer"] != "cancelled" {
		t.Errorf("content %v", got)
	}
}
