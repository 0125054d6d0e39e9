//! The command of a container's health check, as Docker runs it.
//!
//! Decides: which program asks which address by which method, and with a key or not. Pure. Must not know: what is wrong with it.

use crate::config::Node;

/// How Docker runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Without a shell: each item is one word.
    Words,
    /// By `/bin/sh -c`.
    Shell,
    /// `NONE`: not at all.
    Off,
    /// A list that begins with none of Docker's words: Docker refuses it.
    Refused,
}

/// A health check's command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) form: Form,
    /// Its words, or the shell's text as one.
    pub(super) words: Vec<String>,
}

impl Command {
    /// Of compose's `test:`, or of what `docker inspect` shows of it.
    pub(super) fn of(test: &Node) -> Option<Self> {
        if let Some(text) = test.text() {
            let form = if text == "NONE" { Form::Off } else { Form::Shell };
            return Some(Self { form, words: vec![text.to_owned()] });
        }
        let mut words = test.items().iter().filter_map(Node::text).map(str::to_owned);
        let form = match words.next()?.as_str() {
            "CMD" => Form::Words,
            "CMD-SHELL" => Form::Shell,
            "NONE" => Form::Off,
            _ => Form::Refused,
        };
        Some(Self { form, words: words.collect() })
    }

    /// All of it in one line.
    pub(super) fn text(&self) -> String {
        self.words.join(" ")
    }

    /// The program that asks: the first that a shell would run, past `sh -c`, or the first word.
    pub(super) fn tool(&self) -> Option<String> {
        let text = self.text();
        let mut words = text.split(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | ';' | '(' | ')'));
        let skipped = ["sh", "bash", "/bin/sh", "/bin/bash", "-c", "-lc", "exec", "if", "!", "timeout", "test", "["];
        let word = words.find(|word| {
            !word.is_empty()
                && !skipped.contains(word)
                && !word.starts_with("$(")
                && !word.contains('=')
                && word.parse::<f64>().is_err()
        })?;
        let name = word.rsplit('/').next().unwrap_or(word);
        Some(name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(40).collect())
    }

    /// The address that it asks: path and port.
    pub(super) fn target(&self) -> Option<Target> {
        let text = self.text();
        let at = text.find("http://").or_else(|| text.find("https://"))?;
        let address: String =
            text[at..].chars().take_while(|c| !c.is_whitespace() && !"'\"\\)|;,<>`".contains(*c)).collect();
        let (scheme, rest) = address.split_once("://")?;
        let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let path = path.split(['?', '#']).next().unwrap_or(path);
        let port = host.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        let port = port.or_else(|| (!host.contains('$')).then_some(if scheme == "https" { 443 } else { 80 }));
        let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
        Some(Target { path: path.to_owned(), asks_for_one: address.contains("model="), port })
    }

    /// Whether it asks by HEAD.
    pub(super) fn is_head(&self) -> bool {
        let text = self.text();
        let mut words = text.split_whitespace();
        match self.tool().as_deref() {
            Some("wget") => text.contains("--spider") || text.contains("--method=HEAD"),
            Some("curl") => {
                words.any(|word| {
                    let short = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
                    word == "--head" || short.is_some_and(|flags| flags.len() < 8 && flags.contains('I'))
                }) || text.contains("-X HEAD")
            }
            Some(_) | None => text.contains("method='HEAD'") || text.contains("method=\"HEAD\""),
        }
    }

    /// Whether a key goes with it.
    pub(super) fn has_key(&self) -> bool {
        let text = self.text().to_ascii_lowercase();
        ["authorization", "x-api-key", "api-key", "bearer "].iter().any(|word| text.contains(word))
    }

    /// Whether a key itself stands in it.
    pub(super) fn shows_key(&self) -> bool {
        let text = self.text();
        let words = text.split(|c: char| c.is_whitespace() || "'\"\\:,{}()=".contains(c));
        words.into_iter().any(|word| super::is_key(word) || super::refused_by_litellm(word) && word.starts_with("sk-"))
    }

    /// What is wrong with how it is written, whatever it asks.
    pub(super) fn slip(&self) -> Option<&'static str> {
        let shell = |word: &String| ["||", "&&", "|", ";", ">"].contains(&word.as_str());
        match self.form {
            Form::Refused => Some("a list must begin with CMD, CMD-SHELL or NONE: Docker refuses the file"),
            Form::Shell if self.words.len() > 1 => {
                Some("CMD-SHELL takes one text: of several items the shell runs the first one alone")
            }
            Form::Words if self.words.len() == 1 && self.words.iter().any(|word| word.trim().contains(' ')) => {
                Some("CMD runs no shell: the whole text is taken for the name of one program")
            }
            Form::Words if self.words.iter().any(shell) => {
                Some("CMD runs no shell: `||` and what follows are handed to the program as its arguments")
            }
            Form::Words if self.is_unexpanded() => {
                Some("CMD runs no shell: the variable's name is sent, not its value")
            }
            Form::Shell if !is_closed(&self.text()) => Some("a quote is not closed: the shell refuses the whole line"),
            Form::Words | Form::Shell | Form::Off => None,
        }
    }

    /// `$$VAR` without a shell that would put its value in.
    fn is_unexpanded(&self) -> bool {
        let shell =
            self.words.first().is_some_and(|word| word.rsplit('/').next().is_some_and(|name| name.ends_with("sh")));
        !shell && self.words.iter().any(|word| word.contains("$$"))
    }
}

