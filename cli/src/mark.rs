//! Marks matches in a text: by colour, or between «» on a terminal without colour. Performs no I/O.

use anstyle::{AnsiColor, Style};

use super::sanitize;

const MATCH: Style = AnsiColor::Yellow.on_default().bold().underline();

/// How matches are marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marks {
    Colour,
    Quotes,
}

impl Marks {
    fn around(self) -> (String, String) {
        match self {
            Self::Colour => (MATCH.to_string(), format!("{MATCH:#}")),
            Self::Quotes => ("«".to_owned(), "»".to_owned()),
        }
    }
}

/// Sanitizes `text` and marks its byte ranges. Merges overlapping ranges and ignores ranges outside the text.
pub(super) fn mark(text: &str, ranges: &[(usize, usize)], marks: Marks) -> String {
    let (open, close) = marks.around();
    let piece = |(text, is_match)| if is_match { format!("{open}{text}{close}") } else { text };
    pieces(text, ranges).into_iter().map(piece).collect()
}

/// Sanitizes `text` in pieces and returns for each piece whether it is a match. Ranges are treated as in [`mark`].
pub(super) fn pieces(text: &str, ranges: &[(usize, usize)]) -> Vec<(String, bool)> {
    let mut pieces = vec![];
    let mut end = 0;
    for (from, to) in merge(ranges) {
        if let (Some(before), Some(matched)) = (text.get(end..from), text.get(from..to)) {
            pieces.extend([(sanitize::block(before), false), (sanitize::block(matched), true)]);
            end = to;
        }
    }
    pieces.push((sanitize::block(text.get(end..).unwrap_or_default()), false));
    pieces
}

fn merge(ranges: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut sorted = ranges.iter().copied().filter(|(from, to)| from < to).collect::<Vec<_>>();
    sorted.sort_unstable();
    let mut merged: Vec<(usize, usize)> = vec![];
    for (from, to) in sorted {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_marked_by_quotes_or_colour() {
        let text = "gọi 0901 ngay";
        assert_eq!(mark(text, &[(6, 10)], Marks::Quotes), "gọi «0901» ngay");
        let coloured = mark(text, &[(6, 10)], Marks::Colour);
        assert!(coloured.contains("\u{1b}[") && anstream::adapter::strip_str(&coloured).to_string() == text);
    }

    #[test]
    fn overlapping_matches_are_merged_and_invalid_ones_ignored() {
        assert_eq!(mark("abcdef", &[(2, 4), (1, 3), (5, 5)], Marks::Quotes), "a«bcd»ef");
        assert_eq!(mark("ệa", &[(1, 2), (3, 4), (9, 12)], Marks::Quotes), "ệ«a»");
    }

    #[test]
    fn a_match_is_sanitized_too() {
        assert_eq!(mark("a\u{1b}[2Jb", &[(0, 6)], Marks::Quotes), "«ab»");
    }
}
