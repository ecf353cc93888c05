//! Who calls: a bearer token in the `authorization` header, checked before anything of the message is read.

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

/// Lets whoever shows a live token of one of the roles through, and leaves the checked call in the request.
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
