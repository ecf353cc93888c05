use async_trait::async_trait;

use crate::domain::{
    Result,
    decision::{DecisionBatch, Settled},
    report::{Escalated, Escalation},
    revert::{Revert, RevertResult},
};

/// What moves comments from one status to another.
#[async_trait]
pub trait DecisionStore: Send + Sync {
    /// Decides each item under its row's lock, apart from the others: status, revision, `reviewed_at`, attention, `published_at` (once), public
    /// counts of article and parent, the end of its claim, audit row and change-feed row. An item already there writes nothing. Answers in
    /// the items' order. The request row is written with the whole batch; for a lone decision only when it was not refused.
    ///
    /// Fails with `RequestIdReused`.
    async fn decide(&self, batch: &DecisionBatch) -> Result<Vec<Settled>>;

    /// Takes back one entry, a batch, or the actor's last deed: each comment gets its former status (with a new revision), look and attention
    /// back, each ban its former state, only where the entry is the last that happened to it. Reports that came since stay open. One item per
    /// entry, in the entries' order.
    ///
    /// Fails with `AuditEntryNotFound`, `RevertDenied` (when any of the entries is not the actor's to take back), `NotRevertible` (when
    /// a lone entry is of another kind), `RequestIdReused`.
    async fn revert(&self, revert: &Revert) -> Result<RevertResult>;

    /// Starts or moves a takedown clock and flags the comment, with audit entry and change-feed row. Revision and claim stay.
    ///
    /// Fails with `CommentNotFound`, `NotRevertible` for an erased one, `RequestIdReused`.
    async fn escalate(&self, escalation: &Escalation) -> Result<Escalated>;
}
