"""The bucket: so many at once, and then so many a second."""

from dashboard.limits.token_bucket import Bucket


def test_a_bucket_empties_at_once_and_fills_with_time() -> None:
    bucket = Bucket(2, now=0)
    assert [bucket.take(rate=0.5, size=2, now=0) for _ in range(3)] == [0, 0, 2]
    assert bucket.take(rate=0.5, size=2, now=1) == 1
    assert bucket.take(rate=0.5, size=2, now=2) == 0
    assert [bucket.take(rate=0.5, size=2, now=1000) for _ in range(3)] == [0, 0, 2]
