//! The size limit of responses. gRPC clients reject messages over 4 MiB by default, so no response exceeds 3 MiB. Pages
//! that would be larger end early and return a page token. Claims return only what fits.

use super::{
    audit::AuditEntry,
    ban::Ban,
    case::{CaseDetails, ReviewCase},
    comment::Comment,
    id::ArticleId,
    public_comment::PublicComment,
    report::ModeratorNote,
    spam::{Finding, Term, trial::RuleCount},
};

/// Maximum size of a response, in bytes.
pub const RESPONSE_BYTES: usize = 3 * 1024 * 1024;
/// Bytes reserved for the fields other than the items: tokens, totals, ids.
const BESIDE: usize = 64 * 1024;
/// Upper bound for the bytes of an item's ids, times, numbers and field tags on the wire.
const FIXED: usize = 512;
/// Upper bound for the bytes of a finding's explanation in any language, without the excerpt that it quotes.
const EXPLANATION: usize = 1_024;
/// Upper bound for the bytes of a sealed page token, without the article id.
pub(super) const TOKEN: usize = 1_024;

/// An item of a list in a response.
pub trait Weigh {
    /// Returns an upper bound for the bytes of the item on the wire.
    fn weight(&self) -> usize;
}

/// The bytes of a response that are still free.
#[derive(Debug)]
pub struct ByteBudget {
    left: usize,
    is_empty: bool,
}

impl Default for ByteBudget {
    fn default() -> Self {
        Self::after(0)
    }
}

impl ByteBudget {
    /// Creates the budget that is left after `taken` bytes.
    pub const fn after(taken: usize) -> Self {
        Self { left: (RESPONSE_BYTES - BESIDE).saturating_sub(taken), is_empty: true }
    }

    /// Takes the next item's bytes, or returns false if the item does not fit. The first item always fits, so that each
    /// page makes progress.
    pub fn takes(&mut self, item: &impl Weigh) -> bool {
        let left = self.left.checked_sub(item.weight());
        let fits = left.is_some() || self.is_empty;
        self.left = left.unwrap_or_default();
        self.is_empty = false;
        fits
    }

    /// Counts the leading `items` that fit.
    pub fn fitting<T: Weigh>(mut self, items: &[T]) -> usize {
        items.iter().take_while(|item| self.takes(*item)).count()
    }
}

pub fn weight_of<'a, T: Weigh + 'a>(items: impl IntoIterator<Item = &'a T>) -> usize {
    items.into_iter().map(Weigh::weight).sum()
}

impl Weigh for Comment {
    fn weight(&self) -> usize {
        FIXED + self.article.as_str().len() + self.author_name.len() + self.title.len() + self.content.len()
    }
}

impl Weigh for PublicComment {
    fn weight(&self) -> usize {
        FIXED + ArticleId::MAX_BYTES + self.author_name.len() + self.title.len() + self.content.len()
    }
}

impl Weigh for Finding {
    fn weight(&self) -> usize {
        // The explanation quotes the excerpt, and may quote the feature.
        FIXED + EXPLANATION + self.excerpt.len() * 3 + self.feature.len() * 2
    }
}

impl Weigh for ReviewCase {
    fn weight(&self) -> usize {
        let claim = self.claim.as_ref().map_or(0, |claim| claim.moderator.len());
        let texts = self.history.author.len() + self.article_title.len() + self.article_url.len() + claim;
        let details = self.details.as_ref().map_or(0, |details| details.weight());
        FIXED + texts + details + self.comment.weight() + weight_of(&self.findings)
    }
}

impl Weigh for CaseDetails {
    fn weight(&self) -> usize {
        let around = weight_of(self.siblings.iter().chain(&self.author_comments).chain(&self.answered));
        let reports = self.report_notes.iter().map(|note| note.len() + FIXED).sum::<usize>();
        around + reports + weight_of(&self.decisions) + weight_of(&self.notes) + self.report_counts.len() * FIXED
    }
}

impl Weigh for ModeratorNote {
    fn weight(&self) -> usize {
        FIXED + self.actor.len() + self.text.len()
    }
}

impl Weigh for AuditEntry {
    fn weight(&self) -> usize {
        let article = self.article.as_ref().map_or(0, |article| article.as_str().len());
        FIXED + article + self.actor.len() + self.note.len()
    }
}

impl Weigh for Ban {
    fn weight(&self) -> usize {
        FIXED + self.author.len() + self.note.len() + self.created_by.len() + self.revoked_by.len()
    }
}

impl Weigh for Term {
    fn weight(&self) -> usize {
        FIXED + self.pattern.len() + self.note.len() + self.updated_by.len()
    }
}

impl Weigh for RuleCount {
    fn weight(&self) -> usize {
        FIXED + self.pattern.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bytes(usize);

    impl Weigh for Bytes {
        fn weight(&self) -> usize {
            self.0
        }
    }

    #[test]
    fn items_fit_until_the_response_is_full_and_the_first_always_fits() {
        let half = (RESPONSE_BYTES - BESIDE) / 2;
        let fitting =
            |weights: &[usize]| ByteBudget::default().fitting(&weights.iter().copied().map(Bytes).collect::<Vec<_>>());
        assert_eq!(fitting(&[half, half, 1]), 2);
        assert_eq!(fitting(&[half, half + 1, 1]), 1, "items after one that does not fit are left out too");
        assert_eq!(fitting(&[RESPONSE_BYTES, 1]), 1);
        assert_eq!(fitting(&[]), 0);
        assert_eq!(ByteBudget::after(half).fitting(&[Bytes(half), Bytes(1)]), 1);
        assert_eq!(ByteBudget::after(RESPONSE_BYTES * 2).fitting(&[Bytes(1), Bytes(1)]), 1);
    }
}
