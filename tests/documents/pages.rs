//! The project's documents, taken apart: fenced blocks, headings, links.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use super::super::{place, read};

/// Folders that hold no document of ours.
const NOT_OURS: [&str; 5] = ["target", "node_modules", ".git", "dist", "vendor"];

/// One document.
pub(super) struct Page {
    /// From the project's root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// A fenced block.
#[derive(Clone)]
pub(super) struct Block {
    /// Where: `README.md:12`.
    pub(super) at: String,
    /// The word after the fence.
    pub(super) language: String,
    pub(super) text: String,
    /// What stands in a comment `<!-- runs… -->` right before it.
    pub(super) mark: Option<String>,
}

/// Every document of the project, by its path.
pub(super) fn pages() -> Vec<Page> {
    let mut paths = vec![];
    walk(&place(""), "", &mut paths);
    paths.sort();
    assert!(paths.iter().any(|path| path == "README.md"), "{paths:?}");
    paths.into_iter().map(|path| Page { text: read(&path), path }).collect()
}

/// The document of that name.
pub(super) fn page(path: &str) -> Page {
    Page { path: path.to_owned(), text: read(path) }
}

fn walk(folder: &Path, below: &str, paths: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            if !NOT_OURS.contains(&name.as_str()) {
                walk(&entry.path(), &format!("{below}{name}/"), paths);
            }
        } else if Path::new(&name).extension().is_some_and(|ending| ending == "md") {
            paths.push(format!("{below}{name}"));
        }
    }
}

impl Page {
    /// Its fenced blocks; one inside of a list is taken out of its indent.
    pub(super) fn blocks(&self) -> Vec<Block> {
        let (mut blocks, mut open, mut mark) = (vec![], None::<(Block, usize, String)>, None);
        for (index, line) in self.text.lines().enumerate() {
            let bare = line.trim_start();
            let indent = line.len() - bare.len();
            let ticks: String = bare.chars().take_while(|each| *each == '`').collect();
            if let Some((mut block, indent, fence)) = open.take() {
                if bare.trim_end() == fence {
                    blocks.push(block);
                } else {
                    let cut = indent.min(line.len() - bare.len());
                    block.text.push_str(&line[cut..]);
                    block.text.push('\n');
                    open = Some((block, indent, fence));
                }
            } else if ticks.len() >= 3 {
                let at = format!("{}:{}", self.path, index + 1);
                let language = bare[ticks.len()..].trim().to_owned();
                open = Some((Block { at, language, text: String::new(), mark: mark.take() }, indent, ticks));
            } else if let Some(words) = bare.strip_prefix("<!--").and_then(|rest| rest.trim_end().strip_suffix("-->")) {
                mark = words.trim().strip_prefix("runs").map(|rest| rest.trim_start_matches(':').trim().to_owned());
            } else if !bare.is_empty() {
                mark = None;
            }
        }
        assert!(open.is_none(), "{}: a fence is not closed", self.path);
        blocks
    }

    /// Its lines outside of fenced blocks, with their numbers.
    fn prose(&self) -> Vec<(usize, &str)> {
        let (mut lines, mut fence) = (vec![], None::<String>);
        for (index, line) in self.text.lines().enumerate() {
            let ticks: String = line.trim_start().chars().take_while(|each| *each == '`').collect();
            match &fence {
                Some(open) if line.trim() == open => fence = None,
                Some(_) => {}
                None if ticks.len() >= 3 => fence = Some(ticks),
                None => lines.push((index + 1, line)),
            }
        }
        lines
    }

    /// Where its links and images lead, with the line of each.
    pub(super) fn links(&self) -> Vec<(usize, String)> {
        static LINK: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r#"\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|^\s*\[[^\]]+\]:\s+(\S+)|(?:src|href)="([^"]+)""#).unwrap()
        });
        static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new("``[^`].*?``|`[^`]*`").unwrap());
        let mut links = vec![];
        for (line, text) in self.prose() {
            for found in LINK.captures_iter(&CODE.replace_all(text, "")) {
                let target = found.iter().skip(1).flatten().next().unwrap();
                links.push((line, target.as_str().to_owned()));
            }
        }
        links
    }

    /// The anchors of its headings as GitHub makes them, and those that it names itself.
    pub(super) fn anchors(&self) -> Vec<String> {
        static NAMED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"<a (?:id|name)="([^"]+)""#).unwrap());
        static LINKED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"!?\[([^\]]*)\]\([^)]*\)").unwrap());
        let (mut anchors, mut seen) = (vec![], BTreeMap::<String, usize>::new());
        for (_, line) in self.prose() {
            anchors.extend(NAMED.captures_iter(line).map(|found| found[1].to_owned()));
            let heading = line.trim_start_matches('#');
            if heading.len() < line.len() && heading.starts_with(' ') {
                let slug = slug(&LINKED.replace_all(heading.trim(), "$1"));
                let again = seen.entry(slug.clone()).and_modify(|count| *count += 1).or_insert(0);
                anchors.push(if *again == 0 { slug } else { format!("{slug}-{again}") });
            }
        }
        anchors
    }
}

/// A heading as GitHub makes an anchor of it: letters of any script, digits, `-` and `_` stay, spaces become `-`.
fn slug(heading: &str) -> String {
    let lower = heading.to_lowercase();
    let kept = lower.chars().filter(|each| each.is_alphanumeric() || matches!(each, ' ' | '-' | '_'));
    kept.map(|each| if each == ' ' { '-' } else { each }).collect()
}

#[test]
fn a_page_is_taken_apart_as_github_does() {
    let page = Page {
        path: "x.md".to_owned(),
        text: "# 中文 `a_b` & [c](d.md), e!\n\n## Twice\n## Twice\n\n<!-- runs: propose -->\n1. x\n\n   ```sh\n   a\n     b\n   ```\n\n\
               <!-- runs -->\n```sh\n# [no](link.md)\n```\nsee [`x`](y.md#z) and `[no](code.md)` ![p](p.png)\n"
            .to_owned(),
    };
    assert_eq!(page.anchors(), ["中文-a_b--c-e", "twice", "twice-1"]);
    let links: Vec<_> = page.links().into_iter().map(|(_, target)| target).collect();
    assert_eq!(links, ["d.md", "y.md#z", "p.png"]);
    let blocks = page.blocks();
    assert_eq!((blocks[0].text.as_str(), blocks[0].mark.as_deref()), ("a\n  b\n", None));
    assert_eq!((blocks[1].at.as_str(), blocks[1].mark.as_deref()), ("x.md:15", Some("")));
}
