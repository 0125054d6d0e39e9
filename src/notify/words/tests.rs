use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::{FluentArgs, FluentResource};
use regex::Regex;

use super::*;

/// Every key of a language with its variables, as they stand in the files.
fn keys(texts: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let (key, variable) = (Regex::new(r"(?m)^([a-z][a-z0-9-]*) =").unwrap(), Regex::new(r"\$([a-z]+)").unwrap());
    let mut keys = BTreeMap::new();
    for text in texts {
        let starts: Vec<_> =
            key.captures_iter(text).map(|found| (found.get(0).unwrap().start(), found[1].to_owned())).collect();
        for (place, (start, name)) in starts.iter().enumerate() {
            let end = starts.get(place + 1).map_or(text.len(), |(next, _)| *next);
            let variables = variable.captures_iter(&text[*start..end]).map(|found| found[1].to_owned()).collect();
            assert!(keys.insert(name.clone(), variables).is_none(), "{name} stands there twice");
        }
    }
    keys
}

#[test]
fn every_text_can_be_read_and_no_key_stands_there_twice() {
    for (_, tag, texts) in TEXTS {
        for text in texts {
            assert!(!text.contains('\t'), "{tag}: a tab is no white space of Fluent's");
            let resource = FluentResource::try_new((*text).to_owned());
            assert!(resource.is_ok(), "{tag}: {:?}", resource.err().map(|(_, errors)| errors));
        }
        let words = Words::of(TEXTS.iter().find(|(_, other, _)| *other == tag).unwrap().0);
        assert_eq!(words.tag(), tag);
        for (key, variables) in keys(texts) {
            let values: FluentArgs<'_> = variables.iter().map(|name| (name.as_str(), Value::from(2))).collect();
            let pattern = words.bundle.get_message(&key).and_then(|message| message.value());
            let mut errors = vec![];
            let said = words.bundle.format_pattern(pattern.expect(&key), Some(&values), &mut errors);
            assert!(errors.is_empty() && !said.is_empty(), "{tag} {key}: {errors:?}");
        }
    }
}

#[test]
fn every_language_says_the_same_things_with_the_same_values() {
    let [(_, _, english), others @ ..] = TEXTS;
    let english = keys(english);
    assert!(english.len() > 90, "{} keys are too few: the pattern that finds them is wrong", english.len());
    for (_, tag, texts) in others {
        let theirs = keys(texts);
        for (key, variables) in &english {
            assert_eq!(theirs.get(key), Some(variables), "{tag}: {key}");
        }
        let unknown: Vec<_> = theirs.keys().filter(|key| !english.contains_key(*key)).collect();
        assert!(unknown.is_empty(), "{tag} has keys of its own: {unknown:?}");
    }
}

#[test]
fn numbers_bend_words_as_the_language_does() {
    for (language, key, expected) in [
        (
            Language::En,
            "withdrawn-heading",
            ["Model withdrawn", "2 models withdrawn", "5 models withdrawn", "21 models withdrawn"],
        ),
        (Language::Ru, "withdrawn-heading", ["Снята 1 модель", "Сняты 2 модели", "Снято 5 моделей", "Снята 21 модель"]),
        (Language::Zh, "withdrawn-heading", ["1 个模型已下架", "2 个模型已下架", "5 个模型已下架", "21 个模型已下架"]),
    ] {
        let said = [1, 2, 5, 21].map(|n| Words::of(language).say(key, &[("n", n.into())]));
        assert_eq!(said, expected);
    }
}

#[test]
fn what_one_language_does_not_say_is_said_in_english_and_a_broken_line_costs_only_itself() {
    let broken = "title = { $n ->\n\nundo = Zurück: { $numbers }\n= ?\n";
    let words = Words::new(Language::Ru, "no tag", &[broken]);
    assert_eq!(words.say("undo", &[("numbers", 17.into())]), "Zurück: 17");
    assert_eq!(words.say("and-more", &[("n", 3.into())]), "and 3 more");
    assert_eq!(words.say("no-such-key", &[]), "no-such-key");
    assert_eq!(words.say("undo", &[]), "Zurück: {$numbers}", "a gap, and no panic");
}
