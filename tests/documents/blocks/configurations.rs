//! Blocks of configurations are read by the program's own reader; others by that of their language.

use std::path::Path;

use channelwarden::config;
use serde_json::Value;

use super::super::pages::{Block, page, pages};

/// A variable as its name promises it.
fn variable(name: &str) -> String {
    if name.contains("DSN") {
        "sqlite:one-api.db".to_owned()
    } else if name.contains("BOT") {
        "123456789:AAabcdefghijklmnopqrstuvwxyz012345678".to_owned()
    } else if name.contains("URL") {
        "https://hooks.example.org/0123456789abcdef".to_owned()
    } else {
        // Of several tokens none may be another's.
        format!("{name}-0123456789abcdef")
    }
}

/// The block as a whole configuration: a fragment is put in braces, and beside a gateway where it has none.
fn whole(block: &Block) -> Result<String, String> {
    let yaml = block.language != "json5";
    let text =
        if yaml || opens_with_a_brace(&block.text) { block.text.clone() } else { format!("{{\n{}}}\n", block.text) };
    let read: Value = if yaml {
        serde_saphyr::from_str(&text).map_err(|error| error.to_string())?
    } else {
        json5::from_str(&text).map_err(|error| error.to_string())?
    };
    let has_gateways = read.get("gateways").is_some() || read.get("db_type").is_some();
    Ok(match (has_gateways, yaml) {
        (true, _) => text,
        (false, true) => format!("gateways: {{ main: {{ database: \"sqlite:one-api.db\" }} }}\n{text}"),
        (false, false) => text.replacen('{', "{ gateways: { main: { database: \"sqlite:one-api.db\" } },", 1),
    })
}

fn opens_with_a_brace(text: &str) -> bool {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("//"));
    first.is_some_and(|line| line.starts_with('{'))
}

/// Secrets in files are found in `folder`.
fn with_secret_files(text: &str, folder: &Path) -> String {
    let mut text = text.to_owned();
    let name = |each: char| each.is_alphanumeric() || matches!(each, '/' | '.' | '_' | '-');
    for (at, _) in text.clone().match_indices("\"file:/").collect::<Vec<_>>().into_iter().rev() {
        let start = at + "\"file:".len();
        let rest = &text[start..];
        let path = &rest[..rest.find(|each| !name(each)).unwrap_or(rest.len())];
        let variable = rest[path.len()..].strip_prefix('#').and_then(|rest| rest.split('"').next());
        let file = folder.join(path.trim_start_matches('/'));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let value = "https://hooks.example.org/0123456789abcdef";
        std::fs::write(&file, variable.map_or(value.to_owned(), |name| format!("{name}={value}\n"))).unwrap();
        text.insert_str(start, folder.to_str().unwrap());
    }
    text
}

/// A file of another program, as its first line says: `# docker-compose.yml`.
fn is_of_another_program(block: &Block) -> bool {
    let first = block.text.lines().next().unwrap_or_default();
    first.starts_with("# ") && !first.contains("config.y")
}

#[test]
fn every_configuration_is_taken() {
    let (mut configurations, mut wrong) = (0, vec![]);
    for block in pages().iter().flat_map(super::super::pages::Page::blocks) {
        let read = match block.language.as_str() {
            "json" => json5::from_str::<Value>(&block.text).map(drop).map_err(|error| error.to_string()),
            "yaml" | "yml" if is_of_another_program(&block) => {
                serde_saphyr::from_str::<Value>(&block.text).map(drop).map_err(|error| error.to_string())
            }
            "json5" | "yaml" | "yml" => {
                configurations += 1;
                let ending = if block.language == "json5" { "json5" } else { "yaml" };
                let folder = tempfile::tempdir().unwrap();
                whole(&block).and_then(|text| {
                    let text = with_secret_files(&text, folder.path());
                    let loaded =
                        config::parse_in(&text, Path::new(&format!("config.{ending}")), &|name| Some(variable(name)));
                    loaded.map(drop).map_err(|error| error.to_string())
                })
            }
            "js" | "javascript" => Err("a configuration is a block of json5".to_owned()),
            _ => Ok(()),
        };
        wrong.extend(read.err().map(|error| format!("{}: {error}", block.at)));
    }
    assert!(configurations >= 6, "only {configurations} were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn both_readmes_configure_the_same() {
    let configured = |path: &str| -> Vec<Value> {
        let blocks = page(path).blocks().into_iter();
        blocks
            .filter_map(|block| match block.language.as_str() {
                "json5" => Some(json5::from_str(&whole(&block).unwrap()).unwrap()),
                "yaml" => Some(serde_saphyr::from_str(&block.text).unwrap()),
                _ => None,
            })
            .collect()
    };
    let english = configured("README.md");
    assert!(english.len() >= 6, "{english:?}");
    assert_eq!(english, configured("README.zh-CN.md"));
}
