//! What a channel's upstream offers: which of its lists is believed, and what that tells of each model.
//!
//! Decides: when a list is too short to be true. Must not know: how a list is read, what is asked.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::{Scope, Surveyed};
use crate::clock;
use crate::config::Source;
use crate::model::{Channel, Kind, ModelName, Offered, Outcome};
use crate::openrouter;
use crate::round::Round;
use crate::store::{Listed, StoreError};
use crate::upstream::{self, Target};
use crate::verdict;

/// A list that lost more than half of its names is believed once the longer one is so old.
const OLD: SignedDuration = SignedDuration::from_hours(24);
/// How long an upstream's word on a name that nobody has holds.
const CONTROL_HOLDS: SignedDuration = SignedDuration::from_hours(24);

/// What an upstream offers, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Offer {
    /// Names from elsewhere than the believed list that may be put on the channel's list, once they work.
    pub(super) names: Vec<ModelName>,
    /// The list that is believed; its names, kinds and ends.
    pub(super) listed: Option<Listed>,
    /// It is this round's own, to be kept.
    pub(super) fresh: bool,
    /// Names that were not on the list before, and everything when the keys changed: what was withdrawn of these is
    /// looked at again at once.
    pub(super) anew: Anew,
}

/// What is worth another look now, whatever its gap.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Anew {
    /// Nothing.
    #[default]
    Nothing,
    /// These, which the upstream lists again.
    Names(HashSet<ModelName>),
    /// Everything: the channel has other keys.
    Everything,
}

impl Anew {
    pub(super) fn includes(&self, model: &ModelName) -> bool {
        match self {
            Self::Nothing => false,
            Self::Names(names) => names.contains(model),
            Self::Everything => true,
        }
    }
}

/// Weighs what is known of a channel's list against what its upstream said now (if it did), and says what to think
/// when it says too little.
pub(super) fn weigh(
    last: Option<Listed>,
    now_listed: Option<Vec<Offered>>,
    keys: String,
    now: Timestamp,
) -> (Offer, Option<String>) {
    let other_keys = last.as_ref().is_some_and(|last| last.keys != keys);
    let Some(offered) = now_listed else {
        let anew = if other_keys { Anew::Everything } else { Anew::Nothing };
        // What another key was told says nothing of this one.
        let listed = last.filter(|_| !other_keys);
        return (Offer { listed, anew, ..Offer::default() }, None);
    };
    let control = last.as_ref().filter(|_| !other_keys).and_then(|last| last.control);
    if let Some(last) = last.as_ref().filter(|_| !other_keys)
        && offered.len() * 2 < last.offered.len()
        && now.duration_since(last.at) < OLD
    {
        let why = format!(
            "its upstream's list shrank from {} to {} names: the longer one is believed until it is a day old",
            last.offered.len(),
            offered.len()
        );
        let names = offered.into_iter().map(|one| one.name).collect();
        return (Offer { names, listed: Some(last.clone()), fresh: false, anew: Anew::Nothing }, Some(why));
    }
    let anew = match &last {
        _ if other_keys => Anew::Everything,
        Some(last) => {
            let before: HashSet<&ModelName> = last.offered.iter().map(|one| &one.name).collect();
            let names = offered.iter().map(|one| &one.name);
            Anew::Names(names.filter(|name| !before.contains(name)).cloned().collect())
        }
        None => Anew::Nothing,
    };
    let listed = Some(Listed { at: now, keys, offered, control });
    (Offer { names: vec![], listed, fresh: true, anew }, None)
}

impl Offer {
    /// Names that may be put on the channel's list, once they work.
    pub(super) fn names(&self) -> impl Iterator<Item = &ModelName> {
        let own = self.listed.as_ref().filter(|_| self.fresh).map_or(&[][..], |listed| &listed.offered);
        self.names.iter().chain(own.iter().map(|one| &one.name))
    }

    /// What the believed list says of each of its models.
    pub(super) fn listing(&self) -> Listing<'_> {
        // An empty one is none: there only the word on a name that nobody has is kept.
        let offered = self.listed.as_ref().map(|listed| &listed.offered).filter(|offered| !offered.is_empty());
        Listing(offered.map(|offered| offered.iter().map(|one| (&one.name, one)).collect()))
    }

    /// What the upstream says to a name that nobody has, if it was asked lately.
    pub(super) fn control(&self, now: Timestamp) -> Option<Outcome> {
        let (outcome, at) = self.listed.as_ref()?.control?;
        (now.duration_since(at) < CONTROL_HOLDS).then_some(outcome)
    }
}

/// The believed list, by name.
pub(super) struct Listing<'a>(Option<HashMap<&'a ModelName, &'a Offered>>);

impl Listing<'_> {
    /// Whether the list names it.
    pub(super) fn names(&self, model: &ModelName) -> verdict::Listed {
        match &self.0 {
            None => verdict::Listed::Unknown,
            Some(names) if names.contains_key(model) => verdict::Listed::Named,
            Some(_) => verdict::Listed::Absent,
        }
    }

    /// The same, in words.
    pub(super) fn says_of(&self, model: &ModelName) -> &'static str {
        match self.names(model) {
            verdict::Listed::Named => "names it",
            verdict::Listed::Absent => "does not name it",
            verdict::Listed::Unknown => "is not known",
        }
    }

    /// What the list says it is for.
    pub(super) fn kind(&self, model: &ModelName) -> Option<Kind> {
        self.0.as_ref()?.get(model)?.kind
    }

    /// On which day its provider ends it.
    pub(super) fn ends(&self, model: &ModelName) -> Option<Date> {
        self.0.as_ref()?.get(model)?.ends
    }
}

