//! The loop's look at OpenRouter's free models, with or without any gateway.
//!
//! Decides: when to look, and what the log says of it. Must not know: how a look is done.

use std::sync::Arc;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::config::Config;
use crate::openrouter::{Light, Look, Looked, OpenRouter, Unwatched, light};
use crate::probe::Prober;
use crate::store::Store;

/// Looks at once, then every `openrouter.every`, until one of the tokens is set.
pub(super) async fn watch(
    config: Config,
    store: Store,
    prober: Arc<Prober>,
    stop: CancellationToken,
    retire: CancellationToken,
) {
    let look = Look { endpoints: true, probe: config.openrouter.probe, ..Look::default() };
    loop {
        let next = Instant::now() + config.openrouter.every;
        let looking = tokio::spawn({
            let (config, store, prober) = (config.clone(), store.clone(), Arc::clone(&prober));
            // A mistake of ours in one look must not end the loop unseen.
            async move {
                let source = OpenRouter::new(&config, &prober)?;
                source.look(Some(&store), look, &Unwatched).await.map_err(|error| error.to_string())
            }
        });
        let abort = looking.abort_handle();
        let looked = tokio::select! {
            looked = looking => looked,
            // Nothing of a look is kept before its end.
            () = stop.cancelled() => return abort.abort(),
        };
        match looked {
            Ok(Ok(looked)) => tell(&looked),
            Ok(Err(error)) => tracing::error!("OpenRouter: {error}"),
            Err(panic) => tracing::error!("OpenRouter: the look failed: {panic}"),
        }
        tokio::select! {
            () = sleep_until(next) => {}
            () = stop.cancelled() => return,
            () = retire.cancelled() => return,
        }
    }
}

/// One line a look, and one for each thing that a person should know.
fn tell(looked: &Looked) {
    for note in &looked.notes {
        tracing::warn!("OpenRouter: {note}");
    }
    match &looked.stale {
        Some(why) if looked.snapshot.models.is_empty() => {
            return tracing::warn!("OpenRouter: its list cannot be read: {why}");
        }
        Some(why) => tracing::warn!("OpenRouter: the list of {} stays: {why}", looked.snapshot.at),
        None => {}
    }
    let now = clock::now();
    let lights: Vec<_> = looked.snapshot.free_text().map(|model| light(model, now).0).collect();
    let count = |wanted| lights.iter().filter(|one| **one == wanted).count();
    let news = looked.news.as_ref().map_or_else(|| "first look".to_owned(), ToString::to_string);
    let news = if looked.stale.is_some() { "no news" } else { news.as_str() };
    tracing::info!(
        free = lights.len(),
        healthy = count(Light::Healthy),
        doubtful = count(Light::Doubtful),
        down = count(Light::Down),
        "OpenRouter: {news}"
    );
}
