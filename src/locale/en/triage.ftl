# triage

triage-title = Review
