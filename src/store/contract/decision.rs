use async_trait::async_trait;

use crate::domain::{
    Result,
    decision::{DecisionBatch, Settled},
    report::{Escalated, Escalation},
    revert::{Revert, RevertResult},
};

/// Changes of comments' statuses.
#[async_trait]
pub trait DecisionStore: Send + Sync {
    /// Decides each item independently, under the lock of its row. A decision writes status, revision, `reviewed_at`,
    /// attention, `published_at` (once), the public counts of article and parent, an audit row and a change-feed row,
    /// and it ends the claim. An item that already has the status writes nothing. Returns the results in the order of
    /// the items. The request row of a batch is always written, that of a single decision only if the decision
    /// succeeded.
    ///
    /// Fails with `RequestIdReused`.
    async fn decide(&self, batch: &DecisionBatch) -> Result<Vec<Settled>>;

    /// Reverts one entry, a batch, or the actor's last decision. Each comment gets back its previous status (with a new
    /// revision), review and attention, and each ban its previous state, but only if the entry is the last one of its
    /// subject. Reports that arrived since stay open. Returns one item per entry, in the order of the entries.
    ///
    /// Fails with `AuditEntryNotFound`, `RevertDenied` (if the actor may not revert one of the entries),
    /// `NotRevertible` (if a single entry is of a kind that cannot be reverted) or `RequestIdReused`.
    async fn revert(&self, revert: &Revert) -> Result<RevertResult>;

    /// Sets or changes a takedown deadline, flags the comment, and writes the audit entry and the change-feed row.
    /// Revision and claim do not change.
    ///
    /// Fails with `CommentNotFound`, `NotRevertible` (if the comment is erased) or `RequestIdReused`.
    async fn escalate(&self, escalation: &Escalation) -> Result<Escalated>;
}
