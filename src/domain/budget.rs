//! How much one response holds. gRPC clients do not accept a message over 4 MiB by default, so no response is over 3 MiB: pages
//! end early with a token, and claims bring what fits.

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

/// Most bytes of a response.
pub const RESPONSE_BYTES: usize = 3 * 1024 * 1024;
/// Kept free for what stands beside the items: tokens, totals, ids.
const BESIDE: usize = 64 * 1024;
/// More than ids, times, numbers and the names of fields take on the wire.
const FIXED: usize = 512;
/// More than a finding's explanation in any language takes without the excerpt that it quotes.
const EXPLANATION: usize = 1_024;
/// More than a sealed page token takes beside the article id.
pub(super) const TOKEN: usize = 1_024;

/// What a response repeats.
pub trait Weigh {
    /// Returns how many bytes it takes on the wire at most.
    fn weight(&self) -> usize;
}

/// What is left of a response's bytes.
#[derive(Debug)]
pub struct Room {
    left: usize,
    is_empty: bool,
}

impl Default for Room {
    fn default() -> Self {
        Self::beside(0)
    }
}

impl Room {
    /// Returns the room beside `taken` bytes.
    pub const fn beside(taken: usize) -> Self {
        Self { left: (RESPONSE_BYTES - BESIDE).saturating_sub(taken), is_empty: true }
    }

    /// Takes the next item, or returns false when it does not fit. The first item always fits, so that every page goes on.
    pub fn takes(&mut self, item: &impl Weigh) -> bool {
        let left = self.left.checked_sub(item.weight());
        let fits = left.is_some() || self.is_empty;
        self.left = left.unwrap_or_default();
        self.is_empty = false;
        fits
    }

    /// Returns how many of `items`, from the first on, fit.
    pub fn fitting<T: Weigh>(mut self, items: &[T]) -> usize {
        items.iter().take_while(|item| self.takes(*item)).count()
    }
}

/// Returns the weight of all.
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
        // The excerpt is quoted in the explanation, and so may be the feature.
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
            |weights: &[usize]| Room::default().fitting(&weights.iter().copied().map(Bytes).collect::<Vec<_>>());
        assert_eq!(fitting(&[half, half, 1]), 2);
        assert_eq!(fitting(&[half, half + 1, 1]), 1, "what comes after the one that does not fit waits too");
        assert_eq!(fitting(&[RESPONSE_BYTES, 1]), 1);
        assert_eq!(fitting(&[]), 0);
        assert_eq!(Room::beside(half).fitting(&[Bytes(half), Bytes(1)]), 1);
        assert_eq!(Room::beside(RESPONSE_BYTES * 2).fitting(&[Bytes(1), Bytes(1)]), 1);
    }
}
