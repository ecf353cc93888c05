//! Checks that the names in a filter exist. A filter by an unknown name matches nothing, which looks like an empty
//! queue.

use tonic::{Code, Status};

use super::{
    connection::Connection,
    context::Context,
    exit::{Exit, Failure},
    sanitize,
};
use duyet_locale::Locale;
use duyet_proto::v1;

/// Least similarity between an unknown name and a suggested one, from 0 to 1.
const LEAST_SIMILARITY: f64 = 0.5;
/// Largest number of suggestions.
const SUGGESTED: usize = 3;
/// Every status. An author is also known by comments that are not in the queue.
const EVERY_STATUS: [v1::CommentStatus; 6] = [
    v1::CommentStatus::Pending,
    v1::CommentStatus::Approved,
    v1::CommentStatus::Rejected,
    v1::CommentStatus::Spam,
    v1::CommentStatus::Removed,
    v1::CommentStatus::Erased,
];

/// Returns an error if the article, comment or author of a filter does not exist. The service itself rejects unknown
/// rules.
pub(super) async fn check(
    context: &Context<'_>,
    connection: &mut Connection,
    filter: &v1::QueueFilter,
) -> Result<(), Failure> {
    check_article(context, connection, &filter.article_id).await?;
    check_comment(context, connection, &filter.campaign_of).await?;
    if filter.author.is_empty() {
        return Ok(());
    }
    let found = comments_by(connection, filter.author.clone()).await;
    if found.map_err(|status| context.failure(connection, &status))? == 0 {
        let values = [("author", sanitize::line(&filter.author).into())];
        return Err(Failure::new(Exit::NotFound, context.locale.text_with("cli-author-unknown", &values)));
    }
    Ok(())
}

/// An empty id is accepted.
pub(super) async fn check_article(context: &Context<'_>, connection: &mut Connection, id: &str) -> Result<(), Failure> {
    if id.is_empty() {
        return Ok(());
    }
    let answer = connection.policy.get_article(v1::GetArticleRequest { article_id: id.to_owned() }).await;
    answer.map(drop).map_err(|status| unknown_article(context, connection, &status))
}

/// An empty id is accepted.
pub(super) async fn check_comment(context: &Context<'_>, connection: &mut Connection, id: &str) -> Result<(), Failure> {
    if id.is_empty() {
        return Ok(());
    }
    let answer = connection.moderation.get_case(v1::GetCaseRequest { comment_id: id.to_owned() }).await;
    answer.map(drop).map_err(|status| context.failure(connection, &status))
}

pub(super) fn unknown_article(context: &Context<'_>, connection: &Connection, status: &Status) -> Failure {
    let failure = context.failure(connection, status);
    if status.code() != Code::NotFound {
        return failure;
    }
    Failure { message: format!("{}\n  {}", failure.message, context.locale.text("cli-article-by-id")), ..failure }
}

async fn comments_by(connection: &mut Connection, author: String) -> Result<i64, Status> {
    let filter = v1::QueueFilter { author, status: EVERY_STATUS.map(i32::from).to_vec(), ..Default::default() };
    let request = v1::ListQueueRequest { filter: Some(filter), page_size: 1, ..Default::default() };
    Ok(connection.moderation.list_queue(request).await?.into_inner().total)
}

/// Adds the known names most similar to the unknown one to its failure, if there are any.
pub(super) fn suggest(failure: &mut Failure, wanted: &str, known: Vec<String>, locale: Locale) {
    let nearest = nearest(wanted, known);
    if !nearest.is_empty() {
        let values = [("nearest", sanitize::line(&nearest.join(", ")).into())];
        failure.message = format!("{}\n  {}", failure.message, locale.text_with("cli-nearest", &values));
    }
}

/// Returns the known names that are similar to the wanted one, the most similar first.
pub(super) fn nearest(wanted: &str, known: Vec<String>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let similarity = |name: &String| strsim::normalized_damerau_levenshtein(&wanted, &name.to_lowercase());
    let mut scored: Vec<_> = known.into_iter().map(|name| (similarity(&name), name)).collect();
    scored.retain(|(similarity, _)| *similarity >= LEAST_SIMILARITY);
    scored.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    scored.into_iter().map(|(_, name)| name).take(SUGGESTED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_gets_the_nearest_name() {
        let known = || ["lô đề", "cá độ", "vay nóng"].map(str::to_owned).to_vec();
        assert_eq!(nearest("Lô dề", known()), ["lô đề"]);
        assert_eq!(nearest("bóng đá", known()), [""; 0]);
    }
}
