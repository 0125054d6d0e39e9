//! One channel's list, changed by blocking and unblocking deployments: `LiteLLM` has no call that does several at once.
//!
//! Decides: which deployments those are, what a refusal means, and that what failed half-way is taken back. Must not know:
//! why a list should change.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::LiteLlm;
use crate::crash::crash_point;
use crate::gateway::admin::{ApiError, Trouble};
use crate::gateway::swap::{gone, unchanged};
use crate::gateway::{Order, Statements, SwapError, Swapped};
use crate::model::{Image, Intent, Rows, WorkingList};

/// How long another of its workers may show what was: 30 s by itself (`PROXY_CONFIG_RELOAD_INTERVAL_SECONDS`).
const WORKERS: Duration = Duration::from_secs(40);
/// How often to look again until then.
const AGAIN: Duration = Duration::from_secs(1);

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    id: String,
    block: bool,
}

impl Step {
    fn back(&self) -> Self {
        Self { id: self.id.clone(), block: !self.block }
    }
}

impl LiteLlm {
    /// Swaps a channel's list for the intent's.
    pub(in crate::gateway) async fn swap(&self, gateway: &str, order: &Order<'_>) -> Result<Swapped, SwapError> {
        order.is_for(gateway)?;
        let intent = order.intent();
        let refused = |why: String| SwapError::Refused(format!("channel {}: {why}", intent.channel));
        crash_point("before-put").await;
        let stand = self.read().await.map_err(|error| SwapError::Unwritten(error.into()))?;
        let id = intent.channel.id;
        let (Some(found), Some(stands)) = (stand.channel(id, &self.0.salt), stand.image(id)) else {
            return Err(gone(intent));
        };
        let found = found.map_err(|unreadable| refused(unreadable.why))?;
        unchanged(intent, &found, &stands.abilities)?;
        let steps = steps(intent, &stands).map_err(refused)?;
        order.allowed().await?;
        if matches!(order, Order::Rehearse(_)) {
            let after = after(&stands, &steps);
            return Ok(Swapped { after, statements: Statements { all: 1, writes: 0 }, unseen: None });
        }
        crash_point("before-commit").await;
        for (at, step) in steps.iter().enumerate() {
            if at > 0 {
                crash_point("half-committed").await;
            }
            if let Err(error) = self.carry_out(step).await {
                return Err(self.failed(&refused, error, &steps[..=at]).await);
            }
        }
        crash_point("after-commit").await;
        // Another of its workers may answer, which knows of it when it has read its models again.
        let (wanted, until) = (after(&stands, &steps), Instant::now() + WORKERS);
        let after = loop {
            let Some(after) = self.image(id).await? else { return Err(gone(intent)) };
            if after == wanted || Instant::now() >= until {
                break after;
            }
            sleep(AGAIN).await;
        };
        if after.models == intent.models.as_str() {
            let writes = steps.len() as u64;
            return Ok(Swapped { after, statements: Statements { all: writes + 2, writes }, unseen: None });
        }
        if after == stands {
            return Err(refused("LiteLLM said that it was done, but all is as it was".to_owned()));
        }
        // What of it stands there, the list and its rows tell.
        let odd = "said that it was done, but another list stands there".to_owned();
        Err(SwapError::Database(self.error("block and unblock models", Trouble::Odd(odd)).into()))
    }

    async fn carry_out(&self, step: &Step) -> Result<(), ApiError> {
        let (doing, path) =
            if step.block { ("block a model", "model/block") } else { ("unblock a model", "model/unblock") };
        self.post_json(doing, path, &json!({ "model_id": step.id })).await.map(drop)
    }

    /// What a failed call says of what was done. `begun`: the calls up to it, the last of which failed.
    async fn failed(&self, refused: &impl Fn(String) -> SwapError, error: ApiError, begun: &[Step]) -> SwapError {
        let at_the_door = match &error.trouble {
            Trouble::WrongToken(_)
            | Trouble::WrongKey(_)
            | Trouble::NotAllowed(_)
            | Trouble::TooMany(_)
            | Trouble::NoSuchCall(_) => true,
            Trouble::Refused(words) => remedy(words).is_some(),
            Trouble::Silent(_) | Trouble::Odd(_) => false,
        };
        if begun.len() > 1 {
            let done = if at_the_door { &begun[..begun.len() - 1] } else { begun };
            for step in done.iter().rev() {
                if let Err(why) = self.carry_out(&step.back()).await {
                    // Looking at the channel tells what is left of it.
                    tracing::warn!(deployment = step.id, "what was done of a failed change is not taken back: {why}");
                }
            }
            return SwapError::Database(error.into());
        }
        match &error.trouble {
            Trouble::NoSuchCall(words) if words == "Not Found" => refused(
                "this LiteLLM has no /model/block, which came with 1.90: update it, or set mode: \"observe\""
                    .to_owned(),
            ),
            Trouble::NoSuchCall(words) => refused(words.clone()),
            Trouble::Refused(words) => match remedy(words) {
                Some(remedy) => refused(format!("{remedy} (LiteLLM: {words})")),
                None => SwapError::Database(error.into()),
            },
            Trouble::WrongToken(_) | Trouble::WrongKey(_) | Trouble::NotAllowed(_) | Trouble::TooMany(_) => {
                SwapError::Unwritten(error.into())
            }
            Trouble::Silent(_) | Trouble::Odd(_) => SwapError::Database(error.into()),
        }
    }
}

