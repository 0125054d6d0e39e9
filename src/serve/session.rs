//! Sessions of people who logged in, in memory: a restart, or another configuration, asks everybody again.
//!
//! Decides: how long a session lasts, how many there are, and that an id in our memory is of no use to who reads it.
//! Must not know: tokens, cookies, requests.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::guard::Right;

/// Without a request for so long, a session ends.
pub(super) const IDLE: SignedDuration = SignedDuration::from_hours(12);
/// So long after its login it ends in any case.
pub(super) const WHOLE: SignedDuration = SignedDuration::from_hours(24 * 7);
/// So many at once; one more ends the one that was idle longest.
const MOST: usize = 256;

/// The secret that a browser shows to say which session it is in: 32 random bytes of the system, as hex digits.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SessionId(String);

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl SessionId {
    fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(hex(&bytes)))
    }

    /// What a browser sent as one.
    pub(super) fn sent(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// For the cookie, and nothing else.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// What our own page sends back with each mutation and a foreign one cannot know. Made of the id, which cannot be
    /// told from it: it need not be kept.
    pub(super) fn csrf(&self) -> String {
        hex(&self.digest("csrf"))
    }

    /// Whether that is this session's [`Self::csrf`].
    pub(super) fn has_csrf(&self, sent: &[u8]) -> bool {
        self.csrf().as_bytes().ct_eq(sent).into()
    }

    fn digest(&self, purpose: &str) -> [u8; 32] {
        Sha256::new().chain_update(purpose).chain_update([0]).chain_update(&self.0).finalize().into()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

struct Session {
    right: Right,
    begun: Timestamp,
    seen: Timestamp,
}

impl Session {
    fn lasts(&self, now: Timestamp) -> bool {
        now.duration_since(self.seen) < IDLE && now.duration_since(self.begun) < WHOLE
    }
}

/// Everybody who is logged in, by the SHA-256 of the session's id.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

impl Sessions {
    /// Begins one.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub(super) fn begin(&self, right: Right, now: Timestamp) -> Result<SessionId, getrandom::Error> {
        let id = SessionId::random()?;
        let mut all = self.all();
        all.retain(|_, session| session.lasts(now));
        while all.len() >= MOST {
            let Some(idle) = all.iter().min_by_key(|(_, session)| session.seen).map(|(key, _)| *key) else { break };
            all.remove(&idle);
        }
        all.insert(id.digest("session"), Session { right, begun: now, seen: now });
        Ok(id)
    }

    /// The right of a session that lasts still; it was seen now.
    pub(super) fn right(&self, id: &SessionId, now: Timestamp) -> Option<Right> {
        let key = id.digest("session");
        let mut all = self.all();
        let session = all.get_mut(&key)?;
        if session.lasts(now) {
            session.seen = session.seen.max(now);
            return Some(session.right);
        }
        all.remove(&key);
        None
    }

    /// Whether a session lasts still. To look is not to be seen: a page that is only open keeps no session.
    pub(super) fn lasts(&self, id: &SessionId, now: Timestamp) -> bool {
        self.all().get(&id.digest("session")).is_some_and(|session| session.lasts(now))
    }

    /// Ends one.
    pub(super) fn end(&self, id: &SessionId) {
        self.all().remove(&id.digest("session"));
    }

    fn all(&self) -> MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn an_idle_session_ends_and_a_busy_one_ends_too() {
        let sessions = Sessions::default();
        let idle = sessions.begin(Right::Read, START).unwrap();
        let busy = sessions.begin(Right::Act, START).unwrap();
        let mut now = START;
        while now.duration_since(START) + IDLE / 2 < WHOLE {
            assert!(sessions.lasts(&busy, now));
            assert_eq!(sessions.lasts(&idle, now), now.duration_since(START) < IDLE, "who looks keeps nothing alive");
            assert_eq!(sessions.right(&busy, now), Some(Right::Act));
            now += IDLE / 2;
        }
        assert_eq!(sessions.right(&idle, START + IDLE), None);
        assert_eq!(sessions.right(&busy, START + WHOLE), None);
    }

    #[test]
    fn the_longest_idle_one_makes_room() {
        let sessions = Sessions::default();
        let second = |n: usize| START + SignedDuration::from_secs(i64::try_from(n).unwrap());
        let ids: Vec<_> = (0..=MOST).map(|n| sessions.begin(Right::Read, second(n)).unwrap()).collect();
        assert_eq!(sessions.right(&ids[0], second(MOST)), None);
        assert_eq!(sessions.right(&ids[1], second(MOST)), Some(Right::Read));
        assert_eq!(sessions.all().len(), MOST);
    }

    #[test]
    fn ids_differ_and_neither_the_key_nor_the_csrf_text_is_the_id() {
        let sessions = Sessions::default();
        let (one, other) = (sessions.begin(Right::Read, START).unwrap(), sessions.begin(Right::Read, START).unwrap());
        assert_ne!(one, other);
        assert_eq!(one.expose().len(), 64);
        assert!(one.has_csrf(one.csrf().as_bytes()) && !one.has_csrf(other.csrf().as_bytes()) && !one.has_csrf(b""));
        let kept: Vec<String> = sessions.all().keys().map(|key| hex(key)).collect();
        assert!(!kept.iter().any(|key| key == one.expose() || *key == one.csrf()));
        assert_eq!(format!("{one:?}"), "***");
        sessions.end(&one);
        assert_eq!(sessions.right(&one, START), None);
    }
}
