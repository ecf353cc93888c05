//! What is on the screen, drawn from the state alone. Text of strangers passes the sanitizer before it is laid out.

mod case;
mod facts;
mod footer;
mod header;
mod palette;
mod panes;
mod wrap;

use chrono::{DateTime, Utc};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
    widgets::Paragraph,
};

use super::{
    event::Extent,
    modes::{Mode, Pane},
    state::State,
};
use duyet_locale::{Locale, Value};
pub(super) use palette::Palette;

/// The smallest window that a comment can be judged in.
const LEAST: (u16, u16) = (40, 10);

/// Everything that a picture depends on.
pub(super) struct Scene<'a> {
    pub(super) state: &'a State,
    pub(super) locale: Locale,
    pub(super) palette: Palette,
    pub(super) now: DateTime<Utc>,
}

impl Scene<'_> {
    fn text(&self, key: &str) -> String {
        self.locale.text(key)
    }

    fn text_with(&self, key: &str, values: &[(&str, Value)]) -> String {
        self.locale.text_with(key, values)
    }
}

/// Draws the scene, and answers how far its text can be moved.
pub(super) fn draw(frame: &mut Frame<'_>, scene: &Scene<'_>) -> Extent {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let values = [("columns", u32::from(LEAST.0).into()), ("rows", u32::from(LEAST.1).into())];
        let text = [(scene.text_with("triage-too-small", &values), Palette::bold())];
        frame.render_widget(Paragraph::new(wrap::wrap(&text, usize::from(area.width).max(1))), area);
        return Extent::default();
    }
    let width = usize::from(area.width);
    let footer = footer::lines(scene, width, usize::from(area.height));
    let height = u16::try_from(footer.lines.len()).unwrap_or(area.height);
    let [top, middle, bottom] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(height)]).areas(area);
    put(frame, top, vec![header::line(scene, width)]);
    if let Some((column, row)) = footer.cursor {
        let column = u16::try_from(column).unwrap_or(0).min(area.width - 1);
        frame.set_cursor_position((bottom.x + column, bottom.y + u16::try_from(row).unwrap_or(0)));
    }
    put(frame, bottom, footer.lines);
    let (lines, extent) = body(scene, width, usize::from(middle.height));
    put(frame, middle, lines);
    extent
}

fn body(scene: &Scene<'_>, width: usize, height: usize) -> (Vec<Line<'static>>, Extent) {
    let state = scene.state;
    if let Some(failure) = &state.ended {
        return (panes::ended(scene, failure, width), Extent::default());
    }
    match (&state.mode, state.hand.current()) {
        (Mode::Pane(Pane::Help), _) => scrolled(panes::help(scene, width), state.scroll(), height),
        (Mode::Pane(Pane::Log), _) => scrolled(panes::log(scene, width), state.scroll(), height),
        (Mode::Pane(Pane::History), Some(held)) => scrolled(panes::history(scene, held, width), state.scroll(), height),
        (_, Some(held)) => case::lines(scene, held, width, height),
        (_, None) => (panes::empty(scene, width), Extent::default()),
    }
}

/// The part of a text that the window shows.
fn scrolled(lines: Vec<Line<'static>>, scroll: usize, height: usize) -> (Vec<Line<'static>>, Extent) {
    let most = lines.len().saturating_sub(height);
    let shown = lines.into_iter().skip(scroll.min(most)).take(height).collect();
    (shown, Extent { page: height, most, shows_comment: false })
}

fn put(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'static>>) {
    frame.render_widget(Paragraph::new(lines), area);
}

#[cfg(test)]
mod tests;
