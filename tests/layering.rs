//! The house rules that no compiler keeps: who may know whom, what stays pure, and how a file looks.
//!
//! Decides: what `src` may look like. Every failure names the file, the line and the broken rule.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

/// Every module, in the order of the data's way: each imports only what stands before it.
const FLOW: [&str; 31] = [
    "model",
    "clock",
    "crash",
    "say",
    "signals",
    "config",
    "budget",
    "rollup",
    "store",
    "http",
    "gateway",
    "upstream",
    "cost",
    "probe",
    "openrouter",
    "verdict",
    "plan",
    "apply",
    "round",
    "litellm",
    "process",
    "serve",
    "notify",
    "daemon",
    "client",
    "doctor",
    "tui",
    "simulate",
    "demo",
    "cli",
    "main",
];

/// Files and folders whose every line is pure: values in, values out.
const PURE: [&str; 28] = [
    "model",
    "budget",
    "rollup",
    "gateway/logs/gaps",
    "gateway/logs/meaning",
    "cost",
    "verdict",
    "plan",
    "probe/classify",
    "probe/quality",
    "probe/kind",
    "probe/shape",
    "openrouter/catalogue",
    "openrouter/health",
    "openrouter/snapshot",
    "litellm/record",
    "litellm/failure",
    "litellm/incidents",
    "notify/event",
    "notify/ledger",
    "notify/window",
    "notify/words",
    "notify/message",
    "tui/deed",
    "tui/draw",
    "tui/question",
    "tui/seen",
    "tui/state",
];

/// Words that a pure file has no use for.
const IMPURE: [&str; 7] = ["async", "await", "tokio", "sqlx", "reqwest", "std::fs", "Timestamp::now"];

/// Modules that a pure file does not know, although they stand before it.
const UNKNOWN_TO_PURE: [&str; 3] = ["clock", "store", "gateway"];

/// Modules that `serve`, `notify` and `tui` do not know, although they stand before them: they read our store (`tui` what
/// the API answers), and hand orders on.
const UNKNOWN_TO_SERVE: [&str; 9] =
    ["gateway", "upstream", "probe", "verdict", "plan", "apply", "round", "litellm", "process"];

/// A library, and the only modules that speak it.
const SPOKEN_BY: [(&str, &[&str]); 2] = [
    ("sqlx", &["store", "gateway", "simulate", "demo"]),
    ("reqwest", &["http", "gateway", "upstream", "probe", "notify", "client", "doctor"]),
];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 7] = ["util", "utils", "common", "helper", "helpers", "misc", "manager"];

/// Lines a file may have.
const LONGEST: usize = 500;

/// One file below `src`: its path there, with `/`, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The module of the flow that the file belongs to; `None` for the crate's root.
    fn module(&self) -> Option<&str> {
        let first = self.path.split('/').next().unwrap_or_default();
        let name = first.strip_suffix(".rs").unwrap_or(first);
        (name != "lib").then_some(name)
    }

    /// How many `super::` lead out of this file's module to the crate's root.
    fn depth(&self) -> usize {
        self.path.split('/').count()
    }

    fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests" || part == "tests.rs")
    }

    fn is_pure(&self) -> bool {
        let stem = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        PURE.iter().any(|pure| stem == *pure || stem.starts_with(&format!("{pure}/")))
    }
}

/// Every broken rule of a tree, as `file:line: what`.
fn broken_rules(sources: &[Source]) -> Vec<String> {
    let mut broken = vec![];
    for source in sources {
        let mut say = |line: usize, what: String| broken.push(format!("src/{}:{line}: {what}", source.path));
        look_of_the_file(source, &mut say);
        if !source.is_test() {
            let code = code_only(&source.text);
            match source.module() {
                Some(module) => knowledge(source, module, &code, &mut say),
                None => order_of_modules(&code, &mut say),
            }
        }
    }
    broken
}

