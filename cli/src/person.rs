//! `duyet export` and `duyet erase`: exports or erases everything that one person wrote.

use tonic::Streaming;
use uuid::Uuid;

use super::{
    args::{EraseArgs, ExportArgs, PersonArgs},
    connection::{Connection, streaming},
    context::Context,
    exit::{Exit, Failure},
    sanitize, terminal,
};
use duyet_proto::{
    Json,
    v1::{EraseAuthorRequest, ExportAuthorRequest, ExportAuthorResponse, erase_author_request, export_author_request},
};

/// Runs `export`: one JSON object per line, with or without `--json`.
pub(super) async fn export(context: &Context<'_>, args: ExportArgs) -> Result<Exit, Failure> {
    let mut connection = context.connect().await?;
    let mut stream = open(context, &mut connection, &args.person).await?;
    loop {
        match stream.message().await {
            Ok(Some(item)) => context.output.json_line(&Json::new(&item))?,
            Ok(None) => return Ok(Exit::Done),
            Err(status) => return Err(context.failure(&connection, &status)),
        }
    }
}

/// Runs `erase`. Shows the number of comments and reports and asks for confirmation before it erases them.
pub(super) async fn erase(context: &Context<'_>, args: EraseArgs) -> Result<Exit, Failure> {
    if !args.yes && !terminal::is_typed() {
        return Err(Failure::new(Exit::Usage, context.locale.text("cli-erase-yes")));
    }
    let mut connection = context.connect().await?;
    if !args.yes && !agreed(context, &mut connection, &args.person).await? {
        context.talk("cli-bulk-dropped", &[]);
        return Ok(Exit::Failed);
    }
    let of = match (args.person.id, args.person.author) {
        (Some(id), _) => Some(erase_author_request::Of::CommentId(id.to_string())),
        (None, author) => author.map(erase_author_request::Of::Author),
    };
    let note = args.note.unwrap_or_default();
    let request = EraseAuthorRequest { of, note, request_id: Uuid::new_v4().to_string() };
    let answer = loop {
        let answer = connection.privacy.erase_author(request.clone()).await;
        let answer = answer.map_err(|status| context.failure(&connection, &status))?.into_inner();
        if !answer.in_progress {
            break answer;
        }
        // Each call erases for some seconds before it returns, so the next one needs no pause.
        context.talk("cli-erasing", &[("comments", answer.erased.into()), ("remaining", answer.remaining.into())]);
    };
    if context.output.json {
        context.output.json(&Json::new(&answer))?;
    } else {
        let values = [
            ("comments", answer.erased.into()),
            ("reports", answer.reports.into()),
            ("id", sanitize::line(&answer.batch_id).into()),
        ];
        context.output.data(&context.locale.text_with("cli-erased", &values))?;
    }
    Ok(Exit::Done)
}

async fn open(
    context: &Context<'_>,
    connection: &mut Connection,
    person: &PersonArgs,
) -> Result<Streaming<ExportAuthorResponse>, Failure> {
    let of = match (person.id, &person.author) {
        (Some(id), _) => Some(export_author_request::Of::CommentId(id.to_string())),
        (None, author) => author.clone().map(export_author_request::Of::Author),
    };
    let answer = connection.privacy.export_author(streaming(ExportAuthorRequest { of })).await;
    Ok(answer.map_err(|status| context.failure(connection, &status))?.into_inner())
}

async fn agreed(context: &Context<'_>, connection: &mut Connection, person: &PersonArgs) -> Result<bool, Failure> {
    let mut stream = open(context, connection, person).await?;
    let (mut comments, mut reports) = (0_i64, 0_i64);
    loop {
        match stream.message().await {
            Ok(Some(item)) => {
                comments += i64::from(item.comment.is_some());
                reports += i64::from(item.report.is_some());
            }
            Ok(None) => break,
            Err(status) => return Err(context.failure(connection, &status)),
        }
    }
    let values = [("comments", comments.into()), ("reports", reports.into())];
    context.output.ask(&context.locale.text_with("cli-erase-ask", &values));
    terminal::read_yes().map_err(|error| Failure::new(Exit::Failed, format!("stdin: {error}")))
}
