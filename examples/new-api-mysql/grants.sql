-- channelwarden's user in MySQL, and all that it may do. Run again at every start: it changes nothing that is right already.
-- channelwarden 的 MySQL 用户及其全部权限；每次启动都会执行，结果不变。
-- MySQL is published to nobody: '%' is whoever stands in this compose project's network.
-- `@password` comes from .env, by the service `grants`. docs/grants.md says what each right is for.
SET @user = CONCAT('CREATE USER IF NOT EXISTS ''channelwarden''@''%'' IDENTIFIED BY ', QUOTE(@password));
PREPARE make FROM @user;
EXECUTE make;
-- Also when the password in .env is another one by now.
SET @user = CONCAT('ALTER USER ''channelwarden''@''%'' IDENTIFIED BY ', QUOTE(@password));
PREPARE make FROM @user;
EXECUTE make;

-- To look (mode: "observe"): channels with their keys, and routing.     只读所需
GRANT SELECT ON channels TO 'channelwarden'@'%';
GRANT SELECT ON abilities TO 'channelwarden'@'%';
-- Prices; the gateway's other options can be read with them. Without: a new name is not added, as its price is not known.
-- 价格；同时也能读到其他选项。去掉后不会添加新模型。
GRANT SELECT ON options TO 'channelwarden'@'%';
-- What users met, without who they are. Without: what works for users is asked as well.     用户调用结果，不含用户身份
GRANT SELECT (id, created_at, type, channel_id, quota, prompt_tokens, completion_tokens,
  model_name, token_name, content, other) ON logs TO 'channelwarden'@'%';

-- To write (mode: "propose", "apply"): a channel's list, and its routing rows. Leave these out, and it cannot.
-- 写回所需；不需要写回时删除以下两行。
GRANT UPDATE (models) ON channels TO 'channelwarden'@'%';
GRANT INSERT, UPDATE, DELETE ON abilities TO 'channelwarden'@'%';
