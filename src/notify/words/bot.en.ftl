# What the Telegram bot says.
bot-start =
    Hello. I tell what happens to the models of your LLM gateways, and answer questions about them.

    /subscribe: be told in this chat
    /status: which models are online
    /help: everything else
bot-help =
    /status [gateway]: which models are online, with latency and time to first token
    /models [text]: find models by name
    /channel [number]: all channels, or one
    /changes: what was changed on the gateways
    /free: OpenRouter's free models
    /subscribe and /unsubscribe: be told in this chat, or not
    /mute 2h and /mute off: leave this chat in peace for a while
    /language en, zh or ru
bot-help-admin =
    For you as an admin:
    /pending: changes that wait for your word
    /scan [gateway]: look at everything now
    /hold [gateway [channel]] reason: stop writing
    /release [gateway [channel]]: go on writing
bot-unknown = I do not know that. /help says what I do.
bot-stranger = I may not answer here. This chat is { $chat }; whoever runs me can add it to telegram.chats in the configuration.
bot-not-admin = Only an admin of this bot may do that.
bot-subscribed = This chat is told from now on. /unsubscribe ends that.
bot-unsubscribed = This chat is not told any more. /subscribe brings it back.
bot-full = There is no room for more chats.
bot-language = I speak English here now.
bot-language-how = Say /language en, /language zh or /language ru.
bot-muted = This chat is left in peace until { $until }. /mute off ends that.
bot-unmuted = This chat is told again.
bot-mute-how = Say for how long, at most 30 days: /mute 2h, /mute 1d, /mute off.
bot-hold-how = Say why: /hold [gateway [channel]] reason. Without a gateway nothing at all is written any more.
bot-release-how = Say what: /release, /release gateway, or /release gateway channel.

# Pages.
bot-part = { $from }–{ $to } of { $total }
bot-sums = { $models ->
    [one] { $models } model
   *[other] { $models } models
}: { $lights }{ $withdrawn ->
    [0] {""}
   *[other] , { $withdrawn } withdrawn
}
bot-running = A round of { $gateway } is running: { $done } of { $expected } asked
bot-last-round = { $gateway } was last looked at: { $at }
bot-models-with = Models with “{ $text }”
bot-no-models = No such models.
bot-withdrawn = withdrawn
bot-ms = { $n } ms
bot-s = { $n } s
bot-no-gateway = There is no such gateway. There are: { $names }
bot-no-channels = No channels seen yet.
bot-no-channel = There is no such channel. /channel shows all.
bot-which-channel = Several gateways have a channel of that number. Say which: /channel gateway 3
bot-channel-how = Say which: /channel 3, or /channel gateway 3
bot-channel-sums = { $models ->
    [one] { $models } model
   *[other] { $models } models
}, { $down } down, { $withdrawn } withdrawn
bot-uptime = Up { $percent } % of 24 hours
bot-on-hold = On hold: { $why }
bot-no-changes = Nothing was changed yet.
bot-state-applied = written
bot-state-undone = undone
bot-state-open = under way
bot-state-conflict = conflict: somebody else changed it
bot-state-abandoned = not written
bot-free = { $n ->
    [one] { $n } free model
   *[other] { $n } free models
} on OpenRouter, as of { $at }
bot-no-free = OpenRouter's list was not read yet.
bot-ends = ends { $day }
bot-nothing-pending = Nothing waits for your word.
bot-held = { $n } held by { $guard }

# Buttons.
bot-key-approve = ✅ Approve #{ $n }
bot-key-approve-held = ✅ Approve #{ $n } with what is held
bot-key-reject = ❌ Reject #{ $n }
bot-key-undo = ↩ Undo change { $n }
bot-stale = This button is from an older version. Send the command again.
bot-decided-anew = It was done already, or has changed since: look again with /pending.
bot-under-way = It is being done.
bot-busy = Too much is waiting already. Try again in a moment.

# What came of an order.
bot-act-scan = Scan, asked for by { $by }
bot-act-approve = Approved by { $by }
bot-act-reject = Rejected by { $by }
bot-act-undo = Undo, asked for by { $by }
bot-act-hold = Hold, set by { $by }
bot-act-release = Hold lifted by { $by }
bot-error-busy = ⏳ { $what }: not now.
bot-error-not-found = ⚠️ { $what }: nothing to do.
bot-error-refused = ⚠️ { $what }: may not be done.
bot-error-failed = ❌ { $what }: failed.
bot-ended-applied = written
bot-ended-conflict = somebody else changed it; theirs stays
bot-ended-on-hold = on hold
bot-ended-refused = may not be written
bot-ended-failed = failed
bot-ended-held = a guard holds it back
bot-ended-gone = the channel is gone
bot-ended-rejected = rejected; its models are on hold
bot-ended-rehearsed = rehearsed
bot-change = change { $n }

# The menu.
bot-menu-status = Which models are online
bot-menu-models = Find models by name
bot-menu-channel = All channels, or one
bot-menu-changes = What was changed
bot-menu-free = OpenRouter's free models
bot-menu-subscribe = Be told in this chat
bot-menu-unsubscribe = Not be told any more
bot-menu-mute = Leave this chat in peace for a while
bot-menu-language = en, zh or ru
bot-menu-help = What I can do
bot-menu-pending = Changes that wait for your word
bot-menu-scan = Look at everything now
bot-menu-hold = Stop writing
bot-menu-release = Go on writing
