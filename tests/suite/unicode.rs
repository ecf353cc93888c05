//! Tests with one text in all the ways in which Unicode can represent it: it is stored in one form, and a term matches
//! all of them.

use duyet_proto::v1::{self, TermState, TermTier};
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

use crate::support::newsroom::{Database, Newsroom, on_both_databases};

on_both_databases! {
    a_term_matches_every_way_to_write_it,
    clean_texts_match_no_term_in_any_way_to_write_them,
}

const LISTED: &str = "cờ bạc lậu";

/// Returns ways to write a text that look the same, or nearly.
fn ways(text: &str) -> Vec<(&'static str, String)> {
    let between = |c: char| text.chars().flat_map(|letter| [letter, c]).collect::<String>();
    let with = |from: &[(char, char)]| {
        text.chars()
            .map(|c| from.iter().find(|(plain, _)| *plain == c).map_or(c, |(_, other)| *other))
            .collect::<String>()
    };
    vec![
        ("composed", text.nfc().collect()),
        ("decomposed", text.nfd().collect()),
        ("compatibility composed", text.nfkc().collect()),
        ("compatibility decomposed", text.nfkd().collect()),
        ("capitals", text.to_uppercase()),
        ("capitals, decomposed", text.to_uppercase().nfd().collect()),
        ("zero-width spaces", between('\u{200b}')),
        ("zero-width joiners", between('\u{200d}')),
        ("word joiners", between('\u{2060}')),
        ("soft hyphens", between('\u{ad}')),
        ("byte order marks", between('\u{feff}')),
        ("bidi overrides", format!("\u{202e}{text}\u{202c}")),
        ("bidi isolates", format!("\u{2066}{text}\u{2069}")),
        ("tag characters", between('\u{e0061}')),
        ("variation selectors", between('\u{fe0f}')),
        ("Mongolian vowel separators", between('\u{180e}')),
        ("non-breaking spaces", with(&[(' ', '\u{a0}')])),
        ("ideographic spaces", with(&[(' ', '\u{3000}')])),
        ("two spaces", text.replace(' ', "  ")),
        ("a line break", text.replacen(' ', "\n", 1)),
        ("Cyrillic letters", with(&[('c', 'с'), ('a', 'а')])),
        ("fullwidth letters", with(&[('c', 'ｃ'), ('b', 'ｂ'), ('l', 'ｌ')])),
        ("mathematical letters", with(&[('c', '𝐜'), ('b', '𝐛'), ('l', '𝐥')])),
        ("strokes through all", between('\u{336}')),
        ("lines under all", between('\u{332}')),
    ]
}

async fn assess(newsroom: &Newsroom, content: &str) -> v1::AssessTextResponse {
    let request = v1::AssessTextRequest {
        author_name: "Lan".into(),
        title: "Ý kiến".into(),
        content: format!("Chỗ này có {content} đấy các bác"),
    };
    newsroom.desk().rules.assess_text(request).await.unwrap().into_inner()
}

async fn list(newsroom: &Newsroom, pattern: &str) {
    let term = v1::Term {
        pattern: pattern.into(),
        tier: TermTier::Exact.into(),
        state: TermState::Enforce.into(),
        weight: 9.0,
        ..Default::default()
    };
    let request = v1::PutTermRequest { term: Some(term), dry_run: false, request_id: Uuid::new_v4().to_string() };
    newsroom.desk_with(&newsroom.token("admin")).rules.put_term(request).await.unwrap();
}

async fn a_term_matches_every_way_to_write_it(database: Database) {
    let newsroom = Newsroom::open(database).await;
    list(&newsroom, LISTED).await;
    let mut portal = newsroom.portal();
    let mut missed = Vec::new();
    for (way, text) in ways(LISTED) {
        let findings = assess(&newsroom, &text).await.findings;
        if !findings.iter().any(|finding| finding.rule == "TERM") {
            missed.push(way);
        }
        // The stored text is composed, without invisible characters.
        let sent = portal.say("bai", &format!("{text} {way}")).await;
        let stored = newsroom.desk().case(&sent.comment_id).await.comment.unwrap().content;
        assert_eq!(stored, stored.nfc().collect::<String>(), "{way}");
        let hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}' | '\u{180e}' | '\u{e0000}'..='\u{e007f}');
        assert!(!stored.contains(hidden), "{way}: {stored:?}");
    }
    assert_eq!(missed, [""; 0], "the term must match every way to write the text");
}

async fn clean_texts_match_no_term_in_any_way_to_write_them(database: Database) {
    let newsroom = Newsroom::open(database).await;
    for obscene in ["cặc", "lồn", "buồi", "đĩ", "địt"] {
        list(&newsroom, obscene).await;
    }
    for clean in ["các bạn ơi", "lớn lắm", "buổi sáng", "đi chơi", "đích đến", "con lợn", "cắc tiền lẻ"]
    {
        for (way, text) in ways(clean) {
            let findings = assess(&newsroom, &text).await.findings;
            assert!(!findings.iter().any(|finding| finding.rule == "TERM"), "{clean}, {way}: {findings:?}");
        }
    }
}
