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
        [PORTAL] Mã truy cập dành cho trang báo không được làm việc này.
        [MODERATOR] Mã truy cập của người kiểm duyệt không được làm việc này.
        [ADMIN] Mã truy cập của quản trị viên không được làm việc này.
        [METRICS] Mã truy cập dành cho giám sát không được làm việc này.
       *[other] Vai trò { $role } không được làm việc này.
    }
error-token-invalid = Mã truy cập không đúng, đã hết hạn hoặc đã bị thu hồi.
error-comment-not-found = Không tìm thấy bình luận.
error-article-not-found = Không tìm thấy bài viết.
error-stale-revision = { $actor } đã xử lý bình luận này trước bạn. Vui lòng xem lại.
# Khi hai người cùng đổi chính sách của một bài viết.
error-stale-article = Bài viết này vừa được người khác thay đổi. Vui lòng xem lại.
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
error-page-token-invalid = Dấu trang không khớp với danh sách này. Vui lòng xem lại từ trang đầu.
error-deadline = Hệ thống trả lời quá chậm. Vui lòng thử lại.
error-message-too-large = Nội dung gửi lên quá lớn.
error-message-malformed = Không đọc được nội dung gửi lên.
error-internal = Hệ thống gặp lỗi. Vui lòng thử lại sau.

# problems

problem-required = Không được để trống.
problem-too-long = Tối đa { $limit } ký tự, hiện có { $actual }.
problem-too-many-bytes = Tối đa { $limit } byte, hiện có { $actual }.
problem-too-many = Tối đa { $limit } mục.
problem-not-a-uuid = Phải là một UUID.
problem-not-an-article-id = Phải có từ 1 đến 200 byte và không chứa ký tự điều khiển.
problem-not-an-address = Phải là một địa chỉ IP.
problem-not-a-url = Phải là một địa chỉ http hoặc https.
problem-unknown-value = Giá trị không được hỗ trợ.
problem-out-of-range = Giá trị nằm ngoài khoảng cho phép.
problem-not-for-callers = Giá trị này chỉ do hệ thống đặt.

# findings

finding-link = Có liên kết hoặc địa chỉ email: “{ $excerpt }”.
finding-phone-number = Có số điện thoại: “{ $excerpt }”.
finding-repeated-text =
    { LENGTH($excerpt) ->
        [0] Cùng nội dung này đã được gửi trước đó.
       *[other] Lặp đi lặp lại: “{ $excerpt }”.
    }
finding-mixed-script = Trộn chữ cái của nhiều bảng chữ trong một từ: “{ $excerpt }”.
finding-honeypot = Ô ẩn mà người đọc không nhìn thấy đã được điền.
finding-fast-form = Biểu mẫu được điền nhanh hơn mức một người có thể gõ.
finding-other-device = Mã kiểm tra được cấp cho một thiết bị khác.

# captcha

captcha-alt = Hình có { $length } chữ cái và chữ số; hãy gõ lại vào ô Mã kiểm tra. Không đọc được thì lấy hình khác.
field-author-name = Họ tên
field-title = Tiêu đề
field-content = Nội dung
field-challenge-answer = Mã kiểm tra

# cli

cli-error = Lỗi:
cli-token-as-argument = Không nhận mã truy cập trên dòng lệnh vì người khác dùng chung máy đọc được. Hãy dùng DUYET_TOKEN_FILE, DUYET_TOKEN, hoặc đưa mã vào stdin: duyet login < tệp-chứa-mã
cli-token-unreadable = Mã truy cập chứa ký tự không hợp lệ.
cli-token-file = Không đọc được tệp mã truy cập { $path }: { $error }
cli-no-token = Chưa có mã truy cập. Hãy chạy duyet login, hoặc đặt DUYET_TOKEN_FILE hay DUYET_TOKEN.
cli-no-home = Không tìm thấy thư mục cá nhân để lưu đăng nhập.
cli-login-ask = Mã truy cập cho { $addr }:
cli-login-empty = Chưa nhập mã truy cập. Hãy đưa mã vào stdin: duyet login < tệp-chứa-mã
cli-login-done = Đã đăng nhập { $addr }, lưu tại { $path }.
cli-login-elsewhere = Đăng nhập đã lưu là của máy chủ khác nên không gửi tới { $addr }. Hãy chạy duyet login --addr { $addr }.
cli-login-not-written = Không ghi được tệp đăng nhập { $path }: { $error }
cli-login-not-read = Không đọc được tệp đăng nhập { $path }: { $error }
cli-login-not-private = Người khác đọc được tệp đăng nhập { $path }. Hãy chạy chmod 600 { $path } rồi thử lại.
cli-unreachable = Không kết nối được tới máy chủ { $addr }. Máy chủ có đang chạy không?
cli-too-slow = Máy chủ { $addr } không trả lời trong { $seconds } giây.
cli-bad-address = Địa chỉ { $addr } không hợp lệ. Ví dụ: http://127.0.0.1:50051
cli-no-tls = Chưa hỗ trợ https ({ $addr }). Hãy dùng http qua một đường hầm tin cậy.
cli-conflict = { $actor } đã chuyển bình luận này sang “{ $status }” lúc { $at }. Quyết định của bạn không được áp dụng.
cli-decided = { $id }: { $status }
cli-already = { $id }: đã ở “{ $status }” từ trước ({ $actor }, { $at })
cli-not-tried = Còn { $count } bình luận chưa được xử lý.
cli-one-revision = Chỉ dùng --revision với một bình luận.
cli-article-changed = { $article }: { $mode } (bản { $revision })
cli-queue-empty = Không có bình luận nào.
cli-queue-count =
    { $total ->
        [10001] Hiện { $shown } trong hơn 10000 bình luận.
       *[other] Hiện { $shown } trong { $total } bình luận.
    }
