# 总体情况：每条消息的第一行。
totals-models = { $models ->
    [0] 尚无模型记录
   *[other] { $models } 个模型中 { $down } 个故障
}
totals-channels = { $channels } 个渠道中 { $down } 个故障
totals-degraded = { $n } 个不稳定
totals-withdrawn = 已下架 { $n } 个
comma = ，

# 标题：最严重的一项，以及其余项数。
title = { $n ->
    [0] { $first }
   *[other] { $first }，另有 { $n } 项
}
title-none = 没有新情况
and-more = 另有 { $n } 项

# 每一节的标题：何事、何处。位置在最后。
heading = { $what }：{ $place }
already = { $what }（已存在）：{ $place }
changed = { $what }（有变化）：{ $place }
reminder = { $what }（仍未解决）：{ $place }
resolved = 已解除（{ $what }）：{ $place }
passed = 曾短暂出现（{ $what }）：{ $place }
flapping = 反复出现

# 位置。
place-here = channelwarden
key-number = 密钥 { $n }

# 时间。
since = 自 { $from } 起（{ $for }）
since-now = 自 { $from } 起
at = { $at }
span = { $from } 至 { $to }
from-to = { $from } 至 { $to }（{ $for }）
days = { $n } 天
hours = { $n } 小时
minutes = { $n } 分钟
seconds = { $n } 秒
made = 截至 { $at }

open = 打开控制台
undo = 撤销：`channelwarden undo { $numbers }`
undo-many = 按编号撤销：`channelwarden history{ $gateway }`

# 测试消息。
test = 这是一条测试消息
test-hint = 收到本消息，说明 channelwarden 的告警可以送达。没有发生任何问题。

# 各种原因：简称、标题、处理办法。
withdrawn = 已下架
withdrawn-heading = { $n } 个模型已下架
withdrawn-hint = 对用户已不可用，故从列表下架；恢复可用后自动放回。原因：`channelwarden history{ $scope }`

restored = 已恢复
restored-heading = { $n } 个模型已恢复
restored-hint = 再次可用并已放回列表，无需处理。

new = 新增
new-heading = 新增 { $n } 个模型
new-hint = 请在网关中核对价格与分组。如不需要，撤销后不会再次加入。
new-free-hint = 查看能力与可用性：`channelwarden openrouter`

expiring = 即将停用
expiring-heading = { $n } 个模型即将停用
expiring-hint = 请提前将用户迁移到后继模型；失效后会自动下架。

substituted = 疑似被替换
substituted-heading = { $n } 个模型疑似被其他模型替换
substituted-hint = 请向上游确认该名称背后的模型，或自行下架。应答记录：`channelwarden history{ $scope }`

degraded = 不稳定
degraded-heading = { $n } 个模型不稳定
degraded-hint = 时好时坏，确认失效后才会下架，暂时无需处理。

failing = 故障
failing-heading = { $n } 个模型故障，仍在列表中
failing-hint = 确认后自动下架。立即检测：`channelwarden sweep{ $scope }`

key-bad = 密钥被拒
key-bad-heading = 密钥被拒
key-bad-hint = 请更换渠道密钥，然后执行 `channelwarden sweep{ $scope }`

no-credit = 余额不足
no-credit-heading = 余额不足
no-credit-hint = 请向上游充值，然后执行 `channelwarden sweep{ $scope }`

unreachable = 无法连接
unreachable-heading = 上游无法连接
unreachable-hint = 请检查渠道地址、DNS、TLS、代理与防火墙，然后执行 `channelwarden sweep{ $scope }`

silent = 没有正常应答
silent-heading = 渠道没有任何正常应答
silent-hint = 问题在渠道而不在模型，因此不会下架模型。请联系上游，然后执行 `channelwarden sweep{ $scope }`

wanted = 有待写入的变更
wanted-heading = 有变更，但该网关仅观察
wanted-hint = 查看：`channelwarden plan{ $gateway }`。如需写入，请将该网关的 `mode` 设为 `propose` 或 `apply`。

proposed = 变更待批准
proposed-heading = 变更待批准
proposed-hint = 查看：`channelwarden plan{ $gateway }`。批准：`channelwarden apply{ $scope }`

held = 变更被拦下
held-heading = 变更被保护规则拦下
held-hint = 查看原因：`channelwarden plan{ $gateway }`。若因超限被拦，可放行：`channelwarden apply{ $scope } --held`

contested = 有其他写入者
contested-heading = 有人反复改回我方的变更
contested-hint = 请查明还有谁在修改该渠道（其他实例、同步任务），或停止写入：`channelwarden hold{ $scope }`

budget = 检测额度即将用尽
budget-heading = 检测额度即将用尽
budget-hint = 用尽后到 00:00 UTC 之前不再检测。可在配置中调高 `budget` 或 `probe.every`。

stale = 长时间没有成功的轮次
stale-heading = 长时间没有成功的轮次
stale-hint = 在此期间故障无法被发现。请执行 `channelwarden healthcheck` 并查看日志。

gateway-unreachable = 网关无法读取
gateway-unreachable-heading = 网关无法读取
gateway-unreachable-hint = 请检查其数据库或管理 API 是否在线，以及地址、密码和权限；然后执行 `channelwarden sweep{ $gateway } --dry-run`

store-unreachable = 自身存储不可用
store-unreachable-heading = 自身存储无法读写
store-unreachable-hint = 请检查磁盘空间与 `store.path` 的权限。在此期间不会写入任何网关。

receiver-down = 告警无法送达
receiver-down-heading = 有接收者收不到告警
receiver-down-hint = 查看积压：`channelwarden notify outbox`。修复后测试：`channelwarden notify test`

litellm-credits = LiteLLM 账户余额不足
litellm-credits-heading = LiteLLM：账户余额不足
litellm-credits-hint = 请为 LiteLLM 中这些模型的上游账户充值。

litellm-auth = LiteLLM 的密钥被拒
litellm-auth-heading = LiteLLM：上游拒绝其密钥
litellm-auth-hint = 请在 LiteLLM 的配置中为这些模型更换密钥。

litellm-server = LiteLLM 无应答
litellm-server-heading = LiteLLM 无应答
litellm-server-hint = 请检查 LiteLLM 是否在运行，以及从本机能否访问。

litellm-upstream = LiteLLM 的上游故障
litellm-upstream-heading = LiteLLM：上游出错或无应答
litellm-upstream-hint = 这些模型的上游服务出错：请等待恢复，或在 LiteLLM 中为其配置备用模型（fallback）。
