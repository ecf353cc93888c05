//! Draws tables of a limited width, without I/O. Every cell is sanitized here, so that no command can forget it. Widths
//! are columns of a terminal: a wide character takes two, a combining mark takes none.

use anstyle::Style;
use comfy_table::{CellAlignment, Table, presets::NOTHING};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::sanitize;

const HEADING: Style = Style::new().bold();
/// Space between columns.
const GAP: usize = 2;
/// Least width of the text column. An extra column is dropped before the text becomes narrower.
const LEAST_TEXT: usize = 24;

/// A column of a table.
#[derive(Debug, Clone)]
pub(super) struct Column {
    title: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Never cut.
    Whole,
    /// Cut to this number of columns.
    Short(usize),
    /// Cut like [`Kind::Short`], and dropped first if space is short.
    Extra(usize),
    /// Numbers, right-aligned.
    Number,
    /// Takes the remaining width.
    Text,
}

impl Column {
    pub(super) fn whole(title: impl Into<String>) -> Self {
        Self { title: title.into(), kind: Kind::Whole }
    }

    pub(super) fn short(title: impl Into<String>, most: usize) -> Self {
        Self { title: title.into(), kind: Kind::Short(most) }
    }

    pub(super) fn extra(title: impl Into<String>, most: usize) -> Self {
        Self { title: title.into(), kind: Kind::Extra(most) }
    }

    pub(super) fn number(title: impl Into<String>) -> Self {
        Self { title: title.into(), kind: Kind::Number }
    }

    pub(super) fn text(title: impl Into<String>) -> Self {
        Self { title: title.into(), kind: Kind::Text }
    }
}

/// Draws a table with a heading, at most `width` wide where possible.
pub(super) fn render(columns: &[Column], rows: &[Vec<String>], width: usize) -> String {
    let rows = rows.iter().map(|row| row.iter().map(|cell| sanitize::line(cell)).collect()).collect::<Vec<Vec<_>>>();
    let mut kept = (0..columns.len()).collect::<Vec<_>>();
    let mut space = width_for_text(columns, &rows, &kept, width);
    while let (true, Some(extra)) = (space < LEAST_TEXT, last_extra(columns, &kept)) {
        kept.retain(|index| *index != extra);
        space = width_for_text(columns, &rows, &kept, width);
    }
    let limit = |index: usize| match columns[index].kind {
        Kind::Whole | Kind::Number => usize::MAX,
        Kind::Short(most) | Kind::Extra(most) => most,
        Kind::Text => space.max(LEAST_TEXT),
    };
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(kept.iter().map(|index| &columns[*index].title));
    for row in &rows {
        table.add_row(kept.iter().map(|index| cut(row.get(*index).map_or("", String::as_str), limit(*index))));
    }
    for (column, index) in table.column_iter_mut().zip(&kept) {
        column.set_padding((0, u16::try_from(GAP).unwrap_or(0)));
        if columns[*index].kind == Kind::Number {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let drawn = table.trim_fmt();
    let (heading, body) = drawn.split_once('\n').unwrap_or((&drawn, ""));
    format!("{HEADING}{heading}{HEADING:#}\n{body}").trim_end().to_owned()
}

/// Cuts text to a number of columns, the last of them a `…`. Never cuts within a grapheme cluster.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.width() <= most {
        return text.to_owned();
    }
    let mut used = 0;
    let fits = |letter: &&str| {
        used += letter.width();
        used < most
    };
    let mut cut = text.graphemes(true).take_while(fits).collect::<String>();
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    cut
}

/// Pads text with spaces to a number of columns.
pub(super) fn pad(text: &str, to: usize) -> String {
    format!("{text}{}", " ".repeat(to.saturating_sub(text.width())))
}

fn width_for_text(columns: &[Column], rows: &[Vec<String>], kept: &[usize], width: usize) -> usize {
    let needed = |index: usize| {
        let cells = rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.width());
        let widest = cells.chain([columns[index].title.width()]).max().unwrap_or(0);
        match columns[index].kind {
            Kind::Whole | Kind::Number => widest,
            Kind::Short(most) | Kind::Extra(most) => widest.min(most.max(columns[index].title.width())),
            Kind::Text => 0,
        }
    };
    width.saturating_sub(kept.iter().map(|index| needed(*index) + GAP).sum())
}

fn last_extra(columns: &[Column], kept: &[usize]) -> Option<usize> {
    kept.iter().rev().copied().find(|index| matches!(columns[*index].kind, Kind::Extra(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(rows: &[[&str; 4]], width: usize) -> Vec<String> {
        let columns = [Column::whole("id"), Column::text("text"), Column::number("n"), Column::extra("rules", 10)];
        let rows = rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect::<Vec<_>>();
        let drawn = render(&columns, &rows, width);
        anstream::adapter::strip_str(&drawn).to_string().lines().map(str::to_owned).collect()
    }

    #[test]
    fn wide_and_combining_characters_align() {
        let lines = draw(&[["1", "日本語です", "1", "LINK"], ["2", "Nguye\u{302}\u{303}n", "22", "LINK"]], 80);
        let columns = lines.iter().skip(1).map(|line| line.split("LINK").next().unwrap().width()).collect::<Vec<_>>();
        assert_eq!(columns[0], columns[1], "{lines:#?}");
    }

    #[test]
    fn text_takes_the_remaining_width_and_extras_are_dropped_first() {
        let text = "chữ ".repeat(60);
        let wide = draw(&[["1", &text, "1", "LINK"]], 60);
        assert!(wide[1].width() <= 60 && wide[1].ends_with("LINK"), "{wide:#?}");
        let narrow = draw(&[["1", &text, "1", "LINK"]], 34);
        assert!(narrow[1].width() <= 34 && !narrow[0].contains("rules"), "{narrow:#?}");
    }

    #[test]
    fn a_cell_stays_on_its_line() {
        let lines = draw(&[["1", "một\n2  giả\u{1b}[1A", "1", ""]], 80);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].contains("một⏎2  giả "), "{lines:#?}");
    }

    #[test]
    fn a_cut_never_splits_a_grapheme_cluster() {
        assert_eq!(cut("e\u{302}\u{323}e\u{302}\u{323}", 2), "e\u{302}\u{323}e\u{302}\u{323}");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("một hai ba", 5), "một…");
    }
}
