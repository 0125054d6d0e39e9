//! A price as catalogues write it: a decimal text, read exactly.
//!
//! Decides: whether a text is a price, and whether it is zero. Must not know: whose price it is.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Dollars a unit (token, request, picture), in millionths of a millionth, rounded up: only zero is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price {
    picos: u64,
    negative: bool,
}

impl Price {
    /// Nothing.
    pub const ZERO: Self = Self { picos: 0, negative: false };

    /// So many cents for a million units.
    pub const fn cents_a_million(cents: u64) -> Self {
        Self { picos: cents * 10_000, negative: false }
    }

    /// So many millionths of a dollar a unit.
    pub const fn micros(micros: u64) -> Self {
        Self { picos: micros * 1_000_000, negative: false }
    }

    /// Reads `0.00000015`, `1.5e-7`, `-1`. Never through a float: `0.1e-300` is not zero. `None` when it is no number.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all = || whole.bytes().chain(part.bytes());
        if whole.len() + part.len() == 0 || text.len() > LONGEST || !all().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // 10^-12 of the unit: that many digits are kept behind the point, and what is left over rounds up.
        let point = i64::try_from(whole.len()).ok()? + i64::from(exponent) + PICO_DIGITS;
        let (mut picos, mut rest) = (0_u64, false);
        for (place, byte) in (0_i64..).zip(all()) {
            if place < point {
                picos = picos.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
            } else {
                rest |= byte != b'0';
            }
        }
        let written = i64::try_from(whole.len() + part.len()).ok()?;
        for _ in written..point.min(written + 40) {
            picos = picos.saturating_mul(10);
        }
        picos = picos.saturating_add(u64::from(rest));
        Some(Self { picos, negative: negative && picos > 0 })
    }

    /// Nothing at all is charged.
    pub fn is_zero(self) -> bool {
        self.picos == 0
    }

    /// Below zero: OpenRouter's sign for a router, whose price depends on who answers.
    pub fn is_negative(self) -> bool {
        self.negative
    }

    /// In millionths of a millionth of a dollar; 0 for a router.
    pub(super) fn picos(self) -> u64 {
        if self.negative { 0 } else { self.picos }
    }
}

/// Digits behind the point of 10^-12.
const PICO_DIGITS: i64 = 12;
/// No price is written longer.
const LONGEST: usize = 60;

impl Serialize for Price {
    /// As the decimal text of dollars that it was read from.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sign = if self.negative { "-" } else { "" };
        let text = format!("{sign}{}.{:012}", self.picos / 1_000_000_000_000, self.picos % 1_000_000_000_000);
        serializer.serialize_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("no price"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_zero_is_zero(text in "[+-]?[0-9]{0,20}(\\.[0-9]{0,25})?([eE][+-]?[0-9]{1,9})?") {
            let digits: String = text.split(['e', 'E']).next().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
            let zero = digits.bytes().all(|digit| digit == b'0');
            prop_assert_eq!(Price::parse(&text).map(Price::is_zero), (!digits.is_empty()).then_some(zero));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            let price = Price::parse(&text);
            prop_assert!(price.is_none_or(|price| !(price.is_zero() && price.is_negative())));
        }
    }

    #[test]
    fn decimals_are_read_exactly() {
        for (text, picos) in [
            ("0", 0),
            ("0.0", 0),
            ("-0", 0),
            ("0e9", 0),
            ("0.00000015", 150_000),
            ("1.5e-7", 150_000),
            ("0.000000000001", 1),
            ("0.0000000000001", 1),
            ("1e-300", 1),
            ("3", 3_000_000_000_000),
            ("2E0", 2_000_000_000_000),
            (" 0.04 ", 40_000_000_000),
            (".5", 500_000_000_000),
        ] {
            let price = Price::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((price.picos, price.negative), (picos, false), "{text}");
            assert_eq!(price.is_zero(), picos == 0);
        }
        for text in ["", "-", ".", "free", "0x0", "1,5", "NaN", "inf", "1e", "1e99999999999", "--1", "0 0"] {
            assert_eq!(Price::parse(text), None, "{text}");
        }
        let router = Price::parse("-1").unwrap();
        assert!(router.is_negative() && !router.is_zero());
        assert_eq!(router.picos(), 0);
        assert_eq!(Price::parse("1e30").unwrap().picos, u64::MAX);
    }

    #[test]
    fn it_is_kept_as_it_was_written() {
        for text in ["0", "0.00000015", "-1", "3", "10", "0.000000000001"] {
            let price = Price::parse(text).unwrap();
            let kept = serde_json::to_string(&price).unwrap();
            assert_eq!(kept, format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<Price>(&kept).unwrap(), price);
        }
    }
}
