# Telegram 机器人所说的话。
bot-start =
    你好。我会告诉你 LLM 网关上的模型发生了什么，也能回答相关问题。

    /subscribe：在此聊天接收通知
    /status：哪些模型在线
    /help：其他命令
bot-help =
    /status [网关]：哪些模型在线，附延迟和首字时间
    /models [文字]：按名称查找模型
    /channel [编号]：全部渠道，或其中一个
    /changes：网关上改动了什么
    /free：OpenRouter 的免费模型
    /subscribe 和 /unsubscribe：在此聊天接收或停止通知
    /mute 2h 和 /mute off：让此聊天安静一段时间
    /language en、zh 或 ru
bot-help-admin =
    你是管理员，还可以：
    /pending：等待你决定的改动
    /scan [网关]：现在检测全部
    /hold [网关 [渠道]] 原因：停止写入
    /release [网关 [渠道]]：恢复写入
bot-unknown = 我不认识这个命令。/help 列出我能做的事。
bot-stranger = 我不能在这里回答。此聊天的编号是 { $chat }；管理员可以把它加入配置的 telegram.chats。
bot-not-admin = 只有此机器人的管理员可以这样做。
bot-subscribed = 从现在起此聊天会收到通知。/unsubscribe 可以停止。
bot-unsubscribed = 此聊天不再收到通知。/subscribe 可以恢复。
bot-full = 聊天数量已满。
bot-language = 现在我在这里说中文。
bot-language-how = 请发送 /language en、/language zh 或 /language ru。
bot-muted = 此聊天在 { $until } 之前不会被打扰。/mute off 可以提前结束。
bot-unmuted = 此聊天重新接收通知。
bot-mute-how = 请说明时长，最多 30 天：/mute 2h、/mute 1d、/mute off。
bot-hold-how = 请说明原因：/hold [网关 [渠道]] 原因。不写网关则停止所有写入。
bot-release-how = 请说明范围：/release、/release 网关，或 /release 网关 渠道。

# 页面。
bot-part = 第 { $from }–{ $to } 项，共 { $total } 项
bot-sums = { $models } 个模型：{ $lights }{ $withdrawn ->
    [0] {""}
   *[other] ，已下架 { $withdrawn } 个
}
bot-running = { $gateway } 正在检测：{ $done } / { $expected }
bot-last-round = { $gateway } 上次检测于 { $at }
bot-models-with = 名称含“{ $text }”的模型
bot-no-models = 没有这样的模型。
bot-withdrawn = 已下架
bot-ms = { $n } 毫秒
bot-s = { $n } 秒
bot-no-gateway = 没有这个网关。现有：{ $names }
bot-no-channels = 尚无渠道记录。
bot-no-channel = 没有这个渠道。/channel 显示全部。
bot-which-channel = 多个网关都有这个编号的渠道。请指明：/channel 网关 3
bot-channel-how = 请指明：/channel 3，或 /channel 网关 3
bot-channel-sums = { $models } 个模型，{ $down } 个故障，已下架 { $withdrawn } 个
bot-uptime = 24 小时可用率 { $percent } %
bot-on-hold = 已暂停写入：{ $why }
bot-no-changes = 还没有任何改动。
bot-state-applied = 已写入
bot-state-undone = 已撤销
bot-state-open = 进行中
bot-state-conflict = 冲突：别人改动过
bot-state-abandoned = 未写入
bot-free = OpenRouter 有 { $n } 个免费模型，截至 { $at }
bot-no-free = 还没有读取 OpenRouter 的列表。
bot-ends = { $day } 下线
bot-nothing-pending = 没有等待你决定的改动。
bot-held = { $guard } 拦下 { $n } 个

# 按钮。
bot-key-approve = ✅ 批准 #{ $n }
bot-key-approve-held = ✅ 批准 #{ $n }，含被拦下的
bot-key-reject = ❌ 拒绝 #{ $n }
bot-key-undo = ↩ 撤销改动 { $n }
bot-stale = 这个按钮来自旧版本，请重新发送命令。
bot-decided-anew = 已处理，或内容已变：请用 /pending 重新查看。
bot-under-way = 正在执行。
bot-busy = 待处理的操作太多，请稍后再试。

# 命令的结果。
bot-act-scan = { $by } 要求检测
bot-act-approve = { $by } 已批准
bot-act-reject = { $by } 已拒绝
bot-act-undo = { $by } 要求撤销
bot-act-hold = { $by } 暂停了写入
bot-act-release = { $by } 恢复了写入
bot-error-busy = ⏳ { $what }：现在不行。
bot-error-not-found = ⚠️ { $what }：无事可做。
bot-error-refused = ⚠️ { $what }：不允许。
bot-error-failed = ❌ { $what }：失败。
bot-ended-applied = 已写入
bot-ended-conflict = 别人改动过，保留别人的
bot-ended-on-hold = 已暂停写入
bot-ended-refused = 不允许写入
bot-ended-failed = 失败
bot-ended-held = 被保护规则拦下
bot-ended-gone = 渠道已不存在
bot-ended-rejected = 已拒绝；相关模型不再改动
bot-ended-rehearsed = 已演练
bot-change = 改动 { $n }

# 菜单。
bot-menu-status = 哪些模型在线
bot-menu-models = 按名称查找模型
bot-menu-channel = 全部渠道，或其中一个
bot-menu-changes = 改动了什么
bot-menu-free = OpenRouter 的免费模型
bot-menu-subscribe = 在此聊天接收通知
bot-menu-unsubscribe = 不再接收通知
bot-menu-mute = 让此聊天安静一段时间
bot-menu-language = en、zh 或 ru
bot-menu-help = 我能做什么
bot-menu-pending = 等待你决定的改动
bot-menu-scan = 现在检测全部
bot-menu-hold = 停止写入
bot-menu-release = 恢复写入
