//! Models that asking would load into an upstream's memory: that may take minutes, and push out a model in use.
//!
//! Decides: which models are left in peace. Must not know: what is asked.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use tokio::sync::OnceCell;

use super::Inquiry;
use super::pace::locked;
use crate::model::ModelName;
use crate::upstream::protocol::loaded;
use crate::upstream::{Listing, Target};

/// What one round knows of each upstream's memory: names that are installed and not loaded; `None` where that cannot be
/// told.
pub(super) type Asleep = Mutex<HashMap<u64, Arc<OnceCell<Option<HashSet<ModelName>>>>>>;

impl Inquiry {
    /// Whether the model must not be asked, as it would be loaded. One that is not installed may be: the answer is short.
    pub(super) async fn must_not_wake(&self, target: &Target, model: &ModelName) -> bool {
        if self.prober.load_models || loaded(target).is_none() {
            return false;
        }
        let known = Arc::clone(locked(&self.asleep).entry(target.account).or_default());
        // Boxed: of no concern to anything but Ollama, whose future needs no room in everybody's.
        let asleep = known.get_or_init(|| Box::pin(self.asleep(target))).await;
        // A name without a tag is the latest one.
        let tagged = ModelName::parse(&format!("{}:latest", model.as_str()));
        asleep
            .as_ref()
            .is_none_or(|names| names.contains(model) || tagged.is_some_and(|tagged| names.contains(&tagged)))
    }

    async fn asleep(&self, target: &Target) -> Option<HashSet<ModelName>> {
        let names = |listing| match listing {
            Listing::Offered(offered) => Some(offered.into_iter().map(|one| one.name).collect::<HashSet<_>>()),
            Listing::Empty => Some(HashSet::new()),
            Listing::Failed { .. } | Listing::Unlisted => None,
        };
        let awake = names(self.loaded(target).await?)?;
        let mut installed = names(self.list(target).await)?;
        installed.retain(|name| !awake.contains(name));
        Some(installed)
    }
}
