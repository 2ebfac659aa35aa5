package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// process is a server that this program started.
type process struct {
	cmd *exec.Cmd
	url string       // the one line that it printed
	key string       // that its callers send, "" for none
	log bytes.Buffer // its standard error
}

// start starts a server and waits for its URL.
func start(ctx context.Context, env []string, binary string, arguments ...string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, binary, arguments...)}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = &p.log
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(os.Interrupt) }
	p.cmd.WaitDelay = 20 * time.Second
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", binary, strings.Join(arguments, " "), errors.Join(err, p.cmd.Wait()), &p.log)
	}
	p.url = strings.TrimSpace(line)
	return p, nil
}

// stop stops the server, which must exit without an error.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	if err := p.cmd.Wait(); err != nil {
		log := p.log.Bytes()
		return fmt.Errorf("%s ended with %w\n%s", p.cmd.Path, err, log[max(0, len(log)-1000):])
	}
	return nil
}

// cpu returns the processor time that the server has used.
func (p *process) cpu() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const user, system, tick = 11, 12, 10 * time.Millisecond // fields 14 and 15 of proc(5); Linux reports hundredths
	ticks := 0
	for _, i := range []int{user, system} {
		n, err := strconv.Atoi(fields[i])
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// gauges returns the metrics of papi-mcp by name.
func (p *process) gauges() (map[string]float64, error) {
	r, err := http.NewRequest(http.MethodGet, strings.TrimSuffix(p.url, "/mcp")+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	if p.key != "" {
		r.Header.Set("Authorization", "Bearer "+p.key)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	all := map[string]float64{}
	for line := range strings.Lines(string(body)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			all[name] = n
		}
	}
	return all, nil
}

// liveHeap returns the size of the live heap in bytes after two garbage collections,
// since the first one may count what is still in use. work makes them happen.
func (p *process) liveHeap(work func() error) (live float64, err error) {
	const cycles = "go_gc_cycles_total_gc_cycles_total"
	before, err := p.gauges()
	if err != nil {
		return 0, err
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		for range 10 {
			if err := work(); err != nil {
				return 0, err
			}
		}
		now, err := p.gauges()
		if err != nil {
			return 0, err
		}
		if now[cycles] >= before[cycles]+2 {
			return now["go_gc_heap_live_bytes"], nil
		}
	}
	return 0, errors.New("there was no garbage collection within a minute")
}

// idleTimeout is longer than a server keeps an idle connection to the API (30 s).
const idleTimeout = 35 * time.Second

// idleGoroutines returns the number of goroutines without calls: it waits until there
// are at most as many as want, or idle connections have been closed.
func (p *process) idleGoroutines(want float64) (goroutines float64, err error) {
	for end := time.Now().Add(idleTimeout); time.Now().Before(end); time.Sleep(time.Second) {
		now, err := p.gauges()
		if err != nil {
			return 0, err
		}
		if goroutines = now["go_goroutines"]; goroutines <= want {
			break
		}
	}
	return goroutines, nil
}

// use is the memory of a server, in bytes, and how many requests it has sent to the API.
type use struct {
	gauges         map[string]float64
	resident, peak float64 // now, and the most so far
	requests       float64
}

// use returns what a server uses.
func (p *process) use() (u use, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return u, err
	}
	for name, bytes := range map[string]*float64{"VmRSS": &u.resident, "VmHWM": &u.peak} {
		_, rest, _ := strings.Cut(string(status), "\n"+name+":")
		if _, err := fmt.Sscanf(rest, "%g kB", bytes); err != nil {
			return u, fmt.Errorf("%s of the server: %w", name, err)
		}
		*bytes *= 1 << 10
	}
	if u.gauges, err = p.gauges(); err != nil {
		return u, err
	}
	for name, n := range u.gauges {
		if strings.HasPrefix(name, "papi_mcp_upstream_exchanges_total{") {
			u.requests += n
		}
	}
	return u, nil
}
