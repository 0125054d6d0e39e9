-- Who was told what. An audience is a receiver, or one chat of it ("bot/12345").
create table audience (
    name    text primary key not null,
    -- the ledger's own state beside its lines, as JSON
    state   text not null
) strict, without rowid;

-- What an audience was told, is to be told, or is about to be, a line for each thing (see `notify::ledger`), as JSON.
create table told (
    audience text not null,
    key      text not null,
    line     text not null,
    primary key (audience, key)
) strict, without rowid;

-- Nobody is told until then; '' for every audience.
create table mute (
    audience text primary key not null,
    until_ms integer not null
) strict, without rowid;

-- Messages on their way. Written in the transaction that notes their news as told.
create table outbox (
    -- the key that lets a receiver know a message it has already
    id         integer primary key autoincrement,
    -- its receiver in the configuration, and the chat there; '' where it has none
    receiver   text    not null,
    address    text    not null,
    state      text    not null check (state in ('waiting', 'sent', 'dead')),
    made_ms    integer not null,
    -- when it is tried next; when it was sent or given up
    at_ms      integer not null,
    attempts   integer not null default 0,
    -- what the receiver said last, redacted
    note       text    not null default '',
    -- a `notify::Digest`, as JSON
    body       text    not null
) strict;
create index outbox_waiting on outbox (receiver, address, id) where state = 'waiting';
create index outbox_state on outbox (state, at_ms);

-- Who asked a bot to be told, or not to be although the configuration names the chat.
create table subscriber (
    receiver text    not null,
    chat     text    not null,
    wanted   integer not null,
    -- 'en', 'zh', 'ru'; '' for the receiver's
    language text    not null default '',
    since_ms integer not null,
    primary key (receiver, chat)
) strict, without rowid;

-- A gateway that cannot be read, since when and why.
create table trouble (
    gateway  text primary key not null,
    since_ms integer not null,
    why      text    not null
) strict, without rowid;

-- The outcome of a channel on which nothing answered; '' where something did, or nothing was asked.
alter table channel add column down text not null default '';
-- since when nothing does
alter table channel add column down_since_ms integer;
