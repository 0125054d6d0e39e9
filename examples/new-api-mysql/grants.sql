-- channelwarden's user in MySQL, and all that it may do. Run again at every start: it changes nothing that is right already.
-- channelwarden 的 MySQL 用户及其全部权限；每次启动都会执行，结果不变。
-- `@password` comes from .env, by the service `grants`. docs/grants.md says what each right is for.
SET @user = CONCAT('CREATE USER IF NOT EXISTS ''channelwarden''@''%'' IDENTIFIED BY ', QUOTE(@password));
PREPARE make FROM @user;
EXECUTE make;
-- Also when the password in .env is another one by now.
SET @user = CONCAT('ALTER USER ''channelwarden''@''%'' IDENTIFIED BY ', QUOTE(@password));
PREPARE make FROM @user;
EXECUTE make;

-- To look (mode: "observe"): channels with their keys, routing, prices, what users met.
GRANT SELECT ON channels TO 'channelwarden'@'%';
GRANT SELECT ON abilities TO 'channelwarden'@'%';
GRANT SELECT ON options TO 'channelwarden'@'%';
GRANT SELECT ON logs TO 'channelwarden'@'%';

-- To write (mode: "propose", "apply"): a channel's list, and its routing rows. Leave these out, and it cannot.
-- 写回所需；不需要写回时删除以下两行。
GRANT UPDATE (models) ON channels TO 'channelwarden'@'%';
GRANT INSERT, UPDATE, DELETE ON abilities TO 'channelwarden'@'%';
