# commands

cli-error = Lỗi:
cli-token-as-argument = Không nhận mã truy cập ngay trên dòng lệnh vì người khác dùng chung máy đọc được. Hãy chạy duyet login < tệp-chứa-mã, hoặc đặt DUYET_TOKEN_FILE hay DUYET_TOKEN.
cli-token-unreadable = Mã truy cập chứa ký tự không hợp lệ.
cli-token-file = Không đọc được tệp mã truy cập { $path }: { $error }
cli-no-token = Chưa có mã truy cập. Hãy chạy duyet login, hoặc đặt DUYET_TOKEN_FILE hay DUYET_TOKEN.
cli-no-home = Không tìm thấy thư mục cá nhân để lưu đăng nhập.
cli-login-ask = Mã truy cập cho { $addr }:
cli-login-empty = Chưa nhập mã truy cập. Hãy chạy duyet login rồi gõ mã khi được hỏi, hoặc duyet login < tệp-chứa-mã
cli-login-done = Đã đăng nhập { $addr }, lưu tại { $path }.
cli-login-elsewhere = Đăng nhập đã lưu là của máy chủ khác nên không gửi tới { $addr }. Hãy chạy duyet login --addr { $addr }.
cli-login-not-written = Không ghi được tệp đăng nhập { $path }: { $error }
cli-login-not-read = Không đọc được tệp đăng nhập { $path }: { $error }
cli-token-file-not-private = Người khác đọc được tệp mã truy cập { $path }. Hãy chạy chmod 600 { $path }.
cli-login-not-private = Người khác đọc được tệp đăng nhập { $path }. Hãy chạy chmod 600 { $path } rồi thử lại.
cli-unreachable = Không kết nối được tới máy chủ { $addr }. Máy chủ có đang chạy không?
cli-too-slow = Máy chủ { $addr } không trả lời trong { $seconds } giây.
cli-bad-address = Địa chỉ { $addr } không hợp lệ. Ví dụ: http://127.0.0.1:50051
cli-no-tls = Không thiết lập được TLS: { $error }
cli-conflict = { $actor } đã chuyển bình luận này sang “{ $status }” lúc { $at }. Quyết định của bạn không được áp dụng.
cli-decided = { $id }: { $status }
cli-already = { $id }: đã ở “{ $status }” từ trước ({ $actor }, { $at })
cli-not-tried = Còn { $count } bình luận chưa được xử lý.
cli-one-revision = Chỉ dùng --revision với một bình luận.
cli-article-changed = { $article }: { $mode } (lần sửa { $revision })
cli-queue-empty = Không có bình luận nào.
cli-author-unknown = Chưa có bình luận nào của người viết có mã { $author }.
cli-article-by-id = Bài viết được gọi theo mã, không theo tiêu đề.
cli-close-new = Thêm --new để đóng một bài trước khi có bình luận đầu tiên.
cli-nearest = Có lẽ là một trong các mục: { $nearest }
cli-queue-none-yet = Chưa tìm thấy gì: còn bình luận chưa xem qua.
cli-queue-count =
    { $total ->
        [1001] Hiện { $shown } trong hơn 1.000 bình luận.
       *[other] Hiện { $shown } trong { $total } bình luận.
    }
