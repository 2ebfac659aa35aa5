package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"papi-mcp/internal/store/pgtest"
)

// Another process is woken by LISTEN, without the poll, also after its connection was lost;
// and by the poll where a pooler drops LISTEN.
func TestPostgresWakesOtherProcesses(t *testing.T) {
	url := pgtest.URL(t)
	here := newPostgres(t, url)
	for name, set := range map[string]func(*Postgres){
		"by LISTEN": func(p *Postgres) { p.poll = time.Hour },
		"by poll":   func(p *Postgres) { p.remote, p.poll = nil, time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) {
			there := newPostgres(t, url)
			set(there)
			woken, stop := there.Watch("any \x00 topic")
			defer stop()
			for range 2 {
				for notified := false; !notified; { // it may not listen yet
					if err := here.Notify(t.Context(), "any \x00 topic"); err != nil {
						t.Fatal(err)
					}
					select {
					case <-woken:
						notified = true
					case <-time.After(10 * time.Millisecond):
					}
				}
				// All connections end, and those who listen connect again.
				pgtest.Exec(t, url, "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
			}
		})
	}
}

// What has expired is removed, and nothing else.
func TestPostgresSweep(t *testing.T) {
	url := pgtest.URL(t)
	p := newPostgres(t, url)
	ctx := t.Context()
	for _, ttl := range []time.Duration{0, time.Hour, time.Nanosecond} {
		if err := p.Put(ctx, fmt.Sprint(ttl), nil, ttl); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Append(ctx, "s", fmt.Sprint(ttl), nil, Keep{Age: ttl, ID: ttl}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.sweep(ctx); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"papi_mcp_entries", "papi_mcp_records", "papi_mcp_record_ids"} {
		var n int
		if err := p.pool.QueryRow(ctx, "select count(*) from "+table).Scan(&n); err != nil || n != 2 {
			t.Errorf("%s has %d rows, %v", table, n, err)
		}
	}
}

// A pooler may give each transaction another connection: nothing is prepared on one.
func TestPostgresPreparesNothing(t *testing.T) {
	p := newPostgres(t, pgtest.URL(t))
	for name, do := range operations {
		if err := do(t.Context(), p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, conn := range p.pool.AcquireAllIdle(t.Context()) {
		var n int
		if err := conn.QueryRow(t.Context(), "select count(*) from pg_prepared_statements").Scan(&n); err != nil || n != 0 {
			t.Errorf("%d statements are prepared, %v", n, err)
		}
		conn.Release()
	}
}

// The password of a URL is in no error.
func TestPostgresKeepsThePassword(t *testing.T) {
	const password = "canary-7d21-canary"
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{
		"postgres://papi:" + password + "@" + addr + "/papi",
		"postgres://papi:" + password + "@" + addr + "/papi?sslmode=canary-7d21-canary",
		"postgres://papi:" + password + " @" + addr + "/papi",
		"postgres://papi:" + password + "%zz@" + addr + "/papi",
		"postgres://papi:" + password + "@host:port/papi",
		"postgres://papi:12/" + password + "#?sslmode@" + addr + "/papi",
		"postgres://papi:12/" + password + "@" + addr + "/papi",
		"postgres://papi:12?" + password + "@" + addr + "/papi",
		"postgres://papi:12#" + password + "@" + addr + "/papi",
		"postgres://" + addr + "/papi?password=" + password + "&connect_timeout=x",
		"postgres://" + addr + "/papi?password=" + password + "&pool_max_conns=canary-7d21-canary",
	} {
		p, err := NewPostgres(url)
		if err == nil {
			p.away.Store(true)
			err = p.Open(t.Context())
			_ = p.Close()
		}
		if err == nil || strings.Contains(err.Error(), password) || strings.ContainsAny(err.Error(), "\n") || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// A database that can't be reached is an error that names it, in bounded time, and the end
// of the context ends a wait immediately.
func TestPostgresAway(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // it accepts, and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	p := newPostgres(t, "postgres://papi@"+listener.Addr().String()+"/papi?sslmode=disable")
	p.away.Store(true)
	left, leave := context.WithCancel(t.Context())
	leave()
	var all sync.WaitGroup
	for name, do := range operations {
		if err := do(left, p); !errors.Is(err, context.Canceled) {
			t.Errorf("%s after the caller's cancellation: %v", name, err)
		}
		all.Go(func() {
			err := do(t.Context(), p)
			if err == nil || !strings.Contains(err.Error(), listener.Addr().String()) || !strings.Contains(err.Error(), "no answer within 1s") {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	all.Wait()
	if !p.away.Load() {
		t.Error("it is not known to be away")
	}
}

// While the server is restarted, operations wait for it; each is done once.
func TestPostgresRestart(t *testing.T) {
	server := pgtest.New(t)
	p := newPostgres(t, server.NewDatabase(t))
	if err := p.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	const writers = 8
	var all sync.WaitGroup
	restarted := make(chan struct{})
	for w := range writers {
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-restarted:
					return
				default:
				}
				key := fmt.Sprint(w, " ", n)
				if added, err := p.Add(t.Context(), key, []byte(key), 0); err != nil || !added {
					t.Errorf("Add(%s): %v, %v", key, added, err)
				}
				if swapped, err := p.Swap(t.Context(), key, []byte(key), []byte("2"), 0); err != nil || !swapped {
					t.Errorf("Swap(%s): %v, %v", key, swapped, err)
				}
				if _, err := p.Append(t.Context(), "s", key, []byte(key), Keep{}); err != nil {
					t.Errorf("Append(%s): %v", key, err)
				}
			}
		})
	}
	for range 3 {
		server.Crash()
		server.Restart(t)
	}
	close(restarted)
	all.Wait()
	keys, err := p.Keys(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	records, last, err := p.Read(t.Context(), "s", 0, 1<<20)
	if err != nil || len(records) != len(keys) || last != int64(len(keys)) {
		t.Errorf("%d keys, %d records, last %d, %v", len(keys), len(records), last, err)
	}
	for i, r := range records {
		if r.Number != int64(i)+1 {
			t.Fatalf("record %d follows %d", r.Number, i)
		}
	}
	t.Logf("%d keys", len(keys))
}

// An operation whose answer is lost is repeated, done once, and reports what it did.
func TestPostgresLostAnswer(t *testing.T) {
	url := pgtest.URL(t)
	server, _, _ := strings.Cut(strings.TrimPrefix(url, "postgres://papi@"), "/")
	proxy := pgtest.NewProxy(t, server)
	p := newPostgres(t, proxy.URL(url))
	ctx, one, two := t.Context(), []byte("1"), []byte("2")
	for _, step := range []struct {
		name string
		do   func() (bool, error)
		want bool
	}{
		{"Add", func() (bool, error) { return p.Add(ctx, "a", one, time.Hour) }, true},
		{"Add again", func() (bool, error) { return p.Add(ctx, "a", one, time.Hour) }, false},
		{"Swap", func() (bool, error) { return p.Swap(ctx, "a", one, two, 0) }, true},
		{"Swap again", func() (bool, error) { return p.Swap(ctx, "a", one, two, 0) }, false},
		{"Swap with none", func() (bool, error) { return p.Swap(ctx, "b", nil, one, 0) }, true},
		{"Put", func() (bool, error) { return true, p.Put(ctx, "c", one, 0) }, true},
		{"Delete", func() (bool, error) { return true, p.Delete(ctx, "c") }, true},
		{"Get", func() (bool, error) { _, ok, err := p.Get(ctx, "a"); return ok, err }, true},
		// It can't know that it was this one which appended, and does not append twice.
		{"Append", func() (bool, error) { return p.Append(ctx, "s", "id", one, Keep{}) }, false},
		{"Push", func() (bool, error) { return p.Push(ctx, "q", "id", one, 0) }, false},
		{"Swap for none", func() (bool, error) { return p.Swap(ctx, "b", one, nil, 0) }, false},
	} {
		if _, _, err := p.Get(ctx, "a"); err != nil { // there is a connection
			t.Fatal(err)
		}
		proxy.LoseAnswer()
		if got, err := step.do(); err != nil || got != step.want || !proxy.Lost() {
			t.Errorf("%s: %v, %v", step.name, got, err)
		}
	}
	if _, ok, err := p.Get(ctx, "b"); err != nil || ok {
		t.Errorf("what was removed: %v, %v", ok, err)
	}
	if records, last, err := p.Read(ctx, "s", 0, 10); err != nil || len(records) != 1 || last != 1 {
		t.Errorf("%v, %d, %v", records, last, err)
	}
}
