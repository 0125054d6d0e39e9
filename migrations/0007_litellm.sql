-- What a LiteLLM has, and how it is. Times are unix milliseconds (UTC).

create table deployment (
    gateway  text    not null,
    id       text    not null,
    -- the upstream account that it belongs to, as a channel
    channel  integer not null,
    -- a `model::Deployment`, as JSON
    body     text    not null,
    -- a `model::Health`, as JSON; '' before the first look
    health   text    not null default '',
    primary key (gateway, id)
) strict, without rowid;

-- What lasts, and what lasted: one class of failure of one deployment, of a name, or of the proxy.
create table incident (
    id         integer primary key autoincrement,
    gateway    text    not null,
    subject    text    not null,
    deployment text    not null,
    class      text    not null,
    since_ms   integer not null,
    last_ms    integer not null,
    times      integer not null,
    detail     text    not null,
    source     text    not null,
    -- null: it lasts
    cleared_ms integer
) strict;
create unique index incident_open on incident (gateway, subject, deployment, class) where cleared_ms is null;
create index incident_age on incident (cleared_ms) where cleared_ms is not null;

-- The latest answer of each step of the check ladder.
create table ladder (
    gateway    text    not null,
    name       text    not null,
    well       integer,
    detail     text    not null,
    latency_ms integer,
    at_ms      integer not null,
    -- since when it is so
    since_ms   integer not null,
    primary key (gateway, name)
) strict, without rowid;

-- Failed requests that a log told of. One request is one row, however often its failure is logged.
create table log_failure (
    id      integer primary key autoincrement,
    gateway text    not null,
    call    text    not null,
    at_ms   integer not null,
    model   text    not null,
    status  integer,
    class   text    not null,
    detail  text    not null
) strict;
create unique index log_failure_call on log_failure (gateway, call) where call <> '';
create index log_failure_age on log_failure (gateway, at_ms);

-- The same, counted: by hour since the epoch.
create table log_count (
    gateway text    not null,
    hour    integer not null,
    class   text    not null,
    count   integer not null,
    primary key (gateway, hour, class)
) strict, without rowid;

-- How far each source of log lines was read: written with what was read of it.
create table log_place (
    gateway text not null,
    source  text not null,
    -- as JSON: file, place in it, or a journal's cursor
    place   text not null,
    primary key (gateway, source)
) strict, without rowid;

-- A gateway's process as it was last seen: a `model::ProcessSeen`, as JSON. null: none is found.
create table process (
    gateway text    primary key not null,
    body    text,
    at_ms   integer not null
) strict, without rowid;

-- A check that may be under way inside a LiteLLM, which goes on with it whoever gave it up: until when.
create table litellm_check (
    gateway  text    primary key not null,
    until_ms integer not null
) strict, without rowid;
