//! Learning from decisions: one replica trains for all, and every replica loads the trained models.

use chrono::{DateTime, Duration, Utc};

use super::{Maintenance, jobs::Run, read_up_to::ReadUpTo};
use crate::{
    domain::{
        Error, Result,
        comment::FormText,
        id::SiteId,
        spam::{
            Model, ModelHead, Reading,
            lessons::{Lesson, Lessons},
            model::Evidence,
            thresholds::MIN_DECISIONS,
        },
        stats::Job,
    },
    ops::metric,
    service::{blocking::blocking, clock::Now},
};

/// Number of comments that are read and learned at a time.
const CHUNK: usize = 500;
/// Maximum number of log entries that are read: far more than a model learns from, for logs that mostly repeat the
/// same text.
const MOST_ENTRIES: usize = 200_000;
/// Once a model has learned [`MIN_DECISIONS`] decisions, it is stored again only after this many new audit entries, or
/// after this many minutes.
const ENTRIES: i64 = 20;
const MINUTES: i64 = 5;

/// The part of a log that is read, and its lessons.
struct Course {
    start: DateTime<Utc>,
    log_size: i64,
    lessons: Lessons,
}

impl Course {
    fn head(&self, version: i64, made_at: DateTime<Utc>) -> Result<ModelHead> {
        let decisions = self.lessons.list.len();
        Ok(ModelHead {
            version,
            log_start: self.start,
            log_size: self.log_size,
            decisions: i64::try_from(decisions).map_err(|error| Error::internal(Box::new(error)))?,
            digest: self.lessons.digest(decisions).unwrap_or_default(),
            made_at,
        })
    }
}

impl Maintenance {
    /// Trains the models of all sites with new decisions, unless another replica does, and loads the models that any
    /// replica trained. Returns the number of models that changed. Every replica may call it at any time; the next
    /// call retries what failed.
    pub async fn learn(&self, clock: Now<'_>) -> Result<u64> {
        let heads = self.core.store.model_heads().await?;
        for site in self.core.store.sites().await? {
            let head = heads.iter().find(|(of, _)| *of == site).map(|(_, head)| head);
            if self.is_lesson_due(&site, head, clock()).await? {
                self.run_job(&site, Job::Learn, clock).await?;
            }
        }
        self.core.assessor.load_models().await
    }

    async fn is_lesson_due(&self, site: &SiteId, head: Option<&ModelHead>, now: DateTime<Utc>) -> Result<bool> {
        let seen = self.read_logs.of(site);
        let version = head.map_or(0, |head| head.version);
        let seen = seen.filter(|seen| seen.version == version);
        let start = head.map_or(DateTime::UNIX_EPOCH, |head| head.log_start);
        let read = seen.map(|seen| seen.log_size).or(head.map(|head| head.log_size)).unwrap_or_default();
        let new = self.core.store.log_size(site, start).await? - read;
        let last = seen.map(|seen| seen.at).max(head.map(|head| head.made_at));
        let knows_a_lot = head.is_some_and(|head| head.decisions.unsigned_abs() >= MIN_DECISIONS);
        let waited = last.is_none_or(|last| now - last >= Duration::minutes(MINUTES));
        Ok(new != 0 && (!knows_a_lot || new.abs() >= ENTRIES || waited))
    }

    pub(super) async fn train(&self, run: &Run<'_>, clock: Now<'_>) -> Result<bool> {
        let site = run.site;
        let head = self.core.store.model_heads().await?.into_iter().find(|(of, _)| of == site).map(|(_, head)| head);
        let course = self.course(site, head.map_or(DateTime::UNIX_EPOCH, |head| head.log_start)).await?;
        let stored = self.model_to_go_on_from(site, head.as_ref(), &course.lessons).await?;
        let goes_on = stored.is_some();
        let (model, known) = match stored {
            Some(stored) => stored,
            None => (self.base(site).await?, 0),
        };
        let version = head.map_or(0, |head| head.version);
        let new = &course.lessons.list[known..];
        let seen = |version| ReadUpTo { version, log_size: course.log_size, at: clock() };
        if new.is_empty() && (head.is_none() || goes_on) {
            self.read_logs.remember(site, seen(version));
            return Ok(true);
        }
        let Some(mut model) = self.teach_all(run, model, new, clock).await? else { return Ok(false) };
        let (snapshot, learned) = blocking(move || {
            model.calibrate();
            (model.encode(), model.counts())
        })
        .await?;
        let head = course.head(version + 1, clock())?;
        let saved = self.core.store.save_model(site, &head, &snapshot, None).await?;
        if saved {
            let Lessons { capped, repeated, .. } = course.lessons;
            let (ham, spam) = learned;
            let rebuilt = !goes_on && version > 0;
            tracing::info!(%site, version = head.version, ham, spam, capped, repeated, rebuilt, "learned from decisions");
            metric::model_trained(site, if rebuilt { "REBUILT" } else { "WENT_ON" });
            self.read_logs.remember(site, seen(head.version));
        }
        Ok(saved)
    }

