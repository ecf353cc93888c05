//! Web addresses and e-mail addresses, also bare ones such as `vay-nhanh.example.com` and those with spelled-out dots.

use super::{
    finding::{Field, Finding, Rule},
    patterns,
    views::Views,
};

const WEIGHT: f64 = 2.5;

pub(super) fn find(field: Field, text: &str, views: &Views) -> Option<Finding> {
    let low = &views.low;
    let open =
        patterns::addresses(low).next().into_iter().chain(patterns::mail(low)).min().map(|span| (Rule::Link, span));
    let (rule, (start, end)) = open.or_else(|| hidden(low).map(|span| (Rule::HiddenLink, span)))?;
    let (start, end) = views.written(start, end);
    Some(Finding::spanning(rule, WEIGHT, field, text, start, end))
}

/// Finds the first spelled-out dot that joins the words around it to an address, together with those words.
fn hidden(low: &str) -> Option<(usize, usize)> {
    let dotted = patterns::with_dots(low)?;
    patterns::addresses(&dotted).next()?;
    patterns::spelt_dots(low).map(|(start, end)| with_whole_words(low, start, end)).find(|(start, end)| {
        let words = patterns::with_dots(&low[*start..*end]);
        words.is_some_and(|words| patterns::addresses(&words).next().is_some())
    })
}

fn with_whole_words(low: &str, start: usize, end: usize) -> (usize, usize) {
    let from = low[..start].rfind(char::is_whitespace).map_or(0, |at| at + blank_length(low, at));
    let to = low[end..].find(char::is_whitespace).map_or(low.len(), |length| end + length);
    (from, to)
}

fn blank_length(low: &str, at: usize) -> usize {
    low[at..].chars().next().map_or(1, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(Rule, String)> {
        find(Field::Content, text, &Views::of(text)).map(|finding| (finding.rule, finding.excerpt))
    }

    #[test]
    fn findings_quote_addresses_as_they_are_written() {
        for (text, address) in [
            ("vào HTTP://A.vn/x nhé", "HTTP://A.vn/x"),
            ("vào Bet88.COM", "Bet88.COM"),
            ("vào ｂｅｔ８８．ｃｏｍ đi", "ｂｅｔ８８．ｃｏｍ"),
            ("thư a@b.vn", "a@b.vn"),
        ] {
            assert_eq!(found(text), Some((Rule::Link, address.to_owned())), "{text}");
        }
    }

    #[test]
    fn spelled_out_dots_are_found() {
        for (text, address) in [
            ("vào bet88 chấm com nhé", "bet88 chấm com"),
            ("ăn [.] rồi vào bet88[.]com", "bet88[.]com"),
            ("bet88 (.) com đi", "bet88 (.) com"),
        ] {
            assert_eq!(found(text), Some((Rule::HiddenLink, address.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_missing_space_is_not_an_address() {
        for text in ["Hay lắm.Cảm ơn", "Tốt.nhưng đắt", "giá 12.5 triệu", "TP.HCM", "v.v...", "điểm chấm com"]
        {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
