//! Every link between the documents leads somewhere.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use super::super::place;
use super::pages::{Page, page, pages};

/// A link inside of the project: the file, from the root, and the anchor.
struct Inside {
    line: usize,
    file: String,
    anchor: Option<String>,
}

fn inside(page: &Page) -> Vec<Inside> {
    let folder = Path::new(&page.path).parent().unwrap();
    let mut found = vec![];
    for (line, target) in page.links() {
        if target.contains("://") || target.starts_with("mailto:") {
            continue;
        }
        assert!(!target.starts_with('/'), "{}:{line}: {target} leads out of the project; write it relative", page.path);
        let (file, anchor) = target.split_once('#').map_or((target.as_str(), None), |(file, at)| (file, Some(at)));
        let file = if file.is_empty() { page.path.clone() } else { joined(folder, file) };
        found.push(Inside { line, file, anchor: anchor.map(str::to_owned) });
    }
    found
}

/// `docs` and `../README.md` are `README.md`.
fn joined(folder: &Path, file: &str) -> String {
    let mut parts: Vec<&str> = vec![];
    let joined = folder.join(file);
    for part in joined.components() {
        match part {
            Component::ParentDir => assert!(parts.pop().is_some(), "{} leads out of the project", joined.display()),
            Component::Normal(name) => parts.push(name.to_str().unwrap()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    parts.join("/")
}

fn is_document(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|ending| ending == "md")
}

#[test]
fn every_link_leads_to_a_file_and_every_anchor_to_a_heading() {
    let mut broken = vec![];
    for page in pages() {
        for Inside { line, file, anchor } in inside(&page) {
            if !place(&file).exists() {
                broken.push(format!("{}:{line}: there is no {file}", page.path));
            } else if let Some(anchor) = anchor.filter(|_| Path::new(&file).extension().is_some_and(|end| end == "md"))
            {
                let anchors = super::pages::page(&file).anchors();
                if !anchors.contains(&anchor) {
                    broken.push(format!("{}:{line}: {file} has no #{anchor}, but {anchors:?}", page.path));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_document_is_reached_from_the_readme() {
    let (mut reached, mut ahead) = (BTreeSet::new(), vec!["README.md".to_owned()]);
    while let Some(path) = ahead.pop() {
        if reached.insert(path.clone()) {
            let linked = inside(&page(&path)).into_iter().map(|link| link.file);
            ahead.extend(linked.filter(|file| is_document(file) && place(file).is_file()));
        }
    }
    let ours = pages().into_iter().map(|page| page.path);
    let lost: Vec<_> = ours.filter(|path| !path.starts_with(".github/") && !reached.contains(path)).collect();
    assert!(lost.is_empty(), "no way leads from README.md to {lost:?}");
}

#[test]
fn both_readmes_link_the_same_documents() {
    let linked = |path: &str| -> BTreeSet<String> {
        let files = inside(&page(path)).into_iter().map(|link| link.file);
        files.filter(|file| !file.starts_with("README") && !file.starts_with("docs/images/")).collect()
    };
    assert_eq!(linked("README.md"), linked("README.zh-CN.md"));
}
