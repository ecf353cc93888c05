//! What spam looks like: rule signals, one per file, and a score learned from moderators' decisions, joined by [`assess`].
//! Rules hold comments, they never mark one as spam alone, and those about the text fade as decisions come in.

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
mod form;
pub mod lessons;
mod links;
pub mod model;
mod money;
mod notes;
mod patterns;
mod phones;
mod plain;
mod reading;
mod repetition;
mod rules;
mod skeleton;
mod snapshot;
mod spam_words;
mod term_key;
mod term_set;
mod terms;
pub mod thresholds;
pub mod trial;
mod verdict;
pub mod views;
mod words;

pub use assessment::{Assessment, Knowledge, assess, assess_reading};
pub use finding::{Field, Finding, Rule};
pub use form::FormSignals;
pub use model::Model;
pub use reading::Reading;
pub use skeleton::skeleton;
pub use snapshot::ModelHead;
pub use term_key::term_key;
pub use term_set::{TermHits, TermSet};
pub use terms::{MAX_TERMS, PastComment, Term, TermChange, TermDraft, TermState, TermTier};
pub use verdict::{SpamVerdict, Thresholds, verdict};
