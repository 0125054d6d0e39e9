//! Reads a mail's HTML: its tags in order, and the text between them.

/// The tags with their attributes, and the text of each that has some.
pub(crate) fn read(html: &str) -> Result<(Vec<String>, Vec<String>), String> {
    let known = ["html", "head", "meta", "title", "body", "p", "strong", "div", "h2", "code", "a"];
    let (mut tags, mut texts, mut open) = (vec![], vec![], vec![]);
    let mut rest = html.strip_prefix("<!DOCTYPE html>").ok_or("no doctype")?;
    while !rest.is_empty() {
        let Some(tag) = rest.strip_prefix('<') else {
            let end = rest.find('<').unwrap_or(rest.len());
            texts.push(unescaped(&rest[..end])?);
            rest = &rest[end..];
            continue;
        };
        let (tag, after) = tag.split_once('>').ok_or("a tag does not end")?;
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("</{name}> ends nothing"));
            }
        } else {
            let name = tag.split(' ').next().unwrap_or_default();
            if !known.contains(&name) || tag.contains('<') {
                return Err(format!("<{tag}> is none of ours"));
            }
            if name != "meta" {
                open.push(name);
            }
        }
        tags.push(tag.to_owned());
        rest = after;
    }
    if open.is_empty() { Ok((tags, texts)) } else { Err(format!("{open:?} do not end")) }
}

fn unescaped(text: &str) -> Result<String, String> {
    let mut parts = text.split('&');
    let mut read = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (entity, after) = part.split_once(';').ok_or_else(|| format!("&{part} is no entity"))?;
        read.push(match entity {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            other => return Err(format!("&{other}; is no entity")),
        });
        read.push_str(after);
    }
    Ok(read)
}
