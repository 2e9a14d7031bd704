"""Coupons as deployed: a file in the bucket, its import by the queue, codes taken from the pool and used."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from stack import deploy, outputs
from stack.api import Api
from stack.outputs import Stack
from stack.paths import PROGRAMS
from tests.stack.support import audit, eventually, in_program, insist, member_with

CODES = [f"CINEMA-{number:05d}" for number in range(3_000)]
SECONDS = 180.0
"""For an import: three thousand codes are some sixty steps, and the emulator is no DynamoDB."""


@dataclass(frozen=True)
class Shop:
    admin: Api
    backend: Api
    client: Any
    bucket: str

    def upload(self, name: str, *lines: str) -> None:
        body = ("\n".join(lines) + "\n").encode()
        self.client.put_object(Bucket=self.bucket, Key=f"cinema-shop/{name}", Body=body)

    def imported(self, reference: str, name: str) -> Any:
        place = "/coupon-pools/cinema/imports"
        begun = self.admin.call("POST", place, {"reference": reference, "file": name})
        assert begun.status == 202, begun.body
        return eventually(lambda: self._done(f"{place}/{reference}"), what="the import is over", seconds=SECONDS)

    def _done(self, place: str) -> Any:
        found = self.admin.expect("GET", place).body
        return found if found["state"] in {"done", "failed"} else None


@pytest.fixture(scope="module")
def shop(published: Stack, admin: Api, backend: Api) -> Shop:
    """A program of its own, with a reward whose codes are a partner's and one whose codes are its own."""
    document = json.loads((PROGRAMS / "demo.json").read_text("utf-8"))
    document["clients"] = [client["id"] for client in published["clients"].values()]
    document["rewards"] = {
        "film": {"price": 10, "kind": "voucher", "coupon": {"source": "pool", "pool": "cinema"}},
        "cut": {"price": 10, "kind": "coupon", "coupon": {"source": "generated", "valid_days": 30}},
    }
    founder = in_program(admin, "cinema-shop")
    saved = founder.expect("PUT", "/config/draft", {"document": document, "revision": 0})
    founder.expect("POST", "/config/publish", {"revision": saved.body["revision"]})
    deployed = outputs.stack_outputs(deploy.STACK_NAME, published["endpoint_url"])
    assert deployed is not None
    client = outputs.client("s3", published["endpoint_url"])
    return Shop(founder, in_program(backend, "cinema-shop"), client, deployed["CodesBucketName"])


@pytest.fixture(scope="module")
def filled(shop: Shop) -> Shop:
    shop.upload("2026/first.csv", "code", *CODES, CODES[7], "no good")
    done = shop.imported("first", "2026/first.csv")
    assert (done["state"], done["imported"]) == ("done", len(CODES))
    assert done["named"] == [
        {"line": len(CODES) + 2, "why": "repeated"},
        {"line": len(CODES) + 3, "why": "bad_characters"},
    ]
    return shop


def test_members_who_buy_at_once_get_a_code_each(filled: Shop) -> None:
    members = [f"cinema-{number}" for number in range(8)]
    for member in members:
        member_with(filled.backend, member, 100)

    def buy(member: str) -> Any:
        body = {"reference": "ticket", "reward": "film", "quantity": 2}
        return insist(filled.backend, "POST", f"/members/{member}/redemptions", body).body

    with ThreadPoolExecutor(len(members)) as pool:
        bought = list(pool.map(buy, members))
    codes = [code for body in bought for code in body["entry"]["details"]["codes"]]
    assert len(set(codes)) == 2 * len(members)
    assert set(codes) <= set(CODES)
    pool_now = filled.admin.expect("GET", "/coupon-pools/cinema").body
    assert (pool_now["imported"], pool_now["issued"], pool_now["exact"]) == (len(CODES), len(codes), True)


def test_a_coupon_is_used_once(filled: Shop) -> None:
    member = member_with(filled.backend, "cinema-user", 100)
    body = {"reference": "cut-1", "reward": "cut"}
    order = filled.backend.expect("POST", f"/members/{member}/redemptions", body).body
    (code,) = order["entry"]["details"]["codes"]
    place = f"/coupons/{code}/write-off"
    used = filled.backend.call("POST", place, {"reference": "till-1"})
    assert (used.status, used.body["coupon"]["state"]) == (201, "written_off")
    assert filled.backend.call("POST", place, {"reference": "till-1"}).status == 200
    refused = filled.backend.call("POST", place, {"reference": "till-2"})
    assert (refused.status, refused.body["code"]) == (409, "coupon_used")
    cancelled = filled.backend.call("POST", f"/members/{member}/orders/cut-1/cancel", {})
    assert (cancelled.status, cancelled.body["code"]) == (409, "coupon_used")
    listed = filled.backend.expect("GET", f"/members/{member}/coupons").body["items"]
    assert [(each["code"], each["state"]) for each in listed] == [(code, "written_off")]


def test_what_was_there_before_and_a_file_that_is_not_there(filled: Shop, published: Stack) -> None:
    filled.upload("2026/again.csv", *CODES[:60], "CINEMA-new")
    again = filled.imported("again", "2026/again.csv")
    assert (again["state"], again["imported"], sum(again["rejected"].values())) == ("done", 1, 60)
    failed = filled.imported("nothing", "2026/nothing.csv")
    assert (failed["state"], failed["failure"]) == ("failed", "no_such_file")
    assert audit(published).findings == []
