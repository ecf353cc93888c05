//! Panes shown instead of a comment: history, log of the session, keys, and the reason if there is no comment.

use ratatui::text::Line;

use super::{
    super::{
        super::{
            audit,
            exit::{Failure, local_time},
            moment, names, sanitize,
        },
        held::HeldComment,
        message::Tone,
    },
    case, facts,
    palette::Palette,
    scene::Scene,
    wrap::{self, Piece},
};
use duyet_proto::v1;

/// Longest excerpt of another comment.
const LONGEST_EXCERPT: usize = 280;

/// Every key with its description.
const KEYS: [(&str, &str); 15] = [
    ("a", "triage-help-approve"),
    ("r", "triage-help-reject"),
    ("s", "triage-help-spam"),
    ("␣ j", "triage-help-skip"),
    ("u", "triage-help-undo"),
    ("b", "triage-help-ban"),
    ("n", "triage-help-note"),
    ("h", "triage-help-history"),
    ("l", "triage-help-log"),
    ("o", "triage-help-address"),
    ("↑ ↓", "triage-help-lines"),
    ("PgUp PgDn", "triage-help-pages"),
    ("Esc", "triage-help-back"),
    ("q ^C", "triage-help-quit"),
    ("^L", "triage-help-redraw"),
];

pub(super) fn history(scene: &Scene<'_>, held: &HeldComment, width: usize) -> Vec<Line<'static>> {
    let case = &held.case;
    let mut text = PaneText { scene, width, lines: vec![] };
    text.part(
        "triage-part-article",
        [format!("{} · {}", case.article_title, case.article_url), held.comment.id.clone()],
    );
    text.part_of("triage-part-held", case.findings.iter().map(|one| case::finding(scene, one, true)));
    let reports = case.reports.clone().unwrap_or_default();
    let counts = reports.counts.iter().map(|one| format!("{}: {}", facts::reason(scene, one.reason), one.count));
    text.part("triage-part-reports", counts.chain(reports.notes));
    let say = |entry| audit::sentence(entry, scene.locale);
    text.part("triage-part-decisions", case.decisions.iter().map(say));
    let notes = case.notes.iter().map(|note| {
        let at = moment::time(note.at.as_ref()).map(|at| local_time(at, scene.locale)).unwrap_or_default();
        format!("{at} {}: {}", note.actor, note.text)
    });
    text.part("triage-part-notes", notes);
    text.part_of("triage-part-answered", case.answered.iter().map(|one| comment(scene, one)));
    text.part_of("triage-part-siblings", case.siblings.iter().map(|one| comment(scene, one)));
    text.part_of("triage-part-author", case.author_comments.iter().map(|one| comment(scene, one)));
    text.lines
}

/// Returns conflicts, failures and lost connections of this session, newest first.
pub(super) fn log(scene: &Scene<'_>, width: usize) -> Vec<Line<'static>> {
    let mut text = PaneText { scene, width, lines: vec![] };
    let entries = scene.state.log.iter().rev().map(|(at, message)| {
        let style = if message.tone == Tone::Alert { scene.palette.alert() } else { Palette::plain() };
        vec![(format!("{}  ", local_time(*at, scene.locale)), Palette::quiet()), (message.say(scene.locale), style)]
    });
    text.part_of("triage-part-log", entries);
    if text.lines.is_empty() {
        text.plain("triage-log-empty");
    }
    text.lines
}

pub(super) fn help(scene: &Scene<'_>, width: usize) -> Vec<Line<'static>> {
    let mut text = PaneText { scene, width, lines: vec![] };
    let keys = KEYS.map(|(key, name)| {
        let gap = " ".repeat(11_usize.saturating_sub(wrap::columns(&[(key.to_owned(), Palette::bold())])));
        vec![(format!("{key}{gap}"), Palette::bold()), (scene.text(name), Palette::plain())]
    });
    text.part_of("triage-part-keys", keys);
    text.plain("triage-help-input-method");
    text.lines
}

pub(super) fn empty(scene: &Scene<'_>, width: usize) -> Vec<Line<'static>> {
    let state = scene.state;
    let waiting = state.waiting;
    let key = if state.away_since.is_some() {
        "triage-empty-away"
    } else if waiting == Some(0) {
        "triage-empty"
    } else if waiting.is_none() || state.is_claiming() {
        "triage-empty-loading"
    } else {
        // Colleagues have claimed the rest.
        "triage-empty-claimed"
    };
    let mut text = PaneText { scene, width, lines: vec![Line::default()] };
    text.plain(key);
    text.lines
}

pub(super) fn ended(scene: &Scene<'_>, failure: &Failure, width: usize) -> Vec<Line<'static>> {
    let unsent = [("count", scene.state.outbox.len().into())];
    let mut pieces = vec![(format!("\n{}\n", scene.text("triage-ended")), scene.palette.alert())];
    pieces.push((format!("{}\n", sanitize::block(&failure.message)), Palette::plain()));
    if !scene.state.outbox.is_empty() {
        pieces.push((scene.text_with("triage-unsent", &unsent), scene.palette.alert()));
    }
    wrap::wrap(&pieces, width)
}

fn comment(scene: &Scene<'_>, comment: &v1::Comment) -> Vec<Piece> {
    let at = moment::time(comment.created_at.as_ref()).map(|at| local_time(at, scene.locale)).unwrap_or_default();
    let status = names::status(comment.status).map(|name| names::words(scene.locale, "status", name));
    let text = [comment.title.as_str(), comment.content.as_str()];
    let text = text.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ");
    let mut excerpt = text.chars().take(LONGEST_EXCERPT).collect::<String>();
    if excerpt.len() < text.len() {
        excerpt.push('…');
    }
    vec![
        (format!("{at} · {} · ", status.unwrap_or_default()), Palette::quiet()),
        (format!("{}: ", sanitize::line(&comment.author_name)), Palette::bold()),
        (sanitize::line(&excerpt), Palette::plain()),
    ]
}

/// A text in parts, each with a heading. Parts without entries are left out.
struct PaneText<'a> {
    scene: &'a Scene<'a>,
    width: usize,
    lines: Vec<Line<'static>>,
}

impl PaneText<'_> {
    fn part(&mut self, title: &str, entries: impl IntoIterator<Item = String>) {
        let entries = entries.into_iter().map(|text| vec![(sanitize::line(&text), Palette::plain())]);
        self.part_of(title, entries);
    }

    fn part_of(&mut self, title: &str, entries: impl IntoIterator<Item = Vec<Piece>>) {
        let mut entries = entries.into_iter().peekable();
        if entries.peek().is_some() {
            let title = (self.scene.text(title), self.scene.palette.accent());
            self.lines.push(wrap::cut(&[title], self.width));
        }
        let space = self.width.saturating_sub(2);
        for entry in entries {
            for (at, mut line) in wrap::wrap(&entry, space).into_iter().enumerate() {
                // The edge prevents text from readers from looking like a heading.
                line.spans.insert(0, if at == 0 { "• ".into() } else { "  ".into() });
                self.lines.push(line);
            }
        }
    }

    fn plain(&mut self, key: &str) {
        self.lines.extend(wrap::wrap(&[(self.scene.text(key), Palette::plain())], self.width));
    }
}
