//! A gateway: its channels read, and one channel's list written back safely: by its database, its admin API,
//! or `LiteLLM`'s API.
//!
//! Decides: which of them is read and which is written. Must not know: upstreams, probes, or why a list should change.

pub mod admin;
pub mod database;
mod error;
mod fields;
mod keys;
mod kind;
pub mod litellm;
mod live;
pub mod logs;
mod pages;
mod prices;
mod routes;
mod side;
mod swap;
mod types;

pub use admin::Admin;
pub use database::{AT_ONCE, Database, Drift, Lease, Orphans, RowChanges, Sort, Statements};
pub use error::GatewayError;
pub use litellm::LiteLlm;
pub use live::{Cache, Expected, Live, cache, live};
pub use pages::{Pages, Read, Unreadable};
pub use swap::{Order, SwapError, Swapped};
pub use types::{access, provider};

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use self::prices::Prices;
use self::side::Side;
use crate::config::{GatewayConfig, ProbeConfig, WriteBy};
use crate::model::{Channel, GatewayKind, Image, Intent, ModelName, Price, Route, WorkingList};

/// Which way changes are written where the operator does not say: One Hub's master never reads its database again.
pub fn usual_way(kind: GatewayKind, database: bool, api: bool) -> WriteBy {
    if api && (!database || kind.is_hub()) { WriteBy::AdminApi } else { WriteBy::Database }
}

/// One gateway, ready. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gateway {
    name: String,
    kind: GatewayKind,
    database: Option<Database>,
    admin: Option<Admin>,
    /// A `LiteLLM` has neither of them.
    litellm: Option<LiteLlm>,
    write: WriteBy,
    /// What the operator says of its cache.
    cache: Option<Duration>,
}

impl Gateway {
    /// Connects and inspects, in the ways that the configuration gives. `salt` goes into fingerprints.
    pub async fn open(
        name: &str,
        settings: &GatewayConfig,
        http: &ProbeConfig,
        salt: &str,
    ) -> Result<Self, GatewayError> {
        if settings.kind == Some(GatewayKind::LiteLlm) {
            let litellm = LiteLlm::open(name, settings, http, salt).await?;
            return Ok(Self { cache: settings.cache, ..Self::of_litellm(name, litellm) });
        }
        let setup = |key: &str, why: String| GatewayError::Setup { what: format!("gateways.{name}.{key}: {why}") };
        let address = settings.address().map_err(|why| setup("database", why))?;
        let database = match &address {
            Some(address) => Some(Database::open(name, address, settings.kind, salt).await?),
            None => None,
        };
        let known = database.as_ref().map(|database| database.schema().kind).or(settings.kind);
        let admin = match &settings.api {
            Some(api) => match Admin::open(name, api, known, http, salt).await {
                Err(GatewayError::Api(error)) if error.trouble.is_no_admin_api() => {
                    let litellm = LiteLlm::new(name, api, &settings.litellm, http, salt)?;
                    return Err(if litellm.is_one().await {
                        setup("kind", "what answers at api.url is a LiteLLM: set kind: \"litellm\"".to_owned())
                    } else {
                        error.into()
                    });
                }
                opened => Some(opened?),
            },
            None => None,
        };
        Self::of(name, database, admin, settings.write)
            .map(|gateway| Self { cache: settings.cache, ..gateway })
            .ok_or_else(|| setup("database", "neither `database` nor `api` is given".to_owned()))
    }

    /// A gateway that is reached in these ways; `None` where there is none.
    pub fn of(name: &str, database: Option<Database>, admin: Option<Admin>, write: Option<WriteBy>) -> Option<Self> {
        let kind = match (&database, &admin) {
            (Some(database), _) => database.schema().kind,
            (None, Some(admin)) => admin.kind(),
            (None, None) => return None,
        };
        let write = write.unwrap_or_else(|| usual_way(kind, database.is_some(), admin.is_some()));
        Some(Self { name: name.to_owned(), kind, database, admin, litellm: None, write, cache: None })
    }

    /// A `LiteLLM`.
    pub fn of_litellm(name: &str, litellm: LiteLlm) -> Self {
        Self {
            name: name.to_owned(),
            kind: GatewayKind::LiteLlm,
            database: None,
            admin: None,
            litellm: Some(litellm),
            write: WriteBy::AdminApi,
            cache: None,
        }
    }

    /// The gateway's name in our configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which program it is.
    pub fn kind(&self) -> GatewayKind {
        self.kind
    }

    /// Its database, where that is given.
    pub fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    /// Its admin API, where that is given.
    pub fn admin(&self) -> Option<&Admin> {
        self.admin.as_ref()
    }

    /// Its API, where it is a `LiteLLM`.
    pub fn litellm(&self) -> Option<&LiteLlm> {
        self.litellm.as_ref()
    }

