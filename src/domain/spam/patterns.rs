//! Patterns of web addresses, phone numbers, amounts of money and handles. They search [`super::views::Views::low`],
//! which is compatibility-folded and in lower case. Spans refer to that text.

use std::{borrow::Cow, sync::LazyLock};

use regex::Regex;

use super::characters::{is_decimal, is_word};

/// Endings of bare hosts (`bet88.com`) that links in comments use. Without the list, words around a missing space
/// (`hay.tuy`) would count as a host.
const ENDINGS: &str = "com|net|org|info|vn|top|xyz|club|vip|live|pro|shop|store|online|site|win|fun|asia|cc|io|me|ly|gl|gg|be|co|id|ru|tv|app|\
    link|fr|in|us|uk|de|biz|tech|cn|to|page|ws|mobi|tk|ml|ga|cf|icu|game|games|bet|casino|poker|today|website|space|bid|loan|news|blog|\
    dev|edu|gov|bar|cam|zone|plus|eu|su|jp|kr|example|test";

#[expect(clippy::expect_used, reason = "constant patterns; the tests below compile every one")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}

/// Web addresses. The word boundaries are ASCII, because the fast engine of the regex crate cannot match Unicode ones
/// in text that is not ASCII; [`addresses`] checks the characters before and after a match.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    let bare = format!(r#"(?-u:\b)(?:[a-z0-9-]+\.)+(?:{ENDINGS})(?-u:\b)(?:/[^\s<>"']*)?"#);
    pattern(&format!(r#"(?:https?://|www\.)[^\s<>"']+|{bare}"#))
});
static SPELT_DOT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"([\p{L}\p{N}_])\s*(?:\[\.\]|\(\.\)| \. | chấm | cham | dot )\s*([\p{L}\p{N}_])"));
static SPELT_DOT_ALONE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[\.\]|\(\.\)| \. | chấm | cham | dot "));
static MAIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"[\p{L}\p{N}_.+-]+@[\p{L}\p{N}_-]+\.[a-z]{2,}"));
static HANDLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:\A|[^\p{L}\p{N}_])(@[\p{L}\p{N}_]{3,})"));
static MONEY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(\d[\d.,]*\s?(?:k|tr|triệu|trieu|tỷ|ty|đ|vnd|usd|\$|€|£|rp|jt|juta|руб|₽|%))(?:[^\p{L}\p{N}_]|\z)|([$€£₽]\s?\d)",
    )
});

/// A byte span of the low text.
pub(super) type Span = (usize, usize);

/// Finds the web addresses, with or without a scheme.
pub(super) fn addresses(low: &str) -> impl Iterator<Item = Span> {
    let possible = low.contains('.') || low.contains("://");
    let found = possible.then(|| ADDRESS.find_iter(low)).into_iter().flatten();
    found.map(|found| (found.start(), found.end())).filter(|(start, end)| {
        let before = low[..*start].chars().next_back();
        let after = low[*end..].chars().next();
        !(before.is_some_and(is_word) || after.is_some_and(is_word))
    })
}

/// Replaces spelled-out dots (`bet88 chấm com`, `bet88[.]com`) by dots.
pub(super) fn with_dots(low: &str) -> Option<String> {
    if !SPELT_DOT_ALONE.is_match(low) {
        return None;
    }
    match SPELT_DOT.replace_all(low, "$1.$2") {
        Cow::Borrowed(_) => None,
        Cow::Owned(text) => Some(text),
    }
}

/// Finds the spelled-out dots, each with the word character before and after it.
pub(super) fn spelt_dots(low: &str) -> impl Iterator<Item = Span> {
    SPELT_DOT.find_iter(low).map(|found| (found.start(), found.end()))
}

/// Extracts the host of an address, without scheme, `www.` and port.
pub(super) fn host(address: &str) -> &str {
    let bare = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://")).unwrap_or(address);
    let bare = bare.strip_prefix("www.").unwrap_or(bare);
    bare.split(['/', '?', ':']).next().unwrap_or(bare)
}

pub(super) fn mail(low: &str) -> Option<Span> {
    let found = low.contains('@').then(|| MAIL.find(low))??;
    Some((found.start(), found.end()))
}

pub(super) fn handle(low: &str) -> Option<Span> {
    let found = low.contains('@').then(|| HANDLE.captures(low))??.get(1)?;
    Some((found.start(), found.end()))
}

