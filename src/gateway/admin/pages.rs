//! Channels, some at a time, by the admin API.
//!
//! Decides: what is taken from the list, and which channel is read whole by a call of its own. Must not know: what a
//! channel's members mean.

use std::collections::HashSet;
use std::fmt;

use super::list::Walk;
use super::{Admin, Object};
use crate::gateway::{GatewayError, Read, Unreadable};

/// Channels read by calls of their own before some are given back: whoever asks may want to stop between two answers.
const AT_ONCE: usize = 8;
/// More channels than this are looked for in the list, where one call gives many.
const SINGLY: usize = 10;

/// A way through an admin API's channels.
pub struct Pages<'a> {
    admin: &'a Admin,
    way: Way<'a>,
}

enum Way<'a> {
    /// All, or those of them that are wanted.
    Walk { walk: Walk<'a>, wanted: Option<HashSet<i64>> },
    /// Those of a hub's list that are still to be read whole; then on.
    Whole { waiting: Vec<Result<Object, Unreadable>>, walk: Option<Walk<'a>> },
    /// These, highest first.
    Among(Vec<i64>),
}

impl fmt::Debug for Pages<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("admin", self.admin).finish_non_exhaustive()
    }
}

impl Admin {
    /// All channels, or those `among` them that are there.
    pub fn pages(&self, among: Option<Vec<i64>>) -> Pages<'_> {
        let walk = || Walk::new(self);
        let way = match among {
            None if self.kind.is_hub() => Way::Whole { waiting: vec![], walk: Some(walk()) },
            None => Way::Walk { walk: walk(), wanted: None },
            Some(ids) => {
                let wanted: HashSet<_> = ids.into_iter().collect();
                if self.kind.is_hub() || wanted.len() <= SINGLY {
                    let mut ids: Vec<_> = wanted.into_iter().collect();
                    ids.sort_unstable_by(|a, b| b.cmp(a));
                    Way::Among(ids)
                } else {
                    Way::Walk { walk: walk(), wanted: Some(wanted) }
                }
            }
        };
        Pages { admin: self, way }
    }

    /// A channel by a call of its own; `None` where it is gone by now.
    async fn whole(&self, id: i64) -> Result<Option<Read>, GatewayError> {
        Ok(self.object(id).await?.map(|object| self.read(&object)))
    }
}

impl Pages<'_> {
    /// The next channels; none at the end.
    pub async fn next(&mut self) -> Result<Vec<Read>, GatewayError> {
        let admin = self.admin;
        let mut read = vec![];
        match &mut self.way {
            Way::Walk { walk, wanted } => {
                while read.is_empty() && wanted.as_ref().is_none_or(|wanted| !wanted.is_empty()) {
                    let Some(found) = walk.next().await? else { break };
                    let channels = found.into_iter().map(|object| admin.read(&object?));
                    read.extend(channels.filter(|channel| match wanted {
                        None => true,
                        Some(wanted) => wanted.remove(&id(channel)),
                    }));
                }
            }
            Way::Whole { waiting, walk } => {
                while read.len() < AT_ONCE {
                    match waiting.pop() {
                        // The list leaves keys out; a tag's list does not.
                        Some(Ok(object)) if object.id() != 0 && keyless(&object) => {
                            read.extend(admin.whole(object.id()).await?);
                        }
                        Some(object) => read.push(object.and_then(|object| admin.read(&object))),
                        None => {
                            let Some(on) = walk else { break };
                            match on.next().await? {
                                Some(found) => waiting.extend(found.into_iter().rev()),
                                None => *walk = None,
                            }
                        }
                    }
                }
            }
            Way::Among(ids) => {
                while read.len() < AT_ONCE
                    && let Some(id) = ids.pop()
                {
                    read.extend(admin.whole(id).await?);
                }
            }
        }
        Ok(read)
    }
}

fn keyless(object: &Object) -> bool {
    object.plain("key").is_none_or(|key| key.is_empty())
}

fn id(read: &Read) -> i64 {
    read.as_ref().map_or_else(|unreadable| unreadable.channel.id, |channel| channel.id)
}
