-- One API's two routing tables as its ORM makes them in SQLite.
create table `channels` (`id` integer, `type` integer default 0, `key` text, `status` integer default 1, `name` text,
  `weight` integer default 0, `created_time` integer, `test_time` integer, `response_time` integer,
  `base_url` text default "", `other` text, `balance` real, `balance_updated_time` integer, `models` text,
  `group` varchar(32) default "default", `used_quota` integer default 0, `model_mapping` varchar(1024) default "",
  `priority` integer default 0, `config` text, `system_prompt` text, primary key (`id`));
create index `idx_channels_name` on `channels` (`name`);
create table `abilities` (`group` varchar(32), `model` text, `channel_id` integer, `enabled` numeric,
  `priority` integer default 0, primary key (`group`, `model`, `channel_id`));
create index `idx_abilities_channel_id` on `abilities` (`channel_id`);
create index `idx_abilities_priority` on `abilities` (`priority`);
