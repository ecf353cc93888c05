//! The visible part of a longer text.

use ratatui::text::Line;

use super::super::event::Extent;

pub(super) fn scrolled(lines: Vec<Line<'static>>, scroll: usize, height: usize) -> (Vec<Line<'static>>, Extent) {
    let most = lines.len().saturating_sub(height);
    let shown = lines.into_iter().skip(scroll.min(most)).take(height).collect();
    (shown, Extent { page: height, most, shows_comment: false })
}
