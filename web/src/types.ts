// The rows of the API, as src/store/history/rows.rs and src/serve write them. Times are RFC 3339 in UTC.

export type Light = "up" | "degraded" | "down" | "unknown";
export const LIGHTS: readonly Light[] = ["up", "degraded", "down", "unknown"];

export interface Running {
  gateway: string;
  since: string;
  full: boolean;
  expected: number;
  done: number;
}

export interface GatewayRow {
  name: string;
  /** `null`: nobody could ask it yet. */
  kind: string | null;
  mode: string;
  channels: number;
  models: number;
  up: number;
  degraded: number;
  down: number;
  unknown: number;
  withdrawn: number;
  last_round: string | null;
  last_good: string | null;
  stale: boolean;
  next_hint: string | null;
  error: string | null;
}

export interface Summary {
  total_models: number;
  healthy_count: number;
  degraded_count: number;
  down_count: number;
  unknown_count: number;
  withdrawn_count: number;
  uptime_24h: number | null;
  p50_ms: number | null;
  p95_ms: number | null;
  last_updated: string | null;
  pending_count: number;
  held_count: number;
  alerts_count: number;
  channels_count: number;
  free_count: number;
  hold: boolean;
  running: Running[];
  gateways: GatewayRow[];
  may_act: boolean;
  version: string;
}

export interface ChannelRow {
  gateway: string;
  id: number;
  name: string;
  provider: string;
  /** `enabled`, `auto-disabled`, `disabled` or another. */
  status: string;
  groups: string;
  /** Why it was left alone; hostile text. */
  note: string;
  models: number;
  up: number;
  degraded: number;
  down: number;
  unknown: number;
  withdrawn: number;
  uptime_24h: number | null;
  hold: string | null;
}

export interface Withdrawal {
  at: string;
  outcome: string;
  count: number;
  since: string;
  reason: string;
}

export interface ModelRow {
  id: number;
  gateway: string;
  channel: number;
  channel_name: string;
  model_id: string;
  listed: boolean;
  withdrawn: Withdrawal | null;
  light: Light;
  /** `OK`, `429`, `HTTP 503`, `FAIL` where no answer came, `NONE` where it was never asked. */
  latest_status: string;
  outcome: string;
  status: number | null;
  /** Why, in the upstream's words: hostile text. */
  detail: string;
  last_seen: string | null;
  since: string | null;
  next_probe: string | null;
  uptime_24h: number | null;
  avg_latency_24h: number | null;
  p50_ms: number | null;
  p95_ms: number | null;
  ttft_p50_ms: number | null;
  consecutive_failures: number;
  /** The mean answer of each of the last 24 hours in ms, oldest first. */
  sparkline_data: (number | null)[];
  /** Uptime in percent of each of the last 24 hours, oldest first. */
  uptime_hours: (number | null)[];
}

/** One model, and the models of the same name on other channels. By name it is the first of them. */
export interface ModelPage extends ModelRow {
  elsewhere: ModelRow[];
}

export interface Seen {
  model: number;
  run_datetime: string;
  ok: boolean;
  status_label: string;
  outcome: string;
  status: number | null;
  latency_ms: number;
  ttft_ms: number | null;
  shape: string;
  /** Millionths of a US dollar. */
  cost: number | null;
  round: number;
  detail: string;
}

export interface SeriesPoint {
  at: string;
  up: number;
  down: number;
  unknown: number;
  limited: number;
  uptime: number | null;
  p50_ms: number | null;
  p95_ms: number | null;
  ttft_p50_ms: number | null;
  ttft_p95_ms: number | null;
}

export interface Transition {
  model: number;
  gateway: string;
  channel: number;
  model_id: string;
  at: string;
  up: boolean;
  outcome: string;
  detail: string;
}

export type Cell = "OK" | "429" | "FAIL" | "MISS";

export interface GridRow {
  id: number;
  gateway: string;
  channel: number;
  channel_name: string;
  model_id: string;
  cells: Cell[];
}

export interface RoundRow {
  id: number;
  gateway: string;
  mode: string;
  /** Whether everything was asked, or only what was due again; `null`: it runs, or that is not known. */
  full: boolean | null;
  started: string;
  ended: string | null;
  pairs: number;
  probed: number;
  ok: number;
  limited: number;
  failed: number;
  missed: number;
  ok_rate: number | null;
  changes: number;
  held: number;
  errors: string[];
  notes: string[];
}