    /// Whether a change can be written in the way that was chosen, or why not and what to do about it.
    pub fn writable(&self) -> Result<(), String> {
        if let Some(Lease::Theirs(why) | Lease::Impossible(why)) = self.database.as_ref().map(Database::lease) {
            return Err(why.clone());
        }
        if let Some(litellm) = &self.litellm {
            return litellm.writable();
        }
        let kind = self.kind;
        match (self.write, &self.database, &self.admin) {
            (WriteBy::AdminApi, _, Some(_)) => Ok(()),
            (WriteBy::AdminApi, _, None) => Err("changes are to go by the admin API: give `api`".to_owned()),
            (WriteBy::Database, None, _) => Err("changes are to go into the database: give `database`".to_owned()),
            (WriteBy::Database, Some(_), None) if kind.is_hub() => Err(format!(
                "{kind}'s master never re-reads its database: a direct write would not be seen; observe only, or give `api`"
            )),
            (WriteBy::Database, Some(database), _) => database.writable(),
        }
    }

    /// Takes the lease in the gateway's database for so long, or longer where it is ours already: whoever has it looks after
    /// the gateway, and nobody else writes.
    pub async fn with_lease(self, holder: &str, term: Duration) -> Result<Self, GatewayError> {
        Ok(match self.database {
            Some(database) => Self { database: Some(database.with_lease(holder, term).await?), ..self },
            None => self,
        })
    }

    /// Gives the lease back, if it is ours.
    pub async fn release_lease(&self) -> Result<(), GatewayError> {
        match &self.database {
            Some(database) => database.release_lease().await,
            None => Ok(()),
        }
    }

    /// Who looks after the gateway, by the lease.
    pub fn lease(&self) -> &Lease {
        self.database.as_ref().map_or(&Lease::Unasked, Database::lease)
    }

    /// When its users see what we write.
    pub fn cache(&self) -> Cache {
        cache(self.kind, self.write, self.admin.is_some(), self.cache)
    }

    /// How long after a write it may still show us what was: one of several workers of a `LiteLLM` may answer.
    pub fn shows_late(&self) -> Duration {
        self.litellm.as_ref().and_then(|_| self.cache().wait()).unwrap_or_default()
    }

    /// Whether we can look at its models as one of its users.
    pub fn sees_as_user(&self) -> bool {
        self.litellm.is_some() || self.admin.as_ref().is_some_and(Admin::sees_as_user)
    }

    /// The models that its users see, as far as the user of `api.user_key` may; `None` where no such key is given. A
    /// `LiteLLM` tells its names by its master key.
    ///
    /// # Errors
    /// Why they could not be read, for people.
    pub async fn models_of_user(&self) -> Option<Result<HashSet<String>, String>> {
        match &self.litellm {
            Some(litellm) => {
                let names = litellm.names().await;
                Some(names.map(|names| names.into_iter().collect()).map_err(|error| error.to_string()))
            }
            None => self.admin.as_ref()?.models_of_user().await,
        }
    }

