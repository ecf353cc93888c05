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

pub use assessment::{Assessment, Knowledge, assess, assess_reading};
pub use finding::{Field, Finding, Rule};
pub use form_signals::FormSignals;
pub use model::Model;
pub use model_snapshot::ModelHead;
pub use reading::Reading;
pub use skeleton::skeleton;
pub use term_key::term_key;
pub use term_set::{TermHits, TermSet};
pub use terms::{MAX_TERMS, PastComment, Term, TermChange, TermDraft, TermState, TermTier};
pub use verdict::{SpamVerdict, Thresholds, verdict};
