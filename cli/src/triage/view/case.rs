//! The comment on the screen: its facts, its findings, and its text with matches marked.

use ratatui::text::{Line, Span};

use super::{
    super::{
        super::{names, sanitize},
        event::Extent,
        held::HeldComment,
    },
    facts::{self, Fact},
    marked::marked,
    palette::Palette,
    scene::Scene,
    scroll::scrolled,
    wrap::{self, Piece},
};
use duyet_proto::v1;

/// Drawn at the left of the comment's text, so that a line of the text cannot look like a line of the screen.
const EDGE: &str = "│ ";
const EDGE_COLUMNS: usize = 2;
/// Smallest width of a window that shows the names of rules next to their explanations.
const WIDE: usize = 60;

pub(super) fn lines(
    scene: &Scene<'_>,
    held: &HeldComment,
    width: usize,
    height: usize,
) -> (Vec<Line<'static>>, Extent) {
    let text = text(scene, held, width);
    let mut facts = facts::facts(scene, held);
    facts.extend(reasons(scene, held, width));
    // Facts take at most half of the window, or the space that the text leaves.
    let least = text.len().min(height.div_ceil(2)) + 1;
    while facts.len() + least > height {
        let Some(at) = (0..facts.len()).max_by_key(|at| (facts[*at].rank, *at)) else { break };
        facts.remove(at);
    }
    let mut lines = facts.iter().map(|fact| wrap::cut(&fact.pieces, width)).collect::<Vec<_>>();
    let page = height.saturating_sub(lines.len() + 1);
    let (shown, extent) = scrolled(text, scene.state.scroll(), page);
    let (shown, extent) = (shown, Extent { page, shows_comment: page > 0, ..extent });
    lines.push(heading(scene, &content_title(scene, extent, shown.len()), width));
    lines.extend(shown);
    (lines, extent)
}

fn text(scene: &Scene<'_>, held: &HeldComment, width: usize) -> Vec<Line<'static>> {
    let comment = &held.comment;
    let space = width.saturating_sub(EDGE_COLUMNS);
    let mut lines = vec![];
    if !comment.title.is_empty() {
        lines.extend(wrap::wrap(&marked(scene, held, "title", &comment.title, Palette::bold()), space));
    }
    lines.extend(wrap::wrap(&marked(scene, held, "content", &comment.content, Palette::plain()), space));
    for line in &mut lines {
        line.spans.insert(0, Span::styled(EDGE, Palette::quiet()));
    }
    lines
}

fn reasons(scene: &Scene<'_>, held: &HeldComment, width: usize) -> Vec<Fact> {
    let findings = &held.case.findings;
    if findings.is_empty() {
        return vec![Fact { rank: 6, pieces: vec![(scene.text("triage-no-findings"), Palette::quiet())] }];
    }
    let title = scene.text_with("triage-held", &[("count", findings.len().into())]);
    let heading = Fact { rank: 7, pieces: ruled(scene, &title, width) };
    let lines = findings.iter().enumerate().map(|(at, finding)| Fact {
        // The finding with the greatest weight is the most important; the history shows all of them.
        rank: [1, 4, 5].get(at).copied().unwrap_or(8),
        pieces: self::finding(scene, finding, width >= WIDE),
    });
    std::iter::once(heading).chain(lines).collect()
}

pub(super) fn finding(scene: &Scene<'_>, finding: &v1::Finding, with_rule: bool) -> Vec<Piece> {
    let weight = format!("{} ", scene.locale.signed(finding.weight, 1));
    let said = if finding.explanation.is_empty() { &finding.excerpt } else { &finding.explanation };
    let rule = sanitize::line(&names::words(scene.locale, "rule", &finding.rule));
    let rule = if said.is_empty() { rule } else { format!("{rule}: ") };
    let mut pieces = vec![(weight, scene.palette.accent())];
    if with_rule || said.is_empty() {
        pieces.push((rule, Palette::bold()));
    }
    pieces.push((sanitize::line(said), Palette::plain()));
    pieces
}

fn content_title(scene: &Scene<'_>, extent: Extent, shown: usize) -> String {
    if extent.most == 0 {
        return scene.text("triage-content");
    }
    let first = scene.state.scroll().min(extent.most) + 1;
    let last = (first + shown).saturating_sub(1);
    let values = [("first", first.into()), ("last", last.into()), ("total", (extent.most + shown).into())];
    scene.text_with("triage-content-part", &values)
}

fn heading(scene: &Scene<'_>, title: &str, width: usize) -> Line<'static> {
    wrap::cut(&ruled(scene, title, width), width)
}

fn ruled(scene: &Scene<'_>, title: &str, width: usize) -> Vec<Piece> {
    let left = vec![("── ".to_owned(), Palette::quiet()), (format!("{title} "), scene.palette.accent())];
    let rest = width.saturating_sub(wrap::columns(&left));
    [left, vec![("─".repeat(rest), Palette::quiet())]].concat()
}