/// Its name, its length, its head.
fn look_of_the_file(source: &Source, say: &mut impl FnMut(usize, String)) {
    for part in source.path.split('/') {
        let name = part.strip_suffix(".rs").unwrap_or(part);
        if EMPTY_NAMES.contains(&name) {
            say(1, format!("nothing is called `{name}`: name what is inside"));
        }
        if name == "mod" {
            say(1, "a module is `foo.rs` with `foo/`, not `foo/mod.rs`".to_owned());
        }
    }
    let lines = source.text.lines().count();
    if lines > LONGEST {
        say(lines, format!("{lines} lines, {LONGEST} at most: one file holds one thought"));
    }
    if !source.is_test() && !source.text.starts_with("//!") {
        say(1, "a module opens with `//!`: what it decides, and what it must not know".to_owned());
    }
}

/// Whom it imports, and which libraries it speaks.
fn knowledge(source: &Source, module: &str, code: &str, say: &mut impl FnMut(usize, String)) {
    let Some(own) = FLOW.iter().position(|known| *known == module) else {
        return say(1, format!("`{module}` is no module of the flow: give it its place in tests/layering.rs"));
    };
    let mut imports = BTreeSet::new();
    for (line, name) in imported(code, source.depth()) {
        match FLOW.iter().position(|known| *known == name) {
            Some(place) if place > own => {
                say(line, format!("`{module}` may not use `{name}`: a module imports only what stands before it"));
            }
            Some(_) => {
                if source.is_pure() && UNKNOWN_TO_PURE.contains(&name.as_str()) {
                    say(line, format!("`{name}` in a pure file: values and `now` come in, values go out"));
                }
                if ["serve", "notify", "tui"].contains(&module) && UNKNOWN_TO_SERVE.contains(&name.as_str()) {
                    say(line, format!("`{module}` may not use `{name}`: it reads our store, and hands orders on"));
                }
                imports.insert(name);
            }
            None => {}
        }
    }
    let stage_before_the_round = FLOW.iter().position(|known| *known == "round").is_some_and(|round| own < round);
    if stage_before_the_round && module != "gateway" && imports.contains("gateway") {
        for asker in ["upstream", "probe"].iter().filter(|asker| imports.contains(**asker)) {
            say(1, format!("`{module}` may not use both `gateway` and `{asker}`: only the round brings them together"));
        }
    }
    for (number, line) in code.lines().enumerate() {
        for (library, speakers) in SPOKEN_BY {
            if says(line, library) && !speakers.contains(&module) {
                say(number + 1, format!("`{module}` may not speak {library}: only {} may", speakers.join(", ")));
            }
        }
        // A header's name is a value like any other.
        let line = line.replace("reqwest::header", "");
        for word in IMPURE.iter().filter(|word| source.is_pure() && says(&line, word)) {
            say(number + 1, format!("`{word}` in a pure file: values and `now` come in, values go out"));
        }
    }
}

/// `lib.rs` lists the modules in the order of the flow.
fn order_of_modules(code: &str, say: &mut impl FnMut(usize, String)) {
    let mut highest = 0;
    for (number, line) in code.lines().enumerate() {
        let Some(name) = line.trim().strip_prefix("pub mod ").or_else(|| line.trim().strip_prefix("mod ")) else {
            continue;
        };
        let name = name.trim_end_matches(';');
        match FLOW.iter().position(|known| *known == name) {
            Some(place) if place < highest => {
                say(number + 1, format!("`{name}` stands before `{}` in the flow, and so it does here", FLOW[highest]));
            }
            Some(place) => highest = place,
            None => {
                say(number + 1, format!("`{name}` is no module of the flow: give it its place in tests/layering.rs"));
            }
        }
    }
}

