//! What resellers put into an answer instead of an error.
//!
//! Decides: which words are an advert's or an empty account's. Must not know: what was asked.

/// Words that no model says of itself.
const ADVERTS: [&str; 14] = [
    "余额不足",
    "请充值",
    "请续费",
    "额度已用",
    "额度不足",
    "额度已耗尽",
    "联系客服",
    "quota is used up",
    "quota has been used up",
    "insufficient balance",
    "please recharge",
    "please top up",
    "please renew your",
    "购买套餐",
];

/// Words that a model may say, but not instead of a number.
const PITCHES: [&str; 12] = [
    "qq群",
    "交流群",
    "加群",
    "入群",
    "公众号",
    "微信号",
    "联系管理员",
    "t.me/",
    "discord.gg/",
    "upgrade your plan",
    "your subscription",
    "contact the administrator",
];

/// Whether the text asks for money.
pub(in super::super) fn is_advert(text: &str) -> bool {
    says(text, &ADVERTS)
}

/// Whether the text leads elsewhere: only of weight where a number was asked for and is not there.
pub(super) fn is_pitch(text: &str) -> bool {
    says(text, &PITCHES)
}

fn says(text: &str, any: &[&str]) -> bool {
    // No shorter one is known; and nearly every answer is a number.
    if text.len() < 5 {
        return false;
    }
    let lower = text.to_lowercase();
    any.iter().any(|words| lower.contains(words))
}
