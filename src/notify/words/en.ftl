# How things stand in all: the first line of every message.
totals-models = { $models ->
    [0] no models seen yet
    [one] { $down } of { $models } model down
   *[other] { $down } of { $models } models down
}
totals-channels = { $channels ->
    [one] { $down } of { $channels } channel down
   *[other] { $down } of { $channels } channels down
}
totals-degraded = { $n } unstable
totals-withdrawn = { $n } withdrawn
comma = {", "}

# The title of a message: its worst section, and how many more there are.
title = { $n ->
    [0] { $first }
   *[other] { $first }, and { $n } more
}
title-none = Nothing new
and-more = and { $n } more

# The heading of a section: what it is, and where. The place stands last.
heading = { $what }: { $place }
already = { $what } (already so): { $place }
changed = { $what } (changed): { $place }
reminder = { $what } (still so): { $place }
resolved = Resolved ({ $what }): { $place }
passed = Came and went ({ $what }): { $place }
flapping = comes and goes

# Where it is.
place-here = channelwarden
key-number = key { $n }

# When it was.
since = since { $from } ({ $for })
since-now = since { $from }
at = at { $at }
span = { $from } to { $to }
from-to = { $from } to { $to } ({ $for })
days = { $n } d
hours = { $n } h
minutes = { $n } min
seconds = { $n } s
made = As of { $at }

open = Open the dashboard
undo = Undo: `channelwarden undo { $numbers }`
undo-many = Undo, by number: `channelwarden history{ $gateway }`

# A trial.
test = This is a trial
test-hint = If you can read this, channelwarden's alerts reach you. Nothing happened.

# Each cause: a short name, to stand within a sentence; a heading, for so many; what to do.
withdrawn = withdrawn
withdrawn-heading = { $n ->
    [one] Model withdrawn
   *[other] { $n } models withdrawn
}
withdrawn-hint = It fails for your users, so it is off the list; it comes back by itself once it works. Why: `channelwarden history{ $scope }`

restored = back
restored-heading = { $n ->
    [one] Model is back
   *[other] { $n } models are back
}
restored-hint = Works again and is on the list again; nothing to do.

new = new
new-heading = { $n ->
    [one] New model
   *[other] { $n } new models
}
new-hint = Check its price and groups in the gateway. Once undone, it stays off.
new-free-hint = What it can do and whether it answers: `channelwarden openrouter`

expiring = expiring
expiring-heading = { $n ->
    [one] Model will be shut down
   *[other] { $n } models will be shut down
}
expiring-hint = Move users to a successor before then; it is taken off once it no longer works.

substituted = another model answers
substituted-heading = { $n ->
    [one] Another model seems to answer
   *[other] Other models seem to answer for { $n }
}
substituted-hint = Ask the provider what it serves under this name, or take it off the list yourself. Answers: `channelwarden history{ $scope }`

degraded = unstable
degraded-heading = { $n ->
    [one] Model is unstable
   *[other] { $n } models are unstable
}
degraded-hint = Works at times; it is taken off only if it fails for good. Nothing to do yet.

failing = failing
failing-heading = { $n ->
    [one] Model fails, still listed
   *[other] { $n } models fail, still listed
}
failing-hint = Taken off once that is confirmed. To look now: `channelwarden sweep{ $scope }`

key-bad = key refused
key-bad-heading = Key refused
key-bad-hint = Put a valid key into the channel, then `channelwarden sweep{ $scope }`

no-credit = no credit
no-credit-heading = No credit
no-credit-hint = Add credit at the provider, then `channelwarden sweep{ $scope }`

unreachable = unreachable
unreachable-heading = Upstream unreachable
unreachable-hint = Check the channel's base URL, DNS, TLS, proxy and firewall, then `channelwarden sweep{ $scope }`

silent = nothing answers
silent-heading = Nothing answers as it should
silent-hint = The channel is at fault, not its models, so none is withdrawn. Ask the provider, then `channelwarden sweep{ $scope }`

wanted = change wanted
wanted-heading = Change wanted, gateway is only observed
wanted-hint = See it: `channelwarden plan{ $gateway }`. To have it written, set this gateway's `mode` to `propose` or `apply`.

proposed = waits for approval
proposed-heading = Change waits for approval
proposed-hint = See it: `channelwarden plan{ $gateway }`. Approve: `channelwarden apply{ $scope }`

held = held back
held-heading = Change held back by a guard
held-hint = See why: `channelwarden plan{ $gateway }`. If a limit held it, approve with `channelwarden apply{ $scope } --held`

contested = another writer
contested-heading = Somebody takes our changes back
contested-hint = Find who else edits this channel (another instance, a sync job), or leave it to them: `channelwarden hold{ $scope }`

budget = budget nearly used up
budget-heading = Probing budget nearly used up
budget-hint = Once it is used up, nothing is probed until 00:00 UTC. Raise `budget` or `probe.every` in the configuration.

stale = no good round
stale-heading = No good round for too long
stale-hint = Until there is one, failures go unseen. Look: `channelwarden healthcheck`, then the log.

gateway-unreachable = gateway unreachable
gateway-unreachable-heading = Gateway cannot be read
gateway-unreachable-hint = Check that its database or admin API is up, and the address, password and rights; then `channelwarden sweep{ $gateway } --dry-run`

store-unreachable = own store unreachable
store-unreachable-heading = Our own store cannot be used
store-unreachable-hint = Check the disk's free space and the rights of `store.path`. Nothing is written to any gateway meanwhile.

receiver-down = alerts not taken
receiver-down-heading = A receiver takes no alerts
receiver-down-hint = What waits for it: `channelwarden notify outbox`. Once mended: `channelwarden notify test`

litellm-credits = LiteLLM account without credit
litellm-credits-heading = LiteLLM: account without credit
litellm-credits-hint = Add credit at the provider that LiteLLM uses for these models.

litellm-auth = key refused behind LiteLLM
litellm-auth-heading = LiteLLM: upstream refuses its key
litellm-auth-hint = Set a valid key for these models in LiteLLM's configuration.

litellm-server = LiteLLM not answering
litellm-server-heading = LiteLLM does not answer
litellm-server-hint = Check that LiteLLM runs and is reachable from here.

litellm-upstream = failing upstream behind LiteLLM
litellm-upstream-heading = LiteLLM: upstream fails or does not answer
litellm-upstream-hint = Their provider fails: wait, or give these models a fallback in LiteLLM.
