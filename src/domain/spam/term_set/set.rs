//! Compiled terms and the search for them in a comment.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, MatchKind};
use uuid::Uuid;

use super::{compiled_term::CompiledTerm, hits::TermHits};
use crate::domain::{
    Error, Result,
    spam::{Finding, Reading, Term, TermState, term_key::word_key, text_counts::TextCounts, views::Views},
};

/// Percentage of letters with marks below which a comment counts as written without marks. Vietnamese with marks has
/// them on a fourth of its letters, so one or two foreign names make no difference.
const FEW_MARKS_PERCENT: usize = 3;

/// Largest number of findings of one comment. Further matches still have their effect.
pub(super) const MAX_FINDINGS: usize = 50;

/// The compiled terms of a site, without those in OFF.
#[derive(Debug, Default)]
pub struct TermSet {
    terms: Vec<CompiledTerm>,
    /// Automata over the keys of the words and over the words without marks. The index of a pattern is that of its
    /// term.
    with_marks: Option<AhoCorasick>,
    without_marks: Option<AhoCorasick>,
}

impl TermSet {
    /// Compiles the terms that are not OFF.
    ///
    /// # Errors
    /// [`Error::Internal`] if the patterns do not fit into an automaton. Even
    /// [`MAX_TERMS`](crate::domain::spam::MAX_TERMS) of the longest patterns fit.
    pub fn compile(terms: &[Term]) -> Result<Self> {
        let live = terms.iter().filter(|term| term.state != TermState::Off).cloned();
        let (mut compiled, mut with, mut without) = (Vec::new(), Vec::new(), Vec::new());
        for term in live {
            let words = Views::of(&term.pattern).tokens;
            let keys: Vec<String> = words.iter().map(word_key).collect();
            if keys.is_empty() {
                // A term without words matches nothing. The validation of new terms rejects it.
                continue;
            }
            with.push(joined(keys.iter().map(String::as_str)).0);
            without.push(joined(words.iter().map(|word| word.plain.as_str())).0);
            let bears_marks = words.iter().any(|word| word.marked != word.folded);
            compiled.push(CompiledTerm { term, keys, bears_marks });
        }
        if compiled.is_empty() {
            return Ok(Self::default());
        }
        let (with_marks, without_marks) = (Some(automaton(&with)?), Some(automaton(&without)?));
        Ok(Self { terms: compiled, with_marks, without_marks })
    }

    pub fn pattern_of(&self, id: Uuid) -> Option<&str> {
        let found = self.terms.iter().find(|compiled| compiled.term.id == id);
        found.map(|compiled| compiled.term.pattern.as_str())
    }

    /// Finds every term in the comment, at most once per field. Whether the comment is written without marks is decided
    /// for all fields together, because authors do so throughout.
    pub fn find(&self, reading: &Reading<'_>) -> TermHits {
        let mut hits = TermHits::default();
        let (Some(with_marks), Some(without_marks)) = (&self.with_marks, &self.without_marks) else { return hits };
        let notes = reading.said().iter().fold(TextCounts::default(), |sum, (_, views)| sum.plus(&views.notes));
        let almost_unmarked = notes.marked * 100 < notes.letters * FEW_MARKS_PERCENT;
        let mut met = BTreeSet::new();
        for (field, text, views) in reading.fields() {
            let mut met_here = BTreeSet::new();
            let keys: Vec<String> = views.tokens.iter().map(word_key).collect();
            let mut take = |at: usize, first: usize, by_marks: bool| {
                let compiled = &self.terms[at];
                let words = &views.tokens[first..first + compiled.keys.len()];
                let fits = by_marks || compiled.fits(words, &keys[first..], almost_unmarked);
                if !fits || !met_here.insert(at) {
                    return;
                }
                hits.note(compiled, by_marks && (compiled.bears_marks || !almost_unmarked), met.insert(at));
                if hits.findings.len() < MAX_FINDINGS {
                    let (rule, weight) = compiled.rule_and_weight();
                    let (start, end) = (words[0].start, words[words.len() - 1].end);
                    let finding = Finding::spanning(rule, weight, field, text, start, end);
                    hits.findings.push(Finding { term: Some(compiled.term.id), ..finding });
                }
            };
            search(with_marks, keys.iter().map(String::as_str), |at, first| take(at, first, true));
            let plain = views.tokens.iter().map(|token| token.plain.as_str());
            search(without_marks, plain, |at, first| take(at, first, false));
        }
        hits
    }
}

/// Joins the words with a space around each, so that only whole words match. Also returns the start of each word.
fn joined<'a>(words: impl Iterator<Item = &'a str>) -> (String, Vec<usize>) {
    let (mut text, mut starts) = (String::from(" "), Vec::new());
    for word in words {
        starts.push(text.len() - 1);
        text.push_str(word);
        text.push(' ');
    }
    (text, starts)
}

fn search<'a>(automaton: &AhoCorasick, words: impl Iterator<Item = &'a str>, mut take: impl FnMut(usize, usize)) {
    let (text, starts) = joined(words);
    for found in automaton.find_overlapping_iter(&text) {
        if let Ok(first) = starts.binary_search(&found.start()) {
            take(found.pattern().as_usize(), first);
        }
    }
}

fn automaton(patterns: &[String]) -> Result<AhoCorasick> {
    AhoCorasick::builder().match_kind(MatchKind::Standard).build(patterns).map_err(Error::internal)
}