cli-next-page = Trang sau: thêm --page-token { $token }
cli-audit-empty = Không có dòng nhật ký nào.
cli-age-minutes = { $count } phút
cli-age-hours = { $count } giờ
cli-age-days = { $count } ngày
cli-column-id = Mã
cli-column-age = Đã gửi
cli-column-author = Người viết
cli-column-text = Nội dung
cli-column-score = Điểm
cli-column-rules = Dấu hiệu
cli-column-at = Lúc
cli-column-actor = Ai
cli-column-change = Việc
cli-column-about = Về
cli-column-why = Lý do
cli-fact-id = Bình luận
cli-fact-status = Trạng thái
cli-fact-article = Bài viết
cli-fact-sent = Gửi lúc
cli-fact-author = Người viết
cli-fact-history = Trước đây
cli-fact-same-text = Cùng nội dung
cli-fact-score = Điểm spam
cli-fact-title = Tiêu đề
cli-standing = { $status } (bản { $revision })
cli-reviewed = đã có người xem
cli-not-reviewed = chưa ai xem
cli-history = { $author }: { $approved } đã duyệt, { $refused } bị từ chối, { $spam } spam, { $pending } đang chờ
cli-held = Vì sao bị giữ
cli-decisions = Các quyết định

status-pending = chờ duyệt
status-approved = đã duyệt
status-rejected = đã từ chối
status-spam = spam
status-removed = đã gỡ
status-erased = đã xóa
reason-off-topic = lạc đề
reason-insult = xúc phạm
reason-hate = thù ghét
reason-spam-ad = quảng cáo
reason-personal-data = lộ thông tin cá nhân
reason-false-info = sai sự thật
reason-illegal = vi phạm pháp luật
reason-language = ngôn từ thô tục
reason-duplicate = trùng lặp
reason-expired = quá hạn
reason-other = khác
mode-pre = duyệt trước
mode-post = đăng ngay
mode-hybrid = theo điểm spam
mode-closed = đóng bình luận
mode-hidden = ẩn bình luận
action-approve = duyệt
action-reject = từ chối
action-spam = đánh dấu spam
action-requeue = trả về hàng chờ
action-update-article = đổi bài viết

help-usage = Cách dùng
help-duyet = Duyệt bình luận từ dòng lệnh
help-login = Đăng nhập: đọc mã truy cập từ stdin, kiểm tra rồi lưu lại
help-queue = Xem hàng chờ duyệt
help-show = Xem một bình luận và vì sao bị giữ
help-approve = Duyệt bình luận
help-reject = Từ chối bình luận; bình luận đã đăng thì gỡ xuống
help-spam = Đánh dấu spam
help-requeue = Trả bình luận về hàng chờ
help-close = Đóng bình luận của một bài viết
help-open = Mở lại bình luận của một bài viết
help-audit = Xem nhật ký: ai đã làm gì
help-completions = In mã tự hoàn thành lệnh cho shell
help-arg-help = In trợ giúp này
help-arg-version = In phiên bản
help-arg-json = In dữ liệu dạng JSON
help-arg-lang = Ngôn ngữ, vi hoặc en (biến DUYET_LANG)
help-arg-addr = Địa chỉ máy chủ; mặc định theo lần đăng nhập, rồi http://127.0.0.1:50051
help-arg-id = Mã bình luận (UUID)
help-arg-ids = Mã bình luận (UUID), một hay nhiều
help-arg-status = Chỉ các trạng thái này; mặc định là pending
help-arg-article = Mã bài viết
help-arg-query = Có các từ này, có dấu hay không dấu
help-arg-rule = Có dấu hiệu này, ví dụ LINK
help-arg-author = Của người viết có mã này
help-arg-min-score = Điểm spam từ mức này
help-arg-max-score = Điểm spam đến mức này
help-arg-unreviewed = Chỉ bình luận chưa ai xem, kể cả đã đăng
help-arg-order = Thứ tự
help-arg-limit = Số dòng nhiều nhất, 1 đến 200
help-arg-page-token = Dấu trang do trang trước in ra
help-arg-revision = Bản bình luận mà bạn đã xem; mặc định là bản hiện tại
help-arg-note = Ghi chú lưu vào nhật ký
help-arg-reason = Lý do
help-arg-mode = Cách nhận bình luận; mặc định theo cả trang
help-arg-comment = Về bình luận này
help-arg-actor = Do người này làm
help-arg-action = Việc đã làm
help-arg-since = Từ lúc: 2026-05-01, 2026-05-01T08:00:00+07:00, hoặc 30m, 12h, 7d trước
help-arg-until = Trước lúc, viết như --since
help-arg-shell = Loại shell
cli-overrule = Nếu vẫn muốn đổi, thêm --revision { $revision }.
