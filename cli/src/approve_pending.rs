//! `duyet approve-pending`: approves what waits on an article, by score.

use uuid::Uuid;

use super::{
    args::ApprovePendingArgs,
    desk::Desk,
    lookup,
    outcome::{Failure, Outcome},
    sanitize,
};
use duyet_proto::{Json, v1};

/// Runs `approve-pending`.
pub(super) async fn run(desk: &Desk<'_>, args: ApprovePendingArgs) -> Result<Outcome, Failure> {
    let mut connection = desk.connect().await?;
    let ApprovePendingArgs { article, below, dry_run } = args;
    let request = v1::ApprovePendingRequest {
        article_id: article.clone(),
        max_score: below,
        dry_run,
        request_id: Uuid::new_v4().to_string(),
    };
    let answer = connection.policy.approve_pending(request).await;
    let answer = answer.map_err(|status| lookup::unknown_article(desk, &connection, &status))?.into_inner();
    if desk.output.json {
        desk.output.json(&Json::new(&answer))?;
        return Ok(Outcome::Done);
    }
    let values = [
        ("article", sanitize::line(&article).into()),
        ("count", answer.released.into()),
        ("waiting", answer.still_waiting.into()),
    ];
    let key = if dry_run { "cli-would-approve-pending" } else { "cli-approved-pending" };
    desk.output.data(&desk.locale.text_with(key, &values))?;
    if !answer.batch_id.is_empty() {
        let batch = sanitize::line(&answer.batch_id);
        desk.output.data(&desk.locale.text_with("cli-undo-batch", &[("batch", batch.into())]))?;
    }
    if answer.more {
        desk.talk("cli-approve-pending-more", &[]);
    }
    Ok(Outcome::Done)
}
