//! What the system tells us from outside.
//!
//! Decides: which signals ask us to end, and which to read the configuration again. On Windows the first are Ctrl-C,
//! Ctrl-Break, the closed console and the shutdown, and there is none of the second.
//! Must not know: what is done then.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

/// Asks whether a signal has come.
type Ask = Box<dyn FnMut(&mut Context<'_>) -> Poll<()> + Send>;

/// Signals that mean the same to us; from the moment it is made none of them ends the process.
pub struct Signals(Vec<Ask>);

impl Signals {
    /// Whoever started us, or a person, wants us to end.
    ///
    /// # Errors
    /// The system lets us listen to no signals.
    pub fn to_end() -> io::Result<Self> {
        system::to_end().map(Self)
    }

    /// The terminal is gone, which to a service means: read your configuration again.
    ///
    /// # Errors
    /// The system lets us listen to no signals.
    pub fn hangup() -> io::Result<Self> {
        system::hangup().map(Self)
    }

    /// Waits for the next one.
    pub async fn come(&mut self) {
        poll_fn(|context| {
            let come = self.0.iter_mut().any(|ask| ask(context).is_ready());
            if come { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

#[cfg(unix)]
mod system {
    use std::io;

    use tokio::signal::unix::{SignalKind, signal};

    use super::Ask;

    pub(super) fn to_end() -> io::Result<Vec<Ask>> {
        Ok(vec![ask(SignalKind::interrupt())?, ask(SignalKind::terminate())?])
    }

    pub(super) fn hangup() -> io::Result<Vec<Ask>> {
        Ok(vec![ask(SignalKind::hangup())?])
    }

    fn ask(kind: SignalKind) -> io::Result<Ask> {
        let mut signal = signal(kind)?;
        Ok(Box::new(move |context| signal.poll_recv(context).map(drop)))
    }
}

#[cfg(windows)]
mod system {
    use std::io;

    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};

    use super::Ask;

    pub(super) fn to_end() -> io::Result<Vec<Ask>> {
        let (mut c, mut pause, mut close, mut shutdown) = (ctrl_c()?, ctrl_break()?, ctrl_close()?, ctrl_shutdown()?);
        Ok(vec![
            Box::new(move |context| c.poll_recv(context).map(drop)),
            Box::new(move |context| pause.poll_recv(context).map(drop)),
            Box::new(move |context| close.poll_recv(context).map(drop)),
            Box::new(move |context| shutdown.poll_recv(context).map(drop)),
        ])
    }

    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    pub(super) fn hangup() -> io::Result<Vec<Ask>> {
        Ok(vec![])
    }
}