cli-next-page = Còn trang sau. Thêm mã trang sau: --page-token { $token }
cli-audit-empty = Không có dòng nhật ký nào.
cli-actor-unknown = Chưa có ai tên { $actor } làm gì ở đây.
cli-audit-unknown = Nhật ký không có đợt hay lệnh chặn nào như vậy.
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
cli-status-revision = { $status } (lần sửa { $revision })
cli-reviewed = đã có người xem
cli-not-reviewed = chưa ai xem
cli-history = { $author }: { $approved } đã duyệt, { $refused } bị từ chối, { $spam } spam, { $pending } đang chờ
cli-held = Vì sao bị giữ
cli-decisions = Các quyết định
cli-overrule = Nếu vẫn muốn đổi, thêm --revision { $revision }.
cli-past-time = Thời điểm này đã qua. Hãy chọn thời điểm sau lúc này.
cli-left = còn { $time }
cli-overdue = quá hạn { $time }
cli-unknown = không rõ
cli-reports = { $total } lượt báo cáo, { $open } lượt từ lần xem gần nhất
cli-no-reason = không nêu lý do
cli-claim = { $actor }, đến { $at }
cli-takedown = { $kind }, hạn { $due }
cli-answered = Trả lời cho
cli-report-notes = Bạn đọc báo cáo
cli-notes = Ghi chú
cli-siblings = Bình luận cùng nội dung
cli-as-one = Quyết định cho cả đợt spam này: duyet bulk spam --campaign { $id }
cli-author-comments = Bình luận khác của người viết này
cli-undone = { $id }: trở lại “{ $status }”
cli-undone-ban = Lệnh chặn { $id }: đã hoàn tác
cli-undone-already = { $id }: không có gì thay đổi
cli-undo-conflict = Sau đó { $actor } đã chuyển bình luận này sang “{ $status }” nên giữ nguyên như vậy.
cli-undo-perhaps-batch = Nếu đây là mã của cả một đợt, hãy thêm --batch.
cli-undo-nothing = Không có gì để hoàn tác.
cli-undo-count = Đã hoàn tác { $count } trong { $total }.
cli-undo-batch = Hoàn tác cả đợt: duyet undo --batch { $batch }
cli-bulk-all = Chưa có điều kiện lọc nào. Nếu thật sự muốn xử lý mọi bình luận cần xem, hãy thêm --all.
cli-bulk-yes = Không có ai để hỏi lại. Hãy thêm --yes để xử lý, hoặc --dry-run để xem trước.
cli-bulk-rest = … và { $count } bình luận nữa.
cli-bulk-more = và còn nữa ngoài giới hạn --limit
cli-bulk-would =
    { $action ->
        [APPROVE] Sẽ duyệt
        [REJECT] Sẽ từ chối
        [SPAM] Sẽ đánh dấu spam
       *[other] Sẽ trả về hàng chờ
    } { $count } bình luận ({ $parts }){ LENGTH($more) ->
        [0] .
       *[other] , { $more }.
    }
cli-bulk-ask =
    { $action ->
        [APPROVE] Duyệt
        [REJECT] Từ chối
        [SPAM] Đánh dấu spam
       *[other] Trả về hàng chờ
    } { $count } bình luận này ({ $parts }{ LENGTH($more) ->
        [0] { "" }
       *[other] ; { $more }
    })? [c/K]
cli-bulk-dropped = Không xử lý gì.
cli-erase-yes = Không có ai để hỏi lại. Hãy thêm --yes để xóa, hoặc dùng "duyet export" để xem trước.
cli-erase-ask = Xóa { $comments } bình luận và { $reports } lượt báo cáo? Không thể hoàn tác. [c/K]{" "}
cli-erasing = Đã xóa { $comments }, còn { $remaining }. Việc xóa vẫn tiếp tục kể cả khi bạn không chờ.
cli-erased = Đã xóa vĩnh viễn { $comments } bình luận và { $reports } lượt báo cáo. Đợt { $id }.
cli-bulk-done =
    { $action ->
        [APPROVE] Đã duyệt
        [REJECT] Đã từ chối
        [SPAM] Đã đánh dấu spam
       *[other] Đã trả về hàng chờ
    } { $changed } bình luận; { $unchanged } không đổi, { $failed } không xử lý được.
cli-bulk-again = Còn bình luận khác khớp điều kiện: hãy chạy lại lệnh, hoặc tăng --limit.
cli-banned =
    { $effect ->
        [HOLD] Bình luận từ { $subject } phải chờ duyệt đến { $until }.
       *[other] Đã chặn { $subject } đến { $until }.
    } Mã lệnh chặn: { $id }
