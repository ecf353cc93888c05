//! The stylesheet, the script and the drawing, compiled into the program, and the headers of every response.

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};

/// Forbids inline scripts and styles, and other origins. `data:` is only allowed for the captcha's image.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
                                       connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/portal.css", get(async || serve("text/css; charset=utf-8", include_str!("static/portal.css"))))
        .route("/portal.js", get(async || serve("text/javascript; charset=utf-8", include_str!("static/portal.js"))))
        .route(
            "/altcha-form.js",
            get(async || serve("text/javascript; charset=utf-8", include_str!("static/altcha.js"))),
        )
        .route("/cau.svg", get(async || serve("image/svg+xml", include_str!("static/cau.svg"))))
        .route("/bieu-tuong.svg", get(async || serve("image/svg+xml", include_str!("static/bieu-tuong.svg"))))
}

fn serve(kind: &'static str, body: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=300")], body).into_response()
}

/// A second defence behind the escaping of the templates.
pub(crate) async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
    // A page contains one reader's form, image and pending comments, so no cache may store it.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
