//! One case: how an upstream behaves, and what must come of it at each look.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use channelwarden::config::{Manner, ProbeConfig, VerdictPolicy};
use channelwarden::gateway;
use channelwarden::model::{Channel, GatewayKind, Kind, Mark, ModelName, Observation, Outcome, Secret, Standing};
use channelwarden::probe::{Ask, Prober};
use channelwarden::upstream::{Listing, Target};
use channelwarden::verdict::{Company, Listed, Verdict, judge};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::script::{Exchange, Expected, Scripted};

/// How every channel's key begins: nowhere in what we show.
const CANARY: &str = "sk-canary-0123456789abcdef";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Case {
    /// What is special about it among the cases of its file.
    pub(crate) about: String,
    /// The name of the upstream, as the tables know it; it is reached on loopback all the same.
    host: String,
    /// New API's number of the channel's type.
    r#type: i64,
    other: Option<String>,
    /// Which header holds the key.
    auth: String,
    model: String,
    kind: Kind,
    stream: Option<bool>,
    max_tokens: u32,
    /// Nobody is there: `refused`, `dns`, `tls`.
    nobody: Option<String>,
    /// One exchange, however often.
    says: Option<Exchange>,
    /// These exchanges, no more and no fewer.
    script: Vec<Exchange>,
    /// The same for every look but the first.
    again: Vec<Exchange>,
    /// The upstream's list is asked for instead of a model.
    list: Option<List>,
    outcome: Option<Outcome>,
    shape: Option<String>,
    /// Words that stand in the detail.
    detail: String,
    /// The wait that was asked for lies between these seconds.
    wait: Option<[u64; 2]>,
    marks: Vec<Mark>,
    /// Other models of the channel answer.
    siblings: bool,
    /// Whether the upstream's list names the model; null: there is no list to believe.
    listed: Option<bool>,
    /// A name that nobody has is answered as if the key were the trouble.
    masked: bool,
    /// When the model is looked at, in minutes after the first look.
    looks: Vec<i64>,
    /// After the last look: `working`, `doubtful`, `withdraw`, `unknown`; or `never`: unknown, and so it stays if
    /// nothing else is seen for a month.
    verdict: String,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            about: String::new(),
            host: "api.example.test".to_owned(),
            r#type: 1,
            other: None,
            auth: "authorization".to_owned(),
            model: "m-1".to_owned(),
            kind: Kind::Chat,
            stream: None,
            max_tokens: 16,
            nobody: None,
            says: None,
            script: vec![],
            again: vec![],
            list: None,
            outcome: None,
            shape: None,
            detail: String::new(),
            wait: None,
            marks: vec![],
            siblings: true,
            listed: Some(false),
            masked: false,
            looks: vec![0],
            verdict: String::new(),
        }
    }
}

/// What the list must come to: these names, or this failure.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct List {
    names: Vec<String>,
    failed: Option<Outcome>,
}

/// Plays a case; what did not come as it should.
pub(crate) async fn play(case: &Case) -> Vec<String> {
    match run(case).await {
        Ok(()) => vec![],
        Err(problems) => problems,
    }
}

async fn run(case: &Case) -> Result<(), Vec<String>> {
    let prober = prober(case);
    if let Some(list) = &case.list {
        return case.listed_as(list, &prober).await;
    }
    let first: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    let (mut standing, mut verdict) = (Standing::default(), Verdict::Unknown);
    let mut last = None;
    for (number, minute) in case.looks.iter().enumerate() {
        let seen = case.look(&prober, number, standing.shape.clone()).await?;
        let at = first + SignedDuration::from_mins(*minute);
        let seen = Observation { at, ..seen };
        (standing, verdict) = judge(&standing, &seen, case.company(), &VerdictPolicy::default(), at);
        last = Some(seen);
    }
    let Some(seen) = last else { return Err(vec!["a case without a look".to_owned()]) };
    case.judged_as(&standing, &verdict, &seen)
}

/// One of a few: to make one takes longer than most cases. Each look has its own account, so they share nothing else.
fn prober(case: &Case) -> Arc<Prober> {
    type Probers = Mutex<HashMap<(bool, u32), Arc<Prober>>>;
    static PROBERS: LazyLock<Probers> = LazyLock::new(Mutex::default);
    // Nobody waits long for what never comes, and on a busy machine everything else comes late.
    let hangs = case.script.iter().chain(&case.says).any(Exchange::hangs);
    let patience = Duration::from_millis(if hangs { 700 } else { 20_000 });
    let config = ProbeConfig {
        requests_per_second: 0.0,
        connect_timeout: Duration::from_secs(5),
        first_byte_timeout: patience,
        timeout: patience * 2,
        max_tokens: case.max_tokens,
        ..ProbeConfig::default()
    };
    let mut probers = PROBERS.lock().unwrap();
    let made = probers.entry((hangs, case.max_tokens)).or_insert_with(|| Arc::new(Prober::new(&config).unwrap()));
    Arc::clone(made)
}

/// A key that no other look has.
fn key() -> String {
    static KEYS: AtomicU32 = AtomicU32::new(0);
    format!("{CANARY}{}", KEYS.fetch_add(1, Ordering::Relaxed))
}

impl Case {
    fn company(&self) -> Company {
        let listed = match self.listed {
            Some(true) => Listed::Named,
            Some(false) => Listed::Absent,
            None => Listed::Unknown,
        };
        Company { siblings_alive: self.siblings, listed, masked: self.masked }
    }

