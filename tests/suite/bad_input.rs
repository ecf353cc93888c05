//! Bad input gets the documented error, and nothing is stored.

use duyet_proto::v1;
use tonic::{Code, Request, client::Grpc, codec::CompressionEncoding::Gzip, metadata::MetadataValue};
use tonic_prost::ProstCodec;
use uuid::Uuid;

use crate::support::newsroom::{Database, Newsroom, fields, on_both_databases, reason};

on_both_databases! {
    every_bad_field_is_named_and_nothing_is_stored,
    invalid_utf_8_is_an_error,
    a_message_of_five_megabytes_is_an_error,
    a_message_just_over_64_kibibytes_is_an_error,
    list_requests_are_checked_for_size_and_encoding,
    error_messages_are_in_the_callers_language,
    hostile_text_is_stored_unchanged,
    responses_are_compressed_when_the_client_accepts_it,
    a_message_that_decompresses_to_too_much_is_an_error,
}

async fn every_bad_field_is_named_and_nothing_is_stored(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let good = portal.form("bai", "Hay").await;
    let with = |change: fn(&mut v1::SubmitCommentRequest)| {
        let mut form = good.clone();
        change(&mut form);
        form
    };
    let cases = [
        ("article_id", with(|form| form.article_id = String::new())),
        ("article_id", with(|form| form.article_id = "x".repeat(201))),
        ("article_id", with(|form| form.article_id = "a\u{7}b".into())),
        ("article_title", with(|form| form.article_title = "t".repeat(301))),
        ("article_url", with(|form| form.article_url = "javascript:alert(1)".into())),
        ("parent_id", with(|form| form.parent_id = "khong-phai-uuid".into())),
        ("author_name", with(|form| form.author_name = "ễ".repeat(61))),
        ("author_name", with(|form| form.author_name = " \t\u{200b} ".into())),
        ("title", with(|form| form.title = "t".repeat(151))),
        ("content", with(|form| form.content = "ễ".repeat(3_001))),
        ("content", with(|form| form.content = String::new())),
        ("content", with(|form| form.content = "   \n ".into())),
        ("content", with(|form| form.content = "\u{0}\u{1b}\u{202e}\u{e0041}".into())),
        ("challenge_token", with(|form| form.challenge_token = "x".repeat(4_097))),
        ("challenge_answer", with(|form| form.challenge_answer = "x".repeat(65))),
        ("challenge_answer", with(|form| form.challenge_answer = " - ".into())),
        ("request_id", with(|form| form.request_id = "7".into())),
        ("request_id", with(|form| form.request_id = String::new())),
    ];
    for (field, form) in cases {
        let status = portal.comments.submit_comment(form).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "VALIDATION_FAILED"), "{field}");
        assert_eq!(fields(&status), [field]);
    }
    assert_eq!(newsroom.desk().queue().await.total, 0);
    // None of the failed calls spent the nonce or the request id.
    assert!(!portal.comments.submit_comment(good).await.unwrap().into_inner().replayed);
}

/// `SubmitCommentRequest` with bytes in a text field.
#[derive(Clone, PartialEq, prost::Message)]
struct BytesForm {
    #[prost(string, tag = "1")]
    article_id: String,
    #[prost(bytes = "vec", tag = "7")]
    content: Vec<u8>,
}

/// `ListCommentsRequest` with bytes as a receipt.
#[derive(Clone, PartialEq, prost::Message)]
struct BytesList {
    #[prost(string, tag = "1")]
    article_id: String,
    #[prost(bytes = "vec", tag = "6")]
    receipt: Vec<u8>,
}

async fn send_bytes(newsroom: &Newsroom, content: Vec<u8>) -> tonic::Status {
    send(newsroom, "/duyet.v1.CommentService/SubmitComment", BytesForm { article_id: "bai".into(), content }).await
}

