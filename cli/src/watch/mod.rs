//! `duyet watch`: what happens to the queue, as it happens. The service ends a stream after some minutes and networks break: then
//! it is called again, and what changed in between is told from the list.

mod known;
mod line;

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::{
    args::Filter,
    connection::{Connection, streaming},
    desk::Desk,
    lookup,
    outcome::{Failure, Outcome, unreachable},
};
use duyet_proto::{Json, v1};
use known::Known;

/// The service says something every 15 s; who is silent for so long is gone.
const SILENCE: Duration = Duration::from_secs(45);
/// Between two calls where the first failed: at first, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Runs `watch` until it is interrupted.
pub(super) async fn run(desk: &Desk<'_>, filter: Filter) -> Result<Outcome, Failure> {
    let mut connection = desk.connect().await?;
    let filter = filter.into();
    lookup::check(desk, &mut connection, &filter).await?;
    let mut watch = Watch { desk, filter, known: Known::default(), begun: false, alive: false };
    tokio::select! {
        biased;
        _ = tokio::signal::ctrl_c() => Ok(Outcome::Done),
        ended = watch.follow(&mut connection) => ended,
    }
}

struct Watch<'a> {
    desk: &'a Desk<'a>,
    filter: v1::QueueFilter,
    known: Known,
    /// The queue was seen once: from then on everything is news, and an outage is waited for.
    begun: bool,
    /// The stream of now has said something.
    alive: bool,
}

impl Watch<'_> {
    async fn follow(&mut self, connection: &mut Connection) -> Result<Outcome, Failure> {
        let (mut pause, mut is_told) = (PAUSES.0, false);
        loop {
            self.alive = false;
            let ended = self.listen(connection).await;
            if self.desk.output.is_closed() {
                return Ok(Outcome::Done);
            }
            if self.alive {
                (pause, is_told) = (PAUSES.0, false);
            }
            match ended {
                Ok(()) if self.alive => continue,
                Ok(()) => {}
                Err(failure) if self.begun && failure.outcome == Outcome::Unavailable => {
                    if !is_told {
                        self.desk.output.report(&failure);
                        self.desk.talk("cli-watch-again", &[]);
                        is_told = true;
                    }
                }
                Err(failure) => return Err(failure),
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Tells events until the stream ends, well or badly.
    async fn listen(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        let request = streaming(v1::WatchQueueRequest { filter: Some(self.filter.clone()) });
        let answer = connection.moderation.watch_queue(request).await;
        let mut stream = answer.map_err(|status| self.desk.failure(connection, &status))?.into_inner();
        while !self.desk.output.is_closed() {
            let Ok(message) = timeout(SILENCE, stream.message()).await else {
                let silent = unreachable(self.desk.locale, &connection.addr);
                return Err(Failure::new(Outcome::Unavailable, silent));
            };
            let message = message.map_err(|status| self.desk.failure(connection, &status))?;
            let Some(event) = message else { return Ok(()) };
            let is_first = !std::mem::replace(&mut self.alive, true);
            self.tell(&event)?;
            if is_first {
                // Only now is nothing missed any more: what happened before is in the list.
                self.catch_up(connection).await?;
            }
        }
        Ok(())
    }

    async fn catch_up(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        let news = self.known.compare(connection, &self.filter).await;
        let news = news.map_err(|status| self.desk.failure(connection, &status))?;
        if std::mem::replace(&mut self.begun, true) {
            for event in &news {
                self.tell(event)?;
            }
        }
        Ok(())
    }

    fn tell(&mut self, event: &v1::WatchQueueResponse) -> Result<(), Failure> {
        let is_news = self.known.note(event);
        if self.desk.output.json {
            return self.desk.output.json_line(&Json::new(event));
        }
        let locale = self.desk.locale;
        match event.event() {
            v1::QueueEvent::Heartbeat if !self.begun => {
                self.desk.talk("cli-watch-begun", &[("total", event.total.into())]);
                Ok(())
            }
            v1::QueueEvent::Waiting | v1::QueueEvent::Left if is_news => {
                self.desk.output.data(&line::draw(event, locale, super::now()))
            }
            _ => Ok(()),
        }
    }
}