/// Finds the first amount of money or percentage.
pub(super) fn money(low: &str) -> Option<Span> {
    let found = MONEY.captures(low)?;
    let found = found.get(1).or_else(|| found.get(2))?;
    Some((found.start(), found.end()))
}

/// Finds the first number of nine to thirteen digits, optionally after a plus. Single spaces, dots and hyphens may
/// separate the digits, and `o` may stand for 0.
pub(super) fn long_number(low: &str) -> Option<Span> {
    let mut before = None;
    for (at, c) in low.char_indices() {
        let starts = (c == '+' || is_decimal(c)) && !before.is_some_and(is_word);
        if let Some(length) = starts.then(|| number_length(&low[at..])).flatten() {
            return Some((at, at + length));
        }
        before = Some(c);
    }
    None
}

/// Allowed numbers of digits after the first.
const MORE_DIGITS: std::ops::RangeInclusive<usize> = 8..=12;

fn number_length(text: &str) -> Option<usize> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let mut rest = digits.strip_prefix(is_decimal)?;
    let mut longest = None;
    for count in 1..=*MORE_DIGITS.end() {
        let next = rest.strip_prefix([' ', '.', '-']).unwrap_or(rest);
        let Some(after) = next.strip_prefix(|c| is_decimal(c) || c == 'o') else { break };
        rest = after;
        if MORE_DIGITS.contains(&count) && !rest.starts_with(is_word) {
            longest = Some(text.len() - rest.len());
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(low: &str) -> Vec<&str> {
        addresses(low).map(|(start, end)| &low[start..end]).collect()
    }

    #[test]
    fn addresses_are_found_with_and_without_a_scheme() {
        for (text, found) in [
            ("vào http://a.vn/x nhé", "http://a.vn/x"),
            ("vào bet88.com", "bet88.com"),
            ("vào t.me/abc đi", "t.me/abc"),
            ("www.nhà-cái.abc", "www.nhà-cái.abc"),
        ] {
            assert_eq!(all(text), [found], "{text}");
        }
    }

    #[test]
    fn a_missing_space_is_not_an_address() {
        for text in ["hay lắm.cảm ơn", "tốt.nhưng đắt", "giá 12.5 triệu", "tp.hcm", "v.v...", "đẹp.to", "tot.nhung dat"]
        {
            assert!(all(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn spelt_dots_become_dots() {
        for text in ["bet88 chấm com", "bet88[.]com", "bet88 (.) com", "bet88 . com", "bet88 dot com"] {
            assert_eq!(with_dots(text).as_deref(), Some("bet88.com"), "{text}");
        }
        assert_eq!(with_dots("hay. cảm ơn"), None);
    }

    #[test]
    fn a_host_has_no_scheme_port_or_path() {
        for address in ["https://www.a.vn:80/x?y", "a.vn/x", "http://a.vn"] {
            assert_eq!(host(address), "a.vn");
        }
    }

    #[test]
    fn long_numbers_end_at_word_boundaries() {
        let found = |low: &'static str| long_number(low).map(|(start, end)| &low[start..end]);
        assert_eq!(found("gọi 0912.345.678!"), Some("0912.345.678"));
        assert_eq!(found("zalo +84 91 234 56 78"), Some("+84 91 234 56 78"));
        assert_eq!(found("o 09l2345678, 0912 345 67o"), Some("0912 345 67o"));
        assert_eq!(found("12345678901234"), None);
        assert_eq!(found("năm 2024"), None);
    }

    #[test]
    fn money_mail_and_handles() {
        let shown = |low: &'static str, span: Option<Span>| span.map(|(start, end)| &low[start..end]);
        assert_eq!(shown("lãi 5 triệu/tháng", money("lãi 5 triệu/tháng")), Some("5 triệu"));
        assert_eq!(shown("€ 5", money("€ 5")), Some("€ 5"));
        assert_eq!(money("5 tập"), None);
        assert_eq!(shown("thư a@b.vn", mail("thư a@b.vn")), Some("a@b.vn"));
        assert_eq!(shown("hỏi @chi_lan nhé", handle("hỏi @chi_lan nhé")), Some("@chi_lan"));
        assert_eq!(handle("a@chilan"), None);
    }
}
