//! `ModerationService`.

use std::sync::Arc;

use duyet_proto::v1::{self, moderation_service_server::ModerationService};
use tonic::{Request, Response, Status, async_trait, codegen::BoxStream};

use crate::{
    domain::Result,
    grpc::call::Call,
    service::{Moderation, Services},
};

/// `ModerationService`.
#[derive(Clone)]
pub(in crate::grpc) struct ModerationGrpc {
    pub(super) moderation: Arc<Moderation>,
}

impl ModerationGrpc {
    pub(in crate::grpc) fn new(services: &Services) -> Self {
        Self { moderation: Arc::clone(&services.moderation) }
    }
}

#[async_trait]
impl ModerationService for ModerationGrpc {
    async fn claim_next(
        &self,
        request: Request<v1::ClaimNextRequest>,
    ) -> Result<Response<v1::ClaimNextResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.claim_next(&call, request.into_inner()).await)
    }

    async fn release_claims(
        &self,
        request: Request<v1::ReleaseClaimsRequest>,
    ) -> Result<Response<v1::ReleaseClaimsResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.release_claims(&call, &request.into_inner()).await)
    }

    async fn bulk_decide(
        &self,
        request: Request<v1::BulkDecideRequest>,
    ) -> Result<Response<v1::BulkDecideResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.bulk_decide(&call, request.into_inner()).await)
    }

    async fn revert(&self, request: Request<v1::RevertRequest>) -> Result<Response<v1::RevertResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.revert(&call, request.into_inner()).await)
    }

    async fn escalate(&self, request: Request<v1::EscalateRequest>) -> Result<Response<v1::EscalateResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.escalate(&call, request.into_inner()).await)
    }

    async fn add_note(&self, request: Request<v1::AddNoteRequest>) -> Result<Response<v1::AddNoteResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.add_note(&call, request.into_inner()).await)
    }

    async fn get_stats(&self, request: Request<v1::GetStatsRequest>) -> Result<Response<v1::GetStatsResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.get_stats(&call, &request.into_inner()).await)
    }

    type WatchQueueStream = BoxStream<v1::WatchQueueResponse>;

    async fn watch_queue(
        &self,
        request: Request<v1::WatchQueueRequest>,
    ) -> Result<Response<Self::WatchQueueStream>, Status> {
        let call = Call::of(&request)?;
        call.stream(self.watch_queue(&call, request.into_inner()).await)
    }

    async fn list_queue(
        &self,
        request: Request<v1::ListQueueRequest>,
    ) -> Result<Response<v1::ListQueueResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.list_queue(&call, request.into_inner()).await)
    }

    async fn get_case(&self, request: Request<v1::GetCaseRequest>) -> Result<Response<v1::GetCaseResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.get_case(&call, request.into_inner()).await)
    }

    async fn decide(&self, request: Request<v1::DecideRequest>) -> Result<Response<v1::DecideResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.decide(&call, request.into_inner()).await)
    }

    async fn list_audit(
        &self,
        request: Request<v1::ListAuditRequest>,
    ) -> Result<Response<v1::ListAuditResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.list_audit(&call, request.into_inner()).await)
    }
}