cli-ban-swept = Đã từ chối hoặc gỡ { $count } bình luận kèm theo.
cli-ban-more = Chỉ xử lý 500 bình luận mới nhất; còn bình luận khác khớp. Có thể dùng duyet bulk cho phần còn lại.
cli-ban-revoked = { $actor } bỏ lúc { $at }
cli-ban-ended = hết hạn lúc { $at }
cli-unbanned = Đã bỏ lệnh chặn { $id } ({ $subject }).
cli-unbanned-already = Lệnh chặn { $id } ({ $subject }) đã hết hiệu lực từ trước.
cli-bans-empty = Không có lệnh chặn nào.
cli-article-closes = Sẽ tự đóng lúc { $at }.
cli-still-closed = Bài viết vẫn đóng bình luận theo chính sách của cả trang. Hãy chọn --mode, hoặc xem duyet site.
cli-approved-pending = { $article }: đã duyệt { $count } bình luận đang chờ, còn { $waiting } chờ duyệt.
cli-would-approve-pending = { $article }: sẽ duyệt { $count } bình luận đang chờ, còn { $waiting } chờ duyệt. Chưa thay đổi gì.
cli-approve-pending-more = Mỗi lần duyệt nhiều nhất 500 bình luận: hãy chạy lại lệnh cho phần còn lại.
cli-mode-default = theo cấu hình máy chủ
cli-auto-close =
    { $count ->
        [0] không tự đóng
       *[other] sau { $count } ngày
    }
cli-report-threshold =
    { $count ->
        [0] 3 lượt báo cáo thì đưa lại vào hàng chờ (mặc định)
       *[other] { $count } lượt báo cáo thì đưa lại vào hàng chờ
    }
cli-lockdown = Chế độ khẩn đến { $at }: duyệt trước tất cả, mọi bình luận mới phải chờ duyệt rồi mới được đăng.
cli-lockdown-harder = Trong thời gian này mọi bạn đọc phải qua mã kiểm tra khó hơn.
cli-harder-challenges = mã kiểm tra khó hơn
cli-lockdown-lifted = Đã tắt chế độ khẩn. Cách nhận bình luận hiện nay: { $mode }.
cli-audit-until = đến { $at }
cli-audit-lifted = tắt chế độ khẩn
cli-lockdown-by =
    đến { $at } ({ $actor }{ LENGTH($note) ->
        [0] { "" }
       *[other] : { $note }
    })
cli-lockdown-none = không
cli-takedowns = { $count }, quá hạn { $overdue }
cli-noted = Đã ghi chú cho bình luận { $id }.
cli-escalated = { $id } phải được xử lý trước { $at } ({ $left }), theo { $kind }.
cli-revealed = Lần xem này đã được ghi vào nhật ký, dòng { $id }.
cli-reverts = hoàn tác { $id }
cli-watch-begun =
    { $total ->
        [1001] Đang theo dõi hàng chờ, hơn 1.000 bình luận cần xem. Nhấn Ctrl-C để dừng.
       *[other] Đang theo dõi hàng chờ, { $total } bình luận cần xem. Nhấn Ctrl-C để dừng.
    }
cli-watch-again = Đang thử kết nối lại…
cli-event-waiting = cần xem
cli-event-left =
    { LENGTH($status) ->
        [0] rời hàng chờ
       *[other] rời hàng chờ ({ $status })
    }
