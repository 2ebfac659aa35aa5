package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Postgres is a store in a PostgreSQL database, which many processes on many machines
// share. It connects when it is first used, and again after the connection was lost. Its
// clock is that of the database.
//
// Each operation is one statement, prepared under no name: it works through a pooler that
// gives each transaction another connection. An operation whose connection is lost is
// repeated until its time is over, and done once.
type Postgres struct {
	watchers
	where  string // for errors: host, port and database
	pool   *pgxpool.Pool
	config *pgx.ConnConfig

	checking chan struct{} // has room for one: who checks the schema
	checked  atomic.Bool   // the schema is the one that this program knows
	away     atomic.Bool   // the last operation found no database
	sweeping sync.WaitGroup
	end      context.CancelFunc
	running  context.Context // until Close
}

const (
	// postgresTimeout bounds an operation. It is longer than a failover to a standby, or
	// a restart, usually takes.
	postgresTimeout = 6 * time.Second
	// awayTimeout bounds an operation while the database can't be reached: not every call
	// waits for it.
	awayTimeout = time.Second
	// connectTimeout bounds one attempt to connect, where the URL does not.
	connectTimeout = 5 * time.Second
	// retryPause is how long an operation waits before it is repeated.
	retryPause = 100 * time.Millisecond
	// maxConnections is the size of the pool, where the URL does not have one.
	maxConnections = 10
)

// insufficientPrivilege is the code of the error that a role may not do something.
const insufficientPrivilege = "42501"

// IsPostgres reports whether a name is the URL of a PostgreSQL database.
func IsPostgres(name string) bool {
	scheme, _, ok := strings.Cut(name, "://")
	return ok && (strings.EqualFold(scheme, "postgres") || strings.EqualFold(scheme, "postgresql"))
}

// NewPostgres returns the store in the database at a URL. It does not connect. Errors do
// not have the URL, which may hold a password.
func NewPostgres(databaseURL string) (*Postgres, error) {
	config, err := pgxpool.ParseConfig(databaseURL)
	if err == nil {
		err = splitPassword(databaseURL)
	}
	if err != nil {
		return nil, errors.New("store: the URL of the PostgreSQL database is not valid: use postgres://HOST:PORT/DATABASE, with USER:PASSWORD@ before the host, and special characters of the password percent-encoded" + parameterFault(err))
	}
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	if config.ConnConfig.ConnectTimeout == 0 || !strings.Contains(databaseURL, "connect_timeout") {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	if !strings.Contains(databaseURL, "pool_max_conns") {
		config.MaxConns = maxConnections
	}
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "papi-mcp"
	}
	p := &Postgres{
		where:    fmt.Sprintf("%s:%d/%s", config.ConnConfig.Host, config.ConnConfig.Port, config.ConnConfig.Database),
		config:   config.ConnConfig.Copy(),
		checking: make(chan struct{}, 1),
	}
	// A pooler may give a connection that listens to others, where pgx would keep what
	// comes.
	config.ConnConfig.OnNotification = func(_ *pgconn.PgConn, n *pgconn.Notification) { p.wake(topicOf(n.Payload)) }
	p.running, p.end = context.WithCancel(context.Background())
	if p.pool, err = pgxpool.NewWithConfig(p.running, config); err != nil {
		p.end()
		return nil, p.failed(err)
	}
	p.watchers = watchers{poll: pollInterval, remote: p.listen}
	p.sweeping.Go(p.sweepRegularly)
	return p, nil
}

// splitPassword returns an error for a URL whose password has a character that ends it, so
// that the rest was taken for something else, which errors may show.
func splitPassword(databaseURL string) error {
	u, err := url.Parse(databaseURL)
	if err == nil && strings.Contains(u.EscapedPath()+u.RawQuery+u.EscapedFragment(), "@") {
		err = errors.New("there is an @ after the host")
	}
	return err
}

// parameterFault names the parameter of a URL that pgx refuses. Its own text may repeat
// a part of the password, where that has characters that end it.
func parameterFault(err error) string {
	reason := err.Error()
	reason = reason[strings.LastIndexByte(reason, '`')+1:] // before that is the URL
	for _, parameter := range []string{"sslmode", "target_session_attrs", "connect_timeout", "pool_max_conns", "pool_min_conns"} {
		if strings.Contains(reason, parameter) {
			return "; look at " + parameter
		}
	}
	return ""
}

// Where names the database in messages: host, port and name.
func (p *Postgres) Where() string { return p.where }

// Close ends all that the store does. Operations fail afterwards.
func (p *Postgres) Close() error {
	p.end()
	p.sweeping.Wait()
	p.pool.Close()
	return nil
}

