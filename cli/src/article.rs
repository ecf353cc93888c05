//! `duyet close` and `duyet open`: whether an article takes comments.

use chrono::{DateTime, Days, Utc};
use tonic::{Code, Status};
use uuid::Uuid;

use super::{
    args::{CloseArgs, OpenArgs},
    connection::Connection,
    context::Context,
    exit::{Exit, Failure, local_time},
    lookup, moment, names, sanitize,
};
use duyet_proto::{Json, v1};

/// What to do with the article's own closing time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closing {
    Kept,
    /// Remove it, so that the site's auto-close applies.
    Lifted,
    At(DateTime<Utc>),
}

/// Runs `close`. With a time, the article stays open until then.
pub(super) async fn close(context: &Context<'_>, args: CloseArgs) -> Result<Exit, Failure> {
    let at = context.end(args.at, None)?;
    let mut connection = context.connect().await?;
    let known = match read(&mut connection, args.article.clone()).await {
        // An update at revision 0 creates the article, so that it can be closed before its first comment.
        Err(status) if status.code() == Code::NotFound && args.new_article => {
            v1::ArticlePolicy { article_id: args.article, ..Default::default() }
        }
        known => known.map_err(|status| unknown(context, &connection, &status))?,
    };
    let changed = async {
        match at {
            Some(at) => write(&mut connection, &known, None, Closing::At(at)).await,
            None => write(&mut connection, &known, Some(v1::Mode::Closed), Closing::Kept).await,
        }
    };
    let article = changed.await.map_err(|status| context.failure(&connection, &status))?;
    print(context, article)
}

/// Runs `open`. Without a mode, the article returns to the site's mode.
pub(super) async fn open(context: &Context<'_>, args: OpenArgs) -> Result<Exit, Failure> {
    let end = context.end(args.end, args.term)?;
    let mode = args.mode.map_or(v1::Mode::Unspecified, v1::Mode::from);
    let mut connection = context.connect().await?;
    let opened = read_and_open(&mut connection, args.article, mode, end, context.now).await;
    let article = opened.map_err(|status| lookup::unknown_article(context, &connection, &status))?;
    let stays_closed = article.effective_mode() == v1::Mode::Closed;
    let exit = print(context, article)?;
    if stays_closed {
        context.talk("cli-still-closed", &[]);
    }
    Ok(exit)
}

