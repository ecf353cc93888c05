//! Portals that submit under load, and the final check: every acknowledged comment is stored once, no failed comment is
//! stored, and a resend settles every submit without a definite result.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use duyet_proto::v1;
use tokio::task::JoinSet;
use tonic::{Code, Request, Status};
use uuid::Uuid;

use super::scenario::Report;
use crate::support::newsroom::{ANSWER, Desk, Portal, reason};

/// How long a portal waits for a response.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long a portal waits before a retry: as long as the `RetryInfo` of an overload says.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// Maximum number of acknowledged submits that are sent again, to check that they are replayed.
const SENT_AGAIN: usize = 2_000;

/// What a portal knows about a submit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Known {
    /// The comment is stored with this id.
    Stored(String),
    /// A definite error: the comment must not be stored.
    Failed(Code, String),
    /// There was no response, or a retryable error: the comment may be stored.
    Open(Code, String),
}

/// One submitted form and its result.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) form: v1::SubmitCommentRequest,
    pub(crate) known: Known,
    pub(crate) asked: Instant,
    pub(crate) took: Duration,
}

pub(crate) fn known(answer: Result<tonic::Response<v1::SubmitCommentResponse>, Status>) -> Known {
    match answer {
        Ok(answer) => Known::Stored(answer.into_inner().comment_id),
        Err(status) => {
            let (code, reason) = (status.code(), reason(&status));
            // An error that the service did not produce has no reason, so its text is used.
            let reason = if reason.is_empty() { format!("{status:?}") } else { reason };
            // A broken connection shows as UNKNOWN or CANCELLED.
            let open = matches!(code, Code::Unavailable | Code::DeadlineExceeded | Code::Unknown | Code::Cancelled);
            if open { Known::Open(code, reason) } else { Known::Failed(code, reason) }
        }
    }
}

pub(crate) fn patient<T>(message: T) -> Request<T> {
    bounded(message, PATIENCE)
}

pub(crate) fn bounded<T>(message: T, patience: Duration) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(patience);
    request
}

/// Fills in a form with a fresh challenge, from a reader without a cookie; `None` while no challenge can be
/// issued.
pub(crate) async fn form(portal: &mut Portal, article: &str, content: &str) -> Option<v1::SubmitCommentRequest> {
    let request = v1::IssueChallengeRequest { article_id: article.into(), ..Default::default() };
    let issued = portal.captcha.issue_challenge(patient(request)).await.ok()?;
    Some(v1::SubmitCommentRequest {
        article_id: article.into(),
        author_name: "Nguyễn Thị Lan".into(),
        content: content.into(),
        challenge_token: issued.into_inner().token,
        challenge_answer: ANSWER.into(),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    })
}

/// Callers that submit one comment after the other until they are stopped.
pub(crate) struct Load {
    callers: JoinSet<Vec<Sent>>,
    stop: Arc<AtomicBool>,
    stored: Arc<AtomicUsize>,
    left_open: Arc<AtomicUsize>,
}

impl Load {
    /// Starts the callers. Each rotates through the portals; if one does not respond, the caller sends the same form
    /// to the next.
    pub(crate) fn begin(portals: &[Portal], callers: usize, pause: Duration) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (stored, left_open) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut tasks = JoinSet::new();
        for caller in 0..callers {
            let (portals, stop) = (portals.to_vec(), Arc::clone(&stop));
            let (stored, left_open) = (Arc::clone(&stored), Arc::clone(&left_open));
            tasks.spawn(async move {
                let mut forms = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let one = send_one(&portals, caller, forms.len()).await;
                    let done = one.as_ref().is_some_and(|one| matches!(one.known, Known::Stored(_)));
                    stored.fetch_add(usize::from(done), Ordering::Relaxed);
                    let open = one.as_ref().is_some_and(|one| matches!(one.known, Known::Open(..)));
                    left_open.fetch_add(usize::from(open), Ordering::Relaxed);
                    if !done {
                        // Waits for the retry-after of the error.
                        tokio::time::sleep(RETRY_AFTER).await;
                    }
                    forms.extend(one);
                    tokio::time::sleep(pause).await;
                }
                forms
            });
        }
        Self { callers: tasks, stop, stored, left_open }
    }

    /// Waits until `count` comments are acknowledged.
    pub(crate) async fn until_stored(&self, count: usize) {
        until(&self.stored, count, "acknowledged").await;
    }

    /// Waits until `count` submits are without a definite result.
    pub(crate) async fn until_left_open(&self, count: usize) {
        until(&self.left_open, count, "left open").await;
    }

    pub(crate) fn stored(&self) -> usize {
        self.stored.load(Ordering::Relaxed)
    }

    /// Stops the callers and returns everything that was sent.
    pub(crate) async fn end(self) -> Vec<Sent> {
        self.stop.store(true, Ordering::Relaxed);
        self.callers.join_all().await.into_iter().flatten().collect()
    }
}

