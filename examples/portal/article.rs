//! The one article of the sample newspaper. Places and persons are fictional.

use serde::Serialize;

/// The portal's own article id. duyet learns about an article from the first comment submitted with it.
pub(crate) const ID: &str = "cau-vam-sen-thong-xe";

/// The article of a page.
#[derive(Serialize)]
pub(crate) struct Article {
    pub(crate) section: &'static str,
    pub(crate) title: &'static str,
    /// The bold lead under the title, in Vietnamese "sapo".
    pub(crate) lead: &'static str,
    pub(crate) byline: &'static str,
    /// For `<time datetime>`.
    pub(crate) published: &'static str,
    pub(crate) published_text: &'static str,
    pub(crate) caption: &'static str,
    pub(crate) paragraphs: &'static [&'static str],
}

pub(crate) const ARTICLE: Article = Article {
    section: "Đời sống",
    title: "Cầu Vàm Sen thông xe, xã cù lao Phú Lộc hết cảnh lụy phà",
    lead: "Sau 26 tháng thi công, cây cầu bắc qua sông Vàm Sen đã chính thức đưa vào sử dụng sáng 14/11. Hơn 9.000 người dân \
           cù lao Phú Lộc lần đầu tiên có thể vào thị trấn bất kể ngày đêm mà không phải chờ chuyến phà cuối lúc 21 giờ.",
    byline: "Minh Khuê",
    published: "2026-11-14T10:15:00+07:00",
    published_text: "14/11/2026 10:15",
    caption: "Cầu Vàm Sen nối cù lao Phú Lộc với thị trấn An Khê Đông. Tranh minh họa của tòa soạn.",
    paragraphs: &[
        "Từ 5 giờ sáng, hai đầu cầu đã đông kín người. Bà Trần Thị Lành, 71 tuổi, bán trái cây ở bến phà cũ gần ba mươi năm, \
         dắt theo hai đứa cháu đi bộ trọn 412 mét từ đầu này sang đầu kia rồi quay lại. “Hồi tôi sinh thằng út, nửa đêm phải \
         nhờ ghe chèo qua sông, nước ròng mắc cạn giữa dòng. Giờ ngồi xe chừng hai phút là tới trạm xá”, bà kể.",
        "Theo Ban Quản lý dự án giao thông tỉnh, cầu dài 412 mét, rộng 9 mét với hai làn xe và lề đi bộ mỗi bên, tổng vốn \
         187 tỉ đồng từ ngân sách tỉnh và phần đóng góp của doanh nghiệp. Công trình chậm bốn tháng so với kế hoạch do giá cát \
         san lấp tăng và phải gia cố thêm mố cầu phía cù lao sau đợt sạt lở hồi tháng 8 năm ngoái.",
        "Với nhà vườn Phú Lộc, điều đáng mừng nhất là chi phí vận chuyển. Ông Phan Văn Tòng, chủ 1,2 héc-ta nhãn xuồng, tính \
         rằng mỗi chuyến xe tải nhỏ qua phà trước đây tốn 140.000 đồng, chưa kể có hôm nắng gắt hàng nằm đợi cả buổi. “Thương \
         lái nay vào tận vườn, cân xong là chạy. Nhãn còn tươi, mình cũng dễ nói giá hơn”, ông nói.",
        "Niềm vui đi cùng vài nỗi lo. Đường dẫn phía thị trấn mới trải nhựa một nửa, còn chừng 600 mét mặt đá dăm, bụi nhiều \
         khi xe chạy nhanh. Cô Lê Ngọc Diệp, giáo viên trường trung học cơ sở Phú Lộc, đề nghị sớm lắp đèn và gờ giảm tốc trước \
         cổng trường, vì học trò bây giờ đạp xe qua cầu mỗi ngày hai lượt.",
        "Chính quyền huyện cho biết phần đường còn lại sẽ trải nhựa xong trước Tết, đèn chiếu sáng lắp trong tháng 12. Bến phà \
         Vàm Sen ngừng hoạt động từ ngày 1/12; ba người lái phà được nhận vào đội duy tu cầu đường, còn nhà chờ cũ được giữ \
         lại làm điểm dừng chân và nơi trưng bày những bức ảnh về con đò suốt hơn nửa thế kỷ.",
    ],
};
