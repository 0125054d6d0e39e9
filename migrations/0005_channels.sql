-- A gateway's channels as the latest round saw them, for whoever reads our store and no gateway.
create table channel (
    gateway  text    not null,
    channel  integer not null,
    created  integer not null,
    name     text    not null,
    provider text    not null,
    status   text    not null,
    -- as the gateway has them, with commas between
    groups   text    not null,
    -- why it was left alone, or that nothing on it answered
    note     text    not null,
    seen_ms  integer not null,
    primary key (gateway, channel)
) strict, without rowid;
