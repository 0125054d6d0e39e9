-- Times are unix milliseconds (UTC). A channel's identity is (channel, created): SQLite gateways reuse ids.

create table meta (
    key   text primary key not null,
    value text not null
) strict;

create table round (
    id         integer primary key autoincrement,
    gateway    text    not null,
    mode       text    not null,
    started_ms integer not null,
    ended_ms   integer,
    report     text
) strict;
create index round_gateway on round (gateway, id);

create table observation (
    id         integer primary key,
    round      integer not null,
    gateway    text    not null,
    channel    integer not null,
    created    integer not null,
    model      text    not null,
    at_ms      integer not null,
    outcome    text    not null,
    status     integer,
    latency_ms integer not null,
    shape      text    not null,
    detail     text    not null
) strict;
create index observation_pair on observation (gateway, channel, model, at_ms);
create index observation_age on observation (at_ms);
create index observation_round on observation (round, channel);

-- What is known about one (channel, model): the verdict's memory, as JSON.
create table standing (
    gateway       text    not null,
    channel       integer not null,
    created       integer not null,
    model         text    not null,
    withdrawn     integer not null,
    next_probe_ms integer,
    state         text    not null,
    primary key (gateway, channel, created, model)
) strict, without rowid;
create index standing_due on standing (gateway, next_probe_ms) where next_probe_ms is not null;

-- What the latest round wants for a channel, and what guards held back.
create table proposal (
    gateway text    not null,
    channel integer not null,
    round   integer not null,
    at_ms   integer not null,
    change  text    not null,
    held    text    not null,
    primary key (gateway, channel)
) strict;

-- The journal. An intent is written before the gateway is touched, and settled after.
create table change (
    id         integer primary key autoincrement,
    round      integer,
    gateway    text    not null,
    channel    integer not null,
    state      text    not null check (state in ('open', 'applied', 'abandoned', 'conflict')),
    opened_ms  integer not null,
    settled_ms integer,
    undoes     integer,
    undone_by  integer,
    note       text    not null default '',
    intent     text    not null,
    -- the gateway's two tables for this channel as our write left them
    after      text
) strict;
create index change_open on change (gateway) where state = 'open';
create index change_channel on change (gateway, channel, id);

-- A stop: for everything (all NULL), a gateway, a channel, or one model of a channel.
create table hold (
    id      integer primary key autoincrement,
    gateway text,
    channel integer,
    model   text,
    reason  text    not null,
    at_ms   integer not null
) strict;
