//! `duyet approve-pending`: approves the pending comments of an article, up to a score.

use uuid::Uuid;

use super::{
    args::ApprovePendingArgs,
    context::Context,
    exit::{Exit, Failure},
    lookup, sanitize,
};
use duyet_proto::{Json, v1};

pub(super) async fn run(context: &Context<'_>, args: ApprovePendingArgs) -> Result<Exit, Failure> {
    let mut connection = context.connect().await?;
    let ApprovePendingArgs { article, below, dry_run } = args;
    let request = v1::ApprovePendingRequest {
        article_id: article.clone(),
        max_score: below,
        dry_run,
        request_id: Uuid::new_v4().to_string(),
    };
    let answer = connection.policy.approve_pending(request).await;
    let answer = answer.map_err(|status| lookup::unknown_article(context, &connection, &status))?.into_inner();
    if context.output.json {
        context.output.json(&Json::new(&answer))?;
        return Ok(Exit::Done);
    }
    let values = [
        ("article", sanitize::line(&article).into()),
        ("count", answer.released.into()),
        ("waiting", answer.still_waiting.into()),
    ];
    let key = if dry_run { "cli-would-approve-pending" } else { "cli-approved-pending" };
    context.output.data(&context.locale.text_with(key, &values))?;
    if !answer.batch_id.is_empty() {
        let batch = sanitize::line(&answer.batch_id);
        context.output.data(&context.locale.text_with("cli-undo-batch", &[("batch", batch.into())]))?;
    }
    if answer.more {
        context.talk("cli-approve-pending-more", &[]);
    }
    Ok(Exit::Done)
}
