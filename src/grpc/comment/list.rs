//! `ListComments`. A page is encoded once for all callers that get it, and sent as it is. The generated service would
//! build the page's messages and encode them for each caller.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract, response,
};
use duyet_proto::v1;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use http_body::Frame;
use prost::{Message as _, bytes::BufMut as _};
use tonic::{
    Request, Response, Status,
    codec::{Codec, CompressionEncoding, EnabledCompressionEncodings, EncodeBuf, Encoder, HEADER_SIZE},
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
    grpc::{call::Call, convert::case::to_listed, message_size::MAX_MESSAGE_BYTES, status::to_status},
    service::{CommentList, ListRequest, WrittenList},
};

/// The path of this method, whose route takes precedence over the generated service.
pub(in crate::grpc) const PATH: &str = "/duyet.v1.CommentService/ListComments";

/// Answers a call. Callers that use compression and malformed messages are left to tonic.
pub(in crate::grpc) async fn answer(service: CommentGrpc, request: extract::Request) -> response::Response {
    let (parts, body) = request.into_parts();
    // `Messages` has read the message already, within its limit.
    let message = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    if let Some(call) = parts.extensions.get::<Call>().filter(|call| !call.gzip)
        && let Some(request) = plain_message(&parts.headers, &message)
    {
        return match service.list_comments(call, request).await {
            Ok(list) => WrittenBody::response(list),
            Err(error) => to_status(&error, call.locale).into_http(),
        };
    }
    let mut gzip = EnabledCompressionEncodings::default();
    gzip.enable(CompressionEncoding::Gzip);
    let mut grpc = Grpc::new(Written)
        .apply_max_message_size_config(Some(MAX_MESSAGE_BYTES), None)
        .apply_compression_config(gzip, gzip);
    grpc.unary(service, extract::Request::from_parts(parts, Body::from(message))).await.map(Body::new)
}

/// Returns the request if it is one whole message without compression.
fn plain_message(headers: &HeaderMap, bytes: &[u8]) -> Option<v1::ListCommentsRequest> {
    let (head, message) = bytes.split_at_checked(HEADER_SIZE)?;
    let is_whole = head[0] == 0 && usize::try_from(u32::from_be_bytes(head[1..].try_into().ok()?)) == Ok(message.len());
    if !is_whole || headers.contains_key("grpc-encoding") {
        return None;
    }
    v1::ListCommentsRequest::decode(message).ok()
}

/// A response body of an encoded message and the trailers of a call that succeeded.
struct WrittenBody {
    message: Option<Bytes>,
    ended: bool,
}

impl WrittenBody {
    fn response(list: WrittenList) -> response::Response {
        let mut response = response::Response::new(Body::new(Self { message: Some(list), ended: false }));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        response
    }
}

impl HttpBody for WrittenBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(message) = self.message.take() {
            return Poll::Ready(Some(Ok(Frame::data(message))));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        self.ended = true;
        let mut trailers = HeaderMap::with_capacity(1);
        trailers.insert("grpc-status", HeaderValue::from_static("0"));
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }
}

/// The codec by which tonic sends an encoded message.
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
        buffer.put_slice(&list[HEADER_SIZE..]);
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
            let bytes = list.len() - HEADER_SIZE;
            Ok(call.sized(list, bytes))
        })
    }
}

impl CommentGrpc {
    async fn list_comments(&self, call: &Call, request: v1::ListCommentsRequest) -> Result<WrittenList> {
        self.comments.list_comments(&call.caller.site, &list_request(request)?, call.now, write).await
    }
}

/// Encodes a page with the header of a gRPC message: no compression, and the length.
fn write(list: CommentList) -> WrittenList {
    let list = to_listed(list);
    let length = list.encoded_len();
    let mut message = Vec::with_capacity(HEADER_SIZE + length);
    message.put_u8(0);
    // A page holds three MiB at most.
    message.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    list.encode_raw(&mut message);
    message.into()
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
