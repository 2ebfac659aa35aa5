package store

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"papi-mcp/internal/store/pgtest"
)

// as returns the URL with another role.
func as(url, role string) string { return strings.Replace(url, "papi@", role+"@", 1) }

// Processes that start at the same time on an empty database migrate it once.
func TestPostgresFirstStart(t *testing.T) {
	url := pgtest.URL(t)
	var all sync.WaitGroup
	for range 8 {
		p := newPostgres(t, url)
		all.Go(func() {
			if err := p.Open(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	p := newPostgres(t, url)
	if before, now, err := p.Migrate(t.Context()); err != nil || before != 1 || now != 1 {
		t.Errorf("%d, %d, %v", before, now, err)
	}
}

// A role without rights to create tables can't migrate, and says what to do; it can use
// what another role has migrated, once that lets it.
func TestPostgresRoleWithoutDDL(t *testing.T) {
	url := pgtest.URL(t)
	pgtest.Exec(t, url, "create role app login", "create role stranger login", "revoke create on schema public from public")
	defer pgtest.Exec(t, url, "drop owned by app", "drop role app, stranger")
	app := newPostgres(t, as(url, "app"))
	var schema *SchemaError
	if err := app.Open(t.Context()); !errors.As(err, &schema) || !strings.Contains(err.Error(), "papi-mcp store migrate") {
		t.Errorf("before: %v", err)
	}
	if _, _, err := app.Migrate(t.Context()); !errors.As(err, &schema) {
		t.Errorf("it migrates: %v", err)
	}
	owner := newPostgres(t, url)
	if before, now, err := owner.Migrate(t.Context()); err != nil || before != 0 || now == 0 {
		t.Fatalf("%d, %d, %v", before, now, err)
	}
	if err := app.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "--grant") {
		t.Errorf("without rights: %v", err)
	}
	if err := owner.Grant(t.Context(), "app"); err != nil {
		t.Fatal(err)
	}
	for name, do := range operations {
		if err := do(t.Context(), app); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := app.sweep(t.Context()); err != nil {
		t.Error(err)
	}
	if err := newPostgres(t, as(url, "stranger")).Open(t.Context()); err == nil {
		t.Error("another role can use it")
	}
	if err := owner.Grant(t.Context(), "no such role"); err == nil {
		t.Error("a role that does not exist")
	}
}

// A schema of a newer release is not used by a program that does not know it.
func TestPostgresNewerSchema(t *testing.T) {
	url := pgtest.URL(t)
	if err := newPostgres(t, url).Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, url, "insert into papi_mcp_version (version_id, is_applied) values (99, true)")
	p := newPostgres(t, url)
	var schema *SchemaError
	if err := p.Open(t.Context()); !errors.As(err, &schema) || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("got %v", err)
	}
	if _, _, err := p.Migrate(t.Context()); !errors.As(err, &schema) {
		t.Errorf("it migrates: %v", err)
	}
	for name, do := range operations {
		if err := do(t.Context(), p); !errors.As(err, &schema) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
