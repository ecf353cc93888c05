//! Authentication: checks the bearer token of the `authorization` header before the message is read.

use std::{net::IpAddr, sync::Arc};

use axum::extract::Request;

use super::call::{self, Call};
use crate::{
    domain::{
        Error, Result,
        access::{self, Caller, Role},
    },
    service::Authenticator,
};

/// Authenticates the caller and checks its role. Stores the authenticated [`Call`] in the request's extensions.
///
/// # Errors
/// `TokenInvalid` without a valid token, `MissingRole` when the token's role is not in `allowed`, and the
/// authenticator's errors.
pub(super) async fn authenticate(
    authenticator: &Authenticator,
    request: &mut Request,
    peer: IpAddr,
    allowed: &'static [Role],
) -> Result<Arc<Caller>> {
    let now = call::now();
    let header = request.headers().get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = header.and_then(access::bearer).ok_or(Error::TokenInvalid)?;
    let caller = authenticator.authenticate(bearer, peer, now).await?;
    if !allowed.contains(&caller.role) {
        return Err(Error::MissingRole { role: caller.role, allowed });
    }
    let (locale, gzip) = (call::locale_of(request.headers()), call::takes_gzip(request.headers()));
    request.extensions_mut().insert(Call { caller: Arc::clone(&caller), locale, gzip, now });
    Ok(caller)
}
