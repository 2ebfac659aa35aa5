package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"papi-mcp/internal/sandbox"
)

func newSandbox(s *streams) *cobra.Command {
	var (
		c     config
		addr  string
		clock string
		speed float64
		seed  uint64
	)
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run the imitation of the API as an HTTP server of its own",
		Long: `Run the imitation of the Provisioning API as an HTTP server of its own, token
endpoint included. Its URL is the one line on standard output; point
PAPI_BASE_URL at it, and PAPI_TOKEN_URL at its /oauth2/token. Any key works.
It stops at an interrupt, and forgets everything.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if clock != "real" && clock != "manual" {
				return usage("--clock %q: give real or manual", clock)
			}
			if speed <= 0 {
				return usage("--speed %v: give a number above 0", speed)
			}
			listener, err := net.Listen("tcp", addr)
			if err != nil {
				return usage("--addr: %v", err)
			}
			box := sandbox.New(sandbox.Options{Seed: seed, Manual: clock == "manual", Speed: speed, Logger: c.logger(s)})
			defer box.Close()
			url := "http://" + listener.Addr().String()
			fmt.Fprintln(s.out, url)
			fmt.Fprintf(s.err, "To use it:\n  export PAPI_BASE_URL=%s PAPI_TOKEN_URL=%s/oauth2/token SINCH_KEY_ID=any SINCH_KEY_SECRET=any SINCH_PROJECT_ID=%s\n", url, url, sandbox.DefaultProject)
			return listen(cmd.Context(), listener, box)
		},
	}
	f := cmd.Flags()
	f.StringVar(&addr, "addr", "127.0.0.1:8089", "address to listen on; port 0 takes a free one")
	f.StringVar(&clock, "clock", "real", "real, or manual: time moves only by POST /_sandbox/clock")
	f.Float64Var(&speed, "speed", 1, "seconds of the API's time in each second")
	f.Uint64Var(&seed, "seed", 1, "the same seed and calls give the same ids, codes and states")
	f.BoolVar(&c.verbose, "verbose", false, "log more to standard error")
	return cmd
}

// listen serves until the context ends.
func listen(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(stop) // what is not ended by then ends with the process
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return &exitError{exitFailed, err.Error()}
	}
	return nil
}
