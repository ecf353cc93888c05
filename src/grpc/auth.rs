//! Authentication and roles, before any handler runs.

use axum::{extract::Request, response::Response};
use http::HeaderMap;

use super::{
    call::{self, Call},
    role, status,
};
use crate::{
    domain::{Error, Result, access::Caller},
    workflow::Gatekeeper,
};

/// Lets open services through, and others with a live token of a role that the table allows.
pub(super) async fn authenticate<F: Future<Output = Response>>(
    gatekeeper: &Gatekeeper,
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let path = request.uri().path();
    if role::is_open(path) {
        return next(request).await;
    }
    // A path that no service has goes on to tonic's UNIMPLEMENTED.
    let Some(allowed) = role::allowed(path) else { return next(request).await };
    let locale = call::locale_of(request.headers());
    let now = call::now();
    match check(gatekeeper, request.headers(), allowed, now).await {
        Ok(caller) => {
            request.extensions_mut().insert(Call { caller, locale, now });
            next(request).await
        }
        Err(error) => status::to_status(&error, locale).into_http(),
    }
}

async fn check(
    gatekeeper: &Gatekeeper,
    headers: &HeaderMap,
    allowed: &'static [crate::domain::access::Role],
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Caller> {
    let header = headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or(Error::TokenInvalid)?;
    let caller = gatekeeper.authenticate(bearer, now).await?;
    if allowed.contains(&caller.role) { Ok(caller) } else { Err(Error::MissingRole { role: caller.role, allowed }) }
}