cli-event-reports = { $count } lượt báo cáo
cli-man-unknown = Không có lệnh { $command }. Xem các lệnh: duyet --help
cli-man-not-written = Không ghi được trang hướng dẫn vào { $path }: { $error }
cli-column-due = Hạn xử lý
cli-column-reports = Báo cáo
cli-column-claim = Người nhận
cli-column-subject = Đối tượng
cli-column-effect = Cách chặn
cli-column-ends = Đến
cli-column-entry = Mã dòng
cli-column-decisions = Quyết định
cli-column-per-hour = Mỗi giờ
cli-column-overturned = Bị đổi lại
cli-column-overturn-rate = Tỷ lệ
cli-fact-takedown = Yêu cầu gỡ
cli-fact-claim = Đã nhận
cli-fact-reports = Báo cáo
cli-fact-mode = Cách nhận
cli-fact-effective-mode = Đang áp dụng
cli-fact-auto-close = Tự đóng bài
cli-fact-report-threshold = Ngưỡng báo cáo
cli-fact-lockdown = Chế độ khẩn
cli-fact-revision = Lần sửa
cli-fact-since = Từ
cli-fact-waiting = Cần xem
cli-fact-age-p50 = Một nửa chờ dưới
cli-fact-age-p95 = 95% chờ dưới
cli-fact-takedowns = Yêu cầu gỡ
cli-fact-submitted = Đã gửi
cli-fact-learned = Điểm spam
cli-fact-device = Thiết bị
cli-fact-address = Địa chỉ
cli-fact-ip-prefix = Dải địa chỉ
cli-fact-author-key = Mã người viết
cli-fact-fingerprint = Nội dung
cli-usage-missing = Thiếu { $arg }.
cli-usage-unknown = Không có tham số “{ $arg }”.
cli-usage-command = Không có lệnh “{ $command }”.
cli-usage-twice = Chỉ dùng { $arg } một lần.
cli-usage-conflict = Không dùng { $arg } cùng với { $other }.
cli-usage-no-value = Thiếu giá trị cho { $arg }: { $expected }
cli-usage-value = “{ $value }” không dùng được cho { $arg }: { $expected }
cli-usage-id = cần một mã như 01970000-0000-7000-8000-000000000001
cli-usage-number = cần một số như { $example }
cli-usage-whole = cần một số nguyên
cli-usage-range = cần một số từ { $least } đến { $most }
cli-usage-least = cần một số từ { $least } trở lên
cli-usage-suggested = Có phải bạn muốn dùng: { $word }?
cli-usage-help = Xem thêm: --help
cli-stopped = Đã dừng theo yêu cầu.

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
action-revert = hoàn tác
action-expire = quá hạn chờ
action-escalate = ghi nhận yêu cầu gỡ
action-create-ban = chặn
action-revoke-ban = bỏ lệnh chặn
action-update-site = đổi chính sách trang
action-lockdown = chế độ khẩn
action-reveal-sender = xem mã người gửi
action-erase = xóa theo yêu cầu
action-withdraw = bạn đọc rút lại
action-purge = hết hạn lưu
action-put-term = ghi từ theo dõi
action-delete-term = bỏ từ theo dõi
action-stand-down-term = đưa từ theo dõi về thử
subject-device = thiết bị
subject-ip-prefix = dải địa chỉ IP
subject-fingerprint = nội dung
subject-author = người viết
effect-block = chặn hẳn
effect-hold = giữ lại chờ duyệt
takedown-authority = yêu cầu của cơ quan chức năng
takedown-complaint = khiếu nại của người liên quan

