use super::*;
use crate::model::{Ability, ChannelRef, Fingerprint, ListText};

fn row(id: &str, name: &str, open: bool, tag: &str) -> Ability {
    Ability {
        group: id.to_owned(),
        model: name.to_owned(),
        enabled: Some(open),
        priority: None,
        weight: None,
        tag: Some(tag.to_owned()),
    }
}

fn image(rows: &[Ability]) -> Image {
    after(&Image { models: String::new(), abilities: rows.to_vec() }, &[])
}

fn intent(before: &Image, models: &str, rows: Rows) -> Intent {
    Intent {
        gateway: "g".to_owned(),
        round: None,
        channel: ChannelRef { id: 1, created: 2, name: "c".to_owned() },
        fingerprint: Fingerprint(String::new()),
        before: before.clone(),
        models: ListText::parse(models).unwrap(),
        rows,
        removed: vec![],
        added: vec![],
        restored: vec![],
        undoes: None,
    }
}

/// `-id` is blocked, `+id` unblocked.
fn told(intent: &Intent) -> Result<String, String> {
    let steps = steps(intent, &intent.before)?;
    let told: Vec<_> = steps.iter().map(|step| format!("{}{}", if step.block { '-' } else { '+' }, step.id)).collect();
    Ok(told.join(" "))
}

#[test]
fn each_deployment_of_a_name_that_comes_or_goes_is_one_call() {
    let before = image(&[
        row("1", "a", true, "db"),
        row("2", "a", true, "db"),
        row("3", "b", true, "db"),
        row("4", "c", false, "db"),
        row("5", "half", true, "db"),
        row("6", "half", false, "db"),
        row("7", "fixed", true, "config"),
    ]);
    assert_eq!(before.models, "a,b,fixed,half");
    let told = |models: &str| told(&intent(&before, models, Rows::AsTheGateway));
    assert_eq!(told("b,fixed,half").unwrap(), "-1 -2");
    assert_eq!(told("a,b,c,fixed,half").unwrap(), "+4");
    assert_eq!(told("b,c,fixed,half").unwrap(), "-1 -2 +4", "blocks first");
    assert!(told("a,b,fixed").unwrap_err().contains("somebody blocked"));
    assert_eq!(told("a,b,fixed,half").unwrap(), "");
    assert!(told("a,b,half").unwrap_err().contains("config.yaml"));
    assert!(told("a,b,fixed,half,new").unwrap_err().contains("cannot make that list"));
}

#[test]
fn undo_brings_back_exactly_what_was_open() {
    let were = image(&[row("1", "a", true, "db"), row("2", "b", true, "db"), row("3", "b", false, "db")]);
    let are = image(&[row("1", "a", true, "db"), row("2", "b", false, "db"), row("3", "b", false, "db")]);
    let undo = intent(&are, "a,b", Rows::Exactly(were.abilities));
    assert_eq!(told(&undo).unwrap(), "+2");
    assert_eq!(told(&intent(&are, "a,b", Rows::AsTheGateway)).unwrap(), "+2 +3");
}

#[test]
fn a_part_is_told_only_where_nothing_else_changed() {
    let before = image(&[row("1", "a", true, "db"), row("2", "a", true, "db"), row("3", "b", true, "db")]);
    let of = |one: bool, two: bool, three: bool| {
        image(&[row("1", "a", one, "db"), row("2", "a", two, "db"), row("3", "b", three, "db")])
    };
    let intent = intent(&before, "b", Rows::AsTheGateway);
    assert!(in_part(&intent, &of(false, true, true)).unwrap().starts_with("1 of its 2"));
    assert_eq!(in_part(&intent, &before), None);
    assert_eq!(in_part(&intent, &of(false, false, true)), None, "all of it");
    assert_eq!(in_part(&intent, &of(false, true, false)), None, "somebody blocked another one");
    assert_eq!(in_part(&intent, &image(&[row("1", "a", false, "db"), row("3", "b", true, "db")])), None);
}

#[test]
fn what_comes_again_says_what_to_do() {
    let body = include_str!("../../../../tests/litellm/samples/admin-nodb-model-block.json");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert!(remedy(body["detail"]["error"].as_str().unwrap()).unwrap().contains("DATABASE_URL"));
    let config = "Cannot edit config-based model. Store model in DB via /model/new first.";
    assert!(remedy(config).unwrap().contains("config.yaml"));
    assert_eq!(remedy("oops"), None);
}
