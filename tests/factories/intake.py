"""Referrals as they arrive: documents received through the product's own door and taken through the main job."""

import csv
import io
from typing import Any

from sooner.engines.formats.referral_csv import COLUMNS
from sooner.intake.commands.receive import Receipt, receive_bytes
from sooner.intake.models import Referral
from sooner.ledger.work import SYSTEM
from sooner.pipeline.run import run_pending

HOME = {"suspect_address_line_1": "12 Orchard Road", "suspect_town": "London", "suspect_postcode": "N8 7AB"}
CHILD = {
    "child_name": "Amara Okafor",
    "child_date_of_birth": "04/03/2018",
    "child_relationship_to_suspect": "daughter",
    "child_address": "12 Orchard Road, London",
    "child_postcode": "N8 7AB",
}


def a_row(**facts: str) -> dict[str, str]:
    """A row of the template: a known suspect at home in Haringey, no child, unless facts say otherwise."""
    plain = dict.fromkeys(COLUMNS, "") | {
        "reference": "T-1",
        "source_type": "school",
        "reporter_organisation": "Example Primary School",
        "summary": "A report in neutral words.",
        "suspect_name": "Obi Okafor",
        "suspect_date_of_birth": "06/05/1988",
        **HOME,
    }
    return plain | facts


def a_document(*rows: dict[str, str]) -> bytes:
    """The template filled in."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows(rows or [a_row()])
    return out.getvalue().encode()


def received(data: bytes, name: str = "referral.csv") -> list[Receipt]:
    """Receive a document and run the main job to its end."""
    receipts = receive_bytes(SYSTEM, name=name, data=data, via="cli")
    run_pending()
    return receipts


def a_referral(*, with_child: bool = False, **facts: Any) -> Referral:
    """A referral that went through the main job."""
    received(a_document(a_row(**(CHILD if with_child else {}), **facts)))
    return Referral.objects.latest("pk")
