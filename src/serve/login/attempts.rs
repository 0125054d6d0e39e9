//! How often somebody may guess a token.
//!
//! Decides: so many wrong ones from one address, and so many wrong logins in all; then right ones are not looked at
//! either. Must not know: which tokens are right.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{ApiError, Code};

/// In which so many wrong tokens are let go.
const WINDOW: Duration = Duration::from_mins(1);
/// From one address.
const FROM_ONE: u32 = 10;
/// Logins from all addresses together. Not for tokens sent along: anybody could keep every program out then.
const IN_ALL: u32 = 60;
/// Addresses kept before those that are forgiven are forgotten.
const ADDRESSES: usize = 1000;

/// By which way a token came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::serve) enum Way {
    /// A person typed it.
    Login,
    /// A program sent it along.
    Header,
}

/// The wrong ones.
#[derive(Default)]
pub(in crate::serve) struct Attempts(Mutex<Wrong>);

#[derive(Default)]
struct Wrong {
    /// Each way by itself: a program that sends an old token along keeps nobody on its host from logging in.
    by_address: HashMap<(Way, IpAddr), Count>,
    logins: Count,
}

/// Wrong tokens that are not forgiven yet, as the time at which all of them are: each adds its part of the window.
#[derive(Clone, Copy, Default)]
struct Count(Option<Instant>);

impl Count {
    /// How long to wait for one more to be let go.
    fn wait(self, most: u32, now: Instant) -> Duration {
        let unforgiven = self.0.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        (unforgiven + WINDOW / most).saturating_sub(WINDOW)
    }

    fn one_more(&mut self, most: u32, now: Instant) {
        self.0 = Some(self.0.map_or(now, |until| until.max(now)) + WINDOW / most);
    }
}

impl Attempts {
    /// What the token is found to give, if it may be compared; nothing: it is wrong, and counts.
    pub(in crate::serve) fn compare<T>(
        &self,
        way: Way,
        peer: Option<IpAddr>,
        find: impl FnOnce() -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        // Who is not known is one address to us.
        let from = (way, peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), network));
        let now = Instant::now();
        // Held over the comparison: a thousand at once are no way around.
        let mut wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wait = wrong.by_address.get(&from).map_or(Duration::ZERO, |count| count.wait(FROM_ONE, now));
        if way == Way::Login {
            wait = wait.max(wrong.logins.wait(IN_ALL, now));
        }
        if !wait.is_zero() {
            let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
            let hint = format!("try again in {seconds} s");
            return Err(ApiError::new(Code::RateLimited, "too many wrong tokens", hint).after(seconds));
        }
        let found = find();
        if found.is_none() {
            if wrong.by_address.len() >= ADDRESSES {
                wrong.by_address.retain(|_, count| count.0.is_some_and(|until| until > now));
            }
            wrong.by_address.entry(from).or_default().one_more(FROM_ONE, now);
            if way == Way::Login {
                wrong.logins.one_more(IN_ALL, now);
            }
        }
        Ok(found)
    }
}

/// Who has one IPv6 address has 2⁶⁴ of them.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_stopped_before_all_are() {
        let attempts = Attempts::default();
        let from = |way, address: &str| attempts.compare(way, Some(address.parse().unwrap()), || None::<()>).is_ok();
        let login = |address: &str| from(Way::Login, address);
        assert!((0..FROM_ONE).all(|_| login("192.0.2.1")));
        assert!(!login("192.0.2.1") && !login("::ffff:192.0.2.1"));
        assert!(from(Way::Header, "192.0.2.1"), "a person's mistakes keep no program out");
        assert!((0..FROM_ONE).all(|n| login(&format!("2001:db8::{n:x}"))));
        assert!(!login("2001:db8::ffff") && login("2001:db8:0:1::1"));
        assert!(!(0..IN_ALL).all(|n| login(&format!("198.51.100.{n}"))));
        assert!(from(Way::Header, "203.0.113.1"), "others' logins keep no program out");
    }

    #[test]
    fn right_ones_do_not_count_until_too_many_were_wrong() {
        let attempts = Attempts::default();
        let try_one = |found: Option<u8>| attempts.compare(Way::Header, None, || found);
        assert!((0..10 * FROM_ONE).all(|_| try_one(Some(7)) == Ok(Some(7))));
        assert!((0..FROM_ONE).all(|_| try_one(None) == Ok(None)));
        assert!(try_one(Some(7)).is_err());
    }

    #[test]
    fn each_is_forgiven_after_its_part_of_the_window() {
        let (mut count, start) = (Count::default(), Instant::now());
        for _ in 0..FROM_ONE {
            assert!(count.wait(FROM_ONE, start).is_zero());
            count.one_more(FROM_ONE, start);
        }
        let part = WINDOW / FROM_ONE;
        assert_eq!(count.wait(FROM_ONE, start), part);
        assert!(count.wait(FROM_ONE, start + part).is_zero());
        count.one_more(FROM_ONE, start + part);
        assert_eq!(count.wait(FROM_ONE, start + part), part);
        assert!(count.wait(FROM_ONE, start + 20 * WINDOW).is_zero());
    }
}
