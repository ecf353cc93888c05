//! `duyet show`: shows everything that is known about one comment.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::around;
use crate::{
    audit,
    context::Context,
    exit::{Exit, Failure, local_time},
    facts::{heading, list},
    mark::{Marks, mark},
    moment, names, sanitize,
};
use duyet_locale::Locale;
use duyet_proto::{Json, v1};

pub(crate) async fn run(context: &Context<'_>, id: Uuid) -> Result<Exit, Failure> {
    let mut connection = context.connect().await?;
    let answer = connection.moderation.get_case(v1::GetCaseRequest { comment_id: id.to_string() }).await;
    let answer = answer.map_err(|status| context.failure(&connection, &status))?.into_inner();
    if context.output.json {
        context.output.json(&Json::new(&answer))?;
    } else {
        let case = answer.case.unwrap_or_default();
        let marks = if context.output.is_coloured() { Marks::Colour } else { Marks::Quotes };
        context.output.data(&describe(&case, context.locale, context.now, marks))?;
    }
    Ok(Exit::Done)
}

fn describe(case: &v1::ReviewCase, locale: Locale, now: DateTime<Utc>, marks: Marks) -> String {
    let comment = case.comment.clone().unwrap_or_default();
    let marked = |field: &str, text: &str| mark(text, &ranges(&case.findings, field), marks);
    let one_line = |field: &str, text: &str| marked(field, text).replace('\n', "⏎");
    let facts = [
        ("id", sanitize::line(&comment.id)),
        ("status", status_line(case, &comment, locale)),
        ("takedown", around::takedown(case, locale, now)),
        ("claim", around::claim(case, locale, now)),
        ("reports", around::reports(case, locale)),
        ("article", article(case, &comment)),
        ("sent", moment::time(comment.created_at.as_ref()).map(|at| local_time(at, locale)).unwrap_or_default()),
        ("author", one_line("author_name", &comment.author_name)),
        ("history", history(case.author_history.as_ref(), locale)),
        (
            "same-text",
            Some(case.same_text).filter(|count| *count > 0).map(|count| locale.integer(count)).unwrap_or_default(),
        ),
        ("score", locale.decimal(case.spam_score, 2)),
        ("title", one_line("title", &comment.title)),
    ];
    let mut parts = vec![list(&facts, locale)];
    // The edge on the left prevents a line of the comment from looking like a line of this page.
    let content = marked("content", &comment.content);
    parts.push(content.split('\n').map(|line| format!("│ {line}")).collect::<Vec<_>>().join("\n"));
    parts.extend(around::answered(case, locale));
    if !case.findings.is_empty() {
        parts.push(heading("cli-held", locale));
        parts.extend(case.findings.iter().map(|one| finding(one, locale)));
    }
    parts.extend(around::sections(case, locale));
    if !case.decisions.is_empty() {
        parts.push(heading("cli-decisions", locale));
        parts.extend(case.decisions.iter().map(|entry| format!("  {}", audit::sentence(entry, locale))));
    }
    parts.join("\n")
}

fn status_line(case: &v1::ReviewCase, comment: &v1::Comment, locale: Locale) -> String {
    let status = names::status(comment.status).map(|name| names::words(locale, "status", name)).unwrap_or_default();
    let seen = if case.reviewed_at.is_some() { "cli-reviewed" } else { "cli-not-reviewed" };
    let values = [("status", status.into()), ("revision", comment.revision.into())];
    format!("{}, {}", locale.text_with("cli-status-revision", &values), locale.text(seen))
}

fn article(case: &v1::ReviewCase, comment: &v1::Comment) -> String {
    let parts = [&case.article_title, &case.article_url, &comment.article_id];
    let parts = parts.into_iter().filter(|part| !part.is_empty()).map(|part| sanitize::line(part));
    parts.collect::<Vec<_>>().join(" · ")
}

fn history(history: Option<&v1::AuthorHistory>, locale: Locale) -> String {
    let Some(history) = history else { return String::new() };
    let values = [
        ("author", sanitize::line(&history.author).into()),
        ("approved", history.approved.into()),
        ("refused", history.refused.into()),
        ("spam", history.spam.into()),
        ("pending", history.pending.into()),
    ];
    locale.text_with("cli-history", &values)
}