    /// What comes at this look, and whether its end is repeated.
    fn script(&self, number: usize) -> (Vec<Exchange>, bool) {
        match &self.says {
            Some(says) => (vec![says.clone()], true),
            None if number > 0 && !self.again.is_empty() => (self.again.clone(), false),
            None => (self.script.clone(), false),
        }
    }

    async fn start(&self, number: usize, path: &str) -> Scripted {
        let (script, repeats) = self.script(number);
        let (key, model, auth) = (key(), self.model.clone(), self.auth.clone());
        Scripted::start(script, repeats, Expected { key, model, auth, path: path.to_owned() }).await
    }

    fn target(&self, server: &Scripted) -> Result<Target, Vec<String>> {
        let address = server.address;
        let base = match self.nobody.as_deref() {
            None => format!("http://{address}"),
            Some("tls") => format!("https://{address}"),
            Some("dns") => "http://no-such-host.invalid".to_owned(),
            Some("refused") => {
                let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
                format!("http://127.0.0.1:{port}")
            }
            Some(other) => return Err(vec![format!("nobody: {other:?}?")]),
        };
        let channel = Channel {
            id: 1,
            type_number: self.r#type,
            base_url: Some(base),
            keys: vec![Secret::new(&server.key)],
            models: Some(self.model.clone()),
            other: self.other.clone(),
            ..Channel::bare("case")
        };
        let access = gateway::access(GatewayKind::NewApi, &channel).map_err(|why| vec![why])?;
        let mut target = Target::new(&access, &channel, &channel.keys[0]).map_err(|why| vec![why])?;
        if self.nobody.is_none() {
            target.endpoints.host = format!("{}:{}", self.host, address.port());
        }
        Ok(target)
    }

    async fn look(
        &self,
        prober: &Arc<Prober>,
        number: usize,
        remembered: Option<String>,
    ) -> Result<Observation, Vec<String>> {
        // Its own port, and so its own account and host: no pause of an earlier look is in the way.
        let server = self.start(number, "/v1/chat/completions").await;
        let target = self.target(&server)?;
        let (model, manner) = (ModelName::parse(&self.model).unwrap(), self.manner());
        let ask = Ask {
            kind: self.kind,
            remembered: remembered.as_deref(),
            fresh: number > 0,
            manner: &manner,
            ..Ask::chat(&model)
        };
        let seen = prober.inquiry().ask(&target, ask).await;
        let (requests, mut problems) = server.seen();
        let mut expect = |what: &str, ok: bool| {
            if !ok {
                problems.push(format!("look {}: not the {what}: {seen:?}", number + 1));
            }
        };
        expect("outcome", self.outcome == Some(seen.outcome));
        expect("shape", self.shape.as_deref().is_none_or(|shape| shape == seen.shape.as_str()));
        expect("detail", seen.detail.contains(&self.detail));
        expect("marks", self.marks == seen.marks);
        let wait = seen.retry_after.map(|wait| wait.as_secs());
        expect("wait", self.wait.is_none_or(|[least, most]| wait.is_some_and(|wait| (least..=most).contains(&wait))));
        expect("secret's place", !format!("{seen:?}").contains("canary"));
        let (script, repeats) = self.script(number);
        if self.nobody.is_none() && !repeats && requests != script.len() {
            problems.push(format!("look {}: {requests} requests, not {}: {seen:?}", number + 1, script.len()));
        }
        if problems.is_empty() { Ok(seen) } else { Err(problems) }
    }

    fn manner(&self) -> Manner {
        Manner { stream: self.stream, ..Manner::default() }
    }

    fn judged_as(&self, standing: &Standing, verdict: &Verdict, seen: &Observation) -> Result<(), Vec<String>> {
        let word = match verdict {
            Verdict::Working => "working",
            Verdict::Withdraw(_) => "withdraw",
            Verdict::Doubtful { .. } => "doubtful",
            Verdict::StillWithdrawn { .. } => "still withdrawn",
            Verdict::Unknown => "unknown",
        };
        let wanted = if self.verdict == "never" { "unknown" } else { &self.verdict };
        if word != wanted {
            return Err(vec![format!("the verdict is {word}, not {wanted}: {standing:?}")]);
        }
        if self.verdict != "never" {
            return Ok(());
        }
        let mut standing = standing.clone();
        for hour in 1..=30 * 24 {
            let at = seen.at + SignedDuration::from_hours(hour);
            let (after, verdict) =
                judge(&standing, &Observation { at, ..seen.clone() }, self.company(), &VerdictPolicy::default(), at);
            if verdict != Verdict::Unknown {
                return Err(vec![format!("the verdict is {verdict:?} after {hour} hours, not unknown for ever")]);
            }
            standing = after;
        }
        Ok(())
    }

    async fn listed_as(&self, list: &List, prober: &Arc<Prober>) -> Result<(), Vec<String>> {
        let server = self.start(0, "/v1/models").await;
        let got = prober.inquiry().list(&self.target(&server)?).await;
        let (requests, mut problems) = server.seen();
        let (script, repeats) = self.script(0);
        if !repeats && requests != script.len() {
            problems.push(format!("{requests} requests for the list, not {}", script.len()));
        }
        let right = match &got {
            Listing::Offered(offered) => {
                list.failed.is_none() && offered.iter().map(|one| one.name.as_str()).eq(&list.names)
            }
            Listing::Empty | Listing::Unlisted => list.failed.is_none() && list.names.is_empty(),
            Listing::Failed { outcome, .. } => list.failed == Some(*outcome),
        };
        if !right || format!("{got:?}").contains("canary") {
            problems.push(format!("the list is {got:?}, not {list:?}"));
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}
