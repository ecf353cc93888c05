"""A portal and a moderator in Python, with grpcio as it comes from PyPI: no channel options, so its limits are gRPC's own.

Arguments: the server's address, the portal's token, the moderator's token, the answer to every image, the directory of the protos, and how
many long comments wait on the article already: more than gRPC's 4 MiB together. Ends with 0 when everything was as it should be.
"""

import sys
import tempfile
import uuid
from pathlib import Path

import grpc
import grpc_tools
from grpc_tools import protoc

ADDRESS, PORTAL, MODERATOR, ANSWER, PROTOS = sys.argv[1:6]
WAITING = int(sys.argv[6])
DEADLINE = 60
ARTICLE = "cau-moi"


def generated():
    """Compiles the protos as an integrator does, and returns the directory of the modules."""
    directory = tempfile.mkdtemp()
    files = [str(path) for path in sorted(Path(PROTOS).rglob("*.proto"))]
    own = Path(grpc_tools.__file__).parent / "_proto"
    options = [f"-I{PROTOS}", f"-I{own}", f"--python_out={directory}", f"--grpc_python_out={directory}"]
    done = protoc.main(["protoc", *options, *files])
    assert done == 0, "the protos do not compile"
    return directory


sys.path.insert(0, generated())

from duyet.v1 import captcha_service_pb2, captcha_service_pb2_grpc  # noqa: E402
from duyet.v1 import comment_pb2, comment_service_pb2, comment_service_pb2_grpc  # noqa: E402
from duyet.v1 import moderation_service_pb2, moderation_service_pb2_grpc  # noqa: E402


def bearer(token):
    return (("authorization", f"Bearer {token}"),)


class Portal:
    def __init__(self, channel):
        self.captcha = captcha_service_pb2_grpc.CaptchaServiceStub(channel)
        self.comments = comment_service_pb2_grpc.CommentServiceStub(channel)

    def call(self, method, request):
        return method(request, timeout=DEADLINE, metadata=bearer(PORTAL))

    def form(self, content, answer=ANSWER):
        asked = captcha_service_pb2.IssueChallengeRequest(article_id=ARTICLE)
        # A busy server draws images slowly and sheds calls, which are retried.
        for _ in range(100):
            try:
                challenge = self.call(self.captcha.IssueChallenge, asked)
                break
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.UNAVAILABLE, error
        return comment_service_pb2.SubmitCommentRequest(
            article_id=ARTICLE,
            author_name="Nguyễn Thị Lan",
            content=content,
            challenge_token=challenge.token,
            challenge_answer=answer,
            client=comment_pb2.ReaderContext(ip="203.0.113.7", device_token=challenge.device_token),
            request_id=str(uuid.uuid4()),
        )

    def submit(self, form):
        return self.call(self.comments.SubmitComment, form)


class Desk:
    def __init__(self, channel):
        self.moderation = moderation_service_pb2_grpc.ModerationServiceStub(channel)

    def call(self, method, request):
        return method(request, timeout=DEADLINE, metadata=bearer(MODERATOR))

    def queue(self):
        """Returns all queued cases and the number of pages."""
        request = moderation_service_pb2.ListQueueRequest(page_size=200)
        cases, pages = [], 0
        while True:
            page = self.call(self.moderation.ListQueue, request)
            cases.extend(page.cases)
            pages += 1
            if not page.next_page_token:
                return cases, pages
            request.page_token = page.next_page_token


def submit_and_resend(portal):
    form = portal.form("Cầu đẹp quá, cảm ơn bà con 👨‍👩‍👧‍👦")
    first = portal.submit(form)
    assert first.outcome == comment_service_pb2.OUTCOME_PENDING and not first.replayed, first
    again = portal.submit(form)
    assert again.replayed and again.comment_id == first.comment_id and again.receipt == first.receipt, again
    return first.comment_id


def answer_wrongly(portal):
    try:
        portal.submit(portal.form("Gõ nhầm mã", answer="CCCCC"))
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, error
        details = dict(error.trailing_metadata())["grpc-status-details-bin"]
        assert b"CAPTCHA_INCORRECT" in details, details
    else:
        raise AssertionError("a wrong code was accepted")


def list_comments(portal, expected):
    request = comment_service_pb2.ListCommentsRequest(article_id=ARTICLE, page_size=100)
    ids, pages = [], 0
    while True:
        page = portal.call(portal.comments.ListComments, request)
        ids.extend(comment.id for comment in page.comments)
        pages += 1
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert len(ids) == len(set(ids)) == expected, (len(ids), expected, pages)


def claim(desk):
    held = desk.call(desk.moderation.ClaimNext, moderation_service_pb2.ClaimNextRequest(limit=50))
    assert 0 < len(held.cases) <= 50, len(held.cases)
    released = desk.call(desk.moderation.ReleaseClaims, moderation_service_pb2.ReleaseClaimsRequest())
    assert released.released == len(held.cases), (released.released, len(held.cases))


def decide_in_bulk(desk, expected):
    cases, pages = desk.queue()
    assert len(cases) == expected and pages > 2, (len(cases), pages)
    items = [
        moderation_service_pb2.BulkItem(comment_id=case.comment.id, expected_revision=case.comment.revision)
        for case in cases[:WAITING]
    ]
    request = moderation_service_pb2.BulkDecideRequest(
        items=items, action=comment_pb2.ACTION_APPROVE, request_id=str(uuid.uuid4())
    )
    decided = desk.call(desk.moderation.BulkDecide, request)
    assert sum(item.changed for item in decided.results) == WAITING, decided.batch_id
    resent = desk.call(desk.moderation.BulkDecide, request)
    assert resent == decided, "a resend must get the first answer"


def main():
    with grpc.insecure_channel(ADDRESS) as channel:
        portal, desk = Portal(channel), Desk(channel)
        submit_and_resend(portal)
        answer_wrongly(portal)
        claim(desk)
        decide_in_bulk(desk, WAITING + 1)
        list_comments(portal, WAITING)


main()
