//! Results per comment, of commands that touch several at once.

use prost::Message as _;
use tonic::{Code, Status};

use super::{connection::Connection, desk::Desk, json, names, outcome::Outcome};
use duyet_proto::v1;

/// What came of one comment or ban.
pub(super) struct Item {
    pub(super) outcome: Outcome,
    pub(super) changed: bool,
    pub(super) result: json::ItemResult,
}

impl Item {
    /// Reads what the service says of it.
    pub(super) fn new(desk: &Desk<'_>, connection: &Connection, item: v1::ItemResult) -> Self {
        let failure = item.status.filter(|status| status.code != 0).map(|error| {
            let details = error.encode_to_vec().into();
            desk.failure(connection, &Status::with_details(Code::from_i32(error.code), error.message, details))
        });
        let comment = item.comment.as_ref();
        let result = json::ItemResult {
            comment_id: json::present(item.comment_id),
            ban_id: json::present(item.ban_id),
            result: match &failure {
                Some(failure) => failure.outcome.name(),
                None if item.changed => "changed",
                None => "already",
            },
            status: comment.and_then(|comment| names::status(comment.status)),
            revision: comment.map(|comment| comment.revision),
            decision_id: json::present(item.decision_id),
            message: failure.as_ref().map(|failure| failure.message.clone()),
            conflict: failure.as_ref().and_then(|failure| failure.standing.clone()),
        };
        let outcome = failure.map_or(Outcome::Done, |failure| failure.outcome);
        Self { outcome, changed: outcome == Outcome::Done && item.changed, result }
    }

    /// The comment's id, or the ban's.
    pub(super) fn id(&self) -> &str {
        self.result.comment_id.as_deref().or(self.result.ban_id.as_deref()).unwrap_or_default()
    }

    /// Says what went wrong, if anything did.
    pub(super) fn complain(&self, desk: &Desk<'_>) {
        if let Some(message) = &self.result.message {
            desk.output.complain(&format!("{}: {message}", self.id()));
        }
    }
}

/// The worst of what came of several.
pub(super) fn worst(items: &[Item]) -> Outcome {
    items.iter().map(|item| item.outcome).max().unwrap_or(Outcome::Done)
}