help-usage = Cách dùng
help-default = mặc định
help-duyet = Duyệt bình luận từ dòng lệnh
help-login = Đăng nhập bằng mã truy cập: nhập mã, kiểm tra rồi lưu lại
help-queue = Xem hàng chờ duyệt
help-show = Xem một bình luận: vì sao bị giữ, ai báo cáo, người viết này còn viết gì
help-approve = Duyệt bình luận
help-reject = Từ chối bình luận; bình luận đã đăng thì gỡ xuống
help-spam = Đánh dấu spam
help-requeue = Trả bình luận về hàng chờ
help-close = Đóng bình luận của một bài viết, ngay hoặc vào giờ đã định
help-open = Mở lại bình luận của một bài viết
help-audit = Xem nhật ký: ai đã làm gì
help-completions = In phần tự điền lệnh cho cửa sổ dòng lệnh
help-watch = Theo dõi hàng chờ, mỗi việc một dòng
help-bulk = Quyết định cả đợt: mọi bình luận khớp điều kiện
help-undo = Hoàn tác việc vừa làm, một quyết định, hoặc cả một đợt
help-note = Ghi chú về bình luận cho đồng nghiệp
help-escalate = Ghi nhận yêu cầu gỡ bình luận, kèm hạn xử lý
help-ban = Chặn người gửi hoặc nội dung của một bình luận
help-unban = Bỏ một lệnh chặn
help-bans = Xem các lệnh chặn
help-reveal = Xem mã thiết bị và mã địa chỉ của người gửi; chỉ quản trị viên, có ghi nhật ký
help-export = Xuất mọi thứ một người đã viết, mỗi dòng một mục, cho máy đọc; chỉ quản trị viên
help-erase = Xóa vĩnh viễn mọi thứ một người đã viết; chỉ quản trị viên, có ghi nhật ký
help-arg-id-of-person = Một bình luận của người đó: nếu không biết thiết bị thì chỉ tính riêng bình luận này
help-arg-author-of-person = Mã người viết
help-arg-yes-erase = Không hỏi lại
help-approve-pending = Duyệt hết phần đang chờ của một bài viết
help-site = Xem hoặc đổi cách cả trang nhận bình luận
help-lockdown = Bật hoặc tắt chế độ khẩn: duyệt trước tất cả, có thời hạn
help-stats = Xem số liệu hàng chờ và biên tập viên
help-man = In trang hướng dẫn (man) của duyet hoặc của một lệnh
help-arg-help = In trợ giúp này
help-arg-version = In phiên bản
help-arg-json = In kết quả cho chương trình khác đọc, thay cho bảng và câu chữ
help-arg-lang = Ngôn ngữ, vi hoặc en (biến DUYET_LANG)
help-arg-addr = Địa chỉ máy chủ; mặc định theo lần đăng nhập, rồi http://127.0.0.1:50051
help-arg-id = Mã bình luận
help-arg-ids = Mã bình luận, một hay nhiều
help-arg-status = Chỉ các trạng thái này; mặc định là mọi bình luận cần xem: chờ duyệt, bị báo cáo, bị yêu cầu gỡ
help-arg-article = Mã bài viết
help-arg-query = Có tất cả các từ này, đúng dấu; "hai từ" trong ngoặc kép là một cụm từ
help-arg-ignore-marks = Tìm các từ của --query bất kể dấu: vay tìm được cả vậy
help-arg-rule = Chỉ bình luận có dấu hiệu này
help-arg-author = Của người viết có mã này
help-arg-min-score = Điểm spam từ mức này
help-arg-max-score = Điểm spam đến mức này
help-arg-unreviewed = Chỉ bình luận chưa ai xem, kể cả đã đăng
help-arg-order = Thứ tự: cũ trước (oldest), mới trước (newest), điểm cao trước (score), nhiều lượt báo cáo trước (reports), gấp trước (due)
help-arg-limit = Số dòng nhiều nhất, 1 đến 200
help-arg-page-token = Mã trang sau, do trang trước in ra
help-arg-revision = Lần sửa của bình luận mà bạn đã xem; mặc định là lần hiện tại
help-arg-note = Ghi chú lưu vào nhật ký
help-arg-reason = Lý do
help-arg-mode = Cách nhận bình luận: duyệt trước (pre), đăng ngay (post), theo điểm spam (hybrid); mặc định theo cả trang
help-arg-comment = Về bình luận này
help-arg-actor = Do người này làm
help-arg-action = Việc đã làm
help-arg-since = Từ lúc: 2026-05-01, 2026-05-01T08:00:00+07:00, hoặc cách đây bao lâu: 30m, 12h, 7d, 2w (phút, giờ, ngày, tuần)
help-arg-until = Trước lúc, viết như --since
help-arg-shell = Loại cửa sổ dòng lệnh
help-arg-reported = Chỉ bình luận đang bị báo cáo
help-arg-campaign = Chỉ đợt spam cùng nội dung với bình luận này, ở mọi bài
help-arg-claimed = Chỉ bình luận đã có người nhận
help-arg-unclaimed = Chỉ bình luận chưa ai nhận
help-arg-verb = Quyết định gì: duyệt (approve), từ chối (reject), spam, trả về hàng chờ (requeue)
help-arg-most = Quyết định nhiều nhất bao nhiêu bình luận
help-arg-all = Cho phép không có điều kiện lọc: mọi bình luận cần xem
help-arg-dry-run = Chỉ cho biết sẽ làm gì, không thay đổi gì
help-arg-yes = Không hỏi lại
help-arg-reverted-entry = Mã dòng nhật ký cần hoàn tác; để trống thì hoàn tác việc gần nhất của bạn
help-arg-as-batch = Mã đã cho là của cả một đợt
help-arg-text = Lời ghi chú, một đoạn trong dấu nháy
help-arg-demand = Ai yêu cầu gỡ: cơ quan chức năng (authority), người liên quan khiếu nại (complaint)
help-arg-due = Hạn xử lý: 2026-12-01 hoặc 2026-12-01T08:00:00+07:00; mặc định 24 giờ với cơ quan chức năng, 48 giờ với khiếu nại
help-arg-term = Trong bao lâu kể từ bây giờ: 30m, 12h, 7d, 2w (phút, giờ, ngày, tuần)
help-arg-end = Đến lúc: 2026-12-01 hoặc 2026-12-01T08:00:00+07:00
help-arg-author-key = Chặn người viết có mã này
help-arg-subject = Chặn gì của bình luận: thiết bị (device, mặc định), dải địa chỉ mạng (ip-prefix), nội dung (fingerprint), người viết (author)
help-arg-effect = Chặn hẳn (block), hay giữ lại chờ duyệt (hold)
help-arg-reject-pending = Từ chối luôn các bình luận đang chờ của đối tượng này
help-arg-remove-published = Gỡ luôn các bình luận đã đăng của đối tượng này
help-arg-ban-id = Mã lệnh chặn
help-arg-ended = Kể cả lệnh đã hết hiệu lực
help-arg-new-article = Cho bài chưa có bình luận nào
help-arg-at = Đóng vào lúc: 2026-12-01 hoặc 2026-12-01T08:00:00+07:00
help-arg-below = Chỉ bình luận có điểm spam thấp hơn mức này
help-arg-site-mode = Cách nhận bình luận của bài viết không đặt riêng; default là theo cấu hình máy chủ
help-arg-auto-close = Tự đóng bài viết sau bấy nhiêu ngày kể từ khi đăng; 0 là không bao giờ
help-arg-report-threshold = Bấy nhiêu lượt báo cáo thì đưa bình luận lại vào hàng chờ; 0 là 3
help-arg-harder-challenges = Đòi mọi bạn đọc qua mã kiểm tra khó hơn: trang đang bị tấn công
help-arg-lift = Tắt chế độ khẩn
help-arg-batch = Thuộc đợt này
help-arg-ban = Về lệnh chặn này
help-arg-page = Lệnh cần xem hướng dẫn; để trống là cả chương trình
help-arg-dir = Ghi mọi trang vào thư mục này (duyet.1, duyet-queue.1…), để đóng gói