impl Round {
    /// The names from the first source that answers, and what is known of the upstream's own list. A list that fails
    /// or is empty says nothing.
    pub(super) async fn offer(
        &self,
        channel: &Channel,
        targets: &[Target],
        scope: &Scope,
        surveyed: &mut Surveyed,
    ) -> Result<Offer, StoreError> {
        let last = self.store.listed(self.gateway.name(), &surveyed.channel).await?;
        let keys = self.store.keys_hash(&channel.keys);
        let (mut names, mut listed) = (vec![], None);
        let sources = if scope.is_partial() { &[][..] } else { &self.settings.models.sources };
        for source in sources {
            match source {
                Source::Channel => break,
                // Nobody else has them.
                Source::OpenrouterFree if !openrouter::serves(targets) => {}
                Source::OpenrouterFree => {
                    match openrouter::free_names(&self.config, &self.store, self.inquiry.prober()).await {
                        Ok(free) => {
                            names = free.into_iter().map(|one| one.name).collect();
                            break;
                        }
                        Err(why) => {
                            surveyed.note(&format!("no free models of OpenRouter: {why}"));
                        }
                    }
                }
                Source::List => {
                    names = self.settings.models.list.iter().filter_map(|name| ModelName::parse(name)).collect();
                    break;
                }
                Source::Upstream => {
                    let why = match self.list(targets).await {
                        upstream::Listing::Offered(offered) => {
                            listed = Some(offered);
                            break;
                        }
                        upstream::Listing::Empty => "it is empty".to_owned(),
                        upstream::Listing::Failed { why, .. } => why,
                        upstream::Listing::Unlisted => continue,
                    };
                    surveyed.note(&format!("no use of its upstream's list: {why}"));
                }
            }
        }
        let (mut offer, doubt) = weigh(last, listed, keys, clock::now());
        if let Some(why) = doubt {
            surveyed.note(&why);
        }
        offer.names.extend(names);
        Ok(offer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hour * 3600).unwrap()
    }

    fn offered(names: &str) -> Vec<Offered> {
        names.split(',').filter_map(ModelName::parse).map(Offered::named).collect()
    }

    fn last(names: &str) -> Listed {
        let control = Some((Outcome::Gone, at(0)));
        Listed { at: at(0), keys: "k".to_owned(), offered: offered(names), control }
    }

    fn name(text: &str) -> ModelName {
        ModelName::parse(text).unwrap()
    }

    #[test]
    fn a_list_that_lost_more_than_half_is_believed_only_after_a_day() {
        let weigh = |names: &str, hour| weigh(Some(last("a,b,c,d,e")), Some(offered(names)), "k".to_owned(), at(hour));
        let (offer, why) = weigh("a,b", 1);
        assert_eq!(offer.listing().names(&name("e")), verdict::Listed::Named);
        assert!(!offer.fresh && why.unwrap().contains("from 5 to 2"));
        let (offer, why) = weigh("a,b,c", 1);
        assert_eq!(offer.listing().names(&name("e")), verdict::Listed::Absent);
        assert!(offer.fresh && why.is_none());
        assert!(weigh("a,b", 24).0.fresh);
    }

    #[test]
    fn without_a_list_the_last_one_is_believed_unless_the_keys_are_others() {
        let (offer, _) = weigh(Some(last("a")), None, "k".to_owned(), at(1));
        assert_eq!(offer.listing().names(&name("a")), verdict::Listed::Named);
        assert_eq!((offer.anew, offer.names), (Anew::Nothing, vec![]));
        let (offer, _) = weigh(Some(last("a")), None, "other".to_owned(), at(1));
        assert_eq!(offer.listing().names(&name("a")), verdict::Listed::Unknown);
        assert!(offer.anew.includes(&name("whatever")));
        assert_eq!(weigh(None, None, "k".to_owned(), at(1)).0, Offer::default());
    }

    #[test]
    fn what_is_listed_again_is_looked_at_anew() {
        let (offer, _) = weigh(Some(last("a,b")), Some(offered("a,b,c")), "k".to_owned(), at(1));
        assert!(offer.anew.includes(&name("c")) && !offer.anew.includes(&name("a")));
        let (first, _) = weigh(None, Some(offered("a")), "k".to_owned(), at(1));
        assert!(!first.anew.includes(&name("a")));
    }

    #[test]
    fn the_word_on_a_name_that_nobody_has_holds_for_a_day_and_for_one_key() {
        let (offer, _) = weigh(Some(last("a,b")), Some(offered("a")), "k".to_owned(), at(2));
        assert_eq!((offer.control(at(23)), offer.control(at(24))), (Some(Outcome::Gone), None));
        let (offer, _) = weigh(Some(last("a,b")), Some(offered("a")), "other".to_owned(), at(2));
        assert_eq!(offer.control(at(2)), None);
    }
}
