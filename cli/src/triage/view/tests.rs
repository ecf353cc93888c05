//! Frames as the moderator sees them.

use ratatui::{buffer::Buffer, style::Modifier};
use unicode_width::UnicodeWidthStr as _;

use super::super::{
    super::exit::local_time,
    event::{Event, Intent, Scroll},
    tests::{busy, case, cases, finding, press, render, start, state},
};
use super::Palette;
use duyet_locale::Locale;
use duyet_proto::v1;

const COLOUR: Palette = Palette::new(true);

/// Returns the lines of a frame without the second cells of wide letters.
fn lines(buffer: &Buffer) -> Vec<String> {
    let line = |y| {
        let mut x = 0;
        let mut line = String::new();
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += u16::try_from(symbol.width()).unwrap().max(1);
        }
        line.trim_end().to_owned()
    };
    (0..buffer.area.height).map(line).collect()
}

fn at(seconds: i64) -> String {
    local_time(start() + chrono::TimeDelta::seconds(seconds), Locale::Vi)
}

/// Returns a comment with all features: NFD, wide letters, a long word, matches, reports, a takedown, a note.
fn rich() -> v1::ReviewCase {
    let content = "Nguye\u{302}\u{303}n Văn A bán rẻ, gọi 0901234567 ngay hôm nay để được giảm giá đặc biệt 日本語の文字列です 😀 xem \
         http://vi-du.vn/mot-dia-chi-rat-dai-khong-co-khoang-trang-nao-ca-va-con-dai-hon-nua-de-phai-xuong-dong nhé.\n\
         \u{1b}[2JDòng hai\u{202e} giả.";
    let mut case = case(0, content);
    case.findings = vec![finding("PHONE_NUMBER", content, "0901234567"), finding("LINK", content, "http://vi-du.vn")];
    case.spam_score = 0.83;
    case.same_text = 3;
    case.author_history = Some(v1::AuthorHistory { approved: 3, refused: 1, ..Default::default() });
    let counts = vec![v1::ReportCount { reason: v1::Reason::SpamAd.into(), count: 2 }];
    case.reports = Some(v1::Reports { total: 3, open: 2, counts, notes: vec!["lừa đảo".into()] });
    let due_at = Some(prost_types::Timestamp { seconds: start().timestamp() + 7200, nanos: 0 });
    case.takedown = Some(v1::Takedown { kind: v1::TakedownKind::Authority.into(), due_at });
    case.answered =
        Some(v1::Comment { author_name: "Lan".into(), content: "Cầu đẹp".into(), ..Default::default() });
    case.notes =
        vec![v1::ModeratorNote { actor: "minh".into(), text: "đã hỏi tòa soạn".into(), ..Default::default() }];
    case.comment.as_mut().unwrap().title = "Rẻ nhất".into();
    case.author_comments = cases(5..9).into_iter().filter_map(|case| case.comment).collect();
    case
}

#[test]
fn a_whole_case_fits_80_by_24() {
    let (mut state, _) = busy(vec![rich(), case(1, "x")]);
    let expected = format!(
        " Chờ 40  Bạn 0 (0,0/phút)  Sẵn 1                                     đã kết nối
Cầu mới qua sông
Người 0 · {} · điểm 0,83 · chờ duyệt (lần sửa 1)
Cơ quan chức năng yêu cầu gỡ: phải xử lý trước {}
3 lượt báo cáo, 2 chưa xem (quảng cáo 2)
Người này: 3 duyệt, 1 từ chối, 0 spam, 0 chờ · 3 bình luận cùng nội dung
↳ trả lời Lan: Cầu đẹp
Ghi chú của minh: đã hỏi tòa soạn
── Vì sao bị giữ (2) ───────────────────────────────────────────────────────────
+2,0 số điện thoại: Có “0901234567”.
+2,0 liên kết: Có “http://vi-du.vn”.
── Nội dung ────────────────────────────────────────────────────────────────────
│ Rẻ nhất
│ Nguye\u{302}\u{303}n Văn A bán rẻ, gọi 0901234567 ngay hôm nay để được giảm giá đặc biệt 日
│ 本語の文字列です 😀 xem
│ http://vi-du.vn/mot-dia-chi-rat-dai-khong-co-khoang-trang-nao-ca-va-con-dai-ho
│ n-nua-de-phai-xuong-dong nhé.
│ Dòng hai giả.





a duyệt  r từ chối  s spam  ␣ bỏ qua  u hoàn tác  q thoát  h lịch sử  ? phím",
        at(0),
        at(7200)
    );
    let shown = lines(&render(&mut state, 80, 24, COLOUR)).join("\n");
    assert_eq!(shown, expected, "\n{shown}");
}

