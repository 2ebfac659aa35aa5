-- +goose Up
-- Names are bytes: those who call choose parts of them, and text has no NUL.

create table papi_mcp_entries (
    key bytea primary key,
    value bytea not null,
    expiry timestamptz,
    -- which operation wrote it, so that it can be repeated after its answer was lost
    operation bytea not null
);
create index papi_mcp_entries_expiry on papi_mcp_entries (expiry) where expiry is not null;

-- The row of a stream is locked by who appends until that is committed: the numbers of
-- records become visible in their order, and have no gaps.
create table papi_mcp_streams (
    name bytea primary key,
    last bigint not null
);

create table papi_mcp_records (
    stream bytea not null,
    number bigint not null,
    added timestamptz not null,
    expiry timestamptz,
    value bytea not null,
    primary key (stream, number)
);
create index papi_mcp_records_expiry on papi_mcp_records (expiry) where expiry is not null;

create table papi_mcp_record_ids (
    stream bytea not null,
    id bytea not null,
    expiry timestamptz,
    primary key (stream, id)
);
create index papi_mcp_record_ids_expiry on papi_mcp_record_ids (expiry) where expiry is not null;

create table papi_mcp_tasks (
    queue bytea not null,
    id bytea not null,
    value bytea not null,
    due timestamptz not null,
    leases bigint not null default 0,
    lease text, -- null while no one has it
    primary key (queue, id)
);
create index papi_mcp_tasks_due on papi_mcp_tasks (queue, due);