# manual pages

man-manual = Duyệt bình luận
man-name = Tên
man-synopsis = Cú pháp
man-description = Mô tả
man-commands = Các lệnh
man-exit-status = Mã kết thúc
man-environment = Biến môi trường
man-files = Tệp
man-examples = Ví dụ
man-see-also = Xem thêm
man-exit-done = Đã xong.
man-exit-failed = Có lỗi khác, hoặc người dùng trả lời không.
man-exit-usage = Dòng lệnh hoặc dữ liệu không hợp lệ.
man-exit-not-found = Không tìm thấy.
man-exit-denied = Không có quyền, hoặc mã truy cập không đúng.
man-exit-conflict = Người khác đã xử lý trước.
man-exit-unavailable = Quá giới hạn, hoặc máy chủ tạm thời không dùng được.
man-exit-worst = Khi một lệnh xử lý nhiều bình luận, mã lớn nhất là mã của cả lệnh.
man-env-addr = Địa chỉ máy chủ, như --addr.
man-env-token = Mã truy cập, hoặc tệp chứa mã. Không đặt thì dùng lần đăng nhập đã lưu.
man-env-cert = Chứng chỉ trình với máy chủ và khóa của nó, dạng PEM. SSL_CERT_FILE chỉ tệp tổ chức cấp chứng chỉ được tin.
man-env-lang = Ngôn ngữ, vi hoặc en, theo thứ tự này; --lang được ưu tiên hơn.
man-env-tz = Múi giờ dùng để hiện thời gian.
man-env-columns = Chiều rộng của bảng; mặc định theo màn hình.
man-env-colour = Tắt màu, hoặc bật màu cả khi không in ra màn hình.
man-file-login = Địa chỉ và mã truy cập của lần đăng nhập, chỉ chủ nhân đọc được.
man-example-login = Đăng nhập bằng mã truy cập trong tệp.
man-example-queue = Bình luận bị báo cáo, nhiều lượt báo cáo trước.
man-example-json = Mã của mọi bình luận trong hàng chờ, cho chương trình khác đọc.
man-example-watch = Theo dõi bình luận có điểm spam cao, mỗi việc một dòng cho chương trình khác đọc.
man-example-reject = Từ chối vì lộ thông tin cá nhân.
man-example-undo = Hoàn tác việc gần nhất của bạn.
man-example-undo-batch = Hoàn tác cả một đợt.
man-example-bulk = Xem trước sẽ đánh dấu spam những bình luận nào.
man-example-bulk-author = Từ chối mọi bình luận đang chờ của một người viết.
man-example-ban = Giữ lại chờ duyệt bình luận từ dải địa chỉ đó trong hai ngày.
man-example-ban-author = Chặn một người viết bảy ngày và từ chối những bình luận đang chờ.
man-example-escalate = Cơ quan chức năng yêu cầu gỡ trong 24 giờ.
man-example-open = Mở lại bình luận trong bảy ngày.
man-example-approve-pending = Xem trước sẽ duyệt bao nhiêu bình luận có điểm spam thấp.
man-example-site = Tự đóng sau 14 ngày; năm lượt báo cáo thì xem lại.
man-example-lockdown = Bật chế độ khẩn cho cả trang trong hai giờ.
man-example-stats = Số liệu bảy ngày qua.
man-example-man = Ghi mọi trang hướng dẫn cho lệnh man.

