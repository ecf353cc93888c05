//! The ALTCHA widget as an alternative to the image: its files from the npm package, and its two endpoints.

use std::{fs, path::Path, sync::Arc};

use anyhow::Context as _;
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use duyet_proto::v1::{ChallengeKind, VerifyChallengeRequest, issue_challenge_response::Content};
use serde::Deserialize;
use serde_json::json;

use crate::{
    article,
    form::new_request_id,
    portal::{Portal, no_image_text},
    reader::{self, Reader},
};

/// The kinds of challenge that the widget supports.
const KINDS: [ChallengeKind; 2] = [ChallengeKind::AltchaPow, ChallengeKind::AltchaPowWithImage];

/// The build with separate files for styles and workers, as a strict content security policy requires.
const FILES: [(&str, &str, &str); 4] = [
    ("/altcha/altcha.js", "external/altcha.min.js", SCRIPT),
    ("/altcha/altcha.css", "external/altcha.css", "text/css; charset=utf-8"),
    ("/altcha/pbkdf2.js", "workers/pbkdf2.js", SCRIPT),
    ("/altcha/vi.js", "i18n/vi.js", SCRIPT),
];
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The widget's files by their path.
pub(crate) struct Widget(Vec<(&'static str, &'static str, Vec<u8>)>);

impl Widget {
    /// Reads the files from the package's directory `dist`.
    pub(crate) fn read(dist: &Path) -> anyhow::Result<Self> {
        let read = |(address, file, kind): &(&'static str, &str, &'static str)| {
            let path = dist.join(file);
            let bytes = fs::read(&path).with_context(|| format!("PORTAL_ALTCHA: {}", path.display()))?;
            Ok((*address, *kind, bytes))
        };
        FILES.iter().map(read).collect::<anyhow::Result<_>>().map(Self)
    }
}

pub(crate) fn routes() -> Router<Arc<Portal>> {
    let router = Router::new().route("/altcha", get(challenge)).route("/altcha/kiem-tra", post(verify));
    FILES.iter().fold(router, |router, (address, ..)| {
        router.route(address, get(async move |State(portal): State<Arc<Portal>>| serve(&portal, address)))
    })
}

fn serve(portal: &Portal, address: &str) -> Response {
    let files = portal.widget.iter().flat_map(|widget| &widget.0);
    match files.into_iter().find(|(known, ..)| *known == address) {
        Some((_, kind, bytes)) => {
            ([(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, "public, max-age=300")], bytes.clone())
                .into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The widget's `challenge`: returns the service's challenge unchanged.
async fn challenge(State(portal): State<Arc<Portal>>, reader: Reader) -> Response {
    match portal.service.issue_challenge(&reader, &KINDS).await {
        Ok(issued) => {
            let Some(Content::Altcha(altcha)) = issued.content else {
                return answer(StatusCode::SERVICE_UNAVAILABLE, &json!({ "error": "no proof of work" }));
            };
            let cookie = [(header::SET_COOKIE, reader::device_cookie(&issued.device_token))];
            (cookie, [(header::CONTENT_TYPE, "application/json")], altcha.json).into_response()
        }
        Err(error) => answer(StatusCode::SERVICE_UNAVAILABLE, &json!({ "error": no_image_text(&error) })),
    }
}

/// The body that the widget posts to its `verifyUrl`.
#[derive(Deserialize)]
struct Solved {
    payload: String,
    #[serde(default)]
    code: Option<String>,
}

/// The widget's `verifyUrl`: returns a pass for the form, or the error.
async fn verify(State(portal): State<Arc<Portal>>, reader: Reader, body: String) -> Response {
    let Ok(solved) = serde_json::from_str::<Solved>(&body) else {
        return answer(StatusCode::BAD_REQUEST, &json!({ "verified": false }));
    };
    let request = VerifyChallengeRequest {
        token: solved.payload,
        answer: solved.code.unwrap_or_default(),
        article_id: article::ID.to_owned(),
        client: Some(reader.client()),
        request_id: new_request_id(),
    };
    match portal.service.verify_challenge(request).await {
        Ok(pass) => answer(StatusCode::OK, &json!({ "verified": true, "payload": pass })),
        Err(error) => answer(StatusCode::OK, &json!({ "verified": false, "reason": error.message })),
    }
}

fn answer(status: StatusCode, body: &serde_json::Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
