//! A shell script as simple commands, as far as documents need it; and the words of ours among them.

/// The words of every simple command, those in `$(…)` and `(…)` included. Here-documents and redirections are left out.
pub(super) fn commands(script: &str) -> Vec<Vec<String>> {
    let mut reader = Reader { text: script.chars().collect(), at: 0, found: vec![], awaited: vec![] };
    reader.script(None);
    reader.found.retain(|words| !words.is_empty());
    reader.found
}

struct Reader {
    text: Vec<char>,
    at: usize,
    found: Vec<Vec<String>>,
    /// Ends of the here-documents that begin with the next line.
    awaited: Vec<String>,
}

impl Reader {
    fn next(&mut self) -> Option<char> {
        let next = self.text.get(self.at).copied();
        self.at += 1;
        next
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    /// Reads to the end, or past `end`.
    fn script(&mut self, end: Option<char>) {
        let mut words: Vec<String> = vec![];
        while let Some(each) = self.peek() {
            self.at += 1;
            match each {
                _ if Some(each) == end => break,
                '\n' => {
                    self.found.push(std::mem::take(&mut words));
                    self.skip_documents();
                }
                ';' | '&' | '|' => self.found.push(std::mem::take(&mut words)),
                '(' => self.script(Some(')')),
                '#' => {
                    while self.peek().is_some_and(|each| each != '\n') {
                        self.at += 1;
                    }
                }
                '\\' if self.peek() == Some('\n') => self.at += 1,
                '<' | '>' => self.redirection(),
                each if each.is_whitespace() => {}
                _ => {
                    self.at -= 1;
                    let word = self.word();
                    // The number before `>` belongs to it.
                    let number =
                        word.chars().all(|each| each.is_ascii_digit()) && matches!(self.peek(), Some('<' | '>'));
                    if !number {
                        words.push(word);
                    }
                }
            }
        }
        self.found.push(words);
    }

    fn redirection(&mut self) {
        let document = self.text[self.at - 1] == '<' && self.peek() == Some('<');
        while matches!(self.peek(), Some('<' | '>' | '&' | '-' | ' ')) {
            self.at += 1;
        }
        let target = self.word();
        if document {
            self.awaited.push(target);
        }
    }

    fn skip_documents(&mut self) {
        for end in std::mem::take(&mut self.awaited) {
            loop {
                let line: String =
                    self.text[self.at.min(self.text.len())..].iter().take_while(|each| **each != '\n').collect();
                self.at += line.chars().count() + 1;
                if line.trim() == end || self.at >= self.text.len() {
                    break;
                }
            }
        }
    }

    /// One word with its quotes taken off; what stands in `$(…)` is read as commands of their own.
    fn word(&mut self) -> String {
        let (mut word, mut quote) = (String::new(), None);
        while let Some(each) = self.next() {
            match (each, quote) {
                ('\'' | '"', None) => quote = Some(each),
                (each, Some(open)) if each == open => quote = None,
                ('\\', None | Some('"')) => match self.next() {
                    Some('\n') | None => {}
                    Some(escaped) => word.push(escaped),
                },
                ('$', None | Some('"')) if self.peek() == Some('(') => {
                    self.at += 1;
                    self.script(Some(')'));
                    word.push_str("$()");
                }
                (' ' | '\t' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>', None) => {
                    self.at -= 1;
                    break;
                }
                (each, _) => word.push(each),
            }
        }
        word
    }
}

/// What a command hands to our binary, if it is one of ours: as it is, behind others that run a command, in a container.
pub(super) fn ours(words: &[String]) -> Option<Vec<String>> {
    let (first, rest) = words.split_first()?;
    let name = first.rsplit('/').next()?;
    match name {
        "channelwarden" => Some(rest.to_vec()),
        "sudo" | "nohup" | "exec" | "time" | "env" | "nice" | "systemd-run" | "screen" | "watch" | "if" | "then"
        | "do" | "!" | "while" | "else" => {
            let with_value: &[&str] = match name {
                "sudo" => &["-u", "-g"],
                "nice" | "watch" => &["-n"],
                "systemd-run" => &["-p", "-u"],
                "screen" => &["-S", "-dmS"],
                _ => &[],
            };
            ours(behind_flags(rest, with_value))
        }
        "docker" | "podman" => contained(rest),
        "cargo" if rest.first().is_some_and(|word| word == "run") => {
            let args = rest.iter().position(|word| word == "--").map_or(rest.len(), |at| at + 1);
            Some(rest[args..].to_vec())
        }
        _ if first.contains('=') => ours(rest),
        _ => None,
    }
}

fn behind_flags<'a>(words: &'a [String], with_value: &[&str]) -> &'a [String] {
    let mut words = words;
    while let Some((first, rest)) = words.split_first().filter(|(first, _)| first.starts_with('-')) {
        words = if with_value.contains(&first.as_str()) { rest.get(1..).unwrap_or_default() } else { rest };
    }
    words
}

/// `docker exec`, `docker run`, `docker compose exec` and `docker compose run`.
fn contained(words: &[String]) -> Option<Vec<String>> {
    let at = words.iter().position(|word| matches!(word.as_str(), "exec" | "run"))?;
    let rest = &words[at + 1..];
    if words[at] == "exec" {
        return ours(behind_flags(rest, &["-e", "-u", "-w", "--env", "--user", "--workdir"]).get(1..)?);
    }
    // The image, or the service, whose entry point is ours: the last so named, for a container may have the name too.
    let is_image =
        |word: &String| word.rsplit('/').next().and_then(|name| name.split(':').next()) == Some("channelwarden");
    let image = rest.iter().rposition(is_image)?;
    let args = rest[image + 1..].to_vec();
    Some(if args.is_empty() { vec!["run".to_owned()] } else { args })
}

#[test]
fn the_words_of_ours_are_found_wherever_they_stand() {
    let script = "A=1 channelwarden plan --cost # sweep --no\n\
        (umask 077 && sudo -u me /usr/local/bin/channelwarden history --limit '3' 2> /dev/null) | tee x\n\
        docker run -d --name channelwarden -v channelwarden:/data \\\n  ghcr.io/x/channelwarden:1 sweep\n\
        docker compose exec -T channelwarden channelwarden top; sudo useradd channelwarden; docker logs channelwarden\n\
        mysql <<'SQL'\nchannelwarden not this\nSQL\necho \"$(channelwarden status --json)\"\n\
        cargo run --release -- demo";
    let found: Vec<String> =
        commands(script).iter().filter_map(|words| ours(words)).map(|args| args.join(" ")).collect();
    assert_eq!(found, ["plan --cost", "history --limit 3", "sweep", "top", "status --json", "demo"]);
}
