// Command startup measures what a client waits for when it starts papi-mcp on
// stdio, compared with a minimal mcp-go server (../bare): the time from the start of
// the process to the answer to initialize, the time of the first tools/list, and the
// memory after both. For tools/list and the memory the minimal server has the same
// tools. For initialize it has one, so that it need not read them.
//
// Run it at the root of the repository:
//
//	go run ./scripts/startup [-n 40] [-max-initialize 1.5] [-max-list 2] [-max-memory 2] [-server BINARY] [ARGUMENT...]
//
// It builds both, starts them in turn n times each, and prints the medians and
// their ratios. The exit code is 1 if a ratio is above its maximum; 0 allows any.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"papi-mcp/scripts/compare"
)

func main() {
	runs := flag.Int("n", 40, "number of starts of each server")
	var limits [3]float64
	flag.Float64Var(&limits[0], "max-initialize", 1.5, "largest ratio of the times until initialize is answered; 0: any")
	flag.Float64Var(&limits[1], "max-list", 2, "largest ratio of the times of tools/list; 0: any")
	flag.Float64Var(&limits[2], "max-memory", 2, "largest ratio of resident memory; 0: any")
	binary := flag.String("server", "", "the server's binary; default: built from this directory")
	flag.Parse()
	arguments := flag.Args()
	if len(arguments) == 0 {
		arguments = []string{"serve"}
	}
	if err := measure(*runs, limits, *binary, arguments); err != nil {
		fmt.Fprintln(os.Stderr, "startup:", err)
		os.Exit(1)
	}
}

// figures are what one start took.
type figures struct {
	initialize, list time.Duration
	memory           int      // KB
	tools            []string // names
	bytes            int      // of the list
}

// measure starts the servers in turn, prints the medians, and checks their ratios.
func measure(runs int, limits [3]float64, binary string, arguments []string) error {
	dir, err := os.MkdirTemp("", "startup")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	bare, binary, err := compare.Build(dir, binary)
	if err != nil {
		return err
	}
	var ours, same, one []figures
	for i := range runs + 1 {
		a, err := start(binary, arguments...)
		if err != nil {
			return err
		}
		b, err := start(bare, "-tools", strings.Join(a.tools, ","))
		if err != nil {
			return err
		}
		c, err := start(bare, "-tools", a.tools[0])
		if err != nil {
			return err
		}
		if i == 0 { // the first start reads the binary from disk
			fmt.Printf("papi-mcp %s lists %d tools in %d bytes, bare mcp-go %d in %d\n", strings.Join(arguments, " "), len(a.tools), a.bytes, len(b.tools), b.bytes)
			if !slices.Equal(slices.Sorted(slices.Values(a.tools)), b.tools) {
				return errors.New("the servers don't list the same tools")
			}
			continue
		}
		ours, same, one = append(ours, a), append(same, b), append(one, c)
	}
	fmt.Printf("%-42s %9s %9s %6s\n", fmt.Sprintf("median of %d", runs), "papi-mcp", "bare", "ratio")
	toInitialize := func(f figures) float64 { return milliseconds(f.initialize) }
	return errors.Join(
		report("start to initialize, ms (bare: one tool)", ours, one, limits[0], toInitialize),
		report("start to initialize, ms", ours, same, 0, toInitialize),
		report("tools/list, ms", ours, same, limits[1], func(f figures) float64 { return milliseconds(f.list) }),
		report("resident memory, MB", ours, same, limits[2], func(f figures) float64 { return float64(f.memory) / 1024 }),
	)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// report prints the medians of a figure, and their ratio, which may be at most limit
// unless that is 0.
func report(name string, ours, theirs []figures, limit float64, figure func(figures) float64) error {
	a, b := median(ours, figure), median(theirs, figure)
	fmt.Printf("%-42s %9.2f %9.2f %6.2f\n", name, a, b, a/b)
	if limit > 0 && a/b > limit {
		return fmt.Errorf("%s: the ratio is above %g", name, limit)
	}
	return nil
}

func median(all []figures, figure func(figures) float64) float64 {
	values := make([]float64, len(all))
	for i, f := range all {
		values[i] = figure(f)
	}
	return compare.Median(values)
}

const (
	initialize  = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","clientInfo":{"name":"startup","version":"1"},"capabilities":{}}}` + "\n"
	initialized = `{"jsonrpc":"2.0","method":"notifications/initialized"}` + "\n"
	toolsList   = `{"jsonrpc":"2.0","id":2,"method":"tools/list"}` + "\n"
)

// start starts a server, and returns what its first answers took.
func start(binary string, arguments ...string) (f figures, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, arguments...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return f, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return f, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return f, err
	}
	err = f.ask(began, cmd.Process.Pid, in, bufio.NewReader(out))
	_ = in.Close()
	_, _ = io.Copy(io.Discard, out)
	if waitErr := cmd.Wait(); err == nil {
		err = waitErr
	}
	if err != nil {
		return f, fmt.Errorf("%s: %w", filepath.Base(binary), err)
	}
	return f, nil
}

// ask sends the first requests and records the answers.
func (f *figures) ask(began time.Time, pid int, in io.Writer, out *bufio.Reader) error {
	if _, err := io.WriteString(in, initialize); err != nil {
		return err
	}
	answer, err := out.ReadString('\n')
	f.initialize = time.Since(began)
	if err != nil || !strings.Contains(answer, `"serverInfo"`) {
		return fmt.Errorf("initialize was answered by %q, %w", answer, err)
	}
	asked := time.Now()
	if _, err := io.WriteString(in, initialized+toolsList); err != nil {
		return err
	}
	answer, err = out.ReadString('\n')
	f.list = time.Since(asked)
	if err != nil {
		return err
	}
	var message struct {
		Result struct{ Tools []struct{ Name string } }
	}
	if err := json.Unmarshal([]byte(answer), &message); err != nil || len(message.Result.Tools) == 0 {
		return fmt.Errorf("tools/list was answered by %.200q, %w", answer, err)
	}
	for _, tool := range message.Result.Tools {
		f.tools = append(f.tools, tool.Name)
	}
	f.bytes = len(answer)
	f.memory, err = resident(pid)
	return err
}

// resident returns the resident memory of a process in KB.
func resident(pid int) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	amount, _, _ := strings.Cut(after, "kB")
	return strconv.Atoi(strings.TrimSpace(amount))
}
