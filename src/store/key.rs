//! What keying by another key does, in words of both dialects: `$1` is the site. And what stands in a token's row of
//! its MACs.

use crate::domain::key::{KeyMark, TokenMac};

/// A comment keeps the key of its address: nothing tells whose address it was.
pub(super) const REKEY_COMMENT: &str = "update comments set device = $3, author = $4, fingerprint = $5, skeleton = $6,
        address_key_mark = coalesce(address_key_mark, key_mark, 0), key_mark = $7
    where site_id = $1 and comment_id = $2 and author = $8 and status <> 'ERASED'";

/// Who reported a comment under both keys reported it once.
pub(super) const DROP_TWICE_REPORTED: &str =
    "delete from reports where site_id = $1 and reporter = $2 and comment_id in (
        select r.comment_id from reports r where r.site_id = $1 and r.reporter = $3)";

pub(super) const REKEY_REPORTS: &str =
    "update reports set reporter = $3, key_mark = $4 where site_id = $1 and reporter = $2";

/// Earlier keys of an author point at the one in use, and that one at none.
pub(super) const POINT_ON: &str = "update author_keys set author = $3 where site_id = $1 and author = $2";
pub(super) const POINT_NOWHERE: &str = "delete from author_keys where site_id = $1 and earlier = $2";
pub(super) const REMEMBER_AUTHOR: &str = "insert into author_keys (site_id, earlier, author) values ($1, $2, $3)
    on conflict (site_id, earlier) do update set author = excluded.author";

pub(super) const REKEY_BAN: &str = "update bans set subject = $4, key_mark = $5
    where site_id = $1 and subject_kind = $2 and subject = $3 and revoked_at is null";

/// The key in use first.
pub(super) const AUTHOR_KEYS: &str = "
    with present as (
        select coalesce((select a.author from author_keys a where a.site_id = $1 and a.earlier = $2), $2) as author
    )
    select p.author as author, 0 as place from present p
    union all
    select a.earlier, 1 from present p join author_keys a on a.site_id = $1 and a.author = p.author
    order by place, author";

pub(super) const FORGET_AUTHOR: &str = "delete from author_keys where site_id = $1 and (earlier = $2 or author = $2)";

pub(super) const FORGET_IDLE: &str = "delete from author_keys where site_id = $1
    and not exists (select 1 from comments c where c.site_id = $1 and c.author = author_keys.author)
    and not exists (select 1 from comments c where c.site_id = $1 and c.author = author_keys.earlier)";

/// The author keys of `AUTHOR_KEYS`, each once.
pub(super) fn once(mut authors: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    authors.retain(|author| seen.insert(author.clone()));
    authors
}

/// Bytes of a MAC with its key's mark.
const MAC_BYTES: usize = 36;

/// The column of a token's MACs; `None` for none.
pub(super) fn macs_as_bytes(macs: &[TokenMac]) -> Option<Vec<u8>> {
    let bytes = macs.iter().flat_map(|made| [&made.key.0.to_be_bytes()[..], &made.mac].concat());
    Some(bytes.collect::<Vec<u8>>()).filter(|bytes| !bytes.is_empty())
}

/// The MACs of a token's column. What is left over at its end is none.
pub(super) fn macs_of(bytes: &[u8]) -> Vec<TokenMac> {
    let one = |bytes: &[u8]| {
        let (key, mac) = bytes.split_first_chunk::<4>()?;
        Some(TokenMac { key: KeyMark(i32::from_be_bytes(*key)), mac: mac.try_into().ok()? })
    };
    bytes.chunks_exact(MAC_BYTES).filter_map(one).collect()
}
