//! Lines about a comment, each with a rank: lines with the greatest rank are left out first if the window is low.

use ratatui::style::Style;

use super::{
    super::{
        super::{exit::local_time, moment, names, sanitize},
        held::HeldComment,
    },
    marked::marked,
    palette::Palette,
    scene::Scene,
    wrap::Piece,
};
use duyet_proto::v1;

/// A line above the comment. The greater its rank, the earlier it is left out.
pub(super) struct Fact {
    pub(super) rank: usize,
    pub(super) pieces: Vec<Piece>,
}

impl Fact {
    fn new(rank: usize, text: String, style: Style) -> Self {
        Self { rank, pieces: vec![(text, style)] }
    }
}

/// Returns all facts except the text and the findings, from top to bottom.
pub(super) fn facts(scene: &Scene<'_>, held: &HeldComment) -> Vec<Fact> {
    let quiet = Palette::quiet();
    let mut facts = vec![Fact::new(4, article(held), Palette::bold())];
    if scene.state.shows_address && !held.case.article_url.is_empty() {
        facts.push(Fact::new(3, sanitize::line(&held.case.article_url), quiet));
    }
    facts.push(Fact { rank: 2, pieces: sender(scene, held) });
    facts.extend(alerts(scene, held).map(|text| Fact::new(1, text, scene.palette.alert())));
    facts.push(Fact::new(5, history(scene, &held.case), Palette::plain()));
    if let Some(answered) = &held.case.answered {
        let text = format!("{}: {}", sanitize::line(&answered.author_name), sanitize::line(&answered.content));
        facts.push(Fact::new(6, scene.text_with("triage-answers", &[("text", text.into())]), quiet));
    }
    if let Some(note) = held.case.notes.first() {
        let values = [("actor", sanitize::line(&note.actor).into()), ("text", sanitize::line(&note.text).into())];
        facts.push(Fact::new(6, scene.text_with("triage-noted-by", &values), Palette::plain()));
    }
    facts
}

fn article(held: &HeldComment) -> String {
    let title = Some(&held.case.article_title).filter(|title| !title.is_empty());
    sanitize::line(title.unwrap_or(&held.comment.article_id))
}

fn sender(scene: &Scene<'_>, held: &HeldComment) -> Vec<Piece> {
    let comment = &held.comment;
    let name = marked(scene, held, "author_name", &comment.author_name, Palette::bold());
    let at = moment::time(comment.created_at.as_ref()).map(|at| local_time(at, scene.locale)).unwrap_or_default();
    let status = names::status(comment.status).map(|name| names::words(scene.locale, "status", name));
    let values = [
        ("at", at.into()),
        ("score", scene.locale.decimal(held.case.spam_score, 2).into()),
        ("status", status.unwrap_or_default().into()),
        ("revision", comment.revision.into()),
    ];
    let rest = format!(" · {}", scene.text_with("triage-about", &values));
    [name, vec![(rest, Palette::plain())]].concat()
}

fn alerts(scene: &Scene<'_>, held: &HeldComment) -> impl Iterator<Item = String> {
    let takedown = held.case.takedown.as_ref().map(|takedown| {
        let due = moment::time(takedown.due_at.as_ref());
        let at = due.map(|at| local_time(at, scene.locale)).unwrap_or_default();
        let is_late = due.is_some_and(|due| due < scene.now);
        let key = match (takedown.kind(), is_late) {
            (v1::TakedownKind::Authority, false) => "triage-due-authority",
            (v1::TakedownKind::Authority, true) => "triage-late-authority",
            (_, false) => "triage-due-complaint",
            (_, true) => "triage-late-complaint",
        };
        scene.text_with(key, &[("at", at.into())])
    });
    let reports = held.case.reports.as_ref().filter(|reports| reports.total > 0).map(|reports| {
        let counts = reports
            .counts
            .iter()
            .map(|one| format!("{} {}", reason(scene, one.reason), scene.locale.integer(one.count)));
        let values = [
            ("total", reports.total.into()),
            ("open", reports.open.into()),
            ("counts", counts.collect::<Vec<_>>().join(", ").into()),
        ];
        scene.text_with("triage-reports", &values)
    });
    let lost = held.lost.then(|| scene.text("triage-claim-lost"));
    [takedown, reports, lost].into_iter().flatten()
}

fn history(scene: &Scene<'_>, case: &v1::ReviewCase) -> String {
    let history = case.author_history.clone().unwrap_or_default();
    let values = [
        ("approved", history.approved.into()),
        ("refused", history.refused.into()),
        ("spam", history.spam.into()),
        ("pending", history.pending.into()),
    ];
    let mut text = scene.text_with("triage-history", &values);
    if case.same_text > 0 {
        text = format!("{text} · {}", scene.text_with("triage-same-text", &[("count", case.same_text.into())]));
    }
    text
}

/// Returns a reason in words, or a dash without a reason.
pub(super) fn reason(scene: &Scene<'_>, value: i32) -> String {
    names::reason(value).map_or_else(|| "–".to_owned(), |name| names::words(scene.locale, "reason", name))
}