async fn send<M: prost::Message + 'static>(newsroom: &Newsroom, path: &'static str, message: M) -> tonic::Status {
    let mut client = Grpc::new(newsroom.channel()).max_encoding_message_size(10_000_000);
    client.ready().await.unwrap();
    let mut request = Request::new(message);
    let header = MetadataValue::try_from(format!("Bearer {}", newsroom.token("portal"))).unwrap();
    request.metadata_mut().insert("authorization", header);
    let codec = ProstCodec::<M, v1::SubmitCommentResponse>::default();
    client.unary(request, http::uri::PathAndQuery::from_static(path), codec).await.unwrap_err()
}

async fn list_requests_are_checked_for_size_and_encoding(database: Database) {
    let newsroom = Newsroom::open(database).await;
    for (receipt, expected) in [(vec![0xff], "MESSAGE_MALFORMED"), (vec![b'x'; 64 * 1024], "MESSAGE_TOO_LARGE")] {
        let message = BytesList { article_id: "bai".into(), receipt };
        assert_eq!(reason(&send(&newsroom, "/duyet.v1.CommentService/ListComments", message).await), expected);
    }
}

async fn invalid_utf_8_is_an_error(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let status = send_bytes(&newsroom, vec![0xff, 0xfe, 0xc3]).await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "MESSAGE_MALFORMED"));
    assert_eq!(newsroom.desk().queue().await.total, 0);
}

async fn a_message_of_five_megabytes_is_an_error(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let status = send_bytes(&newsroom, vec![b'x'; 5_000_000]).await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"));
    assert_eq!(newsroom.desk().queue().await.total, 0);
}

async fn a_message_just_over_64_kibibytes_is_an_error(database: Database) {
    let newsroom = Newsroom::open(database).await;
    // Tag, length and the article's field add a few bytes.
    for (bytes, expected) in [(64 * 1024 - 9, "VALIDATION_FAILED"), (64 * 1024 - 8, "MESSAGE_TOO_LARGE")] {
        assert_eq!(reason(&send_bytes(&newsroom, vec![b'x'; bytes]).await), expected, "{bytes}");
    }
}

async fn error_messages_are_in_the_callers_language(database: Database) {
    use tonic_types::StatusExt as _;
    let newsroom = Newsroom::open(database).await;
    let mut plain = v1::comment_service_client::CommentServiceClient::new(newsroom.channel());
    let header = format!("Bearer {}", newsroom.token("portal"));
    for (language, expected) in [(None, "vi"), (Some("en-GB,en;q=0.8"), "en"), (Some("fr"), "vi")] {
        let mut request = Request::new(v1::SubmitCommentRequest {
            request_id: Uuid::new_v4().to_string(),
            article_id: "bai".into(),
            ..Default::default()
        });
        request.metadata_mut().insert("authorization", MetadataValue::try_from(&*header).unwrap());
        if let Some(language) = language {
            request.metadata_mut().insert("accept-language", MetadataValue::from_static(language));
        }
        let status = plain.submit_comment(request).await.unwrap_err();
        let localized = status.get_details_localized_message().unwrap();
        let violations = status.get_details_bad_request().unwrap().field_violations;
        assert_eq!(localized.locale, expected);
        // A key instead of a sentence means that the locale files lack it.
        assert!(localized.message.contains(' ') && violations.iter().all(|one| one.description.contains(' ')));
        let vietnamese = violations.iter().any(|one| !one.description.is_ascii());
        assert_eq!(vietnamese, expected == "vi", "{violations:?}");
    }
}

async fn hostile_text_is_stored_unchanged(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    for text in [
        "<script>alert('x')</script>",
        "'; drop table comments; --",
        "{{7*7}} ${7*7} %00 \\x00",
        "Robert\\'); delete from audit;",
        "日本語 العربية 한국어 🇻🇳 👍🏽",
    ] {
        let id = portal.say("bai", text).await.comment_id;
        assert_eq!(newsroom.desk().case(&id).await.comment.unwrap().content, text);
    }
}

