# triage

triage-no-terminal = duyet triage cần một cửa sổ dòng lệnh. Để chạy tự động, hãy dùng duyet queue, approve, reject, spam.
triage-too-small = Cửa sổ quá nhỏ: cần ít nhất { $columns } cột, { $rows } dòng.
triage-summary =
    Đã xử lý { $decided } bình luận trong { $time } ({ $rate } mỗi phút): { $approved } duyệt, { $rejected } từ chối, { $spam } spam. Đồng nghiệp xử lý trước: { $conflicts }.
triage-summary-minutes = { $minutes } phút
triage-summary-seconds = { $seconds } giây
triage-unsent = Còn { $count } việc chưa gửi được tới máy chủ.
triage-ended = Không thể tiếp tục.

# triage: the status bar

triage-waiting = Chờ { $count }
triage-many-waiting = Chờ hơn 1.000
triage-decided = Bạn { $count } ({ $rate }/phút)
triage-conflicts = Xung đột { $count }
triage-ready = Sẵn { $count }
triage-connected = đã kết nối
triage-sending = đang gửi { $count }
triage-connection-lost = MẤT KẾT NỐI
triage-connection-lost-unsent = MẤT KẾT NỐI, { $count } việc chờ gửi

# triage: a comment

triage-about = { $at } · điểm { $score } · { $status } (lần sửa { $revision })
triage-due-authority = Cơ quan chức năng yêu cầu gỡ: phải xử lý trước { $at }
triage-late-authority = QUÁ HẠN: cơ quan chức năng yêu cầu gỡ, hạn { $at }
triage-due-complaint = Có khiếu nại yêu cầu gỡ: phải xử lý trước { $at }
triage-late-complaint = QUÁ HẠN: khiếu nại yêu cầu gỡ, hạn { $at }
triage-reports = { $total } lượt báo cáo, { $open } chưa xem ({ $counts })
triage-claim-lost = Bạn không còn giữ chỗ bình luận này: đồng nghiệp có thể đang xử lý
triage-history = Người này: { $approved } duyệt, { $refused } từ chối, { $spam } spam, { $pending } chờ
triage-same-text = { $count } bình luận cùng nội dung
triage-answers = ↳ trả lời { $text }
triage-noted-by = Ghi chú của { $actor }: { $text }
triage-held = Vì sao bị giữ ({ $count })
triage-no-findings = Không có dấu hiệu đáng ngờ nào.
triage-content = Nội dung
triage-content-part = Nội dung, dòng { $first }–{ $last } trong { $total }

# triage: without a comment

triage-empty = Không còn bình luận nào chờ duyệt. Bình luận mới sẽ tự hiện ra.
triage-empty-claimed = Những bình luận còn lại đã có đồng nghiệp nhận. Có gì mới sẽ tự hiện ra.
triage-empty-loading = Đang lấy bình luận…
triage-empty-away = Mất kết nối tới máy chủ. Đang thử lại…

# triage: messages

triage-approved = Đã duyệt: { $author }
triage-rejected = Đã từ chối: { $author }
triage-marked-spam = Đã đánh dấu spam: { $author }
triage-skipped = Đã bỏ qua, sẽ quay lại sau.
triage-nothing-else = Không còn bình luận nào khác.
triage-undone = Đã hoàn tác: { $author }
triage-ban-undone = Đã bỏ lệnh chặn.
triage-ban-partly-undone = Đã bỏ lệnh chặn, nhưng { $count } bình luận giữ nguyên vì đã thay đổi sau đó.
triage-nothing-to-undo = Phiên này không còn gì để hoàn tác.
triage-not-undone = Không hoàn tác được: { $why }
triage-conflict = { $author }: { $actor } đã xử lý trước, “{ $status }” lúc { $at }. Quyết định của bạn không được áp dụng.
triage-decision-failed = { $author }: máy chủ không nhận quyết định. { $why }
triage-lost = Đồng nghiệp đã nhận hoặc đã xử lý một bình luận bạn đang giữ chỗ.
triage-end-unseen = Bạn chưa xem hết bình luận này. Bấm ↓ hoặc PgDn để đọc tiếp, hoặc bấm lại để xử lý luôn.
triage-changed = Đồng nghiệp vừa đổi bình luận này: đang hiện trạng thái mới. Hãy đọc lại.
triage-just-changed = Bình luận vừa đổi. Hãy đọc rồi bấm lại.
triage-no-comment = Chưa có bình luận nào trên màn hình.
triage-unknown-key = Phím này không có tác dụng ở đây. Bấm ? để xem các phím.
triage-input-method = Có vẻ bộ gõ tiếng Việt đang bật. Hãy tắt bộ gõ rồi bấm lại.
triage-pasted = Không nhận văn bản dán vào ở đây.
triage-close-first = Bấm Esc để quay lại bình luận trước đã.
triage-noted = Đã ghi chú.
triage-note-empty = Hãy gõ nội dung, hoặc bấm Esc để bỏ.
triage-note-failed = Máy chủ không nhận ghi chú: { $why }
triage-banning = Đang chặn: { $author }
triage-banned = Đã chặn; { $count } bình luận bị từ chối hoặc gỡ theo.
triage-ban-failed = Không chặn được: { $why }
triage-ban-needs-reason = Lệnh chặn cần có lý do.
triage-away = Mất kết nối: { $why } Bạn cứ duyệt tiếp, quyết định sẽ được gửi sau.
triage-back = Đã kết nối lại; { $count } việc đang được gửi.
triage-leaving = Đang trả lại những bình luận đã nhận…

