//! Whether a model that answers answers well: a sum that no cache and no canned reply can know (upstreams.md §6).
//!
//! Decides: what the sum is, whether the answer holds it, and which marks that gives. A mark never says that a model is
//! gone. Must not know: requests, verdicts, what was marked before.

mod advert;
mod number;
mod substitution;

pub(super) use self::advert::is_advert;
use self::advert::is_pitch;
use self::number::holds;
use self::substitution::is_substituted;
use super::classify::{Asked, Finding, Finish, Said};
use crate::model::{Mark, ModelName, Outcome};

/// Models whose trade is no arithmetic: their wrong sums say nothing. Parts of names, in lower case.
const OTHER_TRADES: [&str; 12] = [
    "guard",
    "shield",
    "moderation",
    "-mt-",
    "translat",
    "ocr",
    "-fim",
    "-base",
    "roleplay",
    "role-play",
    "search",
    "research",
];

/// Two numbers to add up, new ones for each probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sum {
    a: u8,
    b: u8,
}

impl Sum {
    /// Two numbers of two digits.
    pub(super) fn pick(random: &mut fastrand::Rng) -> Self {
        Self { a: random.u8(10..=99), b: random.u8(10..=99) }
    }

    /// The question, in some twenty tokens.
    pub(super) fn prompt(self) -> String {
        format!("What is {}+{}? Reply with the number only.", self.a, self.b)
    }

    fn total(self) -> u32 {
        u32::from(self.a) + u32::from(self.b)
    }
}

/// What an answer to the sum is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Score {
    /// The number is there.
    Pass,
    /// It ran out of tokens, refused, called a tool, or only thought: nothing to score.
    Unscored,
    /// Words without the number.
    Wrong,
}

/// Adds the marks that a chat model's answer earns. `sum` is what was asked, where the question was ours.
///
/// An advert or a reseller's notice in place of the number is no answer but an empty account's; beside the number it
/// is only talk.
pub(super) fn weigh(finding: &mut Finding, asked: &Asked<'_>, type_name: &str, model: &ModelName, sum: Option<Sum>) {
    let Some(said) = finding.said.as_ref().filter(|_| asked.shape.asks_for_words()) else { return };
    if let Some(sum) = sum {
        match (score(said, sum), finding.outcome) {
            (Score::Pass, Outcome::KeyBroke) => (finding.outcome, finding.detail) = (Outcome::Works, String::new()),
            (Score::Wrong, Outcome::Works) if is_pitch(&said.text) => {
                finding.outcome = Outcome::KeyBroke;
                finding.detail = format!("the answer is an advert: {}", said.text);
            }
            (Score::Wrong, Outcome::Works) if !has_another_trade(model) => finding.marks.push(Mark::WrongAnswer),
            (Score::Pass | Score::Unscored | Score::Wrong, _) => {}
        }
    }
    let answered = said.model.as_deref().filter(|_| finding.outcome == Outcome::Works);
    if answered.is_some_and(|answered| is_substituted(model.as_str(), answered, asked.host, type_name)) {
        finding.marks.push(Mark::Substituted);
    }
}

fn has_another_trade(model: &ModelName) -> bool {
    let name = model.as_str().to_ascii_lowercase();
    OTHER_TRADES.iter().any(|trade| name.contains(trade))
}

/// First the visible text, and only where there is none the reasoning.
fn score(said: &Said, sum: Sum) -> Score {
    // Nearly every answer is that alone.
    if said.text.trim().parse() == Ok(sum.total()) {
        return Score::Pass;
    }
    let (answer, thought) = apart(&said.text);
    if holds(&answer, sum.total()) {
        return Score::Pass;
    }
    if answer.trim().is_empty() {
        let reasoned = holds(&thought, sum.total()) || holds(&said.reasoning, sum.total());
        return if reasoned { Score::Pass } else { Score::Unscored };
    }
    match said.finish {
        Finish::Stop if !said.made => Score::Wrong,
        // An answer that was cut, by whomever, may have held it further on.
        Finish::Stop | Finish::Open | Finish::Limit | Finish::Refused(_) | Finish::Failed(_) => Score::Unscored,
    }
}

