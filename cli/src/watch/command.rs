//! `duyet watch`: prints changes of the queue as they happen. The service ends each stream after some minutes, and
//! networks fail: the client then reconnects, and compares the queue with what it knew to report the changes in
//! between.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::{known::Known, line};
use crate::{
    args::Filter,
    connection::{Connection, streaming},
    context::Context,
    exit::{Exit, Failure, unreachable},
    lookup,
};
use duyet_proto::{Json, v1};

/// The service sends a heartbeat every 15 s; a stream silent for this long is dead.
const SILENCE: Duration = Duration::from_secs(45);
/// The first and the longest pause before a failed call is repeated.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Runs `watch` until it is interrupted.
pub(crate) async fn run(context: &Context<'_>, filter: Filter) -> Result<Exit, Failure> {
    let mut connection = context.connect().await?;
    let filter = filter.into();
    lookup::check(context, &mut connection, &filter).await?;
    let mut watch = Watch { context, filter, known: Known::default(), begun: false, alive: false };
    tokio::select! {
        biased;
        _ = tokio::signal::ctrl_c() => Ok(Exit::Done),
        ended = watch.follow(&mut connection) => ended,
    }
}

struct Watch<'a> {
    context: &'a Context<'a>,
    filter: v1::QueueFilter,
    known: Known,
    /// True once the queue has been listed. After that, changes are printed, and an outage does not end the command.
    begun: bool,
    /// True if the current stream has sent a message.
    alive: bool,
}

impl Watch<'_> {
    async fn follow(&mut self, connection: &mut Connection) -> Result<Exit, Failure> {
        let (mut pause, mut is_reported) = (PAUSES.0, false);
        loop {
            self.alive = false;
            let ended = self.listen(connection).await;
            if self.context.output.is_closed() {
                return Ok(Exit::Done);
            }
            if self.alive {
                (pause, is_reported) = (PAUSES.0, false);
            }
            match ended {
                Ok(()) if self.alive => continue,
                Ok(()) => {}
                Err(failure) if self.begun && failure.exit == Exit::Unavailable => {
                    if !is_reported {
                        self.context.output.report(&failure);
                        self.context.talk("cli-watch-again", &[]);
                        is_reported = true;
                    }
                }
                Err(failure) => return Err(failure),
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Prints events until the stream ends or fails.
    async fn listen(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        let request = streaming(v1::WatchQueueRequest { filter: Some(self.filter.clone()) });
        let answer = connection.moderation.watch_queue(request).await;
        let mut stream = answer.map_err(|status| self.context.failure(connection, &status))?.into_inner();
        while !self.context.output.is_closed() {
            let Ok(message) = timeout(SILENCE, stream.message()).await else {
                let silent = unreachable(self.context.locale, &connection.addr);
                return Err(Failure::new(Exit::Unavailable, silent));
            };
            let message = message.map_err(|status| self.context.failure(connection, &status))?;
            let Some(event) = message else { return Ok(()) };
            let is_first = !std::mem::replace(&mut self.alive, true);
            self.print(&event)?;
            if is_first {
                // The stream reports every change from now on. The list of the queue shows the earlier changes.
                self.catch_up(connection).await?;
            }
        }
        Ok(())
    }

    async fn catch_up(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        let news = self.known.compare(connection, &self.filter).await;
        let news = news.map_err(|status| self.context.failure(connection, &status))?;
        if std::mem::replace(&mut self.begun, true) {
            for event in &news {
                self.print(event)?;
            }
        }
        Ok(())
    }

    fn print(&mut self, event: &v1::WatchQueueResponse) -> Result<(), Failure> {
        let is_news = self.known.note(event);
        if self.context.output.json {
            return self.context.output.json_line(&Json::new(event));
        }
        let locale = self.context.locale;
        match event.event() {
            v1::QueueEvent::Heartbeat if !self.begun => {
                self.context.talk("cli-watch-begun", &[("total", event.total.into())]);
                Ok(())
            }
            v1::QueueEvent::Waiting | v1::QueueEvent::Left if is_news => {
                self.context.output.data(&line::draw(event, locale, crate::now()))
            }
            _ => Ok(()),
        }
    }
}
