-- What the gateway's own traffic said last of a channel's model, from its table `logs`.
create table traffic (
    gateway   text    not null,
    channel   integer not null,
    model     text    not null,
    -- the last request that surely worked, and that surely failed for the model's sake
    worked_ms integer,
    failed_ms integer,
    -- the failure's HTTP status, and its text, redacted
    status    integer,
    detail    text    not null default '',
    primary key (gateway, channel, model)
) strict, without rowid;

-- How far a gateway's table `logs` has been read, by its id. `source` tells one such table from another.
create table log_cursor (
    gateway text primary key not null,
    source  text    not null,
    last_id integer not null
) strict, without rowid;

-- How often in a row somebody else took back what we changed on a channel.
create table contest (
    gateway text    not null,
    channel integer not null,
    created integer not null,
    -- our last change that was taken back
    change  integer not null,
    times   integer not null,
    primary key (gateway, channel, created)
) strict, without rowid;

-- Which instance on this store looks after a gateway, and until when.
create table lease (
    gateway  text primary key not null,
    holder   text    not null,
    epoch    integer not null,
    until_ms integer not null
) strict, without rowid;

-- "Committed" is one thing, "live" another: when the gateway's cache should have it, when its users were seen to have it,
-- and what was seen otherwise.
alter table change add column live_due_ms integer;
alter table change add column live_ms integer;
alter table change add column live_note text not null default '';
