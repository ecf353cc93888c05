//! The lower part of the screen: a menu, a text input or the ban form, then the last message, then the keys.

use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::{
    super::{
        super::names,
        ban_form::BanForm,
        input_mode::{InputMode, InputPurpose},
        keys::REASONS,
        message::Tone,
        text_input::TextInput,
    },
    palette::Palette,
    scene::Scene,
    wrap::{self, Piece},
};
use duyet_proto::v1;

/// Lines that no menu may use: the status bar and the keys.
const ALWAYS: usize = 2;
/// Largest number of lines of an alert.
const MOST_MESSAGE_LINES: usize = 3;
/// Space between the items of a menu.
const GAP: &str = "   ";
/// Largest number of columns in the menu of reasons.
const MOST_COLUMNS: usize = 5;

pub(super) struct Footer {
    pub(super) lines: Vec<Line<'static>>,
    /// Column and row of the cursor of a text input.
    pub(super) cursor: Option<(usize, usize)>,
}

pub(super) fn lines(scene: &Scene<'_>, width: usize, height: usize) -> Footer {
    let message = message(scene, width);
    let mut cursor = None;
    let mut lines = match &scene.state.mode {
        InputMode::Reasons(_) => reasons(scene, width),
        InputMode::Ban(form) => ban(scene, form, width),
        InputMode::Text(purpose, input) => {
            let (line, column) = typed(scene, purpose, input, width);
            cursor = Some((column, 0));
            vec![line]
        }
        InputMode::Quit => {
            let values = [("count", scene.state.outbox.len().into())];
            wrap::wrap(&[(scene.text_with("triage-quit-unsent", &values), scene.palette.alert())], width)
        }
        InputMode::Review | InputMode::Pane(_) => vec![],
    };
    // In a low window the heading is left out first.
    let extra = lines.len().saturating_sub(height.saturating_sub(ALWAYS + message.len()));
    lines.drain(..extra);
    lines.extend(message);
    lines.push(keys(scene, width));
    Footer { lines, cursor }
}

