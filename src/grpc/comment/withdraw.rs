//! `WithdrawComment`.

use duyet_proto::v1;

use super::CommentGrpc;
use crate::{
    domain::{
        Result, form,
        violation::{Problem, Violations},
    },
    grpc::call::Call,
    service::WithdrawRequest,
};

impl CommentGrpc {
    pub(super) async fn withdraw_comment(
        &self,
        call: &Call,
        request: v1::WithdrawCommentRequest,
    ) -> Result<v1::WithdrawCommentResponse> {
        let mut violations = Violations::default();
        let comment = form::check_comment(&request.comment_id, "comment_id", &mut violations);
        if request.receipt.is_empty() {
            violations.add("receipt", Problem::Required);
        }
        let request_id = form::check_request_id(&request.request_id, &mut violations);
        let receipt = request.receipt;
        let request =
            violations.finish(|| Some(WithdrawRequest { comment: comment?, receipt, request_id: request_id? }))?;
        Ok(v1::WithdrawCommentResponse { changed: self.privacy.withdraw(&call.caller, request, call.now).await? })
    }
}
