//! Access tokens.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    PostgresStore,
    session::{Pool, Session},
};
use crate::{
    domain::{Result, access::AccessToken, id::SiteId},
    store::{
        contract::TokenStore,
        key,
        rows::{self, RowReader},
        sql::job,
    },
};

#[async_trait]
impl TokenStore for PostgresStore {
    async fn create_token(&self, token: &AccessToken) -> Result<bool> {
        in_transaction!(self, tx => create(&mut tx, token).await?)
    }

    async fn find_token(&self, id: Uuid) -> Result<Option<AccessToken>> {
        find(&self.pool, id).await
    }

    async fn list_tokens(&self, site: Option<&SiteId>) -> Result<Vec<AccessToken>> {
        list(&self.pool, site).await
    }

    async fn known_sites(&self) -> Result<Vec<SiteId>> {
        job::known_sites((&self.pool).into()).await
    }

    async fn revoke_token(&self, id: Uuid, at: DateTime<Utc>) -> Result<bool> {
        revoke(&self.pool, id, at).await
    }
}

/// Frees the name of an expired token, which the index still counts as live.
const RETIRE: &str = "update tokens set revoked_at = expires_at
    where site_id = $1 and name = $2 and revoked_at is null and expires_at <= $3";

const INSERT: &str = "insert into tokens
        (site_id, token_id, name, role, secret_hash, created_at, expires_at, revoked_at, macs)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (site_id, name) where revoked_at is null do nothing";

pub(super) async fn create(tx: &mut Session, token: &AccessToken) -> Result<bool> {
    let created_at = token.created_at;
    let retire = sqlx::query(RETIRE).bind(token.site.as_str()).bind(&token.name).bind(created_at);
    retire.execute(&mut *tx).await?;
    let insert = sqlx::query(INSERT)
        .bind(token.site.as_str())
        .bind(token.id)
        .bind(&token.name)
        .bind(token.role.as_str())
        .bind(&token.secret_hash[..])
        .bind(created_at)
        .bind(token.expires_at)
        .bind(token.revoked_at)
        .bind(key::macs_as_bytes(&token.macs));
    Ok(insert.execute(tx).await?.rows_affected() == 1)
}

pub(super) async fn find(pool: &Pool, id: Uuid) -> Result<Option<AccessToken>> {
    let sql = concat!("select ", token_columns!(), " from tokens where token_id = $1");
    let row = sqlx::query(sql).bind(id).fetch_optional(pool).await?;
    row.map(|row| rows::token(&mut RowReader::new(&row))).transpose()
}

pub(super) async fn list(pool: &Pool, site: Option<&SiteId>) -> Result<Vec<AccessToken>> {
    let sql = concat!(
        "select ",
        token_columns!(),
        " from tokens
        where $1::text is null or site_id = $1 order by site_id, name, created_at, token_id"
    );
    let rows = sqlx::query(sql).bind(site.map(SiteId::as_str)).fetch_all(pool).await?;
    rows.iter().map(|row| rows::token(&mut RowReader::new(row))).collect()
}

pub(super) async fn revoke(pool: &Pool, id: Uuid, at: DateTime<Utc>) -> Result<bool> {
    // Whoever takes the revocation back in the database gets a token that opens nothing.
    let sql = "update tokens set revoked_at = $2, secret_hash = decode(repeat('00', 32), 'hex'), macs = null
        where token_id = $1 and revoked_at is null and (expires_at is null or expires_at > $2)";
    Ok(sqlx::query(sql).bind(id).bind(at).execute(pool).await?.rows_affected() == 1)
}
