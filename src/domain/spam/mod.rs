//! Spam detection: rules with one file each, and a score learned from moderators' decisions, combined by [`assess`].
//! Rules alone may hold a comment but never mark it as spam. Rules about the text lose weight as the model learns.

mod assessment;
mod calibration;
mod characters;
mod contact_apps;
mod disguises;
pub mod evaluation;
mod explanation;
mod facts;
pub mod features;
mod finding;
mod form_signals;
pub mod lessons;
mod links;
pub mod model;
mod model_snapshot;
mod money;
mod patterns;
mod phones;
mod plain_characters;
mod reading;
mod repetition;
mod rules;
mod skeleton;
mod spam_words;
mod term_key;
mod term_set;
mod terms;
mod text_counts;
pub mod thresholds;
pub mod trial;
mod verdict;
pub mod views;
mod words;

pub use self::{
    assessment::{Assessment, Knowledge, assess, assess_reading},
    finding::{Field, Finding, Rule},
    form_signals::FormSignals,
    model::Model,
    model_snapshot::ModelHead,
    reading::Reading,
    skeleton::skeleton,
    term_key::term_key,
    term_set::{TermHits, TermSet},
    terms::{MAX_TERMS, PastComment, Term, TermChange, TermDraft, TermState, TermTier},
    verdict::{SpamVerdict, Thresholds, verdict},
};