async fn until(counter: &AtomicUsize, count: usize, what: &str) {
    let began = Instant::now();
    while counter.load(Ordering::Relaxed) < count {
        assert!(began.elapsed() < Duration::from_secs(120), "only {counter:?} were {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn send_one(portals: &[Portal], caller: usize, number: usize) -> Option<Sent> {
    let turn = caller + number;
    let mut order = (0..portals.len()).map(|n| &portals[(turn + n) % portals.len()]);
    let mut ready = None;
    for portal in order.clone() {
        let content = format!("Bình luận {caller}-{number} {}", Uuid::new_v4().simple());
        ready = form(&mut portal.clone(), "bai", &content).await;
        if ready.is_some() {
            break;
        }
    }
    let form = ready?;
    let asked = Instant::now();
    let mut answer = Known::Open(Code::Unknown, String::new());
    // The same form goes to the next portal. The request id makes the resend safe.
    while let (Known::Open(..), Some(portal)) = (&answer, order.next()) {
        answer = known(portal.clone().comments.submit_comment(patient(form.clone())).await);
    }
    Some(Sent { form, known: answer, asked, took: asked.elapsed() })
}

/// Resends all unsettled submits to a service that has recovered, and returns the number of comments that must be
/// stored. Fails when an acknowledged comment is lost, a failed one is stored, or one is stored twice.
pub(crate) async fn settle(report: &mut Report, portal: &Portal, desk: &Desk, sent: &[Sent]) -> usize {
    let (mut stored, mut open, mut failed) = (HashMap::new(), 0, 0);
    // All comments are looked up; `SENT_AGAIN` of them, evenly spaced, are also sent again.
    let step = sent.len().div_ceil(SENT_AGAIN).max(1);
    for (n, one) in sent.iter().enumerate() {
        match &one.known {
            Known::Stored(id) => {
                if n % step == 0 {
                    let again = settled(portal, &one.form).await;
                    assert_eq!(again, Known::Stored(id.clone()), "an acknowledged comment is replayed");
                }
                stored.insert(one.form.content.clone(), id.clone());
            }
            Known::Open(..) => {
                open += 1;
                match settled(portal, &one.form).await {
                    Known::Stored(id) => drop(stored.insert(one.form.content.clone(), id)),
                    // Its challenge expired during the outage. The comment was not stored, and cannot be stored any
                    // more.
                    Known::Failed(_, reason) if reason.starts_with("CAPTCHA_") => failed += 1,
                    other => panic!("a resend must settle the submit: {other:?}"),
                }
            }
            Known::Failed(..) => failed += 1,
        }
    }
    let there = everything(desk).await;
    let lost = stored.iter().filter(|(content, id)| there.get(*content).is_none_or(|ids| !ids.contains(id))).count();
    let twice = stored.keys().filter(|content| there.get(*content).is_some_and(|ids| ids.len() > 1)).count();
    let unknown: Vec<_> = sent
        .iter()
        .filter(|one| there.contains_key(&one.form.content) && !stored.contains_key(&one.form.content))
        .collect();
    report.count("submits", sent.len());
    report.count("acknowledged", sent.iter().filter(|one| matches!(one.known, Known::Stored(_))).count());
    report.count("open_then_settled", open);
    report.count("failed", failed);
    assert!(unknown.is_empty(), "these comments were stored although their submits failed: {unknown:?}");
    report.count("acknowledged_lost", lost);
    report.count("stored_twice", twice);
    assert_eq!((lost, twice), (0, 0), "each comment must be stored once, with the acknowledged id");
    stored.len()
}

/// Sends a form until there is a definite result.
pub(crate) async fn settled(portal: &Portal, form: &v1::SubmitCommentRequest) -> Known {
    let began = Instant::now();
    loop {
        match known(portal.clone().comments.submit_comment(patient(form.clone())).await) {
            Known::Open(..) if began.elapsed() < Duration::from_secs(30) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            answer => return answer,
        }
    }
}

/// Returns the ids of all comments by their text, in every status.
async fn everything(desk: &Desk) -> HashMap<String, Vec<String>> {
    let (mut found, mut page_token) = (HashMap::<String, Vec<String>>::new(), String::new());
    let filter = v1::QueueFilter { status: (1..=6).collect(), ..Default::default() };
    loop {
        let request =
            v1::ListQueueRequest { page_size: 200, page_token, filter: Some(filter.clone()), ..Default::default() };
        let page = match desk.clone().moderation.list_queue(patient(request.clone())).await {
            Err(status) if status.code() == Code::Unavailable => {
                page_token = request.page_token;
                continue;
            }
            answer => answer.unwrap().into_inner(),
        };
        for case in page.cases {
            let comment = case.comment.unwrap();
            found.entry(comment.content).or_default().push(comment.id);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

/// Returns the duration of each acknowledged submit that was sent within the span.
pub(crate) fn times(sent: &[Sent], from: Instant, until: Instant) -> Vec<Duration> {
    let within = |one: &&Sent| matches!(one.known, Known::Stored(_)) && (from..until).contains(&one.asked);
    sent.iter().filter(within).map(|one| one.took).collect()
}