// failed returns the error of an operation.
func (p *Postgres) failed(err error) error {
	var reported *pgconn.PgError
	if errors.As(err, &reported) && reported.Code == insufficientPrivilege {
		err = fmt.Errorf("%w; papi-mcp store migrate --grant ROLE, with a role that owns the tables, lets another one use them", err)
	}
	return fmt.Errorf("store: PostgreSQL at %s: %w", p.where, oneLine{err})
}

// oneLine is an error whose text has one line.
type oneLine struct{ error }

func (e oneLine) Error() string { return strings.Join(strings.Fields(e.error.Error()), " ") }

func (e oneLine) Unwrap() error { return e.error }

// do runs an operation on a connection, once the schema is the right one.
func (p *Postgres) do(ctx context.Context, operation func(context.Context, *pgxpool.Conn) error) error {
	return p.attempt(ctx, func(ctx context.Context) error {
		if err := p.check(ctx); err != nil {
			return err
		}
		return p.connected(ctx, operation)
	})
}

// attempt runs an operation, and repeats it while there is no connection, until its time
// is over. What an operation does, it does once however often it runs.
func (p *Postgres) attempt(ctx context.Context, operation func(context.Context) error) error {
	timeout := postgresTimeout
	if p.away.Load() {
		timeout = awayTimeout
	}
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var last error
	for {
		err := operation(bounded)
		var lost *lostError
		switch {
		case err == nil:
			p.away.Store(false)
			return nil
		case ctx.Err() != nil:
			return p.failed(context.Cause(ctx))
		case bounded.Err() != nil:
			p.away.Store(true)
			if last == nil || !errors.As(err, &lost) {
				last = err
			}
			return p.failed(fmt.Errorf("no answer within %v: %w", timeout, last))
		case !errors.As(err, &lost):
			return p.failed(err)
		}
		last = err
		select {
		case <-bounded.Done():
		case <-time.After(retryPause):
		}
	}
}

// lostError is the error of an operation that may be repeated: there was no connection, or
// it was lost.
type lostError struct{ error }

func (e *lostError) Unwrap() error { return e.error }

// connected runs an operation on a connection of the pool.
func (p *Postgres) connected(ctx context.Context, operation func(context.Context, *pgxpool.Conn) error) error {
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		if p.running.Err() == nil && isTemporary(err, true) {
			return &lostError{err}
		}
		return err
	}
	defer conn.Release()
	if err = operation(ctx, conn); err != nil && isTemporary(err, conn.Conn().IsClosed()) {
		_ = conn.Conn().Close(ctx) // else a server that only reads now would stay in the pool
		return &lostError{err}
	}
	return err
}

// isTemporary reports whether an operation may succeed when it is repeated on another
// connection; lost says whether its own was lost.
func isTemporary(err error, lost bool) bool {
	var reported *pgconn.PgError
	if !errors.As(err, &reported) {
		return lost
	}
	switch reported.Code {
	case "40001", "40P01", // serialization failure, deadlock
		"25006",                            // the server only reads: a standby, or one that was the primary
		"53300",                            // too many connections
		"57P01", "57P02", "57P03", "57P05": // it is shut down, restarted, or starts
		return true
	}
	return strings.HasPrefix(reported.Code, "08") // connection exceptions, which poolers report too
}

// finds runs a statement that returns at most one row, and reports whether it did.
func (p *Postgres) finds(ctx context.Context, statement string, args []any, into ...any) (found bool, err error) {
	err = p.do(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		err := conn.QueryRow(ctx, statement, args...).Scan(into...)
		found = err == nil
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return found && err == nil, err
}

// does runs a statement that returns a row where it has done something.
func (p *Postgres) does(ctx context.Context, statement string, args ...any) (bool, error) {
	var done bool
	return p.finds(ctx, statement, args, &done)
}

// newOperation identifies an operation, however often it is repeated.
func newOperation() []byte { return []byte(rand.Text()) }

// seconds is a ttl or delay as a statement has it; nil for a ttl that never ends.
func seconds(d time.Duration) any {
	if d == 0 {
		return nil
	}
	return d.Seconds()
}

// listen wakes those whose topics are notified by another process, until ctx ends. A
// connection of its own listens; where a pooler drops that, or it is lost, there is the
// poll.
func (p *Postgres) listen(ctx context.Context) {
	for ctx.Err() == nil && p.running.Err() == nil {
		p.listenOnce(ctx)
		select {
		case <-ctx.Done():
		case <-p.running.Done():
		case <-time.After(pollInterval):
		}
	}
}

// channel is the channel of NOTIFY; its payloads are topics, as hexadecimal digits.
const channel = "papi_mcp"

func (p *Postgres) listenOnce(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.running, cancel)()
	conn, err := pgx.ConnectConfig(ctx, p.config)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "listen "+channel); err != nil {
		return
	}
	for {
		notification, err := conn.WaitForNotification(ctx)
		if err != nil {
			return
		}
		p.wake(topicOf(notification.Payload))
	}
}
