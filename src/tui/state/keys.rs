//! What a key does.
//!
//! Decides: which key means what, and when. Must not know: what is drawn.
#![expect(clippy::wildcard_enum_match_arm, reason = "there are many keys that mean nothing here")]

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{Item, Over, State, Tab, Wish, items};
use crate::tui::deed::Deed;
use crate::tui::question::SORTS;

/// A search may be so many characters long.
const LONGEST_SEARCH: usize = 100;
/// Lines of the screen that are not the list's.
const AROUND: usize = 6;

impl State {
    /// A key was pressed.
    pub(crate) fn key(&mut self, key: KeyEvent) -> Wish {
        if key.kind == KeyEventKind::Release {
            return Wish::Nothing;
        }
        self.hint = None;
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if control {
            return if key.code == KeyCode::Char('c') { Wish::Quit } else { Wish::Nothing };
        }
        if self.typing {
            self.type_search(key.code);
            return Wish::Nothing;
        }
        if self.over != Over::Nothing {
            return self.key_over(key.code);
        }
        match key.code {
            KeyCode::Char('q') => self.quit(),
            KeyCode::Char('r') => Wish::Refresh,
            KeyCode::Char('u') => self.offer_undo(),
            KeyCode::Char('a') => self.offer_approval(),
            code => {
                self.look(code);
                Wish::Nothing
            }
        }
    }

    /// An act under way is waited for, once: Ctrl-C does not wait.
    fn quit(&mut self) -> Wish {
        if self.acting.is_none() {
            return Wish::Quit;
        }
        self.hint = Some("it is being done: wait for what comes of it, or Ctrl-C".to_owned());
        Wish::Nothing
    }

    /// Keys that only change what is seen.
    fn look(&mut self, code: KeyCode) {
        if self.step(code) {
            return;
        }
        match code {
            KeyCode::Char('?') => self.open(Over::Help),
            KeyCode::Char('/') => self.typing = true,
            KeyCode::Esc => self.search(String::new()),
            KeyCode::Enter if self.selected().is_some() => self.open(Over::Detail),
            KeyCode::Tab | KeyCode::Right => self.turn(1),
            KeyCode::BackTab | KeyCode::Left => self.turn(Tab::ALL.len() - 1),
            KeyCode::Char('s') if self.tab == Tab::Models => {
                self.sort = (self.sort + 1) % SORTS.len();
                self.place_mut().at = 0;
                self.hint = Some(format!("sorted {}", SORTS[self.sort].words));
            }
            KeyCode::Char(digit) => {
                let tab = digit.to_digit(10).and_then(|digit| (digit as usize).checked_sub(1));
                if let Some(tab) = tab.and_then(|tab| Tab::ALL.get(tab)) {
                    self.show(*tab);
                }
            }
            _ => {}
        }
    }

    /// Keys that walk in the list; `false`: this is none.
    fn step(&mut self, code: KeyCode) -> bool {
        let last = items(self).count.saturating_sub(1);
        let page = self.lines.saturating_sub(AROUND).max(1);
        let at = self.place().at;
        let to = match code {
            KeyCode::Up | KeyCode::Char('k') => at.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => at.saturating_add(1),
            KeyCode::PageUp => at.saturating_sub(page),
            KeyCode::PageDown => at.saturating_add(page),
            KeyCode::Home | KeyCode::Char('g') => 0,
            KeyCode::End | KeyCode::Char('G') => last,
            _ => return false,
        };
        self.place_mut().at = to.min(last);
        true
    }

    fn turn(&mut self, by: usize) {
        self.show(Tab::ALL[(self.tab as usize + by) % Tab::ALL.len()]);
    }

    fn show(&mut self, tab: Tab) {
        self.tab = tab;
        // Its answer may have come while another tab was open.
        self.find_again(None);
    }

    pub(super) fn open(&mut self, over: Over) {
        (self.over, self.scrolled) = (over, 0);
    }

    fn search(&mut self, text: String) {
        let place = self.place_mut();
        if place.search != text {
            place.search = text;
            place.at = 0;
        }
    }

    fn type_search(&mut self, code: KeyCode) {
        let mut text = self.place().search.clone();
        match code {
            KeyCode::Char(c) if !c.is_control() && text.chars().count() < LONGEST_SEARCH => text.push(c),
            KeyCode::Backspace => drop(text.pop()),
            KeyCode::Esc => (self.typing, text) = (false, String::new()),
            KeyCode::Enter | KeyCode::Down | KeyCode::Tab => self.typing = false,
            _ => {}
        }
        self.search(text);
    }

    /// Keys while something stands over the list.
    fn key_over(&mut self, code: KeyCode) -> Wish {
        let page = u16::try_from(self.lines.saturating_sub(AROUND)).unwrap_or(u16::MAX).max(1);
        let to = match code {
            KeyCode::Up => Some(self.scrolled.saturating_sub(1)),
            KeyCode::Down => Some(self.scrolled.saturating_add(1)),
            KeyCode::PageUp => Some(self.scrolled.saturating_sub(page)),
            KeyCode::PageDown => Some(self.scrolled.saturating_add(page)),
            KeyCode::Home => Some(0),
            _ => None,
        };
        if let Some(to) = to {
            self.scrolled = to;
            return Wish::Nothing;
        }
        let yes = matches!(code, KeyCode::Char('y' | 'Y') | KeyCode::Enter);
        match std::mem::take(&mut self.over) {
            Over::Confirm(deed) if yes && !self.unseen => Wish::Act(deed),
            Over::Confirm(_) => {
                self.hint = Some("nothing was done".to_owned());
                Wish::Nothing
            }
            Over::Detail if matches!(code, KeyCode::Char('u' | 'a')) => {
                if code == KeyCode::Char('u') {
                    self.offer_undo()
                } else {
                    self.offer_approval()
                }
            }
            Over::Nothing | Over::Help | Over::Detail | Over::Told(_) => Wish::Nothing,
        }
    }

    fn offer_undo(&mut self) -> Wish {
        let selected = self.selected();
        let deed = if let Some(Item::Change(change)) = selected {
            Deed::undo(change)
        } else if let Some(Item::Wanted(_)) = selected {
            Err("nothing was written yet: `a` approves it".to_owned())
        } else {
            return Wish::Nothing;
        };
        self.offer(deed)
    }

    fn offer_approval(&mut self) -> Wish {
        let selected = self.selected();
        let deed = if let Some(Item::Wanted(wanted)) = selected {
            Deed::approve(wanted)
        } else if let Some(Item::Change(_)) = selected {
            Err("it was written already: `u` takes it back".to_owned())
        } else {
            return Wish::Nothing;
        };
        self.offer(deed)
    }

    /// One at a time, and nothing without a word of confirmation.
    fn offer(&mut self, deed: Result<Deed, String>) -> Wish {
        match deed {
            _ if self.acting.is_some() => self.hint = Some("one at a time: something is being done".to_owned()),
            Ok(deed) => self.open(Over::Confirm(deed)),
            Err(why) => self.hint = Some(why),
        }
        Wish::Nothing
    }
}