export interface Grid {
  rounds: RoundRow[];
  rows: GridRow[];
  total: number;
}

export interface Status {
  scan_state: "idle" | "running";
  running: Running[];
  timeline: RoundRow[];
}

export interface Removal {
  model: string;
  reason: string;
}

export interface ChangeRow {
  id: number;
  gateway: string;
  channel: number;
  channel_name: string;
  state: string;
  opened: string;
  settled: string | null;
  round: number | null;
  removed: Removal[];
  added: string[];
  restored: string[];
  before: string[];
  after: string[];
  undoes: number | null;
  undone_by: number | null;
  undoable: boolean;
  live: string | null;
  live_due: string | null;
  live_note: string | null;
  note: string;
}

export interface HeldPart {
  guard: string;
  why: string;
  may_be_lifted: boolean;
  removals: Removal[];
  additions: string[];
}

export interface PlanRow {
  gateway: string;
  channel: number;
  channel_name: string;
  round: number;
  at: string;
  mode: string;
  /** What `approve` and `reject` are told of what is shown. */
  mark: string;
  before: string[];
  after: string[];
  removed: Removal[];
  added: string[];
  restored: string[];
  held: HeldPart[];
}

export interface HoldRow {
  /** `null`: it is the file beside the store, which nobody lifts from here. */
  id: number | null;
  gateway: string | null;
  channel: number | null;
  model: string | null;
  reason: string;
  at: string | null;
}

export interface FreeRow {
  id: string;
  name: string;
  context_length: number | null;
  /** `text+image→text`. */
  modalities: string;
  /** `suffix`, `all-zero` or `router`. */
  free_kind: string;
  light: Light;
  /** Why it is not up. */
  why: string;
  uptime: number | null;
  /** Tokens a second. */
  throughput: number | null;
  /** To the first token, in ms. */
  latency_ms: number | null;
  /** A UTC day. */
  ends: string | null;
  probed_at: string | null;
  probe_outcome: string | null;
  /** `null`: there is no key to ask with. */
  usable: boolean | null;
}

export interface BudgetScope {
  scope: string;
  requests: number;
  tokens: number;
  cost_usd: number;
  limit_requests: number | null;
  limit_tokens: number | null;
  limit_cost_usd: number | null;
}

export interface BudgetDay {
  day: string;
  requests: number;
  tokens: number;
  cost_usd: number;
}

export interface Budget {
  day: string;
  scopes: BudgetScope[];
  days: BudgetDay[];
}

export interface DoneChannel {
  gateway: string;
  channel: number;
  channel_name: string;
  /** `applied`, `conflict`, `on-hold`, `refused`, `failed`, `held` or `gone`. */
  outcome: string;
  change: number | null;
  why: string;
}

export interface Done {
  channels: DoneChannel[];
  notes: string[];
}

export interface AlertRow {
  /** As src/model/cause.rs has them. */
  cause: string;
  /** `info`, `warning` or `critical`. */
  severity: string;
  /** Empty: it is of none. */
  gateway: string;
  channel: number | null;
  channel_name: string;
  /** The model, the key's number, the receiver; empty: the channel, gateway or program as such. Hostile text. */
  subject: string;
  since: string;
  evidence: string;
}

/** Why a message tells it: `first`, `resolved` and so on. */
export interface PostEntry {
  what: string;
  cause: string;
  gateway: string;
  channel_name: string;
  subject: string;
}

export interface PostRow {
  id: number;
  receiver: string;
  /** Empty: the receiver has none. */
  chat: string;
  /** `waiting`, `sent` or `dead`. */
  state: string;
  made: string;
  /** When it is tried next, was sent, or was given up. */
  at: string;
  attempts: number;
  /** What the receiver said last: hostile text. */
  note: string;
  /** How many things it tells; `entries` has the first twenty. */
  count: number;
  entries: PostEntry[];
}

export interface Session {
  may_read: boolean;
  may_act: boolean;
  /** Reading needs a token here. */
  needs_token: boolean;
  /** There is a token to act with; without one nobody acts here. */
  acts_with_token: boolean;
  /** `null`: nobody is logged in. */
  csrf: string | null;
}

export type Event =
  | { type: "progress"; running: Running[] }
  | { type: "round"; gateway: string }
  | { type: "changes"; gateway: string }
  | { type: "messages" };
