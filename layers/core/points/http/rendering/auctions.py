"""Auctions and bids."""

from dataclasses import dataclass

from points.application.redemption.read_auctions import AuctionView
from points.domain.calendar import utc_text
from points.domain.canonical import Plain
from points.domain.ledger.entries import Entry
from points.domain.program.auctions import Extension
from points.domain.program.program import Program
from points.http.edge.answering import Json
from points.http.rendering.titles import text_in


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whom it is shown to: a member, if one is named, and whether somebody who may know who leads."""

    member: str | None
    language: str
    is_operator: bool


def auction_body(view: AuctionView, program: Program, viewer: Viewer) -> Json:
    offered, standing = view.offered, view.standing
    leader = None if standing is None else standing.leader
    reward = standing.reward if standing is not None else offered.reward if offered is not None else ""
    closes_at = standing.closes_at if standing is not None else offered.closes_at if offered is not None else None
    return {
        "auction": view.name,
        "title": None if offered is None else text_in(viewer.language, offered.title, program),
        "reward": reward,
        "state": view.phase.value,
        "opens_at": None if offered is None else utc_text(offered.opens_at),
        "closes_at": None if closes_at is None else utc_text(closes_at),
        "minimum_bid": None if offered is None else offered.minimum_bid,
        "step": None if offered is None else offered.step,
        "extension": None if offered is None else _extension(offered.extension),
        "extended": 0 if standing is None else standing.extended,
        "amount": None if leader is None or standing is None else standing.amount,
        "bids": 0 if standing is None else standing.bids,
        "required": view.required,
        "leading": None if viewer.member is None else viewer.member == leader,
        "ended_at": None if standing is None or standing.ended_at is None else utc_text(standing.ended_at),
        "why": None if standing is None else standing.why,
        "leader": leader if viewer.is_operator else None,
        "ended_by": standing.ended_by if viewer.is_operator and standing is not None else None,
        "reason": standing.reason if viewer.is_operator and standing is not None else None,
    }


def bid_body(entry: Entry) -> Json:
    details = entry.details
    return {
        "auction": details["auction"],
        "bid": details["bid"],
        "points": details["points"],
        "closes_at": details["expires_at"],
    }


def _extension(extension: Extension | None) -> Plain:
    if extension is None:
        return None
    return {
        "within_seconds": extension.within_seconds,
        "by_seconds": extension.by_seconds,
        "at_most": extension.at_most,
    }
