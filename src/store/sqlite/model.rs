//! What decisions taught, and the decisions.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{SqliteStore, json_ids, micros};
use crate::{
    domain::{
        Result,
        comment::FormText,
        id::{CommentId, SiteId},
        spam::{ModelHead, lessons::Logged},
    },
    store::{contract::ModelStore, model, parse, rows::RowReader},
};

const HEADS: &str =
    "select s.site_id, s.version, s.log_start, s.log_size, s.decisions, s.digest, s.made_at from spam_models s
    where s.version = (select max(m.version) from spam_models m where m.site_id = s.site_id)";

const SAVE: &str =
    "insert into spam_models (site_id, version, log_start, log_size, decisions, digest, made_at, snapshot)
    select $1, $2, $3, $4, $5, $6, $7, $8
    where (select coalesce(max(m.version), 0) from spam_models m where m.site_id = $1) = $2 - 1
    on conflict do nothing";

const SAVE_BASE: &str = "insert into spam_bases (site_id, log_start, snapshot) values ($1, $2, $3)
    on conflict (site_id) do update set log_start = excluded.log_start, snapshot = excluded.snapshot";

/// A replica may be reading the one before.
const KEPT: i64 = 3;

const LOG: &str = "select a.audit_id, a.at, a.actor, a.action, a.reason, a.reverts, a.comment_id,
        coalesce(c.skeleton, c.fingerprint)
    from audit a indexed by audit_by_time join comments c on c.site_id = a.site_id and c.comment_id = a.comment_id
    where a.site_id = $1 and a.at >= $2 and a.action in ('APPROVE', 'REJECT', 'SPAM', 'REQUEUE', 'EXPIRE', 'REVERT')
        and a.to_status is not null and c.status <> 'ERASED'
    order by a.at, a.audit_id limit $3";

const TEXTS: &str = "select comment_id, author_name, title, content from comments
    where site_id = $1 and comment_id in (select unhex(value) from json_each($2)) and status <> 'ERASED'";

#[async_trait]
impl ModelStore for SqliteStore {
    async fn model_heads(&self) -> Result<Vec<(SiteId, ModelHead)>> {
        let rows = sqlx::query(HEADS).fetch_all(&self.read).await?;
        rows.iter().map(|row| model::head(&mut RowReader::new(row))).collect()
    }

    async fn load_model(&self, site: &SiteId, version: i64) -> Result<Option<Vec<u8>>> {
        let sql = "select snapshot from spam_models where site_id = $1 and version = $2";
        Ok(sqlx::query_scalar(sql).bind(site.as_str()).bind(version).fetch_optional(&self.read).await?)
    }

    async fn load_base(&self, site: &SiteId) -> Result<Option<Vec<u8>>> {
        let sql = "select snapshot from spam_bases where site_id = $1";
        Ok(sqlx::query_scalar(sql).bind(site.as_str()).fetch_optional(&self.read).await?)
    }

    async fn save_model(&self, site: &SiteId, head: &ModelHead, snapshot: &[u8], base: Option<&[u8]>) -> Result<bool> {
        in_transaction!(self, tx => {
            let save = sqlx::query(SAVE).bind(site.as_str()).bind(head.version).bind(micros(head.log_start)).bind(head.log_size);
            let save = save.bind(head.decisions).bind(&head.digest[..]).bind(micros(head.made_at)).bind(snapshot);
            let saved = save.execute(&mut *tx).await?.rows_affected() == 1;
            if saved {
                let sql = "delete from spam_models where site_id = $1 and version <= $2";
                sqlx::query(sql).bind(site.as_str()).bind(head.version - KEPT).execute(&mut *tx).await?;
            }
            if let Some(base) = base.filter(|_| saved) {
                sqlx::query(SAVE_BASE).bind(site.as_str()).bind(micros(head.log_start)).bind(base).execute(&mut *tx).await?;
            }
            saved
        })
    }

    async fn log_size(&self, site: &SiteId, since: DateTime<Utc>) -> Result<i64> {
        let sql = "select count(*) from audit where site_id = $1 and at >= $2";
        Ok(sqlx::query_scalar(sql).bind(site.as_str()).bind(micros(since)).fetch_one(&self.read).await?)
    }

    async fn decision_log(&self, site: &SiteId, since: DateTime<Utc>, limit: usize) -> Result<Vec<Logged>> {
        let query = sqlx::query(LOG).bind(site.as_str()).bind(micros(since)).bind(parse::limit(limit));
        let rows = query.fetch_all(&self.read).await?;
        rows.iter().map(|row| model::logged(&mut RowReader::new(row))).collect()
    }

    async fn texts(&self, site: &SiteId, ids: &[CommentId]) -> Result<Vec<(CommentId, FormText)>> {
        let query = sqlx::query(TEXTS).bind(site.as_str()).bind(json_ids(ids));
        let rows = query.fetch_all(&self.read).await?;
        rows.iter().map(|row| model::text(&mut RowReader::new(row))).collect()
    }
}
