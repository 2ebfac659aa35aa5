package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// live is the condition of what has not expired.
const live = "(expiry is null or expiry > now())"

// Get implements Store.
func (p *Postgres) Get(ctx context.Context, key string) ([]byte, bool, error) {
	var value []byte
	ok, err := p.finds(ctx, `select value from papi_mcp_entries where key = $1 and `+live, []any{column(key)}, &value)
	return value, ok, err
}

// Put implements Store.
func (p *Postgres) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	_, err := p.does(ctx, `
		insert into papi_mcp_entries (key, value, expiry, operation)
		values ($1, $2, now() + make_interval(secs => $3::float8), $4)
		on conflict (key) do update set value = excluded.value, expiry = excluded.expiry, operation = excluded.operation
		returning true`,
		column(key), clone(value), seconds(ttl), newOperation())
	return err
}

// Add implements Store. Where there is an entry, it replaces one that has expired, or
// that this operation has added before its answer was lost.
func (p *Postgres) Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
	return p.does(ctx, `
		insert into papi_mcp_entries as e (key, value, expiry, operation)
		values ($1, $2, now() + make_interval(secs => $3::float8), $4)
		on conflict (key) do update set value = excluded.value, expiry = excluded.expiry, operation = excluded.operation
		where e.expiry <= now() or e.operation = excluded.operation
		returning true`,
		column(key), clone(value), seconds(ttl), newOperation())
}

// Swap implements Store.
func (p *Postgres) Swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	switch {
	case old == nil && value == nil:
		_, ok, err := p.Get(ctx, key)
		return !ok && err == nil, err
	case old == nil:
		return p.Add(ctx, key, value, ttl)
	case value == nil:
		return p.does(ctx, `delete from papi_mcp_entries where key = $1 and value = $2 and `+live+` returning true`, column(key), old)
	}
	return p.does(ctx, `
		update papi_mcp_entries set value = $3, expiry = now() + make_interval(secs => $4::float8), operation = $5
		where key = $1 and (value = $2 and `+live+` or operation = $5)
		returning true`,
		column(key), old, value, seconds(ttl), newOperation())
}

// Delete implements Store.
func (p *Postgres) Delete(ctx context.Context, key string) error {
	_, err := p.does(ctx, `delete from papi_mcp_entries where key = $1 returning true`, column(key))
	return err
}

// Keys implements Store.
func (p *Postgres) Keys(ctx context.Context, prefix string) (keys []string, err error) {
	err = p.do(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, `
			select key from papi_mcp_entries
			where key >= $1 and substring(key from 1 for $2::int) = $1 and length(key) <= $3::int and `+live+`
			order by key`,
			[]byte(prefix), len(prefix), maxName)
		if err != nil {
			return err
		}
		keys, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
			var key []byte
			err := row.Scan(&key)
			return string(key), err
		})
		return err
	})
	return keys, err
}

// column is a key as the database has it. One that is too long for an index is replaced by
// its hash, which no other key is equal to and which Keys leaves out.
func column(key string) []byte {
	if len(key) <= maxName {
		return []byte(key)
	}
	sum := sha256.Sum256([]byte(key))
	return append([]byte(key[:maxName]), hex.EncodeToString(sum[:])...)
}

// Append implements Store.
func (p *Postgres) Append(ctx context.Context, stream, id string, value []byte, keep Keep) (bool, error) {
	if err := checkNames(stream, id); err != nil {
		return false, err
	}
	// Of those who append the same id, one inserts it and the others wait for its commit;
	// then that one waits for the row of the stream, which it has until its own commit.
	return p.does(ctx, `
		with fresh as (
			insert into papi_mcp_record_ids as i (stream, id, expiry)
			values ($1, $2, now() + make_interval(secs => $6::float8))
			on conflict (stream, id) do update set expiry = excluded.expiry where i.expiry <= now()
			returning true
		), next as (
			insert into papi_mcp_streams as s (name, last) select $1, 1 from fresh
			on conflict (name) do update set last = s.last + 1
			returning last
		), surplus as (
			delete from papi_mcp_records r using next where $4::bigint > 0 and r.stream = $1 and r.number <= next.last - $4::bigint
		)
		insert into papi_mcp_records (stream, number, added, expiry, value)
		select $1, last, clock_timestamp(), now() + make_interval(secs => $5::float8), $3 from next
		returning true`,
		[]byte(stream), []byte(id), clone(value), keep.Count, seconds(keep.Age), seconds(keep.ID))
}

