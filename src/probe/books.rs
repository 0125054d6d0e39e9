//! What outlasts a round and a restart, kept in our store: what is wrong with accounts, and what they spent.
//!
//! Decides: under which name an account is kept, and which host grants a free quota. Must not know: requests, answers.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::account::Account;
use super::pace::locked;
use super::purse::{Purse, free_scope};
use crate::budget::{Budget, is_openrouter};
use crate::clock;
use crate::config::Config;
use crate::model::ModelName;
use crate::store::{Store, StoreError};
use crate::upstream::Target;

/// What rested until so long ago is forgotten: its channel is gone, or was not asked since.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The memory of one prober.
pub(super) struct Books {
    store: Store,
    key_rest: Duration,
    accounts: Mutex<HashMap<Arc<str>, Arc<Account>>>,
    /// OpenRouter under another address.
    openrouter: Option<String>,
    pub(super) purse: Purse,
}

/// A store knows its salt: not for anybody's eyes.
impl fmt::Debug for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Books").finish_non_exhaustive()
    }
}

impl Books {
    /// Reads what is known.
    pub(super) async fn open(config: &Config, store: &Store) -> Result<Self, StoreError> {
        let key_rest = config.probe.key_rest;
        let mut accounts: HashMap<Arc<str>, Arc<Account>> = HashMap::new();
        for record in store.rests(clock::now().saturating_sub(FORGOTTEN).unwrap_or_default()).await? {
            let id: Arc<str> = record.account.into();
            let account = accounts.entry(Arc::clone(&id)).or_insert_with(|| Arc::new(Account::new(id, key_rest)));
            account.suspend(record.model.as_ref(), record.rest);
        }
        let base = config.openrouter.base_url.as_deref().and_then(|base| Url::parse(base).ok());
        let openrouter = base.and_then(|url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?)));
        let purse = Purse::new(store.clone(), Budget::new(&config.budget));
        Ok(Self { store: store.clone(), key_rest, accounts: Mutex::new(accounts), openrouter, purse })
    }

    /// The account of a target.
    pub(super) fn account(&self, target: &Target) -> Arc<Account> {
        let mut hash = Sha256::new();
        for part in [self.store.salt(), &target.endpoints.host, target.key.expose()] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        let mut id = String::with_capacity(32);
        for byte in hash.finalize().iter().take(16) {
            let _ = write!(id, "{byte:02x}");
        }
        self.named(&id)
    }

    /// The free quota that a host grants to all its keys together: more keys add nothing to it.
    pub(super) fn free(&self, host: &str) -> Option<Arc<Account>> {
        let grants = is_openrouter(host) || self.openrouter.as_deref() == Some(host) || self.purse.grants(host);
        grants.then(|| self.named(&free_scope(host)))
    }

    fn named(&self, id: &str) -> Arc<Account> {
        let mut accounts = locked(&self.accounts);
        if let Some(known) = accounts.get(id) {
            return Arc::clone(known);
        }
        let id: Arc<str> = Arc::from(id);
        let account = Arc::new(Account::new(Arc::clone(&id), self.key_rest));
        accounts.insert(id, Arc::clone(&account));
        account
    }

    /// Keeps why an account, or one model of it, rests now. A store that fails is told of; the memory holds.
    pub(super) async fn keep(&self, account: &Account, model: Option<&ModelName>) {
        let rest = account.rest(model);
        if let Err(error) = self.store.keep_rest(&account.id, model, rest.as_ref()).await {
            tracing::error!("why a key rests is not kept: {error}");
        }
    }

    /// Forgets accounts that no round uses and nothing is wrong with.
    pub(super) fn tidy(&self) {
        let now = clock::now();
        locked(&self.accounts).retain(|_, account| Arc::strong_count(account) > 1 || account.is_resting(now));
    }
}
