//! `PolicyService`. Submodules implement the methods.

use std::sync::Arc;

use duyet_proto::v1::{self, policy_service_server::PolicyService};
use tonic::{Request, Response, Status, async_trait};

use crate::{
    domain::Result,
    grpc::call::Call,
    service::{Policies, Services},
};

/// `PolicyService`.
#[derive(Clone)]
pub(in crate::grpc) struct PolicyGrpc {
    pub(super) policies: Arc<Policies>,
}

impl PolicyGrpc {
    pub(in crate::grpc) fn new(services: &Services) -> Self {
        Self { policies: Arc::clone(&services.policies) }
    }
}

#[async_trait]
impl PolicyService for PolicyGrpc {
    async fn get_site(&self, request: Request<v1::GetSiteRequest>) -> Result<Response<v1::GetSiteResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.get_site(&call).await)
    }

    async fn update_site(
        &self,
        request: Request<v1::UpdateSiteRequest>,
    ) -> Result<Response<v1::UpdateSiteResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.update_site(&call, request.into_inner()).await)
    }

    async fn lockdown(&self, request: Request<v1::LockdownRequest>) -> Result<Response<v1::LockdownResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.lockdown(&call, request.into_inner()).await)
    }

    async fn approve_pending(
        &self,
        request: Request<v1::ApprovePendingRequest>,
    ) -> Result<Response<v1::ApprovePendingResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.approve_pending(&call, request.into_inner()).await)
    }

    async fn get_article(
        &self,
        request: Request<v1::GetArticleRequest>,
    ) -> Result<Response<v1::GetArticleResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.get_article(&call, request.into_inner()).await)
    }

    async fn update_article(
        &self,
        request: Request<v1::UpdateArticleRequest>,
    ) -> Result<Response<v1::UpdateArticleResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.update_article(&call, request.into_inner()).await)
    }
}