/// Formats a finding as one line.
pub(crate) fn finding(finding: &v1::Finding, locale: Locale) -> String {
    let said = if finding.explanation.is_empty() { &finding.excerpt } else { &finding.explanation };
    let rule = names::words(locale, "rule", &finding.rule);
    format!("  {}  {}  {}", locale.signed(finding.weight, 1), sanitize::line(&rule), sanitize::line(said))
}

/// Returns the byte ranges of the findings in a field.
fn ranges(findings: &[v1::Finding], field: &str) -> Vec<(usize, usize)> {
    let of_field = findings.iter().filter(|finding| finding.field == field);
    of_field.filter_map(|at| Some((at.start.try_into().ok()?, at.end.try_into().ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> v1::ReviewCase {
        let comment = v1::Comment {
            content: "Gọi 0901\n\u{1b}[2JTrạng thái  đã duyệt".into(),
            status: v1::CommentStatus::Pending.into(),
            ..Default::default()
        };
        let finding = v1::Finding {
            rule: "PHONE_NUMBER".into(),
            weight: 2.0,
            field: "content".into(),
            start: 6,
            end: 10,
            ..Default::default()
        };
        v1::ReviewCase { comment: Some(comment), findings: vec![finding], ..Default::default() }
    }

    #[test]
    fn the_match_is_marked_and_every_line_of_the_comment_has_an_edge() {
        let text = describe(&case(), Locale::Vi, DateTime::UNIX_EPOCH, Marks::Quotes);
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert!(plain.contains("\n│ Gọi «0901»\n│ Trạng thái  đã duyệt"), "{plain}");
        assert!(plain.contains("chờ duyệt") && plain.contains("+2,0  số điện thoại"), "{plain}");
    }

    #[test]
    fn related_records_are_printed_without_control_sequences() {
        let comment = |content: &str| v1::Comment {
            id: "khac".into(),
            author_name: "Ai\u{1b}[31m".into(),
            content: content.into(),
            status: v1::CommentStatus::Spam.into(),
            ..Default::default()
        };
        let due_at = Some(prost_types::Timestamp { seconds: 7_200, nanos: 0 });
        let count = |reason: v1::Reason, count| v1::ReportCount { reason: reason.into(), count };
        let case = v1::ReviewCase {
            reports: Some(v1::Reports {
                total: 4,
                open: 3,
                counts: vec![count(v1::Reason::Insult, 3), count(v1::Reason::Unspecified, 1)],
                notes: vec!["nói\u{1b}[2J bậy".into()],
            }),
            claim: Some(v1::Claim { moderator: "minh".into(), expires_at: due_at }),
            takedown: Some(v1::Takedown { kind: v1::TakedownKind::Authority.into(), due_at }),
            notes: vec![v1::ModeratorNote {
                actor: "lan".into(), text: "hỏi\nluật sư".into(), ..Default::default()
            }],
            siblings: vec![comment("y hệt")],
            author_comments: vec![comment("lời cũ\u{202e}")],
            answered: Some(comment("câu hỏi")),
            ..case()
        };
        let text = describe(&case, Locale::En, DateTime::UNIX_EPOCH, Marks::Quotes);
        let plain = anstream::adapter::strip_str(&text).to_string();
        let expected = [
            "4 reports, 3 since the last review: insult 3, no reason given 1",
            "“nói bậy”",
            "minh, until",
            "authority",
            "2 h left",
            "lan  hỏi⏎luật sư",
            "khac  spam  Ai: y hệt",
            "khac  spam  Ai: lời cũ",
            "khac  spam  Ai: câu hỏi",
        ];
        for words in expected {
            assert!(plain.contains(words), "{words} in {plain}");
        }
        assert!(!text.contains("\u{1b}[2J") && !text.contains("\u{1b}[31m") && !text.contains('\u{202e}'), "{text:?}");
    }
}
