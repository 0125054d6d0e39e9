//! The process environment: the one place that reads it.

/// Looks a variable up. Passed in, so that a test needs no variables of its own process.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The variables this process was started with. One that is not UTF-8 counts as not set.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn process_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