/// What to do about a refusal that would come again.
fn remedy(words: &str) -> Option<&'static str> {
    // 500, and for other routes `auth_error`, which it is not.
    if words.contains("DB not connected") || words.contains("No DB Connected") {
        return Some(
            "without a database LiteLLM blocks nothing: set DATABASE_URL and STORE_MODEL_IN_DB=True for it, or mode: \
             \"observe\" here",
        );
    }
    if words.contains("only supported for DB-stored models") {
        return Some("LiteLLM does not use its database for models: set STORE_MODEL_IN_DB=True for it");
    }
    words.contains("config-based model").then_some(
        "a model of its config.yaml cannot be blocked by its API: set model_info.blocked there, or move it into its database",
    )
}

/// The calls that make of what stands there what is to stand there, blocks first.
///
/// # Errors
/// Why that cannot be.
fn steps(intent: &Intent, stands: &Image) -> Result<Vec<Step>, String> {
    let on = |list: &str, name: &str| list.split(',').any(|one| one == name);
    let target = |row: &crate::model::Ability| match &intent.rows {
        Rows::Exactly(rows) => {
            rows.iter().find(|one| one.group == row.group && one.model == row.model).and_then(|one| one.enabled)
        }
        Rows::AsTheGateway => {
            let (before, after) = (on(&stands.models, &row.model), on(intent.models.as_str(), &row.model));
            (before != after).then_some(after)
        }
    };
    let mut steps = vec![];
    for row in &stands.abilities {
        let exactly = matches!(intent.rows, Rows::Exactly(_));
        if target(row) == Some(false) && row.enabled == Some(false) && !exactly {
            return Err(format!("somebody blocked some of the deployments of {:?}: it is left to them", row.model));
        }
        let Some(open) = target(row).filter(|open| row.enabled != Some(*open)) else { continue };
        if row.tag.as_deref() != Some("db") {
            return Err(format!(
                "{:?} stands in LiteLLM's config.yaml, where it cannot be blocked or unblocked by its API",
                row.model
            ));
        }
        steps.push(Step { id: row.group.clone(), block: !open });
    }
    let wanted = WorkingList::split(intent.models.as_str());
    let come_to = WorkingList::split(&after(stands, &steps).models);
    if wanted != come_to {
        let list = come_to.map_or_else(|| "no model at all".to_owned(), |list| list.join());
        return Err(format!("its deployments cannot make that list, only {list}"));
    }
    steps.sort_by_key(|step| !step.block);
    Ok(steps)
}

/// What stands there when they are carried out.
fn after(stands: &Image, steps: &[Step]) -> Image {
    let mut abilities = stands.abilities.clone();
    for row in &mut abilities {
        if let Some(step) = steps.iter().find(|step| step.id == row.group) {
            row.enabled = Some(!step.block);
        }
    }
    let open = abilities.iter().filter(|row| row.enabled == Some(true)).map(|row| row.model.as_str());
    let models = super::accounts::listed(open);
    Image { models, abilities }
}

/// What is told of a change of which a part stands there, and nothing else: a crash came between two of its calls.
pub fn in_part(intent: &Intent, now: &Image) -> Option<String> {
    let steps = steps(intent, &intent.before).ok()?;
    let done: Vec<_> = steps
        .iter()
        .filter(|step| now.abilities.iter().any(|row| row.group == step.id && row.enabled == Some(!step.block)))
        .cloned()
        .collect();
    let all = steps.len();
    ((1..all).contains(&done.len()) && after(&intent.before, &done).abilities == now.abilities).then(|| {
        format!(
            "{} of its {all} deployments are blocked or unblocked, and stay so: the next rounds look at the rest, undo takes \
             them back",
            done.len()
        )
    })
}

#[cfg(test)]
mod tests;
