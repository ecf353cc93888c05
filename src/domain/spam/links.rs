//! Web addresses and e-mails, also bare ones such as `vay-nhanh.example.com`.

use linkify::{LinkFinder, LinkKind};

use super::{Field, Finding, Rule};

const WEIGHT: f64 = 2.5;

pub(super) fn find(field: Field, text: &str) -> Option<Finding> {
    let mut finder = LinkFinder::new();
    finder.url_must_have_scheme(false).kinds(&[LinkKind::Url, LinkKind::Email]);
    let link = finder.links(text).find(|link| is_address(link.as_str()))?;
    Some(Finding::spanning(Rule::Link, WEIGHT, field, text, link.start(), link.end()))
}

/// Without a scheme, `tốt.Cảm` and `12.5` look like hosts too: the last label must be plain letters, two or more, and lower case
/// (a sentence that forgot its space goes on with a capital).
fn is_address(link: &str) -> bool {
    if link.contains("://") || link.contains('@') {
        return true;
    }
    let host = link.split(['/', '?', '#', ':']).next().unwrap_or(link);
    let last = host.rsplit('.').next().unwrap_or_default();
    host.is_ascii() && last.len() >= 2 && last.bytes().all(|b| b.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_with_and_without_a_scheme() {
        for text in ["vào http://a.vn/x nhé", "vào bet88.com", "vào t.me/abc đi", "thư a@b.vn"] {
            assert!(find(Field::Content, text).is_some(), "{text}");
        }
    }

    #[test]
    fn a_forgotten_space_is_no_address() {
        for text in ["Hay lắm.Cảm ơn", "Tốt.nhưng đắt", "giá 12.5 triệu", "TP.HCM", "v.v..."] {
            assert_eq!(find(Field::Content, text), None, "{text}");
        }
    }
}