# triage's own

help-triage = Duyệt toàn màn hình bằng phím, mỗi quyết định một phím
help-arg-lease = Nhận bình luận cho riêng bạn trong bao nhiêu phút, 1 đến 10

# the learned score

cli-learned = { $decisions } quyết định ({ $spam } spam); đăng nếu dưới { $low }, spam từ { $high }
cli-learned-few = Mới có { $decisions } trong { $needed } quyết định cần có; chưa tự đánh dấu spam theo điểm

# terms and rules

tier-exact = đúng dấu
tier-stripped = kể cả không dấu
tier-teencode = teencode
state-off = tắt
state-shadow = đang thử
state-enforce = có hiệu lực
assessment-publish = đăng
assessment-hold = chờ duyệt
assessment-spam = spam
cli-column-pattern = Từ theo dõi
cli-column-tier = Cách dò
cli-column-state = Trạng thái
cli-column-weight = Điểm cộng
cli-column-assessment = Máy chấm
cli-column-approved = Đã duyệt
cli-column-refused = Từ chối
cli-column-spam = Spam
cli-fact-assessment = Theo điểm sẽ
cli-fact-judged-by = Chấm theo
cli-terms-empty = Chưa có từ theo dõi nào.
cli-term-unknown = Không có từ theo dõi “{ $pattern }”.
cli-term-tiers = Có nhiều từ theo dõi “{ $pattern }”. Hãy chọn bằng --tier.
cli-term-changed = Từ theo dõi “{ $pattern }”: { $tier }, { $state }, điểm cộng { $weight } (lần sửa { $revision })
cli-term-unchanged = Từ theo dõi “{ $pattern }” đã như vậy: { $tier }, { $state }, điểm cộng { $weight } (lần sửa { $revision })
cli-term-deleted = Đã bỏ từ theo dõi “{ $pattern }” khỏi danh sách.
cli-term-tried = Đã thử từ theo dõi “{ $pattern }” ({ $tier }), chưa thay đổi gì.
cli-term-collisions =
    { $count ->
        [0] Không có trong { $sampled } bình luận đã duyệt.
       *[other] Có trong { $count } trên { $sampled } bình luận đã duyệt, ví dụ:
    }
