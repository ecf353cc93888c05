//! The person who sent a request, known by the IP address and the portal's cookies. Readers have no account.

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
/// Lifetime of the cookie with receipts, in seconds. A receipt lets readers see their own pending comments, which are
/// pending for at most 30 days.
const MONTH: u32 = 30 * 24 * 3600;
/// Time in seconds within which repeated visits of a reader count as one view.
const HALF_AN_HOUR: u32 = 30 * 60;
/// The service accepts at most this number of receipts.
const MAX_RECEIPTS: usize = 20;
/// Browsers drop cookies longer than 4,096 bytes.
const MAX_COOKIE_BYTES: usize = 3800;

/// The newspaper's reader who sent a request.
#[derive(Default)]
pub(crate) struct Reader {
    ip: String,
    pub(crate) device: String,
    /// Newest first.
    pub(crate) receipts: Vec<String>,
    /// True if the reader viewed the page in the last half hour.
    pub(crate) seen: bool,
    pub(crate) flash: Option<String>,
}

impl Reader {
    pub(crate) fn client(&self) -> ReaderContext {
        ReaderContext { ip: self.ip.clone(), device_token: self.device.clone() }
    }

    /// Returns the cookie with a new receipt in front of the known ones.
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
        // The peer is the reader here. Behind a proxy, the peer is the proxy. In that case, and only if the peer is one
        // of your own proxies, take the last address in X-Forwarded-For that is not one of them: the reader can forge
        // every address before it.
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

pub(crate) fn flash_cookie(flash: &str) -> String {
    cookie(FLASH, flash, 60)
}

pub(crate) fn no_flash_cookie() -> String {
    cookie(FLASH, "", 0)
}

/// Formats a cookie. It is Lax, so that readers who follow a link from another site see their own comments. Behind
/// HTTPS, add `Secure`.
fn cookie(name: &str, value: &str, max_age: u32) -> String {
    format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax")
}

/// Returns the value of the named cookie if it has only characters that tokens may have, because the device and the
/// receipts are passed to the service.
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
