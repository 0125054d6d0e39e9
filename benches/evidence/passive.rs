//! The log heeded: a success that is fresh saves the hourly probe, a failure asks for one at once.

use std::collections::HashMap;
use std::time::Duration;

use channelwarden::daemon::{Alarms, Recent};
use channelwarden::gateway::logs::{LogRow, witness};
use channelwarden::model::{GatewayKind, ModelName, Standing, Traffic};
use jiff::SignedDuration;

use crate::detections::Detections;
use crate::world::{CONTROLS, DAY, DAYS, PAIRS, World, at, channel, name};

/// From one look at the log to the next (`logs.every`), in milliseconds.
const LOOK: i64 = 5000;
/// From one round to the next (`probe.every`), and how long a success counts (`logs.fresh`).
const ROUND: i64 = 3_600_000;
const FRESH: Duration = Duration::from_hours(1);

struct Pair {
    name: ModelName,
    standing: Standing,
    traffic: Traffic,
    fails_from: i64,
    off: bool,
}

impl Pair {
    fn works(&self, now: i64) -> bool {
        now < self.fails_from
    }

    /// What is in the row that a request leaves, users' mistakes and accidents among them.
    fn log(&self, pair: usize, now: i64, random: &mut fastrand::Rng) -> LogRow {
        let row = LogRow {
            created: at(now).as_second(),
            type_number: 2,
            channel: channel(pair),
            model: self.name.as_str().to_owned(),
            quota: 30,
            prompt_tokens: 10,
            completion_tokens: 20,
            ..LogRow::default()
        };
        let error = |status: u16, code: &str| LogRow {
            type_number: 5,
            other: format!(r#"{{"status_code":{status},"error_type":"openai_error","error_code":"{code}"}}"#),
            content: format!("status_code={status}, {code}"),
            completion_tokens: 0,
            ..row.clone()
        };
        match random.u32(0..1000) {
            // The user's own: too long, too fast.
            0..10 => error(400, "context_length_exceeded"),
            10..15 => error(429, "rate_limit_exceeded"),
            _ if !self.works(now) => error(404, "model_not_found"),
            // A hiccup of a model that works.
            15..17 => error(502, "bad_response_status_code"),
            // Billed, but nothing came.
            17..22 => LogRow { completion_tokens: 0, ..row },
            _ => row,
        }
    }
}

/// Paid probes a day, and how soon failing models were found.
pub(crate) fn run(world: &World) -> (f64, Detections) {
    let onset: HashMap<usize, i64> = world.failures.iter().copied().collect();
    let pair = |pair: usize| Pair {
        name: name(pair),
        standing: Standing::default(),
        traffic: Traffic::default(),
        fails_from: onset.get(&pair).copied().unwrap_or(i64::MAX),
        off: false,
    };
    let mut pairs: Vec<Pair> = (0..PAIRS).map(pair).collect();
    let places: HashMap<(i64, ModelName), usize> = (0..PAIRS).map(|pair| ((channel(pair), name(pair)), pair)).collect();
    let mut random = fastrand::Rng::with_seed(7);
    let (mut alarms, mut found) = (Alarms::default(), Detections::default());
    let mut doubtful: Vec<usize> = vec![];
    let (mut probes, mut owed) = (0, 0.0);
    let end = DAY * (1 + i64::try_from(DAYS).unwrap()) + DAY / 4;
    for now in (LOOK..=end).step_by(usize::try_from(LOOK).unwrap()) {
        // Of the last hours only detections count: what fails late is still found.
        let counts = u64::from((DAY..DAY * (1 + i64::try_from(DAYS).unwrap())).contains(&now));
        let mut looks = vec![];
        let mut recent = Recent::default();
        owed += world.requests as f64 * LOOK as f64 / DAY as f64;
        while owed >= 1.0 {
            owed -= 1.0;
            let asked = world.asked(&mut random);
            let when = now - random.i64(0..LOOK);
            if pairs[asked].off {
                continue;
            }
            let row = pairs[asked].log(asked, when, &mut random);
            if let Some(witnessed) = witness(GatewayKind::NewApi, &row, at(now)) {
                pairs[asked].traffic.take(&witnessed.came);
                recent.take(witnessed);
            }
        }
        for alarm in alarms.choose(recent.failing(at(now)), at(now)) {
            let asked = places[&(alarm.channel, alarm.model)];
            // As `Store::due_now` has it.
            let Standing { last, next_probe, .. } = &pairs[asked].standing;
            let looked = last.is_some_and(|(_, last)| last.duration_since(alarm.at) >= SignedDuration::from_secs(1));
            if next_probe.is_none() && !looked {
                looks.push(asked);
                probes += counts * CONTROLS;
            }
        }
        for &asked in &doubtful {
            let due = |standing: &Standing| standing.next_probe.is_some_and(|next| next <= at(now));
            if due(&pairs[asked].standing) {
                looks.push(asked);
                probes += counts * CONTROLS;
            }
        }
        if now % ROUND == 0 {
            for (asked, pair) in pairs.iter_mut().enumerate().filter(|(_, pair)| !pair.off) {
                let vouched = pair.traffic.vouches(FRESH, at(now)).filter(|_| pair.standing.next_probe.is_none());
                match vouched.filter(|_| !pair.standing.must_be_asked(at(now))) {
                    Some(worked) => pair.standing.served_since = pair.standing.served_since.or(Some(worked)),
                    None => looks.push(asked),
                }
            }
        }
        looks.sort_unstable();
        looks.dedup();
        for asked in looks {
            probes += counts;
            let pair = &mut pairs[asked];
            let works = pair.works(now);
            pair.off = world.look(&mut pair.standing, works, now);
            doubtful.retain(|one| *one != asked);
            if pair.off {
                found.add((now - pair.fails_from) as f64 / 1000.0, world.share(asked));
            } else if pair.standing.next_probe.is_some() {
                doubtful.push(asked);
            }
        }
    }
    assert_eq!(found.count(), world.failures.len(), "every failing model is found, and no other");
    (probes as f64 / DAYS as f64, found)
}
