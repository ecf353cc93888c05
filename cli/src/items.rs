//! Results per comment of a command about several comments.

use prost::Message as _;
use tonic::{Code, Status};

use super::{
    connection::Connection,
    context::Context,
    exit::{Exit, Failure},
};
use duyet_proto::v1;

/// The result for one comment or ban.
pub(super) struct Item<'a> {
    pub(super) result: &'a v1::ItemResult,
    pub(super) failure: Option<Failure>,
}

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

    pub(super) fn id(&self) -> &str {
        if self.result.comment_id.is_empty() { &self.result.ban_id } else { &self.result.comment_id }
    }

    /// Prints the error, if the item failed.
    pub(super) fn complain(&self, context: &Context<'_>) {
        if let Some(failure) = &self.failure {
            context.output.complain(&format!("{}: {}", self.id(), failure.message));
        }
    }
}

pub(super) fn worst(items: &[Item<'_>]) -> Exit {
    items.iter().map(Item::exit).max().unwrap_or(Exit::Done)
}
