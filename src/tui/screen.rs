//! The terminal: taken, and given back as it was whatever happens; and what is typed in it.
//!
//! Decides: when the screen is ours. Must not know: what is drawn, and what a key means.

use std::io;
use std::thread::JoinHandle;
use std::time::Duration;

use ratatui::crossterm::event::{self, Event};
use ratatui::{DefaultTerminal, Frame};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How long the thread that reads keys may go without looking whether it is still wanted.
const LOOK: Duration = Duration::from_millis(100);
/// Keys that may wait to be read.
const KEYS: usize = 64;

/// The screen, until it is dropped.
pub(super) struct Screen {
    terminal: DefaultTerminal,
    keys: mpsc::Receiver<io::Result<Event>>,
    reader: Option<JoinHandle<()>>,
    stop: CancellationToken,
    /// Something panicked: the screen was given back for its message to be read.
    broken: CancellationToken,
}

impl Screen {
    /// Takes the terminal. A panic anywhere gives it back first, and is then told as ever.
    pub(super) fn open() -> io::Result<Self> {
        let terminal = ratatui::try_init().inspect_err(|_| ratatui::restore())?;
        let (stop, broken) = (CancellationToken::new(), CancellationToken::new());
        let (told, earlier) = (broken.clone(), std::panic::take_hook());
        std::panic::set_hook(Box::new(move |info| {
            told.cancel();
            earlier(info);
        }));
        let (tell, keys) = mpsc::channel(KEYS);
        let until = stop.clone();
        let reader = std::thread::spawn(move || read(&tell, &until));
        Ok(Self { terminal, keys, reader: Some(reader), stop, broken })
    }

    pub(super) fn draw(&mut self, picture: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        // The screen is the shell's again, with a panic's message on it.
        if self.broken.is_cancelled() {
            return Ok(());
        }
        self.terminal.draw(picture).map(|_| ())
    }

    /// Columns and lines.
    pub(super) fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }

    /// The next thing typed, or the terminal's new size.
    ///
    /// # Errors
    /// The terminal is gone, or something panicked.
    pub(super) async fn next(&mut self) -> anyhow::Result<Event> {
        tokio::select! {
            () = self.broken.cancelled() => anyhow::bail!("a mistake of ours ended the dashboard; its message stands above"),
            event = self.keys.recv() => match event {
                Some(event) => Ok(event?),
                None => anyhow::bail!("the terminal is gone"),
            },
        }
    }

    /// What else was typed already.
    pub(super) fn also(&mut self) -> Option<Event> {
        self.keys.try_recv().ok()?.ok()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.stop.cancel();
        self.keys.close();
        // Nothing typed from now on is ours: it ends within `LOOK`.
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        if !self.broken.is_cancelled() {
            ratatui::restore();
        }
    }
}

fn read(tell: &mpsc::Sender<io::Result<Event>>, until: &CancellationToken) {
    while !until.is_cancelled() {
        let next = match event::poll(LOOK) {
            Ok(false) => continue,
            Ok(true) => event::read(),
            Err(error) => Err(error),
        };
        let last = next.is_err();
        if tell.blocking_send(next).is_err() || last {
            return;
        }
    }
}
