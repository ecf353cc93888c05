# errors

error-validation-failed = Thông tin gửi lên chưa hợp lệ. Vui lòng kiểm tra lại.
error-captcha-required = Vui lòng nhập mã kiểm tra.
error-captcha-incorrect = Mã kiểm tra không đúng. Vui lòng nhập mã mới.
error-captcha-expired = Mã kiểm tra đã hết hạn. Vui lòng nhập mã mới.
error-captcha-used = Mã kiểm tra này đã được dùng. Vui lòng nhập mã mới.
error-captcha-invalid = Mã kiểm tra không hợp lệ. Vui lòng nhập mã mới.
error-rate-limited = Bạn thao tác quá nhanh. Vui lòng thử lại sau { $seconds } giây.
error-overloaded = Hệ thống đang quá tải. Vui lòng thử lại sau ít phút.
error-storage-unavailable = Hệ thống tạm thời gián đoạn. Vui lòng thử lại sau ít phút.
error-article-closed = Bài viết này không nhận bình luận.
error-missing-role =
    { $role ->
        [PORTAL] Mã truy cập của hệ thống của báo không được làm việc này.
        [MODERATOR] Mã truy cập của biên tập viên không được làm việc này.
        [ADMIN] Mã truy cập của quản trị viên không được làm việc này.
        [METRICS] Mã truy cập dành cho giám sát không được làm việc này.
       *[other] Vai trò { $role } không được làm việc này.
    }
error-token-invalid = Mã truy cập không đúng, đã hết hạn hoặc đã bị thu hồi.
error-comment-not-found = Không tìm thấy bình luận.
error-article-not-found = Không tìm thấy bài viết.
error-article-not-found-nearest = Không tìm thấy bài viết. Có lẽ là một trong các bài: { $nearest }
error-stale-revision = { $actor } đã xử lý bình luận này trước bạn. Vui lòng xem lại.
# Khi hai người cùng đổi chính sách của một bài viết.
error-stale-article = Bài viết này vừa được người khác thay đổi. Vui lòng xem lại.
error-stale-site = Chính sách của trang vừa được người khác thay đổi. Vui lòng xem lại.
error-stale-term = Từ theo dõi này vừa được người khác thay đổi. Vui lòng xem lại.
error-invalid-transition =
    Không thể chuyển bình luận từ { $from ->
        [PENDING] chờ duyệt
        [APPROVED] đã duyệt
        [REJECTED] đã từ chối
        [SPAM] spam
        [REMOVED] đã gỡ
        [ERASED] đã xóa
       *[other] { $from }
    } sang { $to ->
        [PENDING] chờ duyệt
        [APPROVED] đã duyệt
        [REJECTED] đã từ chối
        [SPAM] spam
        [REMOVED] đã gỡ
        [ERASED] đã xóa
       *[other] { $to }
    }.
error-request-id-reused = Mã yêu cầu này đã được dùng cho một nội dung khác.
error-page-token-invalid = Mã trang sau không khớp với danh sách này. Vui lòng xem lại từ trang đầu.
error-deadline = Hệ thống trả lời quá chậm. Vui lòng thử lại.
error-message-too-large = Nội dung gửi lên quá lớn.
error-message-malformed = Không đọc được nội dung gửi lên.
error-internal = Hệ thống gặp lỗi. Vui lòng thử lại sau.
error-banned = Hiện bạn chưa thể gửi bình luận ở đây.
error-ban-not-found = Không tìm thấy lệnh chặn này.
error-term-not-found = Không tìm thấy từ theo dõi này.
error-ban-subject-unknown = Không xác định được đối tượng cần chặn: bình luận không kèm thông tin đó, hoặc đã gửi quá lâu.
error-audit-entry-not-found = Không có thao tác nào như vậy để hoàn tác.
error-revert-denied = Chỉ quản trị viên mới được hoàn tác việc của người khác, hoặc việc đã quá 24 giờ.
error-already-reverted = Thao tác này đã được hoàn tác trước đó.
error-not-revertible = Không thể hoàn tác thao tác này.

# problems

problem-required = Không được để trống.
problem-too-long = Tối đa { $limit } ký tự, hiện có { $actual }.
problem-too-many-bytes = Tối đa { $limit } byte, hiện có { $actual }.
problem-too-many = Tối đa { $limit } mục.
problem-not-a-uuid = Phải là một mã như 01970000-0000-7000-8000-000000000001.
problem-not-an-article-id = Phải có từ 1 đến 200 byte và không chứa ký tự điều khiển.
problem-not-a-url = Phải là một địa chỉ http hoặc https.
problem-unknown-value = Giá trị không được hỗ trợ.
problem-unknown-name = Không có tên này. Có lẽ là một trong các tên: { $nearest }
problem-out-of-range = Giá trị nằm ngoài khoảng cho phép.
problem-not-for-callers = Giá trị này chỉ do hệ thống đặt.
problem-repeated = Mỗi mục chỉ được xuất hiện một lần.
problem-no-word = Cần có ít nhất một từ: chữ, số hoặc biểu tượng như emoji.

