//! One request in, one answer out: the simulated upstream refuses what real ones refuse.
//!
//! Decides: in which order a request is looked at. Must not know: any protocol's form.

use std::convert::Infallible;
use std::future::pending;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{Request, Response};
use serde_json::json;

use super::Shared;
use super::behave::{Said, behave};
use super::call::{Call, Wants};
use super::forms;
use super::refusal::Refusal;
use super::reply::{page, raw, reply};
use super::world::{Behaviour, ListBehaviour};

/// The largest question that is read.
const LARGEST_QUESTION: usize = 1 << 20;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(serve).with_state(shared)
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Result<Response<Body>, Infallible> {
    let _under_way = UnderWay::begin(&shared);
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, LARGEST_QUESTION).await.unwrap_or_default();
    let call = Call::read(&parts, &body);
    let before = shared.count(parts.uri.path(), &call.model);
    Ok(respond(&shared, &call, before).await)
}

/// Counts what is under way, also when the client goes away.
struct UnderWay<'a>(&'a Shared);

impl<'a> UnderWay<'a> {
    fn begin(shared: &'a Shared) -> Self {
        let now = shared.now.fetch_add(1, Ordering::Relaxed) + 1;
        shared.most.fetch_max(now, Ordering::Relaxed);
        Self(shared)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn respond(shared: &Shared, call: &Call, before: u64) -> Response<Body> {
    let wrong = call.wrong.clone().or_else(|| unauthorised(shared, call)).or_else(|| forms::malformed(call));
    if let Some(refusal) = wrong {
        shared.refused.fetch_add(1, Ordering::Relaxed);
        return refuse(call, &refusal);
    }
    match call.wants {
        Wants::List => return listed(shared, call).await,
        Wants::Loaded => return forms::list(call, &names(shared, |behaviour| *behaviour != Behaviour::Unloaded)),
        Wants::Answer(_) => {}
    }
    let mut behaviour = {
        let world = shared.world.read().unwrap_or_else(PoisonError::into_inner);
        world.models.get(&call.model).or(world.unknown.as_ref()).cloned().unwrap_or(Behaviour::Gone)
    };
    if behaviour == Behaviour::OnlyFor(call.key.clone()) {
        behaviour = Behaviour::Works;
    }
    match behave(call, behaviour, before).await {
        Said::Answer(words) => forms::answer(call, &words),
        Said::Refused(refusal) => refuse(call, &refusal),
        Said::Page => page(),
        Said::OddJson => reply(200, &json!({"hello": "world", "items": [1, 2, 3]})),
        Said::Exactly(status, body) => raw(status, "application/json", body),
    }
}

fn unauthorised(shared: &Shared, call: &Call) -> Option<Refusal> {
    let world = shared.world.read().unwrap_or_else(PoisonError::into_inner);
    let known = world.keys.is_empty() || world.keys.contains(&call.key);
    (!known).then(|| Refusal::BadKey(call.key.clone()))
}

fn refuse(call: &Call, refusal: &Refusal) -> Response<Body> {
    let mut refused = forms::refusal(call, refusal);
    if let Refusal::RateLimited(Some(wait)) = refusal {
        refused.headers_mut().insert(RETRY_AFTER, (*wait).into());
    }
    refused
}

fn names(shared: &Shared, which: impl Fn(&Behaviour) -> bool) -> Vec<String> {
    let world = shared.world.read().unwrap_or_else(PoisonError::into_inner);
    let listed = world.models.iter().filter(|(_, behaviour)| behaviour.is_listed() && which(behaviour));
    listed.map(|(name, _)| name.clone()).collect()
}

async fn listed(shared: &Shared, call: &Call) -> Response<Body> {
    let behaviour = shared.world.read().unwrap_or_else(PoisonError::into_inner).list.clone();
    match behaviour {
        ListBehaviour::Models => forms::list(call, &names(shared, |_| true)),
        ListBehaviour::Names(names) => forms::list(call, &names),
        ListBehaviour::Empty => forms::list(call, &[]),
        ListBehaviour::Nothing => reply(200, &json!({})),
        ListBehaviour::Refused => refuse(call, &Refusal::BadKey(String::new())),
        ListBehaviour::Broken => refuse(call, &Refusal::Broken),
        ListBehaviour::Page => page(),
        ListBehaviour::Hangs => pending().await,
        ListBehaviour::Says(status, body) => raw(status, "application/json", body),
    }
}
