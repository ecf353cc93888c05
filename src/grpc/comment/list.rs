//! `ListComments`. Its response is encoded once for all callers that get the same page. The generated service would
//! build and encode the messages again for each of them.

use axum::{body::Body, extract, response};
use duyet_proto::v1;
use futures_util::future::BoxFuture;
use prost::{Message as _, bytes::BufMut as _};
use tonic::{
    Request, Response, Status,
    codec::{Codec, CompressionEncoding, EnabledCompressionEncodings, EncodeBuf, Encoder},
    server::{Grpc, UnaryService},
};
use tonic_prost::ProstDecoder;

use super::{CommentGrpc, read::check_receipts};
use crate::{
    domain::{
        Error, Result, form,
        page::{Order, page_size},
        violation::{Problem, Violations},
    },
    grpc::{call::Call, convert::case::to_listed, message_size::MAX_MESSAGE_BYTES},
    service::{CommentList, ListRequest, WrittenList},
};

/// The path of this method, whose route takes precedence over the generated service.
pub(in crate::grpc) const PATH: &str = "/duyet.v1.CommentService/ListComments";

pub(in crate::grpc) async fn answer(service: CommentGrpc, request: extract::Request) -> response::Response {
    let mut gzip = EnabledCompressionEncodings::default();
    gzip.enable(CompressionEncoding::Gzip);
    let mut grpc = Grpc::new(Written)
        .apply_max_message_size_config(Some(MAX_MESSAGE_BYTES), None)
        .apply_compression_config(gzip, gzip);
    grpc.unary(service, request).await.map(Body::new)
}

/// A codec whose responses are already encoded.
#[derive(Debug, Clone, Copy)]
struct Written;

impl Codec for Written {
    type Encode = WrittenList;
    type Decode = v1::ListCommentsRequest;
    type Encoder = Self;
    type Decoder = ProstDecoder<v1::ListCommentsRequest>;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstDecoder::default()
    }
}

impl Encoder for Written {
    type Item = WrittenList;
    type Error = Status;

    fn encode(&mut self, list: WrittenList, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&list);
        Ok(())
    }
}

impl UnaryService<v1::ListCommentsRequest> for CommentGrpc {
    type Response = WrittenList;
    type Future = BoxFuture<'static, Result<Response<WrittenList>, Status>>;

    fn call(&mut self, request: Request<v1::ListCommentsRequest>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            let call = Call::of(&request)?;
            let list = call.with_status(service.list_comments(&call, request.into_inner()).await)?;
            let bytes = list.len();
            Ok(call.sized(list, bytes))
        })
    }
}

impl CommentGrpc {
    async fn list_comments(&self, call: &Call, request: v1::ListCommentsRequest) -> Result<WrittenList> {
        self.comments.list_comments(&call.caller.site, &list_request(request)?, call.now, write).await
    }
}

fn write(list: CommentList) -> WrittenList {
    to_listed(list).encode_to_vec().into()
}

fn list_request(request: v1::ListCommentsRequest) -> Result<ListRequest> {
    let mut violations = Violations::default();
    let article = form::check_article(&request.article_id, &mut violations);
    let parent = form::check_optional_comment(&request.parent_id, "parent_id", &mut violations);
    check_receipts(&request.receipts, &mut violations);
    let order = match v1::Order::try_from(request.order) {
        Ok(v1::Order::Oldest) => Order::Oldest,
        // Replies read as a conversation, so they begin with the oldest; threads begin with the newest.
        Ok(v1::Order::Unspecified) if parent.is_some() => Order::Oldest,
        Ok(v1::Order::Newest | v1::Order::Unspecified) => Order::Newest,
        Err(_) => {
            violations.add("order", Problem::UnknownValue);
            Order::Newest
        }
    };
    violations.into_result()?;
    Ok(ListRequest {
        article: article.ok_or_else(|| Error::invalid("article_id", Problem::Required))?,
        parent,
        order,
        size: page_size(request.page_size, 20, 100),
        page_token: request.page_token,
        receipts: request.receipts,
    })
}