# findings

finding-link = Có liên kết hoặc địa chỉ email: “{ $excerpt }”.
finding-phone-number = Có số điện thoại: “{ $excerpt }”.
finding-repeated-text =
    { LENGTH($excerpt) ->
        [0] Cùng nội dung này đã được gửi trước đó.
       *[other] Lặp đi lặp lại: “{ $excerpt }”.
    }
finding-campaign = Từ ba người trở lên đã gửi cùng nội dung này trong một ngày.
finding-mixed-script = Trộn chữ cái của nhiều bảng chữ trong một từ: “{ $excerpt }”.
finding-honeypot = Ô ẩn mà bạn đọc không nhìn thấy đã được điền.
finding-fast-form = Biểu mẫu được điền nhanh hơn mức một người có thể gõ.
finding-other-device = Mã kiểm tra được cấp cho một thiết bị khác.
finding-held-by-ban = Người gửi hoặc nội dung này đang bị giữ lại để duyệt theo một lệnh chặn.
finding-hidden-link = Có địa chỉ web viết dấu chấm bằng chữ: “{ $excerpt }”.
finding-contact-app = Rủ liên hệ ở nơi khác: “{ $excerpt }”.
finding-money = Có số tiền hoặc tỷ lệ phần trăm: “{ $excerpt }”.
finding-spam-words = Có từ ngữ thường gặp ở spam: “{ $excerpt }”.
finding-repeated-word = Lặp đi lặp lại một từ: “{ $excerpt }”.
finding-styled-letters = Có chữ cái kiểu trang trí: “{ $excerpt }”.
finding-spaced-letters = Có từ viết rời từng chữ cái: “{ $excerpt }”.
finding-invisible-characters = Đã bỏ nhiều ký tự không nhìn thấy được khỏi nội dung.
finding-sampled = Được chọn ngẫu nhiên: hệ thống đã tự quyết định theo điểm, biên tập viên xem lại giúp.
finding-term = Có từ theo dõi của tòa soạn: “{ $excerpt }”.
finding-term-shadow = Có từ theo dõi đang được thử, chưa có tác dụng: “{ $excerpt }”.
finding-learned =
    { $leaning ->
        [SPAM] Học từ các quyết định trước: { $subject } thường gặp ở spam.
       *[APPROVED] Học từ các quyết định trước: { $subject } thường gặp ở bình luận được duyệt.
    }

# names of rules, for columns of a table and for --rule

rule-link = liên kết
rule-phone-number = số điện thoại
rule-repeated-text = lặp nội dung
rule-campaign = đợt spam cùng nội dung
rule-mixed-script = trộn bảng chữ
rule-honeypot = ô ẩn
rule-fast-form = điền quá nhanh
rule-other-device = thiết bị khác
rule-held-by-ban = giữ theo lệnh chặn
rule-hidden-link = liên kết ngụy trang
rule-contact-app = rủ liên hệ
rule-money = tiền bạc
rule-spam-words = từ ngữ spam
rule-repeated-word = lặp từ
rule-styled-letters = chữ trang trí
rule-spaced-letters = chữ viết rời
rule-invisible-characters = ký tự ẩn
rule-sampled = chọn ngẫu nhiên
rule-learned = học từ quyết định
rule-term = từ theo dõi
rule-term-shadow = từ theo dõi đang thử

# features of the learned score

feature-w = “{ $excerpt }”
feature-b = “{ $excerpt }”
feature-c = cách viết giống “{ $excerpt }”
feature-h = trang “{ $excerpt }”
feature-t = loại địa chỉ “{ $excerpt }”
feature-p = số “{ $excerpt }”
feature-pair = nhiều cách liên hệ cùng lúc
feature-link = có liên kết
feature-links = số lượng liên kết
feature-hidden-link = liên kết viết dấu chấm bằng chữ
feature-phone = một dãy số dài
feature-mail = địa chỉ email
feature-handle = tên có @
feature-money = số tiền
feature-contact-app = nhắc đến ứng dụng nhắn tin
feature-styled = chữ cái kiểu trang trí
feature-mixed = chữ cái của nhiều bảng chữ trong một từ
feature-spaced = từ viết rời từng chữ cái
feature-leet = chữ số thay cho chữ cái
feature-len = độ dài
feature-upper = tỷ lệ chữ hoa
feature-digit = tỷ lệ chữ số
feature-emoji = số biểu tượng cảm xúc
feature-excl = số dấu chấm than
feature-dup = sự lặp lại từ ngữ
feature-author-link = liên kết trong tên
feature-author-obfuscated = chữ cái ngụy trang trong tên

# challenges

captcha-alt-digits = Ảnh có { $length } chữ số; hãy gõ lại vào ô Mã kiểm tra. Không đọc được thì lấy ảnh khác.
captcha-alt = Ảnh có { $length } chữ cái và chữ số; hãy gõ lại vào ô Mã kiểm tra. Không đọc được thì lấy ảnh khác.
field-author-name = Họ tên
field-title = Tiêu đề
field-content = Nội dung
field-challenge-answer = Mã kiểm tra