async fn responses_are_compressed_when_the_client_accepts_it(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (portal, mut desk) = (newsroom.portal(), newsroom.desk());
    desk.set_mode("bai", v1::Mode::Post, 0).await;
    let mut packed = newsroom.portal();
    packed.comments = packed.comments.send_compressed(Gzip).accept_compressed(Gzip);
    let id = packed.say("bai", &"Nước lên, bà con giữ gìn. ".repeat(100)).await.comment_id;
    let request = v1::ListCommentsRequest { article_id: "bai".into(), ..Default::default() };
    let answer = packed.comments.list_comments(request.clone()).await.unwrap();
    assert_eq!(answer.metadata().get("grpc-encoding").map(|value| value.to_str().unwrap()), Some("gzip"));
    let list = answer.into_inner();
    assert_eq!(list.comments[0].id, id);
    let plain = portal.comments.clone().list_comments(request.clone()).await.unwrap();
    assert!(plain.metadata().get("grpc-encoding").is_none(), "a client that does not accept compression gets none");
    assert_eq!(plain.into_inner(), list);
    // Lists of comments are encoded by separate code.
    desk.moderation = desk.moderation.accept_compressed(Gzip);
    let case = desk.moderation.get_case(v1::GetCaseRequest { comment_id: id.clone() }).await.unwrap();
    assert_eq!(case.metadata().get("grpc-encoding").map(|value| value.to_str().unwrap()), Some("gzip"));
    assert_eq!(case.into_inner().case.unwrap().comment.unwrap().id, id);

    let first_byte = async |article: &str| {
        let request = v1::ListCommentsRequest { article_id: article.into(), ..Default::default() };
        let message = prost::Message::encode_to_vec(&request);
        raw(&newsroom, "/duyet.v1.CommentService/ListComments", false, &message).await.unwrap()[0]
    };
    assert_eq!((first_byte("bai").await, first_byte("trong").await), (1, 0), "small responses are not compressed");
}

async fn a_message_that_decompresses_to_too_much_is_an_error(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let zeros = std::process::Command::new("sh").args(["-c", "head -c 10000000 /dev/zero | gzip -9"]).output();
    let bomb = zeros.unwrap().stdout;
    assert!(bomb.len() < 64 * 1024);
    for path in [
        "/duyet.v1.CommentService/SubmitComment",
        "/duyet.v1.CommentService/ListComments",
        "/grpc.health.v1.Health/Check",
        "/grpc.health.v1.Health/Watch",
    ] {
        let status = raw(&newsroom, path, true, &bomb).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"), "{path}");
    }
}

/// Sends one message as bytes.
async fn raw(newsroom: &Newsroom, path: &str, is_packed: bool, message: &[u8]) -> Result<Vec<u8>, tonic::Status> {
    use http_body::Body as _;
    use tonic::codegen::Service as _;
    let frame = [&[u8::from(is_packed)], &u32::try_from(message.len()).unwrap().to_be_bytes()[..], message].concat();
    let mut request = http::Request::post(format!("http://duyet{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-accept-encoding", "identity, gzip")
        .header("authorization", format!("bearer   {}", newsroom.token("portal")));
    if is_packed {
        request = request.header("grpc-encoding", "gzip");
    }
    let mut channel = newsroom.channel();
    std::future::poll_fn(|cx| channel.poll_ready(cx)).await.unwrap();
    let body = tonic::body::Body::new(axum::body::Body::from(frame));
    let response = channel.call(request.body(body).unwrap()).await.unwrap();
    if let Some(status) = tonic::Status::from_header_map(response.headers()) {
        return Err(status);
    }
    let (mut body, mut bytes) = (response.into_body(), Vec::new());
    while let Some(frame) = std::future::poll_fn(|cx| std::pin::Pin::new(&mut body).poll_frame(cx)).await {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}
