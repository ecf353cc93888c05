//! The routes of the portal. Every page works without scripts; `image` serves the optional script.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Query, State, rejection::FormRejection},
    http::{StatusCode, header},
    middleware,
    response::{AppendHeaders, IntoResponse, Redirect, Response},
    routing::get,
};
use duyet_proto::v1::{ErrorReason, Outcome};

use crate::{
    assets, clock,
    form::{Form, new_request_id},
    form_problems::{Problems, Repair, explain},
    page::Page,
    portal::{IMAGES, Place, Portal, is_open, no_image_text, put},
    reader::{self, Reader},
    report::{self, alert_text},
    service_error::ServiceError,
    widget,
};

/// Longest form in bytes: percent-encoding triples the longest text, and some space is left for the other fields.
const MAX_FORM_BYTES: usize = 256 * 1024;

pub(crate) fn router(portal: Arc<Portal>) -> Router {
    Router::new()
        .route("/", get(show))
        // A reload after an error arrives here as GET.
        .route("/binh-luan", get(|| async { Redirect::to("/#viet-binh-luan") }).post(submit))
        .route("/bao-cao", get(|| async { Redirect::to("/#binh-luan") }).post(report::report))
        .route("/ma-kiem-tra", get(image))
        .merge(assets::routes())
        .merge(widget::routes())
        .fallback(|| async { (StatusCode::NOT_FOUND, "Không tìm thấy trang này.") })
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(middleware::from_fn(assets::secure))
        .with_state(portal)
}

/// Shows the article, its comments and an empty form.
async fn show(State(portal): State<Arc<Portal>>, reader: Reader, Query(place): Query<Place>) -> Response {
    let Some((mut page, mode)) = portal.page(&reader, &place, !reader.seen).await else {
        return Redirect::to("/#binh-luan").into_response();
    };
    let mut cookies = Vec::new();
    if !reader.seen {
        cookies.push(reader::seen_cookie());
    }
    if let Some(flash) = &reader.flash {
        page.flash = flash_text(flash);
        page.alert = alert_text(flash);
        cookies.push(reader::no_flash_cookie());
    }
    if is_open(mode) {
        let mut form = Form::blank(place.tra_loi, clock::now());
        page.answering = portal.answering(&reader, &mut form).await;
        cookies.extend(portal.challenge(&reader, &mut form, &mut page.problems).await);
        page.form = Some(form);
    }
    answer(&portal, StatusCode::OK, &page, cookies)
}

/// Submits the form or changes its image. Redirects after success, so that a reload does not submit again.
async fn submit(
    State(portal): State<Arc<Portal>>,
    reader: Reader,
    form: Result<axum::Form<Form>, FormRejection>,
) -> Response {
    let mut form = match form {
        Ok(axum::Form(form)) => form.clean(),
        Err(rejection) => return (rejection.status(), "Biểu mẫu bị hỏng hoặc quá dài.").into_response(),
    };
    if !form.doi_ma.is_empty() {
        form.request_id = new_request_id();
        let mut problems = Problems::default();
        let cookie = portal.draw(&reader, &mut form, &mut problems).await;
        return again(&portal, &reader, form, problems, StatusCode::OK, cookie).await;
    }
    match portal.service.submit_comment(form.to_request(&reader, &portal.url)).await {
        Ok(done) => {
            let flash = if done.outcome() == Outcome::Published { "da-dang" } else { "cho-duyet" };
            let cookies = [reader.receipts_cookie(&done.receipt), reader::flash_cookie(flash)];
            (set(cookies), Redirect::to(&portal.place_of(&reader, &form).await)).into_response()
        }
        Err(error) => after_error(&portal, &reader, form, error).await,
    }
}

/// Shows the form again with its problems and the changes it needs.
async fn after_error(portal: &Portal, reader: &Reader, mut form: Form, mut error: ServiceError) -> Response {
    let (mut problems, repair) = explain(&error);
    if error.reason == ErrorReason::CommentNotFound {
        form.parent_id.clear();
    }
    if matches!(repair, Repair::Amend | Repair::NewImage) {
        form.request_id = new_request_id();
    }
    let cookie = match (&repair, error.fresh.take()) {
        // The widget fetches its next challenge itself.
        (Repair::NewImage, Some(fresh)) if form.widget.is_empty() => Some(put(&mut form, *fresh)),
        (Repair::NewImage, _) if form.widget.is_empty() => portal.draw(reader, &mut form, &mut problems).await,
        (Repair::NewImage, _) => portal.challenge(reader, &mut form, &mut problems).await,
        _ => None,
    };
    let status = match (&repair, error.reason) {
        (Repair::Closed, _) => StatusCode::CONFLICT,
        (Repair::Resend, ErrorReason::Banned) => StatusCode::FORBIDDEN,
        (Repair::Resend, ErrorReason::RateLimited) => StatusCode::TOO_MANY_REQUESTS,
        (Repair::Resend, _) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    again(portal, reader, form, problems, status, cookie).await
}

async fn again(
    portal: &Portal,
    reader: &Reader,
    mut form: Form,
    problems: Problems,
    status: StatusCode,
    cookie: Option<String>,
) -> Response {
    let Some((mut page, mode)) = portal.page(reader, &Place::default(), false).await else {
        return Redirect::to("/").into_response();
    };
    // The list may still report an open article when the submit reports a closed one. The submit is newer.
    if is_open(mode) && status != StatusCode::CONFLICT {
        page.answering = portal.answering(reader, &mut form).await;
        page.problems = problems;
        page.form = Some(form);
    } else {
        page.unsent = form.content;
    }
    answer(portal, status, &page, cookie)
}

/// Returns a new image for the script of the button "Đổi mã".
async fn image(State(portal): State<Arc<Portal>>, reader: Reader) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    match portal.service.issue_challenge(&reader, &IMAGES).await {
        Ok(challenge) => {
            let mut form = Form { request_id: new_request_id(), ..Form::default() };
            let cookie = put(&mut form, challenge);
            let body = serde_json::json!({
                "challenge_token": form.challenge_token,
                "image": form.image,
                "image_alt": form.image_alt,
                "request_id": form.request_id,
            });
            (json, set([cookie]), body.to_string()).into_response()
        }
        Err(error) => {
            let body = serde_json::json!({ "message": no_image_text(&error) });
            (StatusCode::SERVICE_UNAVAILABLE, json, body.to_string()).into_response()
        }
    }
}

fn answer(portal: &Portal, status: StatusCode, page: &Page, cookies: impl IntoIterator<Item = String>) -> Response {
    match portal.pages.render(page) {
        Ok(html) => (status, set(cookies), html).into_response(),
        Err(error) => {
            tracing::error!(%error, "cannot render the page");
            (StatusCode::INTERNAL_SERVER_ERROR, "Trang đang gặp sự cố. Bạn hãy quay lại sau.").into_response()
        }
    }
}

fn set(cookies: impl IntoIterator<Item = String>) -> impl axum::response::IntoResponseParts {
    AppendHeaders(cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie)).collect::<Vec<_>>())
}

fn flash_text(flash: &str) -> &'static str {
    match flash {
        "da-dang" => "Bình luận của bạn đã đăng. Cảm ơn bạn.",
        "da-bao-cao" => "Cảm ơn bạn. Tòa soạn đã nhận được báo cáo.",
        "cho-duyet" => "Bình luận của bạn đang chờ duyệt. Cảm ơn bạn đã gửi ý kiến.",
        _ => "",
    }
}
