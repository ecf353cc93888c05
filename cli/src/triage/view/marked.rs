//! Text of a comment with the matches of rules marked.

use ratatui::style::Style;

use super::{
    super::{super::mark, held::HeldComment},
    scene::Scene,
    wrap::Piece,
};

/// Sanitizes the text of a field and marks the matches of rules.
pub(super) fn marked(scene: &Scene<'_>, held: &HeldComment, field: &str, text: &str, style: Style) -> Vec<Piece> {
    let of_field = held.case.findings.iter().filter(|finding| finding.field == field);
    let ranges = of_field.filter_map(|at| Some((at.start.try_into().ok()?, at.end.try_into().ok()?)));
    let pieces = mark::pieces(text, &ranges.collect::<Vec<_>>()).into_iter();
    let is_line = field != "content";
    pieces
        .map(|(text, is_match)| {
            let text = if is_line { text.replace('\n', "⏎") } else { text };
            (text, if is_match { style.patch(scene.palette.matched()) } else { style })
        })
        .collect()
}