# triage: menus, forms and keys

triage-why-reject = Lý do:
triage-ask-why = Lý do:
triage-ask-note = Ghi chú:
triage-quit-unsent = Còn { $count } việc chưa gửi, sẽ thoát khi gửi xong. Thoát ngay thì những việc đó có thể mất.
triage-ban-title = Chặn người gửi: { $author }
triage-ban-device = thiết bị
triage-ban-prefix = dải địa chỉ
triage-ban-text = nội dung này
triage-ban-author = người viết
triage-ban-block = chặn hẳn
triage-ban-hold = giữ lại chờ duyệt
triage-ban-day = 1 ngày
triage-ban-week = 7 ngày
triage-ban-month = 30 ngày
triage-ban-no-reason = chọn lý do
triage-ban-pending = từ chối bình luận đang chờ
triage-ban-published = gỡ bình luận đã đăng
triage-key-approve = duyệt
triage-key-reject = từ chối
triage-key-spam = spam
triage-key-skip = bỏ qua
triage-key-undo = hoàn tác
triage-key-ban = chặn
triage-key-history = lịch sử
triage-key-note = ghi chú
triage-key-quit = thoát
triage-key-help = phím
triage-key-reason = lý do
triage-key-confirm = đồng ý
triage-key-cancel = bỏ
triage-key-scroll = cuộn
triage-key-close = quay lại
triage-key-leave = thoát ngay
triage-key-stay = ở lại

# triage: panes

triage-part-article = Bài viết
triage-part-held = Vì sao bị giữ
triage-part-reports = Báo cáo của bạn đọc
triage-part-decisions = Các quyết định
triage-part-notes = Ghi chú
triage-part-answered = Trả lời bình luận
triage-part-siblings = Bình luận cùng nội dung
triage-part-author = Bình luận khác của người này
triage-part-log = Nhật ký của phiên này
triage-part-keys = Các phím
triage-log-empty = Phiên này chưa có xung đột hay sự cố nào.
triage-help-approve = duyệt
triage-help-reject = từ chối, rồi chọn lý do bằng chữ số
triage-help-spam = đánh dấu spam
triage-help-skip = bỏ qua, quay lại sau
triage-help-undo = hoàn tác việc vừa làm; bấm tiếp để lùi thêm
triage-help-ban = chặn người gửi
triage-help-note = ghi chú cho đồng nghiệp
triage-help-history = lịch sử người viết, bình luận cùng nội dung, các quyết định, ghi chú
triage-help-log = nhật ký xung đột và sự cố của phiên này
triage-help-address = hiện hoặc ẩn địa chỉ bài viết
triage-help-lines = cuộn từng dòng
triage-help-pages = cuộn từng trang
triage-help-back = quay lại một bước
triage-help-quit = thoát
triage-help-redraw = vẽ lại màn hình
triage-help-input-method = Phím hoa và phím thường như nhau. Hãy tắt bộ gõ tiếng Việt khi duyệt, bật lại khi viết ghi chú.
