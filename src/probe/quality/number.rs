//! Looks for one number in a model's words, leniently.
//!
//! Decides: whether the number stands there by itself: in digits, full-width digits, English or Chinese words, in
//! whatever dress (`**103**`, `\boxed{103}`, `103.`, fenced). Must not know: what was asked.

/// Whether the text holds the number.
pub(super) fn holds(text: &str, wanted: u32) -> bool {
    let text: Vec<char> = text.chars().map(narrow).collect();
    in_digits(&text, wanted) || in_chinese(&text, wanted) || in_english(&text, wanted)
}

/// Full-width forms as their ASCII ones, lower case.
fn narrow(c: char) -> char {
    let ascii = match c {
        '\u{ff01}'..='\u{ff5e}' => u32::from(c).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(c),
        other => other,
    };
    ascii.to_ascii_lowercase()
}

/// A number by itself: not a part of a word, of a longer number, of a fraction, and not negative.
fn in_digits(text: &[char], wanted: u32) -> bool {
    let mut at = 0;
    while at < text.len() {
        if !text[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let before = at.checked_sub(1).map(|at| text[at]);
        let mut value: u32 = 0;
        let mut end = at;
        while let Some(digit) = text.get(end).and_then(|c| c.to_digit(10)) {
            value = value.saturating_mul(10).saturating_add(digit);
            end += 1;
            if is_separator(text, end) {
                end += 1;
            }
        }
        let mut whole = true;
        if text.get(end) == Some(&'.') && text.get(end + 1).is_some_and(char::is_ascii_digit) {
            let fraction = text[end + 1..].iter().take_while(|c| c.is_ascii_digit());
            whole = fraction.clone().all(|c| *c == '0');
            end += 1 + fraction.count();
        }
        let attached = |c: Option<&char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_');
        let negative =
            before == Some('-') && at.checked_sub(2).is_none_or(|at| text[at].is_whitespace() || text[at] == '(');
        if whole && value == wanted && !attached(before.as_ref()) && !attached(text.get(end)) && !negative {
            return true;
        }
        at = end;
    }
    false
}

/// Whether a thousands separator stands there: exactly three digits follow.
fn is_separator(text: &[char], at: usize) -> bool {
    let digits = text.get(at + 1..).unwrap_or_default().iter().take_while(|c| c.is_ascii_digit()).count();
    digits == 3 && matches!(text.get(at), Some(',' | '\'' | '’' | '\u{a0}' | '\u{202f}' | '\u{2009}'))
}

/// 一百零三, 一〇三.
fn in_chinese(text: &[char], wanted: u32) -> bool {
    text.split(|c| chinese(*c).is_none()).filter(|run| !run.is_empty()).any(|run| {
        let units = run.iter().any(|c| matches!(chinese(*c), Some(10 | 100)));
        let (mut total, mut last) = (0_u32, 0_u32);
        for value in run.iter().filter_map(|c| chinese(*c)) {
            if value >= 10 {
                total = total.saturating_add(last.max(1).saturating_mul(value));
                last = 0;
            } else if units {
                last = value;
            } else {
                total = total.saturating_mul(10).saturating_add(value);
            }
        }
        total.saturating_add(last) == wanted
    })
}

fn chinese(c: char) -> Option<u32> {
    Some(match c {
        '零' | '〇' => 0,
        '一' | '壹' => 1,
        '二' | '两' | '贰' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        _ => return None,
    })
}

/// One hundred and three, one hundred three, ninety-eight.
fn in_english(text: &[char], wanted: u32) -> bool {
    let text: String = text.iter().collect();
    let mut run: Option<u32> = None;
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        match (english(word), run) {
            (Some(100), _) => run = Some(run.unwrap_or(1).max(1).saturating_mul(100)),
            (Some(value), _) => run = Some(run.unwrap_or(0).saturating_add(value)),
            (None, Some(_)) if word == "and" => {}
            (None, _) => {
                if run == Some(wanted) {
                    return true;
                }
                run = None;
            }
        }
    }
    run == Some(wanted)
}

fn english(word: &str) -> Option<u32> {
    const SMALL: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let place = |words: &[&str]| words.iter().position(|known| *known == word).and_then(|n| u32::try_from(n).ok());
    if word == "hundred" {
        return Some(100);
    }
    place(&SMALL).or_else(|| place(&TENS).map(|n| (n + 2) * 10))
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn a_number_is_found_in_any_dress() {
        for text in [
            "103",
            " 103.",
            "**103**",
            "$\\boxed{103}$",
            "```\n103\n```",
            "47+56=103",
            "The sum is 103!",
            "１０３",
            "答案是103。",
            "103.0",
            "One hundred and three.",
            "one hundred three",
            "A hundred and three",
            "一百零三",
            "一〇三",
            "壹佰零叁",
            "(103)",
            "- 103",
            "Answer:103",
            "_103 is not, but 103 is",
        ] {
            assert!(holds(text, 103), "{text}");
        }
        assert!(holds("ninety-eight", 98) && holds("九十八", 98) && holds("十五", 15) && holds("1,103", 1103));
    }

    #[test]
    fn a_part_of_another_number_is_none() {
        for text in [
            "",
            "1030",
            "2103",
            "103.5",
            "1.103",
            "12,103",
            "103,000",
            "x103",
            "103rd",
            "-103",
            "gpt103b",
            "102",
            "47 56",
            "one hundred thirty",
            "一百三十",
            "two hundred three",
            "hundred",
            "１０３０",
        ] {
            assert!(!holds(text, 103), "{text}");
        }
        assert!(!holds("one hundred twenty", 20) && !holds("twenty-three", 20) && !holds("二十三", 20));
    }
}
