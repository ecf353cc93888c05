//! The comments that readers submit, and the keys that the moderator presses.

use duyet_proto::v1;

/// Text before a comment's number, by which the script identifies comments.
const MARK: &str = "Ý kiến số ";

const WORDS: [&str; 8] = [
    "cầu mới giúp bà con hai bên sông đi lại dễ hơn, cảm ơn những người thợ đã làm xuyên lễ.",
    "đề nghị thành phố lắp thêm đèn ở đoạn cuối cầu, buổi tối rất khó nhìn.",
    "bài viết hay, mong báo tiếp tục theo dõi tiến độ các hạng mục còn lại.",
    "xe tải nặng qua cầu giờ cao điểm thì sao? Phóng viên hỏi giúp.",
    "Nhận vay tiền nhanh, lãi thấp, liên hệ 0901 234 567 hoặc https://vay-nhanh.example",
    "😀😀 日本語のコメント lẫn tiếng Việt, chữ rộng vẫn phải thẳng hàng.",
    "hôm qua tôi đi thử, mặt đường êm; nhưng vỉa hè còn bừa bộn vật liệu, người đi bộ phải xuống lòng đường.",
    "KHUYẾN MÃI KHUYẾN MÃI KHUYẾN MÃI: mua một tặng một tại https://khuyen-mai.example/?id=1",
];

/// Returns the comment of reader `number`, without the other fields of the form.
pub(crate) fn comment(number: usize) -> v1::SubmitCommentRequest {
    v1::SubmitCommentRequest {
        article_id: format!("cau-moi-{}", number % 5),
        article_title: "Cầu mới thông xe sau ba năm thi công".to_owned(),
        author_name: ["Nguyễn Thị Lan", "Trần Văn Minh", "Lê Hòa", "Phạm Thu Hà", "山田"][number % 5].to_owned(),
        content: format!("{MARK}{number:04}: {}", WORDS[number % WORDS.len()]),
        ..Default::default()
    }
}

pub(crate) fn comment_on(screen: &str) -> Option<usize> {
    let (_, rest) = screen.split_once(MARK)?;
    rest.get(..4)?.parse().ok()
}

/// Returns whether the queue is empty.
pub(crate) fn is_empty(screen: &str) -> bool {
    screen.contains("Không còn bình luận nào chờ duyệt")
}

/// Returns whether the review ignored a key because the comment had just changed.
pub(crate) fn is_warned(screen: &str) -> bool {
    screen.contains("Hãy đọc rồi bấm lại")
}

/// Returns the keys for the comment on the screen: spam if a link was found, sometimes a rejection with a reason,
/// sometimes an undo, else an approval.
pub(crate) fn keys(turn: usize, screen: &str) -> Vec<&'static str> {
    if screen.contains("liên kết:") {
        vec!["s"]
    } else if turn % 10 == 9 {
        vec!["r", "1"]
    } else if turn % 50 == 25 {
        vec!["u"]
    } else {
        vec!["a"]
    }
}