    /// All channels, or those `among` them that are there.
    pub fn pages(&self, among: Option<Vec<i64>>) -> Result<Pages<'_>, GatewayError> {
        Ok(self.read()?.pages(among))
    }

    /// One channel.
    pub async fn channel(&self, id: i64) -> Result<Option<Channel>, GatewayError> {
        self.read()?.channel(id).await
    }

    /// How many channels there are.
    pub async fn count(&self) -> Result<u64, GatewayError> {
        self.read()?.count().await
    }

    /// Which enabled channels serve these models, and in which groups.
    pub async fn routes(&self, models: &[ModelName]) -> Result<Vec<Route>, GatewayError> {
        self.read()?.routes(models).await
    }

    /// What its prices say of these names, and what could not be read of them, for people. Each way that is given is
    /// asked, the database first; that prices cannot be read stops nobody.
    pub async fn prices(&self, models: &[ModelName]) -> (HashMap<ModelName, Price>, Vec<String>) {
        let (mut says, mut notes) = (HashMap::new(), vec![]);
        let mut hear = |prices: Result<Prices, GatewayError>| {
            let prices =
                prices.unwrap_or_else(|error| Prices::unread(format!("its prices could not be read: {error}")));
            for model in models {
                let said = says.entry(model.clone()).or_insert(Price::Unknown);
                if *said == Price::Unknown {
                    *said = prices.says(model);
                }
            }
            notes.extend(prices.notes);
            says.values().all(|said| *said != Price::Unknown)
        };
        let mut all = false;
        if let Some(database) = &self.database {
            all = hear(database.prices(models).await);
        }
        if let Some(admin) = self.admin.as_ref().filter(|_| !all) {
            hear(admin.prices().await.map_err(GatewayError::from));
        }
        (says, notes)
    }

    /// A channel's list and routing rows as they stand. By the admin API there are no rows to see.
    pub async fn image(&self, id: i64) -> Result<Option<Image>, GatewayError> {
        self.read()?.image(id).await
    }

    /// As [`Self::image`], once nobody is in the middle of writing the channel.
    pub async fn settled_image(&self, id: i64) -> Result<Option<Image>, GatewayError> {
        // What went by the admin API left no transaction in a database that may only be read, and none may lock there. But
        // what was written in the database is not looked past without a lock, whatever became of our rights since: it may
        // be a standby by now, which shows what was.
        let read_only = self.database.as_ref().is_some_and(|database| database.schema().writable.is_err());
        if self.write == WriteBy::AdminApi && read_only {
            return self.image(id).await;
        }
        self.read()?.settled_image(id).await
    }

    /// Has the gateway read again what was written to its database; `None` where it need not be told to.
    ///
    /// # Errors
    /// Why it did not, for people.
    pub async fn have_it_read(&self, id: i64) -> Option<Result<(), String>> {
        let (kind, told) = (self.kind, self.reloaded_by()?.reload(id).await);
        Some(told.map_err(|error| {
            format!(
                "committed but not live: {error}; {kind} reads it when it is restarted, or a channel is saved in it"
            )
        }))
    }

    /// Which of these channels (`AT_ONCE` at most) have routing rows that do not agree with their list. None where the gateway
    /// has no such rows, or its database is not given.
    pub async fn drift(&self, channels: &[i64]) -> Result<Vec<Drift>, GatewayError> {
        match &self.database {
            Some(database) => database.drift(channels).await,
            None => Ok(vec![]),
        }
    }

    /// Routing rows whose channel is gone.
    pub async fn orphans(&self) -> Result<Orphans, GatewayError> {
        match &self.database {
            Some(database) => database.orphans().await,
            None => Ok(Orphans::default()),
        }
    }

    /// Whether routing rows can be set right, or why not. Only the database can: no admin API knows single rows.
    pub fn repairable(&self) -> Result<(), String> {
        match &self.database {
            Some(database) => database.writable(),
            None if self.litellm.is_some() => Err("a LiteLLM has no routing rows to set right".to_owned()),
            None => Err(format!("gateways.{}.database is not given", self.name)),
        }
    }

    /// Swaps a channel's list for the intent's, and its routing rows with it. Rows alone (a repair) are always written by
    /// the database.
    pub async fn swap(&self, order: Order<'_>) -> Result<Swapped, SwapError> {
        self.writable().map_err(SwapError::Refused)?;
        if let Some(litellm) = &self.litellm {
            return litellm.swap(&self.name, &order).await;
        }
        let by_database = self.database.as_ref().filter(|_| order.intent().is_repair());
        let database = match (self.write, by_database, &self.database, &self.admin) {
            (WriteBy::AdminApi, None, _, Some(admin)) => return admin.swap(&order, self.read()?).await,
            (_, Some(database), ..) | (_, None, Some(database), _) => database,
            (_, None, None, _) => return Err(SwapError::Refused("there is no way to write".to_owned())),
        };
        let swapped = database.swap(&order).await?;
        let unseen = match order {
            Order::Commit { .. } => self.have_it_read(order.intent().channel.id).await.and_then(Result::err),
            Order::Rehearse(_) => None,
        };
        Ok(Swapped { unseen, ..swapped })
    }

    /// What is told of a change of which only a part stands there: a `LiteLLM` takes several calls for one.
    pub fn in_part(&self, intent: &Intent, now: &Image) -> Option<String> {
        self.litellm.as_ref().and_then(|_| litellm::in_part(intent, now))
    }

    /// A list as the gateway will show it when it is written: a `LiteLLM`'s has an order of its own.
    pub fn arranged(&self, list: &WorkingList) -> WorkingList {
        let mut names = list.names().to_vec();
        if self.litellm.is_some() {
            names.sort_unstable();
        }
        WorkingList::new(names).unwrap_or_else(|| list.clone())
    }

    /// Ends all connections.
    pub async fn close(&self) {
        if let Some(database) = &self.database {
            database.close().await;
        }
    }

    /// The side that is read: the database, where the keys are, before the admin API.
    fn read(&self) -> Result<Side<'_>, GatewayError> {
        let what = || format!("gateways.{}: neither `database` nor `api` is given", self.name);
        let admin = self.admin.as_ref().map(Side::Admin).or(self.litellm.as_ref().map(Side::LiteLlm));
        self.database.as_ref().map(Side::Database).or(admin).ok_or_else(|| GatewayError::Setup { what: what() })
    }

    /// Who must be told to read the database again after a write to it: One Hub keeps its channels in memory.
    fn reloaded_by(&self) -> Option<&Admin> {
        self.admin.as_ref().filter(|_| self.write == WriteBy::Database && self.kind.is_hub())
    }
}
