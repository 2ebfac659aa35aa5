// Command startup measures how long a client waits for papi-mcp, from the start
// of the process to its answer to initialize on stdio, compared with a minimal
// mcp-go server with one tool (in bare/).
//
// Run it at the root of the repository:
//
//	go run ./scripts/startup [-n 40] [-max 2] [-server BINARY] [ARGUMENT...]
//
// It builds both, starts them in turn n times each, and prints the medians and
// their ratio. The exit code is 1 if the ratio is above max.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"papi-mcp/scripts/compare"
)

func main() {
	runs := flag.Int("n", 40, "number of starts of each server")
	limit := flag.Float64("max", 2, "largest ratio that passes; 0: any")
	binary := flag.String("server", "", "the server's binary; default: built from this directory")
	flag.Parse()
	arguments := flag.Args()
	if len(arguments) == 0 {
		arguments = []string{"serve"}
	}
	ratio, err := measure(*runs, *binary, arguments)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "startup:", err)
		os.Exit(1)
	case *limit > 0 && ratio > *limit:
		fmt.Fprintf(os.Stderr, "startup: the ratio is above %g\n", *limit)
		os.Exit(1)
	}
}

// measure starts both servers in turn, prints the medians, and returns their
// ratio.
func measure(runs int, binary string, arguments []string) (float64, error) {
	dir, err := os.MkdirTemp("", "startup")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	bare, binary, err := compare.Build(dir, "./scripts/startup/bare", binary)
	if err != nil {
		return 0, err
	}

	var ours, theirs []time.Duration
	for i := range runs + 1 {
		a, err := start(binary, arguments...)
		if err != nil {
			return 0, err
		}
		b, err := start(bare)
		if err != nil {
			return 0, err
		}
		if i == 0 {
			continue // the first start reads the binary from disk
		}
		ours, theirs = append(ours, a), append(theirs, b)
	}
	ratio := float64(compare.Median(ours)) / float64(compare.Median(theirs))
	fmt.Printf("from process start to the answer to initialize, median of %d:\n", runs)
	fmt.Printf("  papi-mcp %-8s %8v\n", strings.Join(arguments, " "), compare.Median(ours).Round(10*time.Microsecond))
	fmt.Printf("  bare mcp-go       %8v\n", compare.Median(theirs).Round(10*time.Microsecond))
	fmt.Printf("  ratio             %8.2f\n", ratio)
	return ratio, nil
}

const initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","clientInfo":{"name":"startup","version":"1"},"capabilities":{}}}` + "\n"

// start starts a server, and returns how long its first answer took.
func start(binary string, arguments ...string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, arguments...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	answer, err := ask(in, out)
	took := time.Since(began)

	_ = in.Close()
	_, _ = io.Copy(io.Discard, out)
	if waitErr := cmd.Wait(); err == nil {
		err = waitErr
	}
	if err == nil && !strings.Contains(answer, `"serverInfo"`) {
		err = fmt.Errorf("it answered %s", answer)
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", filepath.Base(binary), err)
	}
	return took, nil
}

// ask sends initialize and returns the answer.
func ask(in io.Writer, out io.Reader) (string, error) {
	if _, err := io.WriteString(in, initialize); err != nil {
		return "", err
	}
	return bufio.NewReader(out).ReadString('\n')
}
