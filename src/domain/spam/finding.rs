//! One reason for a spam score.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

named_enum! {
    /// Every rule.
    Rule {
        /// A web address or e-mail.
        Link = "LINK",
        /// A phone number.
        PhoneNumber = "PHONE_NUMBER",
        /// The same text was posted before.
        RepeatedText = "REPEATED_TEXT",
        /// Three authors or more posted the same text.
        Campaign = "CAMPAIGN",
        /// A word of look-alike letters from two scripts.
        MixedScript = "MIXED_SCRIPT",
        /// The field that people do not see was filled in.
        Honeypot = "HONEYPOT",
        /// The form was sent faster than people type.
        FastForm = "FAST_FORM",
        /// The challenge was asked for by another device.
        OtherDevice = "OTHER_DEVICE",
        /// A ban has its subject's submits wait. Says nothing about this one, so it weighs nothing.
        HeldByBan = "HELD_BY_BAN",
        /// A web address whose dots are spelt out.
        HiddenLink = "HIDDEN_LINK",
        /// An app or abbreviation that asks a reader to go on elsewhere.
        ContactApp = "CONTACT_APP",
        /// An amount of money or a percentage.
        Money = "MONEY",
        /// Words that spam starts with, before there are decisions to learn from.
        SpamWords = "SPAM_WORDS",
        /// One word over and over.
        RepeatedWord = "REPEATED_WORD",
        /// Latin letters in a decorative style.
        StyledLetters = "STYLED_LETTERS",
        /// A word written letter by letter.
        SpacedLetters = "SPACED_LETTERS",
        /// Characters that nobody sees were taken out of the text.
        InvisibleCharacters = "INVISIBLE_CHARACTERS",
        /// An automatic decision that a moderator shall look at. Says nothing about this one.
        Sampled = "SAMPLED",
        /// What the learned score saw most in, with the feature's name.
        Learned = "LEARNED",
        /// A term that the newsroom lists.
        Term = "TERM",
        /// A listed term on trial: it weighs nothing.
        TermShadow = "TERM_SHADOW",
    }
}

named_enum! {
    /// The field that a finding's span refers to.
    Field {
        AuthorName = "author_name",
        Title = "title",
        Content = "content",
    }
}

/// One reason to look twice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub rule: Rule,
    /// Added to the logit.
    pub weight: f64,
    /// `None` for findings about the whole submission.
    pub field: Option<Field>,
    /// Byte span in the field's stored text.
    pub start: usize,
    pub end: usize,
    /// The matched text, at most 200 characters of it.
    pub excerpt: String,
    /// The learned score's name for what it saw: `w:casino`, `m:link`. Empty for every other rule.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub feature: String,
    /// The listed term that was met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<Uuid>,
}

/// Longest excerpt, in characters: the span tells the rest, and a page of cases must fit one message.
const MAX_EXCERPT: usize = 200;

impl Finding {
    pub(super) fn spanning(rule: Rule, weight: f64, field: Field, text: &str, start: usize, end: usize) -> Self {
        let excerpt = text[start..end].chars().take(MAX_EXCERPT).collect();
        Self { field: Some(field), start, end, excerpt, ..Self::whole(rule, weight) }
    }

    /// About the whole submission.
    pub fn whole(rule: Rule, weight: f64) -> Self {
        Self { rule, weight, field: None, start: 0, end: 0, excerpt: String::new(), feature: String::new(), term: None }
    }
}
