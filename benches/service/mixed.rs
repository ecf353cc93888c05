//! The mixed load of a newspaper's server: readers list, request challenges and submit while a moderator decides.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use duyet_proto::v1;
use hdrhistogram::Histogram;
use tokio::time::Instant;
use tonic::Status;

use crate::{
    lists::list_request,
    load::{self, CALLERS, Figures, WARM_UP, histogram, micros},
    processes::Cost,
    readers::{ARTICLES, Forms, Links, challenge_request},
    report::Report,
    side_by_side::Bench,
    submits::forms,
};

/// Submits in a hundred calls of readers, and submits and challenges together. The other calls are lists.
const SUBMITS: u32 = 2;
const SUBMITS_AND_CHALLENGES: u32 = 10;
/// Number of comments that the moderator claims at a time.
const CLAIMED: i32 = 20;

/// The calls of one kind, after the warm-up.
struct Kind {
    name: &'static str,
    begin: Instant,
    times: Mutex<Histogram<u64>>,
    failed: AtomicU64,
}

impl Kind {
    fn new(name: &'static str) -> Arc<Self> {
        let (begin, times) = (Instant::now() + WARM_UP, Mutex::new(histogram()));
        Arc::new(Self { name, begin, times, failed: AtomicU64::new(0) })
    }

    async fn time<T>(&self, call: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
        let asked = Instant::now();
        let answer = call.await;
        match &answer {
            Ok(_) if asked >= self.begin => {
                let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
                times.saturating_record(micros(asked.elapsed()));
            }
            Ok(_) => {}
            Err(_) => drop(self.failed.fetch_add(1, Ordering::Relaxed)),
        }
        answer
    }

    /// Returns the figures of its calls within `window`. The cost of this kind alone is not known.
    fn figures(&self, window: Duration, others: f64) -> Figures {
        let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let cost = Cost { cpu: Duration::ZERO, others, window };
        Figures::of(&times, self.failed.load(Ordering::Relaxed), cost)
    }
}

impl Bench {
    pub(crate) async fn mixed(&self, report: &mut Report) -> anyhow::Result<()> {
        let forms = forms(&self.duyetd, 1, self.time)?;
        let readers = Links::to(&self.duyetd, Some("portal")).await?;
        let moderator = Links::to(&self.duyetd, Some("moderator")).await?;
        let kinds = ["list", "challenge", "submit"].map(Kind::new);
        let [list, challenge, submit] = kinds.clone();
        let (decision, is_over) = (Kind::new("decision"), Arc::new(AtomicBool::new(false)));
        let deciding = tokio::spawn(decide(moderator, decision.clone(), is_over.clone()));
        let all = load::closed(CALLERS, self.time, &self.all(), move |caller| {
            let (links, forms) = (readers.clone(), forms.clone());
            let [list, challenge, submit] = [list.clone(), challenge.clone(), submit.clone()];
            async move {
                match rand::random_range(0..100) {
                    0..SUBMITS => submit.time(submit_one(&links, caller, &forms)).await,
                    SUBMITS..SUBMITS_AND_CHALLENGES => {
                        let request = challenge_request(rand::random_range(0..ARTICLES));
                        challenge.time(links.captcha(caller).issue_challenge(request)).await.map(drop)
                    }
                    _ => list.time(links.comments(caller).list_comments(list_request())).await.map(drop),
                }
            }
        })
        .await?;
        is_over.store(true, Ordering::Relaxed);
        deciding.await??;
        report.line("mixed: all calls of readers", &all);
        for kind in kinds.iter().chain([&decision]) {
            report.line(&format!("mixed: {}", kind.name), &kind.figures(self.time, all.others));
        }
        Ok(())
    }
}

async fn submit_one(links: &Links, caller: usize, forms: &Forms) -> Result<(), Status> {
    let form = forms.next().ok_or_else(|| Status::out_of_range("too few forms were made"))?;
    links.comments(caller).submit_comment(form).await.map(drop)
}

/// Claims pending comments and approves them one after the other until the readers are done.
async fn decide(links: Links, kind: Arc<Kind>, is_over: Arc<AtomicBool>) -> anyhow::Result<()> {
    let mut desk = links.desk(0);
    while !is_over.load(Ordering::Relaxed) {
        let request = v1::ClaimNextRequest { limit: CLAIMED, ..Default::default() };
        let cases = desk.claim_next(request).await?.into_inner().cases;
        if cases.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for comment in cases.into_iter().filter_map(|case| case.comment) {
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            let request = v1::DecideRequest {
                comment_id: comment.id,
                action: v1::Action::Approve.into(),
                expected_revision: comment.revision,
                request_id: uuid::Builder::from_random_bytes(rand::random()).into_uuid().to_string(),
                ..Default::default()
            };
            // An error is ignored: the comment was changed concurrently, and the next one follows.
            let _ = kind.time(desk.decide(request)).await;
        }
    }
    Ok(())
}
