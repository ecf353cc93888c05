//! Operations of the session that can still be reverted.

use super::super::{held::HeldComment, outbox::RevertTarget};
use duyet_proto::v1;

/// An operation that can be reverted.
#[derive(Debug)]
pub(super) struct Revertible {
    /// Its request id.
    pub(super) id: String,
    pub(super) kind: RevertKind,
    /// Its id at the service, once that has responded.
    pub(super) target: Option<RevertTarget>,
}

#[derive(Debug)]
pub(super) enum RevertKind {
    Decision(v1::Action, Box<HeldComment>),
    Ban,
}
