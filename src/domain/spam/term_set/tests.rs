use chrono::DateTime;
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

use super::{set::MAX_FINDINGS, *};
use crate::domain::{
    comment::FormText,
    spam::{Reading, Rule, Term, TermState, TermTier},
};

fn term(pattern: &str, tier: TermTier) -> Term {
    Term {
        id: Uuid::from_u128(pattern.len() as u128),
        pattern: pattern.into(),
        tier,
        state: TermState::Enforce,
        weight: 2.0,
        note: String::new(),
        revision: 1,
        updated_by: "lan".into(),
        updated_at: DateTime::UNIX_EPOCH,
    }
}

fn form(content: &str) -> FormText {
    FormText { author_name: "Lan".into(), title: String::new(), content: content.into() }
}

fn hits(terms: &[Term], content: &str) -> TermHits {
    TermSet::compile(terms).unwrap().find(&Reading::of(&form(content)))
}

fn obscene(tier: TermTier) -> Vec<Term> {
    ["cặc", "lồn", "buồi", "đĩ"].map(|pattern| term(pattern, tier)).into()
}

#[test]
fn clean_words_do_not_match_in_any_normalisation_form() {
    let texts = [
        "Các buổi họp lớn thì đi đâu hết rồi?",
        "CÁC BUỔI LỚN ĐI",
        "Hòa bình, hoà bình, thúy, thuý, các, lớn, buổi, đi",
    ];
    for tier in TermTier::ALL {
        for text in texts {
            for form in [text.nfc().collect::<String>(), text.nfd().collect()] {
                assert_eq!(hits(&obscene(*tier), &form), TermHits::default(), "{tier}: {form}");
            }
        }
    }
}

#[test]
fn the_word_itself_is_found_in_every_form_at_its_own_place() {
    for text in ["Đồ con đĩ kia", "ĐỒ CON ĐĨ KIA", "Đồ con đ.ĩ.ạ ĐĨ kia", "Đồ con đ\u{200b}ĩ kia"]
    {
        for form in [text.nfc().collect::<String>(), text.nfd().collect()] {
            let hits = hits(&obscene(TermTier::Exact), &form);
            assert!(hits.marks_spam, "{form}");
            let found = &hits.findings[0];
            let written = &form[found.start..found.end];
            let shown: String = written.chars().filter(|c| *c != '\u{200b}').nfc().collect();
            assert_eq!((shown.to_lowercase().as_str(), found.rule), ("đĩ", Rule::Term));
        }
    }
}

#[test]
fn both_positions_of_a_tone_mark_are_the_same_word() {
    for (listed, said) in [("thuý nga", "Thúy Nga"), ("thúy nga", "thuý, nga"), ("hoà", "HÒA"), ("quý", "qúy")]
    {
        assert!(hits(&[term(listed, TermTier::Exact)], &format!("gặp {said} ở chợ")).marks_spam, "{said}");
    }
}

#[test]
fn a_word_without_marks_matches_only_in_unmarked_comments_and_only_holds() {
    let terms = obscene(TermTier::Stripped);
    let unmarked = hits(&terms, "do con di kia, may noi gi the");
    assert!(unmarked.holds && !unmarked.marks_spam);
    assert_eq!(hits(&terms, "Đồ con di kia, mày nói gì thế"), TermHits::default());
    assert!(hits(&terms, "Đồ con đĩ kia, mày nói gì thế").holds, "it matches with its marks in any comment");
    assert_eq!(hits(&obscene(TermTier::Exact), "do con di kia, may noi gi the"), TermHits::default());
}

#[test]
fn a_word_with_other_marks_never_matches_even_in_an_almost_unmarked_comment() {
    let hardly_any = "toi khong biet noi gi hon ve chuyen nay nua dau, moi nguoi oi, các ban nghi sao";
    for tier in TermTier::ALL {
        assert_eq!(hits(&obscene(*tier), hardly_any), TermHits::default(), "{tier}");
    }
    assert!(hits(&obscene(TermTier::Stripped), &hardly_any.replace("các", "cac")).holds);
}

#[test]
fn a_term_without_marks_marks_spam_only_in_comments_with_marks() {
    let terms = [term("cac", TermTier::Exact)];
    let unmarked = hits(&terms, "cac ban di dau the");
    assert!(unmarked.holds && !unmarked.marks_spam, "it may be `các` without its mark");
    assert!(hits(&terms, "Mày là đồ cac").marks_spam);
    assert_eq!(hits(&terms, "Các bạn đi đâu thế"), TermHits::default());
}

#[test]
fn teencode_needs_a_digit_and_only_adds_weight() {
    let terms = obscene(TermTier::Teencode);
    for (text, met) in [("đồ l0n kia nhé", true), ("mua hai lon bia", false), ("một số lớn", false)] {
        let hits = hits(&terms, text);
        assert_eq!((hits.weight > 0.0, hits.holds, hits.marks_spam), (met, false, false), "{text}");
    }
    assert!(hits(&[term("vcl", TermTier::Teencode)], "hay vcl").weight > 1.9);
}

#[test]
fn a_phrase_matches_across_punctuation_and_as_whole_words_only() {
    let terms = [term("lô đề", TermTier::Exact)];
    for (text, met) in [("Chơi lô - đề!", true), ("lô đềX", false), ("xlô đề", false), ("lô đẹp đề", false)]
    {
        assert_eq!(hits(&terms, text).marks_spam, met, "{text}");
    }
    let both = hits(&[term("đề", TermTier::Exact), term("lô đề", TermTier::Exact)], "lô đề lô đề");
    assert_eq!(both.findings.len(), 2, "each term once");
    assert!((both.weight - 4.0).abs() < 1e-9);
}

#[test]
fn a_term_in_shadow_is_a_finding_without_effect_and_one_in_off_does_not_match() {
    let state = |state| [Term { state, ..term("lô đề", TermTier::Exact) }];
    let trial = hits(&state(TermState::Shadow), "lô đề");
    assert_eq!((trial.holds, trial.marks_spam, trial.weight.to_bits()), (false, false, 0));
    assert_eq!((trial.findings[0].rule, trial.findings[0].weight.to_bits()), (Rule::TermShadow, 0));
    assert_eq!(hits(&state(TermState::Off), "lô đề"), TermHits::default());
}

#[test]
fn findings_are_limited_and_effects_are_not() {
    let terms: Vec<Term> = (0..80).map(|n| term(&format!("từ{n}xấu"), TermTier::Exact)).collect();
    let text: Vec<String> = (0..80).map(|n| format!("từ{n}xấu")).collect();
    let hits = hits(&terms, &text.join(" "));
    assert_eq!(hits.findings.len(), MAX_FINDINGS);
    assert!((hits.weight - 160.0).abs() < 1e-9);
}
