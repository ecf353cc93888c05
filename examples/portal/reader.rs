//! Who is reading: what the request says and what the portal's cookies remember. Readers have no account.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};
use duyet_proto::v1::ReaderContext;

use crate::portal::Portal;

const DEVICE: &str = "thiet_bi";
const RECEIPTS: &str = "bien_nhan";
const SEEN: &str = "da_xem";
const FLASH: &str = "thong_bao";

const YEAR: u32 = 365 * 24 * 3600;
/// Comments wait at most 30 days, so a receipt is worth no more.
const MONTH: u32 = 30 * 24 * 3600;
/// A reader counts once in this time, in seconds.
const HALF_AN_HOUR: u32 = 30 * 60;
/// The service takes as many.
const MAX_RECEIPTS: usize = 20;
/// Browsers drop a cookie over 4,096 bytes.
const MAX_COOKIE_BYTES: usize = 3800;

/// The reader of one request.
#[derive(Default)]
pub(crate) struct Reader {
    ip: String,
    pub(crate) device: String,
    /// Newest first.
    pub(crate) receipts: Vec<String>,
    /// Looked at the page in the last half hour.
    pub(crate) seen: bool,
    pub(crate) flash: Option<String>,
}

impl Reader {
    /// As duyet wants to know them.
    pub(crate) fn client(&self) -> ReaderContext {
        ReaderContext { ip: self.ip.clone(), device_token: self.device.clone() }
    }

    /// The receipts with a new one in front, as a cookie.
    pub(crate) fn receipts_cookie(&self, new: &str) -> String {
        let mut kept = new.to_owned();
        for old in self.receipts.iter().filter(|old| *old != new).take(MAX_RECEIPTS - 1) {
            if kept.len() + old.len() >= MAX_COOKIE_BYTES {
                break;
            }
            kept.push('~');
            kept.push_str(old);
        }
        cookie(RECEIPTS, &kept, MONTH)
    }
}

impl FromRequestParts<std::sync::Arc<Portal>> for Reader {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &std::sync::Arc<Portal>) -> Result<Self, Self::Rejection> {
        // The peer is the reader here. Behind a proxy it is the proxy: then, and only when the peer's address is on the
        // list of your own proxies, take the last address in X-Forwarded-For that is not on that list. Anything further
        // left was written by the reader.
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let ip = peer.map(|ConnectInfo(peer)| peer.ip().to_canonical().to_string()).unwrap_or_default();
        let receipts = read(&parts.headers, RECEIPTS).unwrap_or_default();
        Ok(Self {
            ip,
            device: read(&parts.headers, DEVICE).unwrap_or_default().to_owned(),
            receipts: receipts.split('~').filter(|one| !one.is_empty()).take(MAX_RECEIPTS).map(str::to_owned).collect(),
            seen: read(&parts.headers, SEEN).is_some(),
            flash: read(&parts.headers, FLASH).map(str::to_owned),
        })
    }
}

pub(crate) fn device_cookie(token: &str) -> String {
    cookie(DEVICE, token, YEAR)
}

pub(crate) fn seen_cookie() -> String {
    cookie(SEEN, "1", HALF_AN_HOUR)
}

/// A message for the next page only.
pub(crate) fn flash_cookie(flash: &str) -> String {
    cookie(FLASH, flash, 60)
}

pub(crate) fn no_flash_cookie() -> String {
    cookie(FLASH, "", 0)
}

/// Lax, so that the reader who comes by a link from elsewhere still sees their own comments. Served over HTTPS, add `Secure`.
fn cookie(name: &str, value: &str, max_age: u32) -> String {
    format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax")
}

/// The named cookie, if it is of the letters that tokens are made of: it goes into metadata-like fields and back.
fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
        .filter(|value| value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(&byte)))
}