#[test]
fn a_low_window_keeps_alerts_and_scrolls_the_text() {
    let (mut state, now) = busy(vec![rich(), case(1, "x")]);
    let expected = " Chờ 40  Bạn 0 (0,0/phút)    đã kết nối
Cơ quan chức năng yêu cầu gỡ: phải xử l…
3 lượt báo cáo, 2 chưa xem (quảng cáo 2)
+2,0 Có “0901234567”.
── Nội dung, dòng 1–5 trong 8 ──────────
│ Rẻ nhất
│ Nguye\u{302}\u{303}n Văn A bán rẻ, gọi 0901234567
│ ngay hôm nay để được giảm giá đặc biệt
│ 日本語の文字列です 😀 xem
│ http://vi-du.vn/mot-dia-chi-rat-dai-kh

a duyệt  r từ chối  s spam  ? phím";
    let shown = lines(&render(&mut state, 40, 12, COLOUR)).join("\n");
    assert_eq!(shown, expected, "\n{shown}");
    for _ in 0..9 {
        state.update(Event::Press(Intent::Scroll(Scroll::PageDown)), now);
    }
    let shown = lines(&render(&mut state, 40, 12, COLOUR));
    assert_eq!((shown[4].as_str(), shown[9].as_str()), ("── Nội dung, dòng 4–8 trong 8 ──────────", "│ Dòng hai giả."));
    // A wider window needs no scrolling, so the text starts at its first line.
    assert!(lines(&render(&mut state, 120, 40, COLOUR)).concat().contains("│ Rẻ nhất"));
    assert_eq!(state.scroll(), 0);
}

#[test]
fn a_wide_window_shows_every_key() {
    let (mut state, _) = busy(vec![rich()]);
    let shown = lines(&render(&mut state, 120, 40, COLOUR));
    let keys = "a duyệt  r từ chối  s spam  ␣ bỏ qua  u hoàn tác  q thoát  h lịch sử  b chặn  n ghi chú  ? phím";
    assert_eq!(shown.last().unwrap(), keys);
}

#[test]
fn matches_are_seen_with_and_without_colour() {
    for is_coloured in [true, false] {
        let (mut state, _) = busy(vec![rich()]);
        let buffer = render(&mut state, 80, 24, Palette::new(is_coloured));
        let shown = lines(&buffer);
        let y = shown.iter().position(|line| line.contains("gọi 0901234567")).unwrap();
        let x = shown[y].split("0901234567").next().unwrap().width();
        let cell = |x: usize| &buffer[(u16::try_from(x).unwrap(), u16::try_from(y).unwrap())];
        for at in x..x + 10 {
            assert!(cell(at).modifier.contains(Modifier::UNDERLINED | Modifier::BOLD), "{at}");
            assert_eq!(cell(at).modifier.contains(Modifier::REVERSED), !is_coloured, "{at}");
        }
        assert!(cell(x - 1).modifier.is_empty() && cell(x + 10).modifier.is_empty());
        let has_colour = buffer.content().iter().any(|cell| cell.fg != ratatui::style::Color::Reset);
        assert_eq!(has_colour, is_coloured);
    }
}

#[test]
fn a_match_is_marked_after_removed_characters() {
    let content = "\u{1b}[31mđỏ\u{200b} gọi 0901";
    let mut case = case(0, content);
    case.findings = vec![finding("PHONE_NUMBER", content, "0901")];
    let (mut state, _) = busy(vec![case]);
    let buffer = render(&mut state, 80, 24, COLOUR);
    let marked = buffer.content().iter().filter(|cell| cell.modifier.contains(Modifier::UNDERLINED));
    assert_eq!(marked.map(ratatui::buffer::Cell::symbol).collect::<String>(), "0901");
}

#[test]
fn text_from_readers_is_sanitized_and_cannot_imitate_the_screen() {
    let evil = "\u{1b}]0;x\u{7}\u{9b}2J\u{202e}\u{2066}\n── Nội dung ──\r\u{85}q thoát";
    let mut case = case(0, evil);
    let comment = case.comment.as_mut().unwrap();
    (comment.author_name, comment.title) = (evil.into(), evil.into());
    case.article_title = evil.into();
    case.notes = vec![v1::ModeratorNote { actor: evil.into(), text: evil.into(), ..Default::default() }];
    let (mut state, now) = busy(vec![case]);
    for keys in ["", "h", "\u{1b}l", "\u{1b}b", "\u{1b}a"] {
        press(&mut state, keys, now);
        let buffer = render(&mut state, 80, 24, COLOUR);
        let symbols = buffer.content().iter().flat_map(|cell| cell.symbol().chars());
        assert!(!symbols.into_iter().any(super::super::super::sanitize::is_hidden), "{keys:?}");
        let shown = lines(&buffer);
        assert!(
            !shown.iter().any(|line| line.starts_with("── Nội dung ── ") || line.starts_with("q thoát")),
            "{shown:#?}"
        );
    }
}

