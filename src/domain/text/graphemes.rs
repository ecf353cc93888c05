//! Lengths and excerpts in graphemes, which are what a reader counts as characters.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::domain::unicode;

/// Counts graphemes as a reader would.
pub fn graphemes(text: &str) -> usize {
    if text.chars().all(unicode::is_single_grapheme) {
        return text.chars().count();
    }
    // The zero-width space that separates words in Khmer is not a character to a reader.
    text.graphemes(true).filter(|grapheme| *grapheme != "\u{200b}").count()
}

/// Longest excerpt, in graphemes, and in bytes for graphemes with many marks.
const EXCERPT: usize = 300;
const EXCERPT_BYTES: usize = 4 * EXCERPT;

/// Shortens a long text to its start with an ellipsis.
pub fn excerpt(mut text: String) -> String {
    let fits = |(count, (start, grapheme)): &(usize, (usize, &str))| {
        *count < EXCERPT && start + grapheme.len() <= EXCERPT_BYTES
    };
    let end =
        text.grapheme_indices(true).enumerate().take_while(fits).last().map(|(_, (start, last))| start + last.len());
    let end = end.unwrap_or_default();
    if end < text.len() {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_visible_graphemes_count() {
        assert_eq!(graphemes("👨\u{200d}👩\u{200d}👧\u{200d}👦🏴󠁧󠁢󠁳󠁣󠁴󠁿🇻🇳❤️\u{200d}🔥1️⃣"), 5);
        assert_eq!(graphemes("ភាសា\u{200b}ខ្មែរ"), graphemes("ភាសាខ្មែរ"));
        assert_eq!(graphemes("می\u{200c}خواهم"), 7);
    }

    #[test]
    fn an_excerpt_is_short_and_breaks_between_graphemes() {
        assert_eq!(excerpt("Ngắn".into()), "Ngắn");
        let long = excerpt("ễ".repeat(3_000));
        assert_eq!((graphemes(&long), long.chars().last()), (EXCERPT + 1, Some('…')));
        let emoji = excerpt("👍🏽".repeat(3_000));
        assert!(
            emoji.len() <= EXCERPT_BYTES + 3 && emoji.trim_end_matches('…').len().is_multiple_of(8),
            "{}",
            emoji.len()
        );
    }
}