/// Opens an article. If its closing time has passed, replaces it by the given time, or by the site's auto-close counted
/// from now.
async fn read_and_open(
    connection: &mut Connection,
    article_id: String,
    mode: v1::Mode,
    end: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<v1::ArticlePolicy, Status> {
    let known = read(connection, article_id).await?;
    let closing = match end {
        Some(end) => Closing::At(end),
        None if has_closed(&known, now) => closing_from_now(connection, now).await?,
        None => Closing::Kept,
    };
    let article = write(connection, &known, Some(mode), closing).await?;
    let is_closed = article.effective_mode() == v1::Mode::Closed && has_closed(&article, now);
    // Without a closing time of its own, the article is subject to the site's auto-close again.
    match (is_closed, closing) {
        (true, Closing::Kept | Closing::Lifted) => match closing_from_now(connection, now).await? {
            Closing::At(end) => write(connection, &article, Some(mode), Closing::At(end)).await,
            Closing::Kept | Closing::Lifted => Ok(article),
        },
        _ => Ok(article),
    }
}

fn has_closed(article: &v1::ArticlePolicy, now: DateTime<Utc>) -> bool {
    let times = [article.close_at.as_ref(), article.closes_at.as_ref()];
    times.into_iter().filter_map(moment::time).any(|at| at <= now)
}

async fn closing_from_now(connection: &mut Connection, now: DateTime<Utc>) -> Result<Closing, Status> {
    let site = connection.policy.get_site(v1::GetSiteRequest {}).await?.into_inner().site.unwrap_or_default();
    Ok(closing_after(site.auto_close_days, now))
}

fn closing_after(days: i32, now: DateTime<Utc>) -> Closing {
    let days = u64::try_from(days).ok().filter(|days| *days > 0);
    days.and_then(|days| now.checked_add_days(Days::new(days))).map_or(Closing::Lifted, Closing::At)
}

async fn read(connection: &mut Connection, article_id: String) -> Result<v1::ArticlePolicy, Status> {
    let answer = connection.policy.get_article(v1::GetArticleRequest { article_id: article_id.clone() }).await?;
    Ok(v1::ArticlePolicy { article_id, ..answer.into_inner().article.unwrap_or_default() })
}

/// Returns the failure about an unknown article, with a hint how to close an article before its first comment.
fn unknown(context: &Context<'_>, connection: &Connection, status: &Status) -> Failure {
    let failure = lookup::unknown_article(context, connection, status);
    if status.code() != Code::NotFound {
        return failure;
    }
    Failure { message: format!("{}\n  {}", failure.message, context.locale.text("cli-close-new")), ..failure }
}

/// Updates the article at the revision that was read (optimistic concurrency). Fails with a conflict if it changed
/// since.
async fn write(
    connection: &mut Connection,
    known: &v1::ArticlePolicy,
    mode: Option<v1::Mode>,
    closing: Closing,
) -> Result<v1::ArticlePolicy, Status> {
    let answer = connection.policy.update_article(request(known, mode, closing)).await?;
    Ok(answer.into_inner().article.unwrap_or_default())
}

fn request(known: &v1::ArticlePolicy, mode: Option<v1::Mode>, closing: Closing) -> v1::UpdateArticleRequest {
    let close_at = match closing {
        Closing::At(at) => Some(moment::stamp(at)),
        Closing::Kept | Closing::Lifted => None,
    };
    let mode_path = mode.map(|_| "mode".to_owned());
    let close_path = (closing != Closing::Kept).then(|| "close_at".to_owned());
    let article = v1::ArticlePolicy {
        article_id: known.article_id.clone(),
        mode: mode.unwrap_or_default().into(),
        close_at,
        revision: known.revision,
        ..Default::default()
    };
    v1::UpdateArticleRequest {
        article: Some(article),
        update_mask: Some(prost_types::FieldMask { paths: mode_path.into_iter().chain(close_path).collect() }),
        request_id: Uuid::new_v4().to_string(),
    }
}

fn print(context: &Context<'_>, article: v1::ArticlePolicy) -> Result<Exit, Failure> {
    if context.output.json {
        context.output.json(&Json::new(&v1::UpdateArticleResponse { article: Some(article) }))?;
        return Ok(Exit::Done);
    }
    let mode = names::mode(article.effective_mode).map(|name| names::words(context.locale, "mode", name));
    let values = [
        ("article", sanitize::line(&article.article_id).into()),
        ("mode", mode.unwrap_or_default().into()),
        ("revision", article.revision.into()),
    ];
    context.output.data(&context.locale.text_with("cli-article-changed", &values))?;
    let closes = moment::time(article.closes_at.as_ref().or(article.close_at.as_ref())).filter(|at| *at > context.now);
    if let (Some(at), false) = (closes, article.effective_mode() == v1::Mode::Closed) {
        let at = local_time(at, context.locale);
        context.output.data(&context.locale.text_with("cli-article-closes", &[("at", at.into())]))?;
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_000_000, 0).unwrap()
    }

    #[test]
    fn a_new_closing_time_follows_the_sites_auto_close() {
        assert_eq!(closing_after(0, now()), Closing::Lifted);
        assert_eq!(closing_after(2, now()), Closing::At(DateTime::from_timestamp(1_000_000 + 2 * 86_400, 0).unwrap()));
    }

    #[test]
    fn only_given_fields_are_updated() {
        let known = v1::ArticlePolicy { article_id: "bai".into(), revision: 4, ..Default::default() };
        let paths = |mode, closing| request(&known, mode, closing).update_mask.unwrap().paths.join(" ");
        assert_eq!(paths(Some(v1::Mode::Closed), Closing::Kept), "mode");
        assert_eq!(paths(Some(v1::Mode::Pre), Closing::Lifted), "mode close_at");
        assert_eq!(paths(None, Closing::At(now())), "close_at");
        assert_eq!(request(&known, None, Closing::Kept).article.unwrap().revision, 4);
    }

    #[test]
    fn an_article_closes_at_its_own_time_or_the_sites() {
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let article = |close_at, closes_at| v1::ArticlePolicy { close_at, closes_at, ..Default::default() };
        assert!(has_closed(&article(at(1), None), now()) && has_closed(&article(None, at(1)), now()));
        assert!(!has_closed(&article(at(2_000_000), at(2_000_000)), now()) && !has_closed(&article(None, None), now()));
    }
}