/// The top-level names that code imports or names by path, with their lines: `crate::name`, `crate::{name, …}`,
/// `channelwarden::name`, and as many `super::` as lead to the crate's root.
fn imported(code: &str, depth: usize) -> Vec<(usize, String)> {
    let to_root = "super::".repeat(depth);
    let mut found = vec![];
    for root in ["crate::", "channelwarden::", to_root.as_str()] {
        for (at, _) in code.match_indices(root) {
            let inside_a_path = code[..at].ends_with(|before: char| is_word(before) || before == ':');
            if inside_a_path {
                continue;
            }
            let line = code[..at].matches('\n').count() + 1;
            found.extend(names_at(&code[at + root.len()..]).into_iter().map(|name| (line, name)));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The first name of a path's rest, or of each branch of `{…}`.
fn names_at(rest: &str) -> Vec<String> {
    let first = |path: &str| path.trim_start().chars().take_while(|c| is_word(*c)).collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![first(rest)] };
    let (mut names, mut depth, mut start) = (vec![], 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(first(&group[start..at]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

/// Whether the line has the word, as a word of its own.
fn says(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let after = &line[at + word.len()..];
        !line[..at].ends_with(is_word) && !after.starts_with(is_word)
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The text with comments, texts and tests blanked out; every line stays where it is.
fn code_only(text: &str) -> String {
    without_tests(&without_texts(text))
}

/// Blanks comments, and what stands in string and character literals.
fn without_texts(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = literal_length(rest, &out).unwrap_or(0);
        if length > 0 {
            out.extend(rest[..length].chars().map(|c| if c == '\n' { c } else { ' ' }));
            rest = &rest[length..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// How many bytes of comment or literal begin here, if any do.
fn literal_length(rest: &str, before: &str) -> Option<usize> {
    let up_to = |end: &str, from: usize| Some(rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len()));
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return up_to("*/", 2);
    }
    if let Some(hashes) =
        rest.strip_prefix('r').filter(|_| before.strip_suffix('b').unwrap_or(before).ends_with(|c| !is_word(c)))
    {
        let fence = hashes.len() - hashes.trim_start_matches('#').len();
        if hashes[fence..].starts_with('"') {
            return up_to(&format!("\"{}", "#".repeat(fence)), fence + 2);
        }
    }
    if rest.starts_with('"') {
        return Some(escaped_end(rest, '"').unwrap_or(rest.len()));
    }
    // A lifetime has no second quote where a character's stands.
    let character = rest.strip_prefix('\'')?;
    let one = character.chars().next()?;
    let is_literal = one == '\\' || character[one.len_utf8()..].starts_with('\'');
    if is_literal { escaped_end(rest, '\'') } else { None }
}

/// Where a literal with backslash escapes ends, its quotes included.
fn escaped_end(literal: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in literal.char_indices().skip(1) {
        if !escaped && c == quote {
            return Some(at + c.len_utf8());
        }
        escaped = !escaped && c == '\\';
    }
    None
}

/// Blanks items under `#[cfg(test)]`, as rustfmt lays them out: to the brace in the column of the item's first word.
fn without_tests(code: &str) -> String {
    let mut out: Vec<&str> = vec![];
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            out.push(line);
            continue;
        }
        out.push("");
        let closing = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
        let mut first = true;
        for line in lines.by_ref() {
            out.push("");
            let attribute = first && line.trim_start().starts_with("#[");
            let whole = first && (line.ends_with(';') || line.ends_with('}'));
            first = attribute;
            if whole || line.trim_end() == closing {
                break;
            }
        }
    }
    out.join("\n")
}

/// Every Rust file below the folder, in order.
fn read_tree(root: &Path, folder: &Path, into: &mut Vec<Source>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read_tree(root, &path, into)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let below = path.strip_prefix(root).unwrap_or(&path);
            let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
            into.push(Source { path: parts.join("/"), text: fs::read_to_string(&path)? });
        }
    }
    Ok(())
}

#[test]
fn the_house_is_in_order() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = vec![];
    read_tree(&root, &root, &mut sources).unwrap();
    for part in ["lib.rs", "model.rs", "verdict.rs", "plan/guard.rs"] {
        assert!(sources.iter().any(|source| source.path == part), "{part} was not looked at");
    }
    let broken = broken_rules(&sources);
    assert!(broken.is_empty(), "{} broken rules:\n{}", broken.len(), broken.join("\n"));
}

/// A file in a made-up tree, and the rules it breaks.
fn broken_by(path: &str, text: &str) -> Vec<String> {
    broken_rules(&[Source { path: path.to_owned(), text: text.to_owned() }])
}

#[test]
fn every_rule_can_be_broken() {
    let long = format!("//! Long.\n{}", "\n".repeat(LONGEST));
    for (path, text, place, rule) in [
        ("plan.rs", "//! Plan.\nuse crate::apply::apply;", ":2:", "`plan` may not use `apply`"),
        ("plan.rs", "//! Plan.\nuse crate::{config::Limits, gateway::Gateway};", ":2:", "`gateway` in a pure file"),
        ("plan/guard.rs", "//! Guard.\nuse super::super::round;", ":2:", "`plan` may not use `round`"),
        (
            "model.rs",
            "//! Model.\nuse crate::{\n    config::{Limits, Mode},\n};",
            ":2:",
            "`model` may not use `config`",
        ),
        ("store.rs", "//! Store.\nfn f(g: &crate::gateway::Gateway) {}", ":2:", "`store` may not use `gateway`"),
        ("apply.rs", "//! Apply.\nuse crate::gateway::A;\nuse crate::probe::B;", ":1:", "both `gateway` and `probe`"),
        ("verdict.rs", "//! Verdict.\n\nasync fn f() {}", ":3:", "`async` in a pure file"),
        ("probe/kind.rs", "//! Kind.\nfn f() { crate::clock::now() }", ":2:", "`clock` in a pure file"),
        ("probe/classify/rule.rs", "//! Rule.\nuse std::fs;", ":2:", "`std::fs` in a pure file"),
        ("round.rs", "//! Round.\nuse sqlx::Row;", ":2:", "`round` may not speak sqlx"),
        ("plan.rs", "//! Plan.\nuse reqwest::Client;", ":2:", "`plan` may not speak reqwest"),
        ("gateway/utils.rs", "//! Read.", ":1:", "nothing is called `utils`"),
        ("helpers/read.rs", "//! Read.", ":1:", "nothing is called `helpers`"),
        ("plan/mod.rs", "//! Plan.", ":1:", "not `foo/mod.rs`"),
        ("queue.rs", "//! Queue.", ":1:", "`queue` is no module of the flow"),
        ("lib.rs", "//! Crate.\npub mod store;\npub mod model;", ":3:", "`model` stands before `store`"),
        ("round.rs", "use crate::plan;", ":1:", "opens with `//!`"),
        ("round.rs", &long, ":501:", "501 lines"),
    ] {
        let broken = broken_by(path, text);
        let told = broken.iter().any(|line| line.starts_with(&format!("src/{path}{place}")) && line.contains(rule));
        assert!(told, "{path} should break {rule:?}: {broken:?}");
    }
}

#[test]
fn what_is_allowed_is_not_reported() {
    for (path, text) in [
        ("apply.rs", "//! Apply.\nuse crate::gateway::Order;\nuse crate::store::{ChangeState, Journaled};"),
        (
            "verdict.rs",
            "//! No clock, no async, no sqlx.\n// tokio\nconst WHY: &str = \"no \\\" reqwest, crate::cli\";",
        ),
        (
            "plan.rs",
            "//! Plan.\nconst A: char = '\"';\nfn f<'a>(x: &'a str) {}\nconst B: &str = r#\"async \" tokio\"#;",
        ),
        ("plan.rs", "//! Plan.\n#[cfg(test)]\n#[path = \"plan/tests.rs\"]\nmod tests;\nuse crate::verdict::Verdict;"),
        ("model.rs", "//! Model.\n#[cfg(test)]\nmod tests {\n    use crate::cli;\n    async fn f() {}\n}\n"),
        ("plan/tests.rs", "use crate::cli::Cli;"),
        ("model/names.rs", "//! Names.\nuse super::Outcome;\nfn asynchronous() {}"),
        ("probe/classify.rs", "//! Classify.\nuse reqwest::header::CONTENT_TYPE;"),
        ("main.rs", "//! Program.\nuse channelwarden::cli;"),
        ("lib.rs", "//! Crate.\npub mod model;\npub mod clock;\npub mod cli;"),
    ] {
        assert_eq!(broken_by(path, text), Vec::<String>::new(), "{path}");
    }
}

#[test]
fn code_after_a_test_is_looked_at_again() {
    let text = "//! Plan.\n#[cfg(test)]\nmod tests {\n    fn f() {}\n}\nuse crate::cli;\n";
    let broken = broken_by("plan.rs", text);
    assert!(broken.iter().any(|line| line.starts_with("src/plan.rs:6:")), "{broken:?}");
}