    /// Reads the lessons of the log from `start` on, or from a later time if there are too many. The log's size is read
    /// first: an entry that is written in between counts as new again in the next run, and is never left out.
    async fn course(&self, site: &SiteId, mut start: DateTime<Utc>) -> Result<Course> {
        loop {
            let log_size = self.core.store.log_size(site, start).await?;
            let log = self.core.store.decision_log(site, start, MOST_ENTRIES).await?;
            let lessons = Lessons::of(&log);
            let unread = log.get(MOST_ENTRIES / 2).filter(|_| log.len() == MOST_ENTRIES).map(|entry| entry.at);
            match unread.or_else(|| lessons.later_start()).filter(|later| *later > start) {
                Some(later) => start = later,
                None => return Ok(Course { start, log_size, lessons }),
            }
        }
    }

    /// Returns the stored model and the number of lessons it has learned, if those are the first of `lessons`.
    async fn model_to_go_on_from(
        &self,
        site: &SiteId,
        head: Option<&ModelHead>,
        lessons: &Lessons,
    ) -> Result<Option<(Model, usize)>> {
        let known = head.and_then(|head| Some((head, usize::try_from(head.decisions).ok()?)));
        let Some((head, known)) = known.filter(|(head, known)| lessons.digest(*known) == Some(head.digest)) else {
            return Ok(None);
        };
        let Some(bytes) = self.core.store.load_model(site, head.version).await? else { return Ok(None) };
        // A model with another version of the features cannot be decoded.
        Ok(blocking(move || Model::decode(&bytes)).await?.ok().map(|model| (model, known)))
    }

    /// Returns the model learned before the log begins. It is empty when the log covers the whole past, or when the
    /// stored model has other features.
    async fn base(&self, site: &SiteId) -> Result<Model> {
        let Some(bytes) = self.core.store.load_base(site).await? else { return Ok(Model::default()) };
        Ok(blocking(move || Model::decode(&bytes)).await?.unwrap_or_default())
    }

    /// Moves the start of the site's log to `start`. The model keeps what it learned from earlier decisions. They are
    /// never read again, because their texts may be erased from now on. Returns `false` when another replica trained
    /// concurrently or has the job.
    pub(super) async fn close_log(&self, run: &Run<'_>, start: DateTime<Utc>, clock: Now<'_>) -> Result<bool> {
        let site = run.site;
        let head = self.core.store.model_heads().await?.into_iter().find(|(of, _)| of == site).map(|(_, head)| head);
        let Some(head) = head.filter(|head| head.log_start < start) else { return Ok(true) };
        let past = self.course(site, head.log_start).await?;
        let old = past.lessons.list.partition_point(|lesson| lesson.at < start);
        if old == 0 {
            return Ok(true);
        }
        let Some(base) = self.teach_all(run, self.base(site).await?, &past.lessons.list[..old], clock).await? else {
            return Ok(false);
        };
        let course = self.course(site, start).await?;
        let Some(mut model) = self.teach_all(run, base.clone(), &course.lessons.list, clock).await? else {
            return Ok(false);
        };
        let (base, snapshot) = blocking(move || {
            model.calibrate();
            (base.encode(), model.encode())
        })
        .await?;
        let head = course.head(head.version + 1, clock())?;
        self.core.store.save_model(site, &head, &snapshot, Some(&base)).await
    }

    /// Teaches the lessons in chunks, renewing the job's lease. Returns `None` when another replica has taken over
    /// the job.
    async fn teach_all(
        &self,
        run: &Run<'_>,
        mut model: Model,
        lessons: &[Lesson],
        clock: Now<'_>,
    ) -> Result<Option<Model>> {
        for chunk in lessons.chunks(CHUNK) {
            model = self.teach(run.site, model, chunk).await?;
            if !self.hold(run, clock()).await? {
                return Ok(None);
            }
        }
        Ok(Some(model))
    }

    async fn teach(&self, site: &SiteId, mut model: Model, lessons: &[Lesson]) -> Result<Model> {
        let ids: Vec<_> = lessons.iter().map(|lesson| lesson.comment).collect();
        let texts = self.core.store.texts(site, &ids).await?;
        let text = |lesson: &Lesson| texts.iter().find(|(id, _)| *id == lesson.comment).map(|(_, text)| text.clone());
        let taught: Vec<(FormText, bool)> =
            lessons.iter().filter_map(|lesson| Some((text(lesson)?, lesson.is_spam))).collect();
        blocking(move || {
            for (text, is_spam) in &taught {
                model.learn(&Evidence::of(&Reading::of(text)), *is_spam);
            }
            model
        })
        .await
    }
}