cli-term-ask = Vẫn cho từ theo dõi này có hiệu lực? [c/K]
cli-term-yes = Không có ai để hỏi. Thêm --yes để làm luôn, --dry-run để xem trước, hoặc --state shadow để thử.
cli-file-not-read = Không đọc được { $path }: { $error }
cli-assessed-by =
    { $decisions ->
        [0] chỉ theo dấu hiệu
       *[other] dấu hiệu và { $decisions } quyết định trước đây
    }
cli-findings = Dấu hiệu:
cli-disagreements = Máy chấm và biên tập viên khác nhau nhiều nhất ở:
cli-disagreement = { $assessment }, nhưng { $status }
help-terms = Liệt kê từ theo dõi của tòa soạn
help-term = Ghi, sửa hoặc bỏ một từ theo dõi; chỉ quản trị viên, trừ --dry-run
help-assess = Giải thích một đoạn văn bản sẽ bị chấm thế nào
help-replay = So cách chấm điểm hiện nay với các quyết định đã qua
help-arg-words = Chỉ từ theo dõi có các chữ này, kể cả một phần, đúng dấu
help-arg-pattern = Từ hoặc cụm từ theo dõi, trong ngoặc kép
help-arg-tier = Cách dò: exact tìm đúng dấu, có thể đánh dấu spam; stripped tìm cả khi bình luận viết không dấu, giữ lại chờ duyệt; teencode tìm cả khi thay chữ bằng số, chỉ cộng điểm. Từ mới là exact
help-arg-term-state = Có tác dụng hay không: tắt (off), đang thử (shadow), có hiệu lực (enforce). Từ mới là đang thử
help-arg-weight = Điểm cộng thêm khi có hiệu lực, từ 0 đến 10; càng cao thì bình luận càng dễ bị coi là spam. Từ mới là 1
help-arg-term-note = Vì sao ghi
help-arg-delete = Bỏ khỏi danh sách
help-arg-file = Tệp chứa văn bản, hoặc dấu - để gõ hay dán văn bản vào cửa sổ dòng lệnh
help-arg-signed = Tên người viết
help-arg-title = Tiêu đề
help-arg-compared = Số quyết định gần nhất, từ 1 đến 10000
help-arg-with-pattern = Như thể từ theo dõi này cũng có hiệu lực
man-example-term = Xem từ theo dõi này có trong những bình luận đã duyệt nào.
man-example-term-enforce = Cho một từ theo dõi có hiệu lực.
man-example-assess = Giải thích một đoạn văn bản.
man-example-replay = So cách chấm điểm hiện nay với 5.000 quyết định gần nhất.
