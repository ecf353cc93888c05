//! Styled text in lines of a width, broken between words. Widths are columns of a terminal: a wide letter takes two, a mark joins its letter.

use ratatui::{
    style::Style,
    text::{Line, Span},
};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// A piece of text in one style.
pub(super) type Piece = (String, Style);

/// A letter as it stands in its cells.
#[derive(Clone)]
struct Glyph {
    text: String,
    width: usize,
    style: Style,
}

impl Glyph {
    fn is_space(&self) -> bool {
        self.text == " "
    }

    const fn is_wide(&self) -> bool {
        self.width > 1
    }
}

/// Breaks sanitized text into lines of at most `width` columns. A line break in the text ends its line.
pub(super) fn wrap(pieces: &[Piece], width: usize) -> Vec<Line<'static>> {
    let mut lines = vec![];
    let mut line: Vec<Glyph> = vec![];
    let mut used = 0;
    for glyph in glyphs(pieces) {
        let Some(glyph) = glyph else {
            lines.push(finish(&line));
            (line, used) = (vec![], 0);
            continue;
        };
        if used + glyph.width > width && !line.is_empty() {
            let rest = if glyph.is_space() || glyph.is_wide() { vec![] } else { carry(&mut line) };
            lines.push(finish(&line));
            used = rest.iter().map(|glyph| glyph.width).sum();
            line = rest;
            if glyph.is_space() {
                continue;
            }
        }
        used += glyph.width;
        line.push(glyph);
    }
    lines.push(finish(&line));
    lines
}

/// One line, cut to `width` columns with a `…`.
pub(super) fn cut(pieces: &[Piece], width: usize) -> Line<'static> {
    let line = glyphs(pieces).map_while(|glyph| glyph).collect::<Vec<_>>();
    if line.iter().map(|glyph| glyph.width).sum::<usize>() <= width {
        return finish(&line);
    }
    let mut used = 0;
    let mut kept = line
        .into_iter()
        .take_while(|glyph| {
            used += glyph.width;
            used < width
        })
        .collect::<Vec<_>>();
    let style = kept.last().map_or_else(Style::new, |glyph| glyph.style);
    kept.push(Glyph { text: "…".to_owned(), width: 1, style });
    finish(&kept)
}

/// Columns of pieces on one line.
pub(super) fn columns(pieces: &[Piece]) -> usize {
    glyphs(pieces).flatten().map(|glyph| glyph.width).sum()
}

/// The letters of the text; `None` is a line break. A letter that two pieces share is in the style of the first.
fn glyphs(pieces: &[Piece]) -> impl Iterator<Item = Option<Glyph>> {
    let text = pieces.iter().map(|(text, _)| text.as_str()).collect::<String>();
    let mut ends = vec![];
    let mut end = 0;
    for (text, style) in pieces {
        end += text.len();
        ends.push((end, *style));
    }
    let glyphs = text.grapheme_indices(true).map(|(at, letter)| {
        if letter.contains('\n') {
            return None;
        }
        let style = ends.iter().find(|(end, _)| at < *end).map_or_else(Style::new, |(_, style)| *style);
        Some(glyph(letter, style))
    });
    glyphs.collect::<Vec<_>>().into_iter()
}

fn glyph(letter: &str, style: Style) -> Glyph {
    match letter.width() {
        // A mark without its letter gets a circle to stand on, so that it is seen and stays in its own cell.
        0 => Glyph { text: format!("◌{letter}"), width: 1, style },
        width => Glyph { text: letter.to_owned(), width, style },
    }
}

/// Takes the unfinished word off the line's end. A word longer than the line stays, and is broken.
fn carry(line: &mut Vec<Glyph>) -> Vec<Glyph> {
    match line.iter().rposition(|glyph| glyph.is_space() || glyph.is_wide()) {
        Some(at) => line.split_off(at + 1),
        None => vec![],
    }
}

/// Spaces at the end are not shown.
fn finish(line: &[Glyph]) -> Line<'static> {
    let length = line.iter().rposition(|glyph| !glyph.is_space()).map_or(0, |last| last + 1);
    let mut spans: Vec<Span<'static>> = vec![];
    for glyph in &line[..length] {
        match spans.last_mut() {
            Some(last) if last.style == glyph.style => last.content.to_mut().push_str(&glyph.text),
            _ => spans.push(Span::styled(glyph.text.clone(), glyph.style)),
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
    fn a_cut_line_says_so() {
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
