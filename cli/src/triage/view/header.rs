//! The status bar: size of the queue, decisions of the session, and state of the connection.

use ratatui::text::Line;

use super::{
    super::state::EXACT_TOTAL,
    palette::Palette,
    scene::Scene,
    wrap::{self, Piece},
};

pub(super) fn line(scene: &Scene<'_>, width: usize) -> Line<'static> {
    let right = vec![(format!("{} ", connection(scene)), Palette::bar())];
    let space = width.saturating_sub(wrap::columns(&right) + 1);
    let left = fit(facts(scene), space);
    let gap = width.saturating_sub(wrap::columns(&left) + wrap::columns(&right));
    let pieces = [left, vec![(" ".repeat(gap), Palette::bar())], right].concat();
    // A window of the smallest size needs no cut.
    let mut line = wrap::cut(&pieces, width);
    line.style = Palette::bar();
    line
}

fn fit(facts: Vec<String>, space: usize) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = vec![];
    for fact in facts {
        let piece = (format!(" {fact} "), Palette::bar());
        if wrap::columns(&pieces) + wrap::columns(std::slice::from_ref(&piece)) > space {
            break;
        }
        pieces.push(piece);
    }
    pieces
}

fn facts(scene: &Scene<'_>) -> Vec<String> {
    let state = scene.state;
    let mut facts = vec![];
    if let Some(waiting) = state.waiting {
        // The service counts exactly only up to this total.
        let key = if waiting > EXACT_TOTAL { "triage-many-waiting" } else { "triage-waiting" };
        facts.push(scene.text_with(key, &[("count", waiting.into())]));
    }
    let rate = scene.locale.decimal(state.counts.per_minute(scene.now), 1);
    let values = [("count", state.counts.decided().into()), ("rate", rate.into())];
    facts.push(scene.text_with("triage-decided", &values));
    if state.counts.conflicts > 0 {
        facts.push(scene.text_with("triage-conflicts", &[("count", state.counts.conflicts.into())]));
    }
    facts.push(scene.text_with("triage-ready", &[("count", state.held.ready().into())]));
    facts
}

fn connection(scene: &Scene<'_>) -> String {
    let state = scene.state;
    let unsent = [("count", state.outbox.len().into())];
    match (state.away_since.is_some(), state.outbox.len()) {
        (true, 0) => scene.text("triage-connection-lost"),
        (true, _) => scene.text_with("triage-connection-lost-unsent", &unsent),
        (false, 0) => scene.text("triage-connected"),
        (false, _) => scene.text_with("triage-sending", &unsent),
    }
}
