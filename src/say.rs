//! What the program tells a person: lines on standard output, remarks on standard error.
//!
//! Decides: what becomes of words that nobody takes. A reader that went away (`| head`) has had enough: the rest is
//! dropped quietly, the command ends its work, and its exit code tells how that went. Anything else that keeps words
//! back, such as a full disk, makes an error of the command at its end, and not before.
//! Must not know: what is told.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::Mutex;

/// What standard output has become.
enum Outlet {
    Open,
    /// Its reader went away.
    Left,
    Broken(io::Error),
}

static OUTLET: Mutex<Outlet> = Mutex::new(Outlet::Open);

/// A line on standard output.
#[clippy::format_args]
macro_rules! say {
    ($($words:tt)*) => { $crate::say::line(format_args!($($words)*)) };
}

/// A line on standard error.
#[clippy::format_args]
macro_rules! remark {
    ($($words:tt)*) => { $crate::say::aside(format_args!($($words)*)) };
}

pub(crate) use {remark, say};

/// Says a line; `say!` is its short form.
pub fn line(words: fmt::Arguments<'_>) {
    speak(|out| writeln!(out, "{words}"));
}

/// Says a text as it is.
pub fn text(words: &str) {
    speak(|out| out.write_all(words.as_bytes()));
}

/// Says a line on standard error. Nobody can be told that it was not heard.
pub fn aside(words: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{words}");
}

/// Whether standard output still takes words.
pub fn is_heard() -> bool {
    matches!(*outlet(), Outlet::Open)
}

/// Has `write` use standard output, unless that takes nothing any more.
pub fn speak(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    let mut outlet = outlet();
    if let Outlet::Open = *outlet
        && let Err(error) = write(&mut io::stdout().lock())
    {
        *outlet = if error.kind() == ErrorKind::BrokenPipe { Outlet::Left } else { Outlet::Broken(error) };
    }
}

/// At the end of a command: whether all that was said was taken, or its reader wanted no more.
///
/// # Errors
/// What kept words back.
pub fn end() -> io::Result<()> {
    speak(|out| out.flush());
    match std::mem::replace(&mut *outlet(), Outlet::Open) {
        Outlet::Open | Outlet::Left => Ok(()),
        Outlet::Broken(error) => Err(error),
    }
}

fn outlet() -> std::sync::MutexGuard<'static, Outlet> {
    OUTLET.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