#[test]
fn the_menu_of_reasons_fits_in_every_window() {
    let (mut state, now) = busy(vec![rich()]);
    press(&mut state, "r", now);
    let shown = lines(&render(&mut state, 80, 24, COLOUR));
    let menu = "Lý do:
1 lạc đề                5 lộ thông tin cá nhân  9 trùng lặp
2 xúc phạm              6 sai sự thật           0 khác
3 thù ghét              7 vi phạm pháp luật
4 quảng cáo             8 ngôn từ thô tục

1–9 0 lý do  Esc bỏ";
    assert_eq!(shown[17..].join("\n"), menu, "\n{}", shown.join("\n"));
    let shown = lines(&render(&mut state, 40, 10, COLOUR)).join("\n");
    for reason in ["1 lạc đề", "5 lộ thông tin cá nhân", "9 trùng lặp", "0 khác"] {
        assert!(shown.contains(reason), "{shown}");
    }
}

#[test]
fn the_ban_form_shows_its_choices_without_colour() {
    let (mut state, now) = busy(vec![rich()]);
    press(&mut state, "bph3x", now);
    let shown = lines(&render(&mut state, 80, 24, Palette::new(false)));
    let form = "Chặn người gửi: Người 0
d thiết bị   p [dải địa chỉ]   t nội dung này   a người viết
b chặn hẳn   h [giữ lại chờ duyệt]
1 1 ngày   7 7 ngày   3 [30 ngày]   r chọn lý do
w từ chối bình luận đang chờ   x [gỡ bình luận đã đăng]

Enter đồng ý  Esc bỏ";
    assert_eq!(shown[17..].join("\n"), form, "\n{}", shown.join("\n"));
    let shown = lines(&render(&mut state, 40, 10, COLOUR)).join("\n");
    assert!(shown.contains("p [dải địa chỉ]") && shown.contains("x [gỡ bình luận đã đăng]"), "{shown}");
}

#[test]
fn a_long_note_shows_its_cursor() {
    let (mut state, now) = busy(vec![rich()]);
    press(&mut state, "n", now);
    press(&mut state, &"chữ ".repeat(30), now);
    press(&mut state, "日本", now);
    let shown = lines(&render(&mut state, 40, 12, COLOUR));
    assert!(shown[9].starts_with("Ghi chú: ") && shown[9].ends_with("chữ 日本"), "{shown:#?}");
}

#[test]
fn history_is_read_by_scrolling() {
    let (mut state, now) = busy(vec![rich()]);
    press(&mut state, "h", now);
    let shown = lines(&render(&mut state, 80, 24, COLOUR)).join("\n");
    for text in [
        "Vì sao bị giữ\n• +2,0 số điện thoại",
        "• lừa đảo",
        "minh: đã hỏi tòa soạn",
        "Lan: Cầu đẹp",
        "Người 8: Nội dung 8",
    ] {
        assert!(shown.contains(text), "{text}\n{shown}");
    }
    render(&mut state, 40, 10, COLOUR);
    state.update(Event::Press(Intent::Scroll(Scroll::Bottom)), now);
    assert!(lines(&render(&mut state, 40, 10, COLOUR)).join("\n").contains("Nội dung 8"));
    press(&mut state, "h", now);
    assert!(lines(&render(&mut state, 80, 24, COLOUR)).join("\n").contains("│ Rẻ nhất"));
}

#[test]
fn a_lost_connection_shows_unsent_operations() {
    let (mut state, now) = busy(cases(0..5));
    press(&mut state, "aa", now);
    let failed = Event::Answered { id: "r1".into(), answer: Err(super::super::tests::away()) };
    state.update(failed, now);
    let shown = lines(&render(&mut state, 80, 24, COLOUR));
    assert!(shown[0].ends_with("MẤT KẾT NỐI, 2 việc chờ gửi"), "{}", shown[0]);
    assert_eq!(shown[22], "! Mất kết nối: đứt dây. Bạn cứ duyệt tiếp, quyết định sẽ được gửi sau.");
}

#[test]
fn an_empty_queue_or_a_small_window_is_explained() {
    let mut state = state();
    assert!(lines(&render(&mut state, 80, 24, COLOUR)).contains(&"Đang lấy bình luận…".to_owned()));
    let shown = lines(&render(&mut state, 30, 9, COLOUR)).join(" ");
    assert!(shown.starts_with("Cửa sổ quá nhỏ: cần ít nhất 40 cột, 10 dòng."), "{shown}");
}
