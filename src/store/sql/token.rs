//! Access tokens.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Backend, Columns, Connection, Fields, Statement, job};
use crate::{
    domain::{
        Result,
        access::AccessToken,
        id::SiteId,
        key::{KeyMark, TokenMac},
    },
    store::{contract::TokenStore, parse},
};

const TOKEN: Columns = Columns::new(&[
    "token_id",
    "site_id",
    "name",
    "role",
    "secret_hash",
    "created_at",
    "expires_at",
    "revoked_at",
    "macs",
]);

#[async_trait]
impl<B: Backend> TokenStore for B {
    async fn create_token(&self, token: &AccessToken) -> Result<bool> {
        transaction!(self, tx => create(tx, token).await?)
    }

    async fn find_token(&self, id: Uuid) -> Result<Option<AccessToken>> {
        let select = Statement::new("select ").columns(&TOKEN, "t").push(" from tokens t where t.token_id = :id");
        let row = select.bind("id", id).fetch_optional(self.reads()).await?;
        row.map(|row| read(row.of(&TOKEN, "t")?)).transpose()
    }

    async fn list_tokens(&self, site: Option<&SiteId>) -> Result<Vec<AccessToken>> {
        let mut select = Statement::new("select ").columns(&TOKEN, "t").push(" from tokens t");
        if let Some(site) = site {
            select = select.push(" where t.site_id = :site").bind("site", site);
        }
        let select = select.push(" order by t.site_id, t.name, t.created_at, t.token_id");
        let rows = select.fetch_all(self.reads()).await?;
        rows.iter().map(|row| read(row.of(&TOKEN, "t")?)).collect()
    }

    async fn known_sites(&self) -> Result<Vec<SiteId>> {
        job::known_sites(self.reads()).await
    }

    async fn revoke_token(&self, id: Uuid, at: DateTime<Utc>) -> Result<bool> {
        transaction!(self, tx => revoke(tx, id, at).await?)
    }
}

fn read(row: Fields<'_>) -> Result<AccessToken> {
    Ok(AccessToken {
        id: row.get("token_id")?,
        site: parse::owner(&row.get::<String>("site_id")?)?,
        name: row.get("name")?,
        role: row.named("role")?,
        secret_hash: row.get("secret_hash")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        revoked_at: row.get("revoked_at")?,
        macs: row.get::<Option<Vec<u8>>>("macs")?.as_deref().map(macs_from_bytes).unwrap_or_default(),
    })
}

async fn create(tx: &mut Connection<'_>, token: &AccessToken) -> Result<bool> {
    // Frees the name of an expired token, which still counts as live in the unique index.
    Statement::new(
        "update tokens set revoked_at = expires_at
        where site_id = :site and name = :name and revoked_at is null and expires_at <= :now",
    )
    .bind("site", &token.site)
    .bind("name", &token.name)
    .bind("now", token.created_at)
    .execute(&mut *tx)
    .await?;
    let insert = Statement::insert(
        "tokens",
        vec![
            ("site_id", (&token.site).into()),
            ("token_id", token.id.into()),
            ("name", (&token.name).into()),
            ("role", token.role.as_str().into()),
            ("secret_hash", (&token.secret_hash).into()),
            ("created_at", token.created_at.into()),
            ("expires_at", token.expires_at.into()),
            ("revoked_at", token.revoked_at.into()),
            ("macs", macs_to_bytes(&token.macs).into()),
        ],
    );
    let insert = insert.push(" on conflict (site_id, name) where revoked_at is null do nothing");
    Ok(insert.execute(tx).await? == 1)
}

/// Revokes a token. It overwrites the secret's hash, so that the token grants nothing even if the revocation is undone
/// in the database.
async fn revoke(tx: &mut Connection<'_>, id: Uuid, at: DateTime<Utc>) -> Result<bool> {
    let revoked = Statement::new(
        "update tokens set revoked_at = :at, secret_hash = :nothing, macs = null
        where token_id = :id and revoked_at is null and (expires_at is null or expires_at > :at)",
    )
    .bind("id", id)
    .bind("at", at)
    .bind("nothing", &[0; 32])
    .execute(tx)
    .await?;
    Ok(revoked == 1)
}

/// Size in bytes of a MAC and the mark of its key.
const MAC_BYTES: usize = 36;

/// Returns the MACs in the form that a token's row stores, or `None` if there are no MACs.
pub(super) fn macs_to_bytes(macs: &[TokenMac]) -> Option<Vec<u8>> {
    let bytes = macs.iter().flat_map(|made| [&made.key.0.to_be_bytes()[..], &made.mac].concat());
    Some(bytes.collect::<Vec<u8>>()).filter(|bytes| !bytes.is_empty())
}

/// Ignores surplus bytes at the end.
fn macs_from_bytes(bytes: &[u8]) -> Vec<TokenMac> {
    let one = |bytes: &[u8]| {
        let (key, mac) = bytes.split_first_chunk::<4>()?;
        Some(TokenMac { key: KeyMark(i32::from_be_bytes(*key)), mac: mac.try_into().ok()? })
    };
    bytes.chunks_exact(MAC_BYTES).filter_map(one).collect()
}