/// The answer, and what stands between `<think>` and `</think>` (some leave the first out).
fn apart(text: &str) -> (String, String) {
    let (mut answer, mut thought) = (String::new(), String::new());
    let mut rest = text;
    if let Some((before, after)) = rest.split_once("</think>").filter(|(before, _)| !before.contains("<think>")) {
        thought.push_str(before);
        rest = after;
    }
    while let Some((before, after)) = rest.split_once("<think>") {
        answer.push_str(before);
        let (within, behind) = after.split_once("</think>").unwrap_or((after, ""));
        thought.push_str(within);
        rest = behind;
    }
    answer.push_str(rest);
    (answer, thought)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Shape;

    const SUM: Sum = Sum { a: 47, b: 56 };

    fn said(text: &str, finish: Finish) -> Said {
        Said { text: text.to_owned(), finish, ..Said::default() }
    }

    #[test]
    fn the_question_is_another_each_time_and_a_seed_repeats_it() {
        let mut random = fastrand::Rng::with_seed(7);
        let sums: Vec<_> = (0..50).map(|_| Sum::pick(&mut random)).collect();
        assert!(sums.iter().any(|sum| *sum != sums[0]));
        assert!(sums.iter().all(|sum| (20..=198).contains(&sum.total())));
        assert_eq!(Sum::pick(&mut fastrand::Rng::with_seed(7)), sums[0]);
        assert_eq!(SUM.prompt(), "What is 47+56? Reply with the number only.");
    }

    #[test]
    fn the_answer_comes_before_the_reasoning_and_a_cut_one_is_not_scored() {
        for (text, reasoning, finish, want) in [
            ("103", "", Finish::Stop, Score::Pass),
            ("103", "", Finish::Open, Score::Pass),
            ("104", "it is 103", Finish::Stop, Score::Wrong),
            ("", "47+56 is 103", Finish::Limit, Score::Pass),
            ("", "let me", Finish::Limit, Score::Unscored),
            ("Let me add the two", "", Finish::Limit, Score::Unscored),
            ("Let me", "", Finish::Open, Score::Unscored),
            ("safe", "", Finish::Stop, Score::Wrong),
            ("<think>\n47 and 56…103</think>\n\n104", "", Finish::Stop, Score::Wrong),
            ("<think>\n47 and 56</think>\n\n**103**", "", Finish::Stop, Score::Pass),
            ("47 and 56 make 103</think>", "", Finish::Stop, Score::Pass),
            ("<think>103, so", "", Finish::Limit, Score::Pass),
        ] {
            let said = Said { reasoning: reasoning.to_owned(), ..said(text, finish.clone()) };
            assert_eq!(score(&said, SUM), want, "{text:?} {reasoning:?} {finish:?}");
        }
    }

    #[test]
    fn marks_never_change_what_a_real_answer_shows() {
        let asked = Asked { shape: Shape::MaxTokens, ..Asked::chat("reseller.test") };
        let weighed = |outcome, text: &str, model: &str| {
            let mut finding = Finding {
                outcome,
                next_shape: None,
                detail: String::new(),
                by_table: true,
                said: Some(said(text, Finish::Stop)),
                marks: vec![],
            };
            weigh(&mut finding, &asked, "OpenAI", &ModelName::parse(model).unwrap(), Some(SUM));
            (finding.outcome, finding.marks)
        };
        assert_eq!(weighed(Outcome::Works, "103", "m"), (Outcome::Works, vec![]));
        assert_eq!(weighed(Outcome::Works, "104", "m"), (Outcome::Works, vec![Mark::WrongAnswer]));
        assert_eq!(weighed(Outcome::Works, "safe", "llama-guard-4"), (Outcome::Works, vec![]));
        // A canned reply holds no number; a real one may talk of anything beside it.
        assert_eq!(weighed(Outcome::KeyBroke, "余额不足，请充值", "m"), (Outcome::KeyBroke, vec![]));
        assert_eq!(weighed(Outcome::KeyBroke, "103。余额不足，请充值", "m"), (Outcome::Works, vec![]));
        assert_eq!(weighed(Outcome::Works, "本站已迁移，加群 123456789", "m"), (Outcome::KeyBroke, vec![]));
        assert_eq!(weighed(Outcome::Works, "103, join us at t.me/x", "m"), (Outcome::Works, vec![]));
    }
}
