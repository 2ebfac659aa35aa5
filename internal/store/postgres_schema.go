package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

const (
	// versionTable has the migrations that were made.
	versionTable = "papi_mcp_version"
	// migrationLock is the advisory lock of those who migrate: any number of our own.
	migrationLock = 0x70617069
	// migrateTimeout bounds a migration.
	migrateTimeout = time.Minute
)

// SchemaError is the error of a database whose schema is not the one that this program
// knows, and that can't be migrated by it.
type SchemaError struct{ text string }

func (e *SchemaError) Error() string { return e.text }

// Open connects, and migrates the schema where this role may. The error is a *SchemaError
// where it may not, or where the schema is of a newer release.
func (p *Postgres) Open(ctx context.Context) error {
	return p.do(ctx, func(context.Context, *pgxpool.Conn) error { return nil })
}

// check checks the schema, once.
func (p *Postgres) check(ctx context.Context) error {
	if p.checked.Load() {
		return nil
	}
	select {
	case p.checking <- struct{}{}:
		defer func() { <-p.checking }()
	case <-ctx.Done():
		return &lostError{ctx.Err()}
	}
	if p.checked.Load() {
		return nil
	}
	var version, target int64
	err := p.connected(ctx, func(ctx context.Context, conn *pgxpool.Conn) (err error) {
		version, target, err = versions(ctx, conn.Conn())
		return err
	})
	switch {
	case err != nil:
		return err
	case version > target:
		return newerSchema(version, target)
	case version < target:
		if err := p.migrate(ctx); err != nil {
			return err
		}
	}
	p.checked.Store(true)
	return nil
}

func newerSchema(version, target int64) error {
	return &SchemaError{fmt.Sprintf("the schema has version %d, and this release of papi-mcp knows it up to version %d: use the release that migrated it, or a newer one", version, target)}
}

func olderSchema(version, target int64) error {
	return &SchemaError{fmt.Sprintf("the schema has version %d, this release of papi-mcp needs version %d, and this role may not change it: run papi-mcp store migrate with a role that may", version, target)}
}

// versions returns the version of the schema, 0 for none, and the one that this program
// needs.
func versions(ctx context.Context, conn *pgx.Conn) (version, target int64, err error) {
	files, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return 0, 0, err
	}
	for _, file := range files {
		n, err := goose.NumericComponent(file)
		if err != nil {
			return 0, 0, err
		}
		target = max(target, n)
	}
	err = conn.QueryRow(ctx, `select coalesce(max(version_id), 0) from `+versionTable+` where is_applied`).Scan(&version)
	var reported *pgconn.PgError
	if errors.As(err, &reported) && reported.Code == "42P01" { // no such table
		return 0, target, nil
	}
	return version, target, err
}

// Versions returns the version of the schema, 0 for none, and the one that this program
// needs. It changes nothing.
func (p *Postgres) Versions(ctx context.Context) (version, needed int64, err error) {
	err = p.attempt(ctx, func(ctx context.Context) error {
		return p.connected(ctx, func(ctx context.Context, conn *pgxpool.Conn) (err error) {
			version, needed, err = versions(ctx, conn.Conn())
			return err
		})
	})
	return version, needed, err
}

// Migrate brings the schema to the version that this program needs. It returns the version
// that it had, and the one that it has now.
func (p *Postgres) Migrate(ctx context.Context) (before, now int64, err error) {
	before, now, err = p.Versions(ctx)
	switch {
	case err != nil:
		return 0, 0, err
	case before > now:
		return before, before, p.failed(newerSchema(before, now))
	case before == now:
		return before, now, nil
	}
	ctx, cancel := context.WithTimeout(ctx, migrateTimeout)
	defer cancel()
	if err := p.migrate(ctx); err != nil {
		return before, before, p.failed(err)
	}
	return before, now, nil
}

// migrate makes the migrations that are missing. Of several processes one does, while the
// others wait: the lock is that of a transaction, so that it works through a pooler.
func (p *Postgres) migrate(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, p.config)
	if err != nil {
		return &lostError{err}
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "begin"); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "select pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
		return err
	}
	var mayCreate bool
	if err := conn.QueryRow(ctx, `select coalesce(has_schema_privilege(current_schema(), 'create'), false)`).Scan(&mayCreate); err != nil {
		return err
	}
	if !mayCreate { // goose would try it for seconds
		version, target, err := versions(ctx, conn)
		if err != nil || version >= target { // another process has migrated
			return err
		}
		return olderSchema(version, target)
	}
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*p.config)
	defer func() { _ = db.Close() }() // all was done
	migrations, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithTableName(versionTable))
	if err != nil {
		return err
	}
	_, err = migrations.Up(ctx)
	var reported *pgconn.PgError
	if errors.As(err, &reported) && reported.Code == insufficientPrivilege {
		version, target, _ := versions(ctx, conn)
		return olderSchema(version, target)
	}
	return err
}

// Grant lets a role use the store: read and write, and no more.
func (p *Postgres) Grant(ctx context.Context, role string) error {
	name := pgx.Identifier{role}.Sanitize()
	return p.do(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, `grant select on `+versionTable+` to `+name)
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, `grant select, insert, update, delete on
			papi_mcp_entries, papi_mcp_streams, papi_mcp_records, papi_mcp_record_ids, papi_mcp_tasks to `+name)
		return err
	})
}
