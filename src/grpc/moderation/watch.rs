//! `WatchQueue`.

use duyet_locale::Locale;
use duyet_proto::v1;
use futures_util::stream;
use tonic::codegen::BoxStream;

use super::{ModerationGrpc, filter::queue_filter};
use crate::{
    domain::{Result, violation::Violations},
    grpc::{
        call::{self, Call},
        convert::case::to_case,
        status,
    },
    service::QueueEvent,
};

impl ModerationGrpc {
    pub(super) async fn watch_queue(
        &self,
        call: &Call,
        request: v1::WatchQueueRequest,
    ) -> Result<BoxStream<v1::WatchQueueResponse>> {
        let mut violations = Violations::default();
        let filter = queue_filter(request.filter.unwrap_or_default(), &mut violations);
        violations.into_result()?;
        let watch = self.moderation.watch_queue(&call.caller, filter, call::now).await?;
        let locale = call.locale;
        // The stream fetches the next event only after the previous one was sent, so that nothing is read ahead for
        // slow clients.
        Ok(Box::pin(stream::unfold(watch, move |mut watch| async move {
            let event = watch.next().await?;
            let event = event.map(|event| to_event(event, locale));
            Some((event.map_err(|error| status::to_status(&error, locale)), watch))
        })))
    }
}

fn to_event(event: QueueEvent, locale: Locale) -> v1::WatchQueueResponse {
    let (event, case) = match event {
        QueueEvent::Heartbeat { total } => {
            let event = v1::QueueEvent::Heartbeat.into();
            return v1::WatchQueueResponse { event, total, ..Default::default() };
        }
        QueueEvent::Waiting(case) => (v1::QueueEvent::Waiting, case),
        QueueEvent::Left(case) => (v1::QueueEvent::Left, case),
    };
    v1::WatchQueueResponse {
        event: event.into(),
        comment_id: case.comment.id.to_string(),
        case: Some(to_case(*case, locale)),
        total: 0,
    }
}
