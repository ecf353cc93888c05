"""Calls a server without a pause, by the service config on stdin, until told to stop; then says how many calls went well and which did not.

Arguments: address, token, callers. One channel for all callers, as a portal has. Each line on stdin after the first asks for another
twenty good calls by every caller, and is answered with `well`; the end of stdin ends it.
"""

import collections
import sys
import threading

import grpc

METHOD = "/duyet.v1.CommentService/CountComments"
# A CountCommentsRequest of the one article "bai".
REQUEST = b"\x0a\x03bai"
# The backoff of reconnects is short, because the test is not about it, and a busy machine takes long to start a
# server.
OPTIONS = [("grpc.enable_retries", 1), ("grpc.max_reconnect_backoff_ms", 1000)]


def main():
    address, token, callers = sys.argv[1], sys.argv[2], int(sys.argv[3])
    config = sys.stdin.readline().strip()
    channel = grpc.insecure_channel(address, options=OPTIONS + [("grpc.service_config", config)])
    call = channel.unary_unary(METHOD, request_serializer=bytes, response_deserializer=bytes)
    good, failed, news = [0] * callers, collections.Counter(), threading.Condition()
    ended = threading.Event()

    def work(number):
        while not ended.is_set():
            try:
                call(REQUEST, metadata=[("authorization", f"Bearer {token}")])
                with news:
                    good[number] += 1
                    news.notify_all()
            except grpc.RpcError as error:
                # Fifty callers without a pause are more than a busy machine serves. Shed calls do not count as failed
                # by the restart.
                if error.details() == "overloaded: concurrent calls":
                    continue
                failed[f"{error.code().name}: {error.details()}"] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(callers)]
    for thread in threads:
        thread.start()
    for _ in sys.stdin:
        with news:
            wanted = [count + 20 for count in good]
            news.wait_for(lambda: all(count >= least for count, least in zip(good, wanted)))
        print("well", flush=True)
    ended.set()
    for thread in threads:
        thread.join()
    print(sum(good), sum(failed.values()), dict(failed), flush=True)


main()