/// An alert may take several lines.
fn message(scene: &Scene<'_>, width: usize) -> Vec<Line<'static>> {
    let Some(message) = &scene.state.message else { return vec![Line::default()] };
    let text = message.say(scene.locale);
    match message.tone {
        Tone::Calm => vec![wrap::cut(&[(text, Palette::plain())], width)],
        // The mark distinguishes alerts without colour.
        Tone::Alert => {
            let pieces = [(format!("! {text}"), scene.palette.alert())];
            let mut lines = wrap::wrap(&pieces, width);
            lines.truncate(MOST_MESSAGE_LINES);
            lines
        }
    }
}

/// Returns the keys of the mode, as many as fit.
fn keys(scene: &Scene<'_>, width: usize) -> Line<'static> {
    let (keys, last): (&[(&str, &str)], _) = match &scene.state.mode {
        _ if scene.state.ended.is_some() => (&[], ("q", "triage-key-quit")),
        InputMode::Review => (
            &[
                ("a", "triage-key-approve"),
                ("r", "triage-key-reject"),
                ("s", "triage-key-spam"),
                ("␣", "triage-key-skip"),
                ("u", "triage-key-undo"),
                ("q", "triage-key-quit"),
                ("h", "triage-key-history"),
                ("b", "triage-key-ban"),
                ("n", "triage-key-note"),
            ],
            ("?", "triage-key-help"),
        ),
        InputMode::Reasons(_) => (&[("1–9 0", "triage-key-reason")], ("Esc", "triage-key-cancel")),
        InputMode::Text(..) | InputMode::Ban(_) => (&[("Enter", "triage-key-confirm")], ("Esc", "triage-key-cancel")),
        InputMode::Pane(_) => (&[("↑↓ PgUp PgDn", "triage-key-scroll")], ("Esc", "triage-key-close")),
        InputMode::Quit => (&[("y", "triage-key-leave")], ("Esc", "triage-key-stay")),
    };
    let show = |(key, name): (&str, &str)| -> Vec<Piece> {
        vec![(key.to_owned(), Palette::bold()), (format!(" {}  ", scene.text(name)), Palette::plain())]
    };
    let last = show(last);
    let mut pieces: Vec<Piece> = vec![];
    for key in keys {
        let piece = show(*key);
        if wrap::columns(&pieces) + wrap::columns(&piece) + wrap::columns(&last) > width + 2 {
            break;
        }
        pieces.extend(piece);
    }
    pieces.extend(last);
    wrap::cut(&pieces, width + 2)
}

fn reasons(scene: &Scene<'_>, width: usize) -> Vec<Line<'static>> {
    let words = REASONS.map(|(key, reason)| {
        let name = names::reason(reason.into()).map(|name| names::words(scene.locale, "reason", name));
        (key, name.unwrap_or_default())
    });
    let widest = words.iter().map(|(_, word)| word.width()).max().unwrap_or(0) + 4;
    let columns = (width / widest).min(MOST_COLUMNS);
    let title = wrap::cut(&[(scene.text("triage-why-reject"), scene.palette.accent())], width);
    if columns < 2 {
        let items = words.map(|(key, word)| vec![(format!("{key} "), Palette::bold()), (word, Palette::plain())]);
        return std::iter::once(title).chain(flow(items, width)).collect();
    }
    let rows = words.len().div_ceil(columns);
    let row = |row: usize| {
        let cells = words.iter().skip(row).step_by(rows).flat_map(|(key, word)| {
            let gap = " ".repeat(widest - 2 - word.width());
            [Span::styled(format!("{key} "), Palette::bold()), Span::raw(format!("{word}{gap}"))]
        });
        Line::from(cells.collect::<Vec<_>>())
    };
    std::iter::once(title).chain((0..rows).map(row)).collect()
}

/// Arranges items side by side, and continues on the next line when a line is full.
fn flow(items: impl IntoIterator<Item = Vec<Piece>>, width: usize) -> Vec<Line<'static>> {
    let mut lines: Vec<Vec<Piece>> = vec![];
    for item in items {
        let gap = (GAP.to_owned(), Palette::plain());
        match lines.last_mut() {
            Some(line) if wrap::columns(line) + GAP.len() + wrap::columns(&item) <= width => {
                line.push(gap);
                line.extend(item);
            }
            _ => lines.push(item),
        }
    }
    lines.iter().map(|line| wrap::cut(line, width)).collect()
}

/// Returns the text input, scrolled so that its cursor is visible.
fn typed(scene: &Scene<'_>, purpose: &InputPurpose, input: &TextInput, width: usize) -> (Line<'static>, usize) {
    let label = match purpose {
        InputPurpose::Reject | InputPurpose::Ban(_) => scene.text("triage-ask-why"),
        InputPurpose::Note => scene.text("triage-ask-note"),
    };
    let label = format!("{label} ");
    let space = width.saturating_sub(label.width() + 1);
    let (before, behind) = input.parts();
    let mut used = 0;
    let shown = before.graphemes(true).rev().take_while(|letter| {
        used += letter.width();
        used <= space
    });
    let before = shown.collect::<Vec<_>>().into_iter().rev().collect::<String>();
    let column = label.width() + before.width();
    let pieces = [(label, Palette::bold()), (before, Palette::plain()), (behind.to_owned(), Palette::plain())];
    (wrap::cut(&pieces, width), column)
}

fn ban(scene: &Scene<'_>, form: &BanForm, width: usize) -> Vec<Line<'static>> {
    use v1::{BanEffect, BanSubject};
    let author = scene.state.held.current().map(|held| held.comment.author_name.clone()).unwrap_or_default();
    let title = scene.text_with("triage-ban-title", &[("author", super::super::super::sanitize::line(&author).into())]);
    let subject = |subject| form.subject == subject;
    let reason = names::reason(form.reason.into()).map(|name| names::words(scene.locale, "reason", name));
    let reason = reason.unwrap_or_else(|| scene.text("triage-ban-no-reason"));
    let reason = [reason, form.note.clone()].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ");
    let rows: [&[(&str, String, bool)]; 4] = [
        &[
            ("d", scene.text("triage-ban-device"), subject(BanSubject::Device)),
            ("p", scene.text("triage-ban-prefix"), subject(BanSubject::IpPrefix)),
            ("t", scene.text("triage-ban-text"), subject(BanSubject::Fingerprint)),
            ("a", scene.text("triage-ban-author"), subject(BanSubject::Author)),
        ],
        &[
            ("b", scene.text("triage-ban-block"), form.effect == BanEffect::Block),
            ("h", scene.text("triage-ban-hold"), form.effect == BanEffect::Hold),
        ],
        &[
            ("1", scene.text("triage-ban-day"), form.days == 1),
            ("7", scene.text("triage-ban-week"), form.days == 7),
            ("3", scene.text("triage-ban-month"), form.days == 30),
            ("r", reason, false),
        ],
        &[
            ("w", scene.text("triage-ban-pending"), form.reject_pending),
            ("x", scene.text("triage-ban-published"), form.remove_published),
        ],
    ];
    let title = wrap::cut(&[(title, scene.palette.accent())], width);
    let rows = rows.iter().flat_map(|row| flow(row.iter().map(option), width));
    std::iter::once(title).chain(rows).collect()
}

/// The current choice is reversed and in brackets.
fn option((key, text, is_chosen): &(&str, String, bool)) -> Vec<Piece> {
    let choice = if *is_chosen { (format!("[{text}]"), Palette::chosen()) } else { (text.clone(), Palette::plain()) };
    vec![(format!("{key} "), Palette::bold()), choice]
}
