//! The sample portal in a real browser, and without one: form, captcha, approval by the moderators' client, and the
//! page.

#![cfg(test)] // so that helpers may unwrap, as tests may

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use duyet_proto::v1::{BanEffect, BanSubject};
use fantoccini::Locator;
use unicode_normalization::UnicodeNormalization as _;

use crate::support::{
    browser::{Driver, PATIENCE, Site, after, click, fill, property, see, text},
    newsroom::{ANSWER, desk_at},
    readers::ban_of,
};

const NAME: &str = "Nguyễn Thị Hằng";
const TITLE: &str = "Mừng cầu mới";
const CONTENT: &str = "Đường dẫn còn bụi, mong sớm trải nhựa.";

fn nfd(text: &str) -> String {
    text.nfd().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_is_visible_to_all_readers_after_approval() {
    let portal = Site::start();
    let mut driver = Driver::start();
    let reader = driver.browser().await;
    reader.goto(&portal.url).await.unwrap();
    fill(&reader, "#author_name", &nfd(NAME)).await;
    fill(&reader, "#title", &nfd(TITLE)).await;
    fill(&reader, "#content", &nfd(CONTENT)).await;

    let first = property(&reader, "#anh-ma", "src").await;
    click(&reader, "#doi-ma").await;
    see(&reader, "#doi-ma-bao:not(:empty)").await;
    let second = property(&reader, "#anh-ma", "src").await;
    assert_ne!(first, second, "the button changes the image without a reload");

    fill(&reader, "#challenge_answer", "KM7RC").await;
    click(&reader, ".send .button").await;
    assert_eq!(text(&reader, "#challenge_answer-loi").await, "Mã kiểm tra không đúng. Vui lòng nhập mã mới.");
    assert_eq!(property(&reader, "#author_name", "value").await, nfd(NAME));
    assert_eq!(property(&reader, "#content", "value").await, nfd(CONTENT));
    let third = property(&reader, "#anh-ma", "src").await;
    assert!(third.starts_with("data:image/png;base64,") && third != second, "a wrong answer brings a new image");

    // Small letters and a space are accepted, and the Enter key submits.
    fill(&reader, "#challenge_answer", "km7 rt\u{e007}").await;
    assert_eq!(text(&reader, ".mark.waiting").await, "đang chờ duyệt");
    assert!(text(&reader, ".flash").await.contains("đang chờ duyệt"));

    let other = driver.browser().await;
    other.goto(&portal.url).await.unwrap();
    assert_eq!(text(&other, ".empty").await, "Chưa có bình luận nào. Mời bạn là người đầu tiên nêu ý kiến.");

    portal.approve_the_comment();
    for browser in [&reader, &other] {
        browser.refresh().await.unwrap();
        assert_eq!(text(browser, ".comment .text").await, CONTENT, "stored in NFC");
        assert_eq!(text(browser, ".comment h3").await, TITLE);
        assert_eq!(text(browser, ".comment .who strong").await, NAME);
        assert!(
            browser.find(Locator::Css(".mark.waiting")).await.is_err(),
            "the comment is not marked as waiting any more"
        );
    }
    reader.close().await.unwrap();
    other.close().await.unwrap();
}

/// Sends one request over a fresh connection, as a browser without scripts would. Returns head and body.
fn http(portal: &Site, request: &str, cookies: &str, body: &str) -> (String, String) {
    let host = portal.url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    let kind = "content-type: application/x-www-form-urlencoded";
    let head = format!("{request} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookies}\r\n{kind}\r\ncontent-length: {length}");
    write!(stream, "{head}\r\nconnection: close\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// Returns the cookies that a response sets, as the next request sends them.
fn cookies(head: &str) -> String {
    let lines = head.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
    lines.filter_map(|line| line.split(';').next()).collect::<Vec<_>>().join("; ")
}

fn filled(page: &str, answer: &str) -> String {
    let hidden = page.split("<input type=\"hidden\" name=\"").skip(1).map(|rest| {
        let (name, rest) = rest.split_once("\" value=\"").unwrap();
        (name, rest.split('"').next().unwrap().replace("&#x2f;", "/"))
    });
    let typed = [("author_name", NAME), ("title", "<b>Tin</b>"), ("content", CONTENT), ("challenge_answer", answer)];
    let fields = hidden.chain(typed.map(|(name, value)| (name, value.to_owned())));
    let encode = |value: String| value.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    fields.map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&")
}

#[test]
fn the_form_needs_no_script() {
    let portal = Site::start();
    let (head, page) = http(&portal, "GET /", "", "");
    assert!(head.contains("default-src 'none'") && head.contains("nosniff"), "{head}");
    assert!(page.contains(">1 lượt xem<"), "a new reader is counted");
    let jar = cookies(&head);
    let (_, page) = http(&portal, "GET /", &jar, "");
    assert!(page.contains(">1 lượt xem<"), "the same reader is counted once");

    let (head, page) = http(&portal, "POST /binh-luan", &jar, &format!("{}&doi_ma=1", filled(&page, "")));
    assert!(head.starts_with("HTTP/1.1 200") && page.contains(CONTENT), "a new image keeps the text: {head}");
    let (head, page) = http(&portal, "POST /binh-luan", &jar, &filled(&page, "CCCCC"));
    assert!(head.starts_with("HTTP/1.1 422") && page.contains("id=\"challenge_answer-loi\""), "{head}");
    let sent = filled(&page, ANSWER);
    let (head, _) = http(&portal, "POST /binh-luan", &jar, &sent);
    assert!(head.starts_with("HTTP/1.1 303") && head.contains("location: /#binh-luan"), "{head}");
    let (again, _) = http(&portal, "POST /binh-luan", &jar, &sent);
    assert!(again.starts_with("HTTP/1.1 303"), "a form sent twice is one comment: {again}");

    let (_, own) = http(&portal, "GET /", &format!("{jar}; {}", cookies(&head)), "");
    assert_eq!(own.matches("<span class=\"mark waiting\">").count(), 1);
    assert!(own.contains("&lt;b&gt;Tin&lt;&#x2f;b&gt;") && !own.contains("<b>Tin"), "text is never HTML");
    let (_, others) = http(&portal, "GET /", "", "");
    assert!(!others.contains(CONTENT), "only its author sees a pending comment");

    portal.approve_the_comment();
    let (_, page) = http(&portal, "GET /", &jar, "");
    let reply = after(&page, "href=\"&#x2f;?tra-loi=");
    let id = reply.split('#').next().unwrap();
    let (_, page) = http(&portal, &format!("GET /?tra-loi={id}"), &jar, "");
    assert!(page.contains(&format!("Trả lời {NAME}</h2>")), "the form shows the comment that it replies to");
    let (head, _) = http(&portal, "POST /binh-luan", &jar, &filled(&page, ANSWER));
    assert!(
        head.contains(&format!("location: /?cua={id}#binh-luan")),
        "the reader is redirected to the root comment of the reply: {head}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_banned_reader_sees_a_message_and_keeps_text_and_image() {
    let portal = Site::start();
    let (head, page) = http(&portal, "GET /", "", "");
    let jar = cookies(&head);
    let (head, _) = http(&portal, "POST /binh-luan", &jar, &filled(&page, ANSWER));
    assert!(head.starts_with("HTTP/1.1 303"), "{head}");
    let token = std::fs::read_to_string(portal.directory.path().join("moderator.token")).unwrap();
    let mut desk = desk_at(portal.duyet.trim_start_matches("http://").parse().unwrap(), token.trim());
    let id = desk.queue().await.cases.remove(0).comment.unwrap().id;
    let request = ban_of(&mut desk, &id, BanSubject::Device, BanEffect::Block).await;
    let ban = desk.ban(request).await.unwrap().ban.unwrap();

    let (_, page) = http(&portal, "GET /", &jar, "");
    let sent = filled(&page, ANSWER);
    let (head, denied) = http(&portal, "POST /binh-luan", &jar, &sent);
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");
    assert!(denied.contains("Hiện bạn chưa thể gửi bình luận ở đây.") && denied.contains(CONTENT));
    assert!(denied.contains("data:image") && !head.contains("set-cookie"), "the image was not used up: {head}");
    desk.unban(&ban.id).await;
    let (head, _) = http(&portal, "POST /binh-luan", &jar, &sent);
    assert!(head.starts_with("HTTP/1.1 303"), "the same form is accepted: {head}");
}

#[test]
fn a_report_needs_no_script_and_three_reports_flag_a_comment() {
    let portal = Site::start();
    let new_reader = || cookies(&http(&portal, "GET /", "", "").0);
    let writer = new_reader();
    let (_, page) = http(&portal, "GET /", &writer, "");
    let (head, _) = http(&portal, "POST /binh-luan", &writer, &filled(&page, ANSWER));
    let writer = format!("{writer}; {}", cookies(&head));
    portal.approve_the_comment();
    let button = format!("aria-label=\"Báo cáo bình luận của {NAME}\"");
    assert!(!http(&portal, "GET /", &writer, "").1.contains(&button), "a reader cannot report their own comment");
    let (_, page) = http(&portal, "GET /", "", "");
    assert!(page.contains(&button));
    let id = after(&page, "name=\"comment_id\" value=\"").split('"').next().unwrap().to_owned();

    let report =
        |reader: &str, reason: &str| http(&portal, "POST /bao-cao", reader, &format!("comment_id={id}&{reason}")).0;
    let page_after = |reader: &str, head: &str| http(&portal, "GET /", &format!("{reader}; {}", cookies(head)), "").1;
    let reader = new_reader();
    let vague = report(&reader, "reason=OTHER&note=+");
    assert!(page_after(&reader, &vague).contains("<p class=\"alert\" role=\"alert\">Báo cáo chưa được gửi."));
    // A page of another site submits the form with the reader's cookies; the browser adds this header.
    let elsewhere = report(&format!("{reader}\r\nsec-fetch-site: cross-site"), "reason=INSULT");
    assert!(elsewhere.starts_with("HTTP/1.1 403"), "{elsewhere}");
    for reader in [&reader, &reader, &new_reader()] {
        let head = report(reader, "reason=INSULT&note=Th%C3%B4+l%E1%BB%97");
        assert!(head.starts_with("HTTP/1.1 303") && head.contains("location: /#binh-luan"), "{head}");
        assert!(
            page_after(reader, &head).contains("role=\"status\">Cảm ơn bạn."),
            "the reader is thanked whether or not the report was counted"
        );
    }
    let queue = || portal.moderate(&["queue", "--json"]);
    assert!(!queue().contains(&id), "two readers are not enough");
    report(&new_reader(), "reason=SPAM_AD");
    assert!(queue().contains(&id));
    assert!(http(&portal, "GET /", "", "").1.contains(CONTENT), "the comment is still visible");
}

#[test]
fn an_image_of_digits_opens_the_number_pad_of_a_phone() {
    let alphabet = [("DUYET_CAPTCHA_ALPHABET", "DIGITS"), ("DUYET_CAPTCHA_FIXED_ANSWER", "234567")];
    let portal = Site::start_with(&alphabet);
    let (head, page) = http(&portal, "GET /", "", "");
    assert!(page.contains("inputmode=\"numeric\"") && page.contains("6 chữ số"), "{page}");
    let jar = cookies(&head);
    let (_, again) = http(&portal, "POST /binh-luan", &jar, &filled(&page, "222222"));
    assert!(again.contains("inputmode=\"numeric\""), "the field is numeric after a wrong answer, too");
    let (head, _) = http(&portal, "POST /binh-luan", &jar, &filled(&again, "234567"));
    assert!(head.starts_with("HTTP/1.1 303"), "{head}");
    assert!(http(&Site::start(), "GET /", "", "").1.contains("inputmode=\"text\""));
}
