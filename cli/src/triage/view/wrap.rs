//! Wraps styled text into lines of a given width, between words. Widths are columns of a terminal: a wide letter takes
//! two, a combining mark takes none.

use ratatui::{
    style::Style,
    text::{Line, Span},
};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// A piece of text in one style.
pub(super) type Piece = (String, Style);

/// A grapheme cluster with its columns and style.
#[derive(Clone)]
struct Grapheme {
    text: String,
    width: usize,
    style: Style,
}

impl Grapheme {
    fn is_space(&self) -> bool {
        self.text == " "
    }

    const fn is_wide(&self) -> bool {
        self.width > 1
    }
}

/// Wraps sanitized text into lines of at most `width` columns. A line break in the text ends its line.
pub(super) fn wrap(pieces: &[Piece], width: usize) -> Vec<Line<'static>> {
    let mut lines = vec![];
    let mut line: Vec<Grapheme> = vec![];
    let mut used = 0;
    for grapheme in graphemes_of(pieces) {
        let Some(grapheme) = grapheme else {
            lines.push(finish(&line));
            (line, used) = (vec![], 0);
            continue;
        };
        if used + grapheme.width > width && !line.is_empty() {
            let rest = if grapheme.is_space() || grapheme.is_wide() { vec![] } else { carry(&mut line) };
            lines.push(finish(&line));
            used = rest.iter().map(|grapheme| grapheme.width).sum();
            line = rest;
            if grapheme.is_space() {
                continue;
            }
        }
        used += grapheme.width;
        line.push(grapheme);
    }
    lines.push(finish(&line));
    lines
}

/// Returns one line, cut to `width` columns with a `…`.
pub(super) fn cut(pieces: &[Piece], width: usize) -> Line<'static> {
    let line = graphemes_of(pieces).map_while(|grapheme| grapheme).collect::<Vec<_>>();
    if line.iter().map(|grapheme| grapheme.width).sum::<usize>() <= width {
        return finish(&line);
    }
    let mut used = 0;
    let mut kept = line
        .into_iter()
        .take_while(|grapheme| {
            used += grapheme.width;
            used < width
        })
        .collect::<Vec<_>>();
    let style = kept.last().map_or_else(Style::new, |grapheme| grapheme.style);
    kept.push(Grapheme { text: "…".to_owned(), width: 1, style });
    finish(&kept)
}

pub(super) fn columns(pieces: &[Piece]) -> usize {
    graphemes_of(pieces).flatten().map(|grapheme| grapheme.width).sum()
}

/// Returns the grapheme clusters of the text; `None` is a line break. A cluster that spans two pieces has the style of
/// the first.
fn graphemes_of(pieces: &[Piece]) -> impl Iterator<Item = Option<Grapheme>> {
    let text = pieces.iter().map(|(text, _)| text.as_str()).collect::<String>();
    let mut ends = vec![];
    let mut end = 0;
    for (text, style) in pieces {
        end += text.len();
        ends.push((end, *style));
    }
    let graphemes_of = text.grapheme_indices(true).map(|(at, letter)| {
        if letter.contains('\n') {
            return None;
        }
        let style = ends.iter().find(|(end, _)| at < *end).map_or_else(Style::new, |(_, style)| *style);
        Some(grapheme(letter, style))
    });
    graphemes_of.collect::<Vec<_>>().into_iter()
}

fn grapheme(letter: &str, style: Style) -> Grapheme {
    match letter.width() {
        // A combining mark without a letter is drawn on a dotted circle, so that it is visible.
        0 => Grapheme { text: format!("◌{letter}"), width: 1, style },
        width => Grapheme { text: letter.to_owned(), width, style },
    }
}

/// Removes the unfinished word from the end of the line and returns it. A word longer than the line stays and is
/// broken.
fn carry(line: &mut Vec<Grapheme>) -> Vec<Grapheme> {
    match line.iter().rposition(|grapheme| grapheme.is_space() || grapheme.is_wide()) {
        Some(at) => line.split_off(at + 1),
        None => vec![],
    }
}

/// Returns the line without trailing spaces.
fn finish(line: &[Grapheme]) -> Line<'static> {
    let length = line.iter().rposition(|grapheme| !grapheme.is_space()).map_or(0, |last| last + 1);
    let mut spans: Vec<Span<'static>> = vec![];
    for grapheme in &line[..length] {
        match spans.last_mut() {
            Some(last) if last.style == grapheme.style => last.content.to_mut().push_str(&grapheme.text),
            _ => spans.push(Span::styled(grapheme.text.clone(), grapheme.style)),
        }
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(text: &str, width: usize) -> Vec<String> {
        wrap(&[(text.to_owned(), Style::new())], width).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn words_stay_whole_where_they_fit() {
        assert_eq!(lines("một hai ba bốn", 7), ["một hai", "ba bốn"]);
        assert_eq!(lines("một hai", 6), ["một", "hai"]);
        assert_eq!(lines("a\n\nb", 5), ["a", "", "b"]);
    }

    #[test]
    fn a_word_longer_than_the_line_is_broken() {
        assert_eq!(lines("x abcdefgh y", 4), ["x", "abcd", "efgh", "y"]);
    }

    #[test]
    fn wide_letters_break_anywhere_and_marks_never() {
        assert_eq!(lines("日本語です", 4), ["日本", "語で", "す"]);
        assert_eq!(lines("e\u{302}\u{323}e\u{302}\u{323}", 1), ["e\u{302}\u{323}", "e\u{302}\u{323}"]);
        assert_eq!(lines("\u{301}a", 5), ["◌\u{301}a"]);
    }

    #[test]
    fn a_cut_line_ends_with_an_ellipsis() {
        let text = [("một hai ba".to_owned(), Style::new())];
        assert_eq!(
            (cut(&text, 6).to_string(), cut(&text, 10).to_string()),
            ("một h…".to_owned(), "một hai ba".to_owned())
        );
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_word_is_lost(text in "[a-zđệ日😀 \n]{0,60}", width in 2_usize..20) {
            let lines = lines(&text, width);
            prop_assert!(lines.iter().all(|line| line.width() <= width), "{lines:?}");
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
