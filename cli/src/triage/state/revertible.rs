//! Operations of the session that can be reverted.

use super::super::{held::HeldComment, outbox::RevertTarget};
use duyet_proto::v1;

/// An operation that can be reverted.
#[derive(Debug)]
pub(super) struct Revertible {
    /// The request id of the operation.
    pub(super) id: String,
    pub(super) kind: RevertKind,
    /// The operation's id at the service, once the service has responded.
    pub(super) target: Option<RevertTarget>,
}

#[derive(Debug)]
pub(super) enum RevertKind {
    Decision(v1::Action, Box<HeldComment>),
    Ban,
}
