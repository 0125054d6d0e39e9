-- What was seen of every model over time. Times are unix milliseconds (UTC), hours and days are counted since the epoch.

-- A channel, by its identity.
create table place (
    id      integer primary key,
    gateway text    not null,
    channel integer not null,
    created integer not null,
    name    text    not null,
    -- the gateway has it no more
    gone    integer not null default 0,
    -- nothing on it answers, for a reason that is its key's or its address's: no model of it is green
    cut_off integer not null default 0,
    -- the last round that observed anything on it; 0: none
    round   integer not null default 0,
    unique (gateway, channel, created)
) strict;

-- A model on a channel, as it stands.
create table pair (
    -- never used again: what is kept of a model goes by it
    id       integer primary key autoincrement,
    place    integer not null,
    model    text    not null,
    -- on the channel's list
    listed   integer not null,
    -- the latest observation
    seen_ms  integer,
    outcome  integer,
    status   integer,
    -- what the last observation that says anything said, since when, and how often in a row it said "down"
    up       integer,
    since_ms integer,
    failures integer not null default 0,
    -- the 24 hours that end with this one, together
    hour     integer,
    light    integer not null default 3,
    up_24h   integer not null default 0,
    down_24h integer not null default 0,
    mean_ms  integer,
    p50_ms   integer,
    p95_ms   integer,
    ttft_ms  integer,
    -- of the latest observation
    detail   text    not null default '',
    unique (place, model)
) strict;

alter table observation rename to observation_3;

-- One probe's finding. Its id is round << 32 | pair: in order of time, and found by both without another index.
create table observation (
    id                integer primary key,
    at_ms             integer not null,
    outcome           integer not null,
    status            integer,
    latency_ms        integer not null,
    shape             integer not null,
    -- 1: a connection had to be opened first; 2, 4, 8: a mark each
    flags             integer not null,
    ttft_ms           integer,
    prompt_tokens     integer,
    completion_tokens integer,
    -- millionths of a US dollar, estimated
    cost              integer,
    -- text.id
    detail            integer
) strict;

-- The same refusal comes every round. The id is the body's hash; `round` the last that had it.
create table text (
    id    integer primary key,
    body  text    not null,
    round integer not null
) strict;

-- A pair's UTC day: sums for each of its hours, later for the day as a whole. Its id is day << 32 | pair.
create table day (
    id   integer primary key,
    sums blob    not null
) strict;

-- The same over all of a gateway.
create table total (
    gateway text    not null,
    day     integer not null,
    sums    blob    not null,
    primary key (gateway, day)
) strict, without rowid;

-- A pair went up or down.
create table transition (
    id      integer primary key,
    pair    integer not null,
    at_ms   integer not null,
    up      integer not null,
    outcome integer not null,
    detail  text    not null
) strict;
create index transition_pair on transition (pair, at_ms);
create index transition_age on transition (at_ms);

create index standing_withdrawn on standing (gateway, channel, created, model) where withdrawn = 1;
