-- What a probe showed beside its outcome: when the first token came, what it used up, what was odd.
alter table observation add column ttft_ms integer;
alter table observation add column cold integer not null default 0;
alter table observation add column prompt_tokens integer;
alter table observation add column completion_tokens integer;
alter table observation add column marks text not null default '';

-- What an upstream's own list last said, page after page to its end; the names are JSON.
create table listing (
    gateway text    not null,
    channel integer not null,
    created integer not null,
    at_ms   integer not null,
    -- the channel's keys, hashed: another key may have other models
    keys    text    not null,
    names   text    not null,
    -- what the upstream said to a name that does not exist
    control text,
    primary key (gateway, channel, created)
) strict, without rowid;

-- One key at one host, by a salted hash: what is wrong with it, and until when it (or one model of it) rests.
create table account (
    account  text    not null,
    -- '' for the account itself
    model    text    not null,
    outcome  text    not null,
    since_ms integer not null,
    until_ms integer not null,
    detail   text    not null,
    primary key (account, model)
) strict, without rowid;

-- What probing used up, by UTC day and scope: '' for everything, else an account or a shared free quota.
create table spent (
    day      text    not null,
    scope    text    not null,
    requests integer not null,
    tokens   integer not null,
    -- millionths of a US dollar, estimated
    cost     integer not null,
    primary key (day, scope)
) strict, without rowid;

-- Answers that no table knows, redacted and capped, to extend the tables by.
create table sample (
    fingerprint text primary key not null,
    host        text    not null,
    status      integer not null,
    body        text    not null,
    first_ms    integer not null,
    last_ms     integer not null,
    seen        integer not null
) strict, without rowid;