// Read implements Store.
func (p *Postgres) Read(ctx context.Context, stream string, after int64, limit int) (found []Record, last int64, err error) {
	err = p.do(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		found, last = nil, 0
		// One statement sees the records and the last number at the same time.
		rows, err := conn.Query(ctx, `
			select s.last, r.number, r.added, r.value
			from papi_mcp_streams s left join lateral (
				select number, added, value from papi_mcp_records
				where stream = $1 and number > $2 and `+live+` order by number limit $3
			) r on true
			where s.name = $1 order by r.number`,
			[]byte(stream), after, max(limit, 0))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var number *int64
			var added *time.Time
			var value []byte
			if err := rows.Scan(&last, &number, &added, &value); err != nil {
				return err
			}
			if number != nil {
				found = append(found, Record{*number, *added, value})
			}
		}
		return rows.Err()
	})
	return found, last, err
}

// Push implements Store.
func (p *Postgres) Push(ctx context.Context, queue, id string, value []byte, delay time.Duration) (bool, error) {
	if err := checkNames(queue, id); err != nil {
		return false, err
	}
	return p.does(ctx, `
		insert into papi_mcp_tasks (queue, id, value, due) values ($1, $2, $3, now() + make_interval(secs => $4::float8))
		on conflict do nothing returning true`,
		[]byte(queue), []byte(id), clone(value), delay.Seconds())
}

// Lease implements Store.
func (p *Postgres) Lease(ctx context.Context, queue string, limit int, ttl time.Duration) (leased []Task, err error) {
	type dueTask struct {
		Task
		due time.Time
	}
	var tasks []dueTask
	lease := rand.Text()
	err = p.do(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, `
			with due as (
				select id, due from papi_mcp_tasks where queue = $1 and due <= now()
				order by due limit $2 for update skip locked
			)
			update papi_mcp_tasks t set due = now() + make_interval(secs => $3::float8), lease = $4, leases = leases + 1
			from due where t.queue = $1 and t.id = due.id
			returning t.id, t.value, t.leases, due.due`,
			[]byte(queue), max(limit, 0), ttl.Seconds(), lease)
		if err != nil {
			return err
		}
		tasks, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (dueTask, error) {
			var id []byte
			t := dueTask{Task: Task{lease: lease}}
			err := row.Scan(&id, &t.Value, &t.Leases, &t.due)
			t.ID = string(id)
			return t, err
		})
		return err
	})
	slices.SortStableFunc(tasks, func(a, b dueTask) int { return a.due.Compare(b.due) })
	for _, t := range tasks {
		leased = append(leased, t.Task)
	}
	return leased, err
}

// Finish implements Store.
func (p *Postgres) Finish(ctx context.Context, queue string, t Task) (bool, error) {
	return p.does(ctx, `delete from papi_mcp_tasks where queue = $1 and id = $2 and lease = $3 returning true`,
		[]byte(queue), []byte(t.ID), t.lease)
}

// Retry implements Store.
func (p *Postgres) Retry(ctx context.Context, queue string, t Task, value []byte, delay time.Duration) (bool, error) {
	return p.does(ctx, `
		update papi_mcp_tasks set value = $4, due = now() + make_interval(secs => $5::float8), lease = null
		where queue = $1 and id = $2 and lease = $3 returning true`,
		[]byte(queue), []byte(t.ID), t.lease, clone(value), delay.Seconds())
}

// Notify implements Store.
func (p *Postgres) Notify(ctx context.Context, topic string) error {
	if err := checkNames(topic); err != nil {
		return err
	}
	p.wake(topic)
	_, err := p.finds(ctx, `select pg_notify($1, $2)::text`, []any{channel, hex.EncodeToString([]byte(topic))}, new(string))
	return err
}

// topicOf returns the topic of a notification, "" for one that is not ours.
func topicOf(payload string) string {
	topic, err := hex.DecodeString(payload)
	if err != nil {
		return ""
	}
	return string(topic)
}

// sweepRegularly removes what has expired, until Close.
func (p *Postgres) sweepRegularly() {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-p.running.Done():
			return
		case <-ticker.C:
			if p.checked.Load() {
				_ = p.sweep(p.running) // what is left, the next one removes
			}
		}
	}
}

// sweep removes what has expired, and leaves what others are changing.
func (p *Postgres) sweep(ctx context.Context) error {
	for _, table := range []string{"papi_mcp_entries", "papi_mcp_records", "papi_mcp_record_ids"} {
		err := p.do(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
			_, err := conn.Exec(ctx, `
				delete from `+table+` where ctid = any(array(
					select ctid from `+table+` where expiry <= now() limit 10000 for update skip locked))`)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
