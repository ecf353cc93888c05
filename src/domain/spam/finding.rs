//! Findings: the reasons for a spam score.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

named_enum! {
    /// The rule that made a finding.
    Rule {
        /// A web address or an e-mail address.
        Link = "LINK",
        /// A phone number.
        PhoneNumber = "PHONE_NUMBER",
        /// The same text was posted before.
        RepeatedText = "REPEATED_TEXT",
        /// Three authors or more posted the same text.
        Campaign = "CAMPAIGN",
        /// A word that mixes look-alike letters of two scripts.
        MixedScript = "MIXED_SCRIPT",
        /// The hidden field was filled in.
        Honeypot = "HONEYPOT",
        /// The form was sent faster than people type.
        FastForm = "FAST_FORM",
        /// The challenge was issued to another device.
        OtherDevice = "OTHER_DEVICE",
        /// A ban holds the submits of its subject. It says nothing about this comment, so the weight is 0.
        HeldByBan = "HELD_BY_BAN",
        /// A web address with spelled-out dots.
        HiddenLink = "HIDDEN_LINK",
        /// A messaging app or abbreviation that moves the conversation elsewhere.
        ContactApp = "CONTACT_APP",
        /// An amount of money or a percentage.
        Money = "MONEY",
        /// Typical spam words, which count most before the model has learned.
        SpamWords = "SPAM_WORDS",
        /// One word repeated many times.
        RepeatedWord = "REPEATED_WORD",
        /// Latin letters in a decorative style.
        StyledLetters = "STYLED_LETTERS",
        /// A word written letter by letter.
        SpacedLetters = "SPACED_LETTERS",
        /// Invisible characters were removed from the text.
        InvisibleCharacters = "INVISIBLE_CHARACTERS",
        /// The comment was drawn for the sample of automatic decisions that a moderator reviews. The weight is 0.
        Sampled = "SAMPLED",
        /// A feature that contributed much to the model's score, with the feature's name.
        Learned = "LEARNED",
        /// A term that the newsroom lists.
        Term = "TERM",
        /// A listed term in SHADOW. The weight is 0.
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

/// One reason for a spam score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub rule: Rule,
    /// Contribution to the logit of the score.
    pub weight: f64,
    /// `None` for findings about the whole submission.
    pub field: Option<Field>,
    /// Byte span in the field's stored text.
    pub start: usize,
    pub end: usize,
    /// The matched text, at most 200 characters of it.
    pub excerpt: String,
    /// Name of the model's feature: `w:casino`, `m:link`. Empty for every other rule.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub feature: String,
    /// The listed term that matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<Uuid>,
}

/// Longest excerpt, in characters. The span identifies the rest, and a page of cases must fit into one message.
const MAX_EXCERPT: usize = 200;

impl Finding {
    pub(super) fn spanning(rule: Rule, weight: f64, field: Field, text: &str, start: usize, end: usize) -> Self {
        let excerpt = text[start..end].chars().take(MAX_EXCERPT).collect();
        Self { field: Some(field), start, end, excerpt, ..Self::whole(rule, weight) }
    }

    /// Creates a finding about the whole submission.
    pub fn whole(rule: Rule, weight: f64) -> Self {
        Self { rule, weight, field: None, start: 0, end: 0, excerpt: String::new(), feature: String::new(), term: None }
    }
}