/// What a health check asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Without its query, and without a slash at its end.
    pub(super) path: String,
    /// `?model=`: one model, not all.
    pub(super) asks_for_one: bool,
    /// `None`: a variable.
    pub(super) port: Option<u16>,
}

/// Whether a shell would find every quote closed.
fn is_closed(text: &str) -> bool {
    let (mut open, mut escaped) = (None, false);
    for c in text.chars() {
        match (c, open) {
            _ if escaped => escaped = false,
            ('\\', None | Some('"')) => escaped = true,
            ('\'' | '"', None) => open = Some(c),
            (_, Some(quote)) if c == quote => open = None,
            (_, _) => {}
        }
    }
    open.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(yaml: &str) -> Command {
        Command::of(&Node::parse(yaml).unwrap()).unwrap()
    }

    #[test]
    fn who_asks_what_and_how() {
        for (test, tool, path, port, head, key) in [
            ("curl -f http://localhost:4000/health || exit 1", "curl", "/health", Some(4000), false, false),
            (
                r#"["CMD", "curl", "-fsS", "http://localhost:4000/health/liveliness"]"#,
                "curl",
                "/health/liveliness",
                Some(4000),
                false,
                false,
            ),
            (
                r#"["CMD-SHELL", "wget --no-verbose --tries=1 --spider http://localhost/health/ || exit 1"]"#,
                "wget",
                "/health",
                Some(80),
                true,
                false,
            ),
            (
                r#"["CMD", "/usr/bin/curl", "-sI", "http://x:4000/v1/models"]"#,
                "curl",
                "/v1/models",
                Some(4000),
                true,
                false,
            ),
            (
                r#"["CMD-SHELL", "curl -H 'Authorization: Bearer sk-x' http://localhost:4000/health?model=a"]"#,
                "curl",
                "/health",
                Some(4000),
                false,
                true,
            ),
            (
                r#"["CMD", "sh", "-c", "curl -f http://127.0.0.1:${PORT}/health"]"#,
                "curl",
                "/health",
                None,
                false,
                false,
            ),
            (
                r#"["CMD-SHELL", "python3 -c \"import urllib.request; urllib.request.urlopen('http://localhost:4000/v1/models')\""]"#,
                "python3",
                "/v1/models",
                Some(4000),
                false,
                false,
            ),
        ] {
            let command = of(test);
            let target = command.target().unwrap();
            assert_eq!(
                (command.tool().as_deref(), target.path.as_str(), target.port),
                (Some(tool), path, port),
                "{test}"
            );
            assert_eq!((command.is_head(), command.has_key()), (head, key), "{test}");
        }
        assert!(of("curl http://x/health?model=a").target().unwrap().asks_for_one);
        assert_eq!(of(r#"["CMD", "litellm", "--health"]"#).target(), None);
    }

    #[test]
    fn slips_of_the_hand() {
        for (test, word) in [
            (r#"["curl", "-f", "http://x/health"]"#, Some("must begin with CMD")),
            (r#"["CMD-SHELL", "curl", "-f", "http://x/health"]"#, Some("takes one text")),
            (r#"["CMD", "curl -f http://x/health"]"#, Some("name of one program")),
            (r#"["CMD", "curl", "http://x/health", "||", "exit", "1"]"#, Some("as its arguments")),
            (r#"["CMD", "curl", "-H", "Authorization: Bearer $$KEY", "http://x/health"]"#, Some("variable's name")),
            (r#"["CMD", "sh", "-c", "curl -H \"Authorization: Bearer $$KEY\" http://x/health"]"#, None),
            (r#"["CMD-SHELL", "curl -H 'Authorization: x http://x/health"]"#, Some("not closed")),
            (r#"["CMD-SHELL", "curl -f http://x/health || exit 1"]"#, None),
            ("curl -f http://x/health || exit 1", None),
            (r#"["NONE"]"#, None),
        ] {
            let slip = of(test).slip();
            assert_eq!(slip.is_some(), word.is_some(), "{test}: {slip:?}");
            assert!(slip.unwrap_or_default().contains(word.unwrap_or_default()), "{test}: {slip:?}");
        }
    }
}
