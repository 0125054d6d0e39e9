//! Places at which a test can have us stand still, to kill us there, or panic.
//!
//! Decides: nothing. A release build has none of it.

/// In a debug build, when `CHANNELWARDEN_CRASH_AT` is `name`: says so on standard output and waits to be killed.
#[cfg(debug_assertions)]
#[expect(clippy::disallowed_methods, reason = "read here so that configuration knows nothing of crash tests")]
pub async fn crash_point(name: &str) {
    use std::io::Write as _;
    if std::env::var("CHANNELWARDEN_CRASH_AT").is_ok_and(|at| at == name) {
        let mut out = std::io::stdout();
        // A closed standard output changes nothing: we stand still all the same.
        let _ = writeln!(out, "crash-point {name}").and_then(|()| out.flush());
        std::future::pending::<()>().await;
    }
}

/// In a release build: nothing.
#[cfg(not(debug_assertions))]
pub async fn crash_point(_name: &str) {}

/// Panics as a mistake of ours would, at the place that a test names.
///
/// # Panics
/// In a debug build, when `CHANNELWARDEN_CRASH_AT` is `name`.
#[cfg(debug_assertions)]
#[expect(clippy::disallowed_methods, reason = "read here so that configuration knows nothing of crash tests")]
pub fn panic_point(name: &str) {
    assert!(std::env::var("CHANNELWARDEN_CRASH_AT").as_deref() != Ok(name), "crash-point {name}");
}

/// In a release build: nothing.
#[cfg(not(debug_assertions))]
pub fn panic_point(_name: &str) {}
