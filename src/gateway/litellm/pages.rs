//! A proxy's channels, all in one page: there is one call for them.

use std::collections::HashSet;

use super::LiteLlm;
use crate::gateway::{GatewayError, Read};

/// A way through a proxy's channels.
#[derive(Debug)]
pub struct Pages<'a> {
    pub(super) litellm: &'a LiteLlm,
    /// Which of them; `None`: all.
    pub(super) among: Option<HashSet<i64>>,
    pub(super) read: bool,
}

impl Pages<'_> {
    /// The next channels; none at the end.
    pub async fn next(&mut self) -> Result<Vec<Read>, GatewayError> {
        if std::mem::replace(&mut self.read, true) {
            return Ok(vec![]);
        }
        let mut channels = self.litellm.read().await?.channels(&self.litellm.0.salt);
        if let Some(among) = &self.among {
            channels.retain(|read| match read {
                Ok(channel) => among.contains(&channel.id),
                Err(unreadable) => among.contains(&unreadable.channel.id),
            });
        }
        Ok(channels)
    }
}
