//! Results per comment, of commands that touch several at once.

use prost::Message as _;
use tonic::{Code, Status};

use super::{
    connection::Connection,
    context::Context,
    exit::{Exit, Failure},
};
use duyet_proto::v1;

/// What came of one comment or ban.
pub(super) struct Item<'a> {
    pub(super) result: &'a v1::ItemResult,
    pub(super) failure: Option<Failure>,
}

/// Reads what the service says of each.
pub(super) fn read<'a>(context: &Context<'_>, connection: &Connection, results: &'a [v1::ItemResult]) -> Vec<Item<'a>> {
    let failure = |result: &v1::ItemResult| {
        let error = result.status.as_ref().filter(|status| status.code != 0)?;
        let details = error.encode_to_vec().into();
        let status = Status::with_details(Code::from_i32(error.code), error.message.as_str(), details);
        Some(context.failure(connection, &status))
    };
    results.iter().map(|result| Item { result, failure: failure(result) }).collect()
}

impl Item<'_> {
    pub(super) fn exit(&self) -> Exit {
        self.failure.as_ref().map_or(Exit::Done, |failure| failure.exit)
    }

    pub(super) const fn is_changed(&self) -> bool {
        self.failure.is_none() && self.result.changed
    }

    /// Returns the comment's id, or the ban's.
    pub(super) fn id(&self) -> &str {
        if self.result.comment_id.is_empty() { &self.result.ban_id } else { &self.result.comment_id }
    }

    /// Says what went wrong, if anything did.
    pub(super) fn complain(&self, context: &Context<'_>) {
        if let Some(failure) = &self.failure {
            context.output.complain(&format!("{}: {}", self.id(), failure.message));
        }
    }
}

/// Returns the worst exit of several items.
pub(super) fn worst(items: &[Item<'_>]) -> Exit {
    items.iter().map(Item::exit).max().unwrap_or(Exit::Done)
}
