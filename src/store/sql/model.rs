//! The spam models that are trained from decisions, and the log of decisions.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Backend, Caller, Connection, Fields, List, Statement};
use crate::{
    domain::{
        Result,
        comment::FormText,
        id::{CommentId, SiteId},
        spam::{ModelHead, lessons::Logged},
    },
    store::{contract::ModelStore, parse},
};

/// Number of versions of a model that are kept. A replica may still read the previous version.
const KEPT: i64 = 3;

#[async_trait]
impl<B: Backend> ModelStore for B {
    async fn model_heads(&self) -> Result<Vec<(SiteId, ModelHead)>> {
        let _place = self.place_for(Caller::Background).await?;
        let rows = Statement::new(
            "select s.site_id, s.version, s.log_start, s.log_size, s.decisions, s.digest, s.made_at from spam_models s
            where s.version = (select max(m.version) from spam_models m where m.site_id = s.site_id)",
        )
        .fetch_all(self.reads())
        .await?;
        rows.iter().map(|row| Ok((row.fields().get("site_id")?, read_head(row.fields())?))).collect()
    }

    async fn load_model(&self, site: &SiteId, version: i64) -> Result<Option<Vec<u8>>> {
        let _place = self.place_for(Caller::Background).await?;
        let row = Statement::new("select snapshot from spam_models where site_id = :site and version = :version")
            .bind("site", site)
            .bind("version", version)
            .fetch_optional(self.reads())
            .await?;
        row.map(|row| row.fields().get("snapshot")).transpose()
    }

    async fn load_base(&self, site: &SiteId) -> Result<Option<Vec<u8>>> {
        let _place = self.place_for(Caller::Background).await?;
        let row = Statement::new("select snapshot from spam_bases where site_id = :site").bind("site", site);
        row.fetch_optional(self.reads()).await?.map(|row| row.fields().get("snapshot")).transpose()
    }

    async fn save_model(&self, site: &SiteId, head: &ModelHead, snapshot: &[u8], base: Option<&[u8]>) -> Result<bool> {
        let _place = self.place_for(Caller::Background).await?;
        transaction!(self, tx => {
            let is_next = save(tx, site, head, snapshot).await?;
            if is_next {
                delete_old(tx, site, head.version).await?;
            }
            if let Some(base) = base.filter(|_| is_next) {
                save_base(tx, site, head, base).await?;
            }
            is_next
        })
    }

    async fn log_size(&self, site: &SiteId, since: DateTime<Utc>) -> Result<i64> {
        let _place = self.place_for(Caller::Background).await?;
        let row = Statement::new("select count(*) as entries from audit where site_id = :site and at >= :since")
            .bind("site", site)
            .bind("since", since)
            .fetch_one(self.reads())
            .await?;
        row.fields().get("entries")
    }

    async fn decision_log(&self, site: &SiteId, since: DateTime<Utc>, limit: usize) -> Result<Vec<Logged>> {
        let _place = self.place_for(Caller::Background).await?;
        let rows = Statement::new(
            "select a.audit_id, a.at, a.actor, a.action, a.reason, a.reverts, a.comment_id,
                coalesce(c.skeleton, c.fingerprint) as skeleton
            from audit a { | indexed by audit_by_time}
            join comments c on c.site_id = a.site_id and c.comment_id = a.comment_id
            where a.site_id = :site and a.at >= :since
                and a.action in ('APPROVE', 'REJECT', 'SPAM', 'REQUEUE', 'EXPIRE', 'REVERT')
                and a.to_status is not null and c.status <> 'ERASED'
            order by a.at, a.audit_id limit :limit",
        )
        .bind("site", site)
        .bind("since", since)
        .bind("limit", parse::limit(limit))
        .fetch_all(self.reads())
        .await?;
        rows.iter().map(|row| read_logged(row.fields())).collect()
    }

    async fn texts(&self, site: &SiteId, ids: &[CommentId]) -> Result<Vec<(CommentId, FormText)>> {
        let _place = self.place_for(Caller::Background).await?;
        let rows = Statement::new(
            "select comment_id, author_name, title, content from comments
            where site_id = :site and comment_id in :ids and status <> 'ERASED'",
        )
        .bind("site", site)
        .bind("ids", List::comments(ids))
        .fetch_all(self.reads())
        .await?;
        rows.iter().map(|row| read_text(row.fields())).collect()
    }
}

/// Saves a version. Returns `false` and saves nothing if it does not follow the newest version.
async fn save(tx: &mut Connection<'_>, site: &SiteId, head: &ModelHead, snapshot: &[u8]) -> Result<bool> {
    let saved = Statement::new(
        "insert into spam_models (site_id, version, log_start, log_size, decisions, digest, made_at, snapshot)
        select :site, :version, :log_start, :log_size, :decisions, :digest, :made_at, :snapshot
        where (select coalesce(max(m.version), 0) from spam_models m where m.site_id = :site) = :version - 1
        on conflict do nothing",
    )
    .bind("site", site)
    .bind("version", head.version)
    .bind("log_start", head.log_start)
    .bind("log_size", head.log_size)
    .bind("decisions", head.decisions)
    .bind("digest", &head.digest)
    .bind("made_at", head.made_at)
    .bind("snapshot", snapshot)
    .execute(tx)
    .await?;
    Ok(saved == 1)
}

async fn delete_old(tx: &mut Connection<'_>, site: &SiteId, newest: i64) -> Result<()> {
    let delete = Statement::new("delete from spam_models where site_id = :site and version <= :last");
    delete.bind("site", site).bind("last", newest - KEPT).execute(tx).await?;
    Ok(())
}

async fn save_base(tx: &mut Connection<'_>, site: &SiteId, head: &ModelHead, base: &[u8]) -> Result<()> {
    Statement::new(
        "insert into spam_bases (site_id, log_start, snapshot) values (:site, :log_start, :base)
        on conflict (site_id) do update set log_start = excluded.log_start, snapshot = excluded.snapshot",
    )
    .bind("site", site)
    .bind("log_start", head.log_start)
    .bind("base", base)
    .execute(tx)
    .await?;
    Ok(())
}

fn read_head(row: Fields<'_>) -> Result<ModelHead> {
    Ok(ModelHead {
        version: row.get("version")?,
        log_start: row.get("log_start")?,
        log_size: row.get("log_size")?,
        decisions: row.get("decisions")?,
        digest: row.get("digest")?,
        made_at: row.get("made_at")?,
    })
}

fn read_logged(row: Fields<'_>) -> Result<Logged> {
    Ok(Logged {
        id: row.get("audit_id")?,
        at: row.get("at")?,
        actor: row.get("actor")?,
        action: row.named("action")?,
        reason: row.maybe_named("reason")?,
        reverts: row.get("reverts")?,
        comment: row.get("comment_id")?,
        skeleton: row.get("skeleton")?,
    })
}

fn read_text(row: Fields<'_>) -> Result<(CommentId, FormText)> {
    let text =
        FormText { author_name: row.get("author_name")?, title: row.get("title")?, content: row.get("content")? };
    Ok((row.get("comment_id")?, text))
}
