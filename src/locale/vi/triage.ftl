# triage

triage-title = Duyệt bình luận
