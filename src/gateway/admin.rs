//! A gateway's admin API: what its own admin pages can do, done as they do it.
//!
//! Decides: which calls and forms each gateway takes, and what its answers mean. Must not know: SQL, upstreams, probes, or
//! why a list should change.

mod client;
mod list;
mod object;
mod pace;
mod pages;
mod prices;
mod swap;
mod test;
mod users;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use client::{ApiError, Trouble};
pub use pages::Pages;
pub use test::{may_test, tests_as_itself};

use self::client::Client;
use self::list::{Form, Walk};
use self::object::Object;
use super::kind::recognise;
use super::{GatewayError, Read, routes};
use crate::config::{ApiConfig, ProbeConfig};
use crate::model::{Channel, GatewayKind, Image, ModelName, Route};

/// How long a call whose answer was lost may still be at work in the gateway.
const SETTLED: Duration = Duration::from_secs(2);
/// What gorm says, and every one of them passes on.
const NOT_THERE: &str = "record not found";

/// One gateway's admin API, with a token that it took. Cheap to clone.
#[derive(Clone)]
pub struct Admin {
    name: String,
    salt: String,
    kind: GatewayKind,
    /// The form of its list of channels.
    form: Form,
    client: Arc<Client>,
    tests: Arc<test::Tests>,
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Admin {
    /// Prepares the client, and asks for one channel: whether the token may, and which form lists have. `name` is the
    /// gateway's in our configuration, `kind` what is known of the program, `salt` goes into fingerprints.
    pub async fn open(
        name: &str,
        api: &ApiConfig,
        kind: Option<GatewayKind>,
        http: &ProbeConfig,
        salt: &str,
    ) -> Result<Self, GatewayError> {
        let setup = |key: &str, why: &str| GatewayError::Setup { what: format!("gateways.{name}.{key}: {why}") };
        let client = Client::new(api, http).map_err(|why| setup("api", &why))?;
        let (form, first) = list::first(&client).await?;
        let told = first.and_then(|object| recognise(&|name| object.has(name), form != Form::Hub));
        let kind = kind.or(told).ok_or_else(|| {
            setup(
                "kind",
                "what answers at api.url does not show which program it is (it has no channel yet?): set `kind`",
            )
        })?;
        if kind.is_hub() != (form == Form::Hub) {
            let why = if kind.is_hub() {
                "lists channels as One API or New API do"
            } else {
                "lists channels as One Hub does"
            };
            return Err(setup(
                "kind",
                &format!("it is {kind}, but what answers at api.url {why}: is that its address?"),
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            salt: salt.to_owned(),
            kind,
            form,
            client: Arc::new(client),
            tests: Arc::default(),
        })
    }

    /// Which program it is.
    pub fn kind(&self) -> GatewayKind {
        self.kind
    }

    /// The same at another pace: so long from one call to the next, 1.5 s otherwise, once the first 50 were made.
    #[must_use]
    pub fn with_pace(self, each: Duration) -> Self {
        self.client.set_pace(each);
        self
    }

    /// One channel.
    pub async fn channel(&self, id: i64) -> Result<Option<Channel>, GatewayError> {
        self.object(id).await?.map(|object| self.readable(&object)).transpose()
    }

    /// How many channels there are.
    pub async fn count(&self) -> Result<u64, GatewayError> {
        let (mut walk, mut count) = (Walk::new(self), 0);
        while let Some(found) = walk.next().await? {
            count += found.len() as u64;
        }
        Ok(count)
    }

    /// Which enabled channels serve these models, and in which groups: by their lists.
    pub async fn routes(&self, models: &[ModelName]) -> Result<Vec<Route>, GatewayError> {
        let (mut walk, mut made) = (Walk::new(self), vec![]);
        while let Some(found) = walk.next().await? {
            // One that cannot be read serves nothing: what it served is held back rather than taken off.
            for channel in found.iter().filter_map(|object| self.read(object.as_ref().ok()?).ok()) {
                let (group, listed) = (channel.group.unwrap_or_default(), channel.models.unwrap_or_default());
                made.extend(routes::routes(self.kind, (channel.id, channel.status), (&group, &listed), models));
            }
        }
        Ok(made)
    }

    /// A channel's list as it stands; its routing rows cannot be seen from here.
    pub async fn image(&self, id: i64) -> Result<Option<Image>, GatewayError> {
        Ok(self.object(id).await?.map(|object| image(&object)))
    }

    /// As [`Self::image`], once a call that was lost on the way has had the time to do what it was for.
    pub async fn settled_image(&self, id: i64) -> Result<Option<Image>, GatewayError> {
        tokio::time::sleep(SETTLED).await;
        self.image(id).await
    }

    /// One channel's object, whole.
    async fn object(&self, id: i64) -> Result<Option<Object>, GatewayError> {
        let raw = match self.client.get_data(READ, &format!("api/channel/{id}")).await {
            Ok(raw) => raw,
            Err(ApiError { trouble: Trouble::Refused(why), .. }) if why.contains(NOT_THERE) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Object::parse(&raw).map(Some).map_err(|unreadable| self.failed(unreadable.why))
    }

    fn read(&self, object: &Object) -> Read {
        // Only One Hub's family gives keys away.
        object.channel(self.kind, !(self.kind.is_hub() && object.has("key")), &self.salt)
    }

    fn readable(&self, object: &Object) -> Result<Channel, GatewayError> {
        self.read(object)
            .map_err(|unreadable| self.failed(format!("channel {}: {}", unreadable.channel, unreadable.why)))
    }

    fn failed(&self, why: String) -> GatewayError {
        self.client.error(READ, Trouble::Odd(why)).into()
    }
}

const READ: &str = "read its channels";

fn image(object: &Object) -> Image {
    Image { models: object.plain("models").unwrap_or_default(), abilities: vec![] }
}

#[cfg(test)]
mod tests;
