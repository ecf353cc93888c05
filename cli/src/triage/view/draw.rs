//! Draws a frame from the state alone. Text from readers is sanitized before the layout.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
    widgets::Paragraph,
};

use super::{
    super::{
        event::Extent,
        input_mode::{InputMode, Pane},
    },
    case, footer, header,
    palette::Palette,
    panes,
    scene::Scene,
    scroll::scrolled,
    wrap,
};

/// Smallest window in which a comment can be reviewed.
const LEAST: (u16, u16) = (40, 10);

/// Returns how far the text can be scrolled.
pub(in crate::triage) fn draw(frame: &mut Frame<'_>, scene: &Scene<'_>) -> Extent {
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
    match (&state.mode, state.held.current()) {
        (InputMode::Pane(Pane::Help), _) => scrolled(panes::help(scene, width), state.scroll(), height),
        (InputMode::Pane(Pane::Log), _) => scrolled(panes::log(scene, width), state.scroll(), height),
        (InputMode::Pane(Pane::History), Some(held)) => {
            scrolled(panes::history(scene, held, width), state.scroll(), height)
        }
        (_, Some(held)) => case::lines(scene, held, width, height),
        (_, None) => (panes::empty(scene, width), Extent::default()),
    }
}

fn put(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'static>>) {
    frame.render_widget(Paragraph::new(lines), area);
}
