"""Receiving: nothing is lost, nothing is taken twice, and what cannot be read is before a person."""

import hashlib
import io
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sooner.duties.models import Duty
from sooner.errors import Refused
from sooner.intake.commands.read import bytes_of
from sooner.intake.commands.receive import receive_bytes, receive_path
from sooner.intake.commands.settle import note_version_read, read_again, settle_document
from sooner.intake.commands.watch import receive_from_folder
from sooner.intake.models import Attachment, Document, Part, Referral, Version
from sooner.ledger.models import Entry
from sooner.ledger.work import SYSTEM, Actor
from sooner.pipeline.run import run_pending
from sooner.safeguarding.models import Child
from tests.factories.access import a_user
from tests.factories.intake import a_document, a_row, received

pytestmark = pytest.mark.django_db


def test_received_bytes_are_kept_with_their_digest_before_anything_reads_them() -> None:
    data = a_document()
    (receipt,) = receive_bytes(SYSTEM, name="a.csv", data=data, via="api")
    document = Document.objects.get(pk=receipt.document)
    assert document.state == "received"
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert bytes_of(document) == data
    assert not Referral.objects.exists()


def test_a_referral_received_twice_changes_nothing() -> None:
    data = a_document(a_row(child_name="Amara Okafor", child_date_of_birth="04/03/2018"))
    received(data)
    before = (
        Referral.objects.count(),
        Version.objects.count(),
        Child.objects.count(),
        Duty.objects.count(),
        Part.objects.count(),
    )
    (receipt,) = received(data)
    assert receipt.outcome == "known"
    assert before == (
        Referral.objects.count(), Version.objects.count(), Child.objects.count(), Duty.objects.count(), Part.objects.count(),
    )  # fmt: skip
    assert Document.objects.get(pk=receipt.document).times_received == 2
    assert Entry.objects.filter(event="document.received-again").count() == 1


def test_a_new_version_of_a_known_report_is_a_new_version_with_its_differences() -> None:
    received(a_document(a_row(suspect_phone="07700 900123")))
    received(a_document(a_row(suspect_phone="07700 900456")))
    referral = Referral.objects.get()
    assert referral.version == 2
    (change,) = Version.objects.get(referral=referral, number=2).differences
    assert (change["before"], change["after"]) == ("07700 900123", "07700 900456")


@pytest.mark.parametrize(
    "data",
    [
        b"Dear colleague, please call.",
        b"<report><incidentSummary>",
        b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "b">]><report>&a;</report>',
        b"{not json",
        b"",
        "<?xml version='1.0' encoding='UTF-8'?><report>".encode("utf-16"),
    ],
)
def test_what_cannot_be_read_is_kept_and_is_a_duty_before_a_person(data: bytes) -> None:
    (receipt,) = received(data, "odd.xml")
    document = Document.objects.get(pk=receipt.document)
    assert document.state == "unreadable"
    assert document.reason.endswith(".")
    assert bytes_of(document) == data
    duty = Duty.objects.get(key="read-unreadable-document", subject_id=document.pk)
    assert duty.discharged_at is None


def test_a_person_settles_an_unreadable_document_and_the_duty_ends() -> None:
    (receipt,) = received(b"Dear colleague, please call.", "letter.txt")
    settle_document(
        a_user("referral_officer"),
        document=Document.objects.get(pk=receipt.document),
        note="Called; sent again.",
    )
    assert Duty.objects.get(key="read-unreadable-document").discharged_at is not None
    assert Document.objects.get(pk=receipt.document).state == "settled"


def test_reading_an_unreadable_document_again_brings_the_duty_back_when_it_still_cannot_be_read() -> None:
    (receipt,) = received(b"Dear colleague, please call.", "letter.txt")
    read_again(a_user("referral_officer"), document=Document.objects.get(pk=receipt.document))
    run_pending()
    assert Duty.objects.filter(key="read-unreadable-document", discharged_at__isnull=True).count() == 1


def a_zip(**members: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return held.getvalue()


def test_a_picture_in_a_zip_leaves_its_fingerprints_and_none_of_its_bytes() -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
    received(a_zip(**{"referral.csv": a_document(), "holiday.png": picture}), "batch.zip")
    attachment = Attachment.objects.get()
    assert attachment.sha256 == hashlib.sha256(picture).hexdigest()
    assert attachment.md5 == hashlib.md5(picture).hexdigest()  # noqa: S324  # a fingerprint, not a secret
    kept = b"".join(bytes(part) for part in Part.objects.values_list("data", flat=True))
    assert picture[8:40] not in kept
    assert Referral.objects.count() == 1


def test_a_member_that_is_refused_is_before_a_person_and_the_rest_is_received() -> None:
    receipts = received(a_zip(**{"../../etc/passwd": b"x", "referral.csv": a_document()}), "tricky.zip")
    assert sorted(receipt.outcome for receipt in receipts) == ["new", "refused"]
    assert Duty.objects.filter(key="read-unreadable-document").count() == 1
    assert Referral.objects.count() == 1


def test_a_document_too_large_to_read_is_kept_whole_and_before_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sooner.intake.commands.receive as receive
    from sooner.engines.formats.containers import Limits

    path = tmp_path / "large.xml"
    path.write_bytes(b"<report>" + b"x" * 9_000_000)
    monkeypatch.setattr(receive, "limits", lambda: Limits(max_document=1_000_000))
    (receipt,) = receive_path(SYSTEM, path=path, via="cli")
    document = Document.objects.get(pk=receipt.document)
    assert Part.objects.filter(document=document).count() == 3
    assert (
        hashlib.sha256(bytes_of(document)).hexdigest()
        == hashlib.sha256(path.read_bytes()).hexdigest()
        == document.sha256
    )


def test_the_watched_folder_receives_a_file_once_and_moves_it_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sooner.intake.commands.watch as watch

    monkeypatch.setattr(watch, "QUIET_SECONDS", 0)
    (tmp_path / "referral.csv").write_bytes(a_document())
    assert receive_from_folder(tmp_path) == 1
    assert receive_from_folder(tmp_path) == 0
    assert [path.name for path in (tmp_path / "received").iterdir()] == ["00000001-referral.csv"] or len(
        list((tmp_path / "received").iterdir())
    ) == 1
    assert Document.objects.count() == 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=5))
def test_whatever_bytes_arrive_each_is_kept_once_or_fingerprinted_and_answered(
    documents: list[bytes],
) -> None:
    for data in documents:
        receipts = received(data, "something")
        assert receipts, "every arrival has a receipt"
        for receipt in receipts:
            document = Document.objects.get(pk=receipt.document)
            assert document.state in {"unreadable", "attachment", "read", "settled"}
            assert (
                document.state != "unreadable"
                or Duty.objects.filter(
                    subject_kind="document", subject_id=document.pk, discharged_at__isnull=True
                ).exists()
            )


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("letter.pdf", b"%PDF-1.7 invented words", "a PDF"),
        ("reports.xml.gz", b"\x1f\x8b\x08\0invented", "a packed file"),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(64), "a picture, film or sound by itself"),
        ("page.html", b"<!DOCTYPE html><p>Please call.</p>", "a web page"),
    ],
)
def test_a_file_by_itself_that_is_no_document_goes_before_a_person_with_its_reason(
    name: str, data: bytes, said: str
) -> None:
    (receipt,) = received(data, name)
    document = Document.objects.get(pk=receipt.document)
    assert (receipt.outcome, document.state) == ("refused", "unreadable")
    assert said in receipt.reason
    assert "Ask the sender" in receipt.reason
    assert receipt.sha256 == hashlib.sha256(data).hexdigest()
    assert not document.parts.exists(), "it may hold pictures"
    assert Duty.objects.filter(
        key="read-unreadable-document", subject_id=document.pk, discharged_at=None
    ).exists()


def test_a_letter_in_a_zip_goes_before_a_person_and_a_picture_beside_a_report_does_not() -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(64)
    receipts = received(
        a_zip(**{"r.csv": a_document(), "p.png": picture, "l.pdf": b"%PDF-1.7 words"}), "batch.zip"
    )
    assert {one.name: one.outcome for one in receipts} == {
        "batch.zip/r.csv": "new", "batch.zip/p.png": "new", "batch.zip/l.pdf": "refused",
    }  # fmt: skip


def test_a_zip_without_any_document_goes_before_a_person() -> None:
    receipts = received(a_zip(**{"p.png": b"\x89PNG\r\n\x1a\n" + bytes(64)}), "batch.zip")
    assert [(one.name, one.outcome) for one in receipts] == [
        ("batch.zip/p.png", "new"),
        ("batch.zip", "refused"),
    ]
    assert "no document" in receipts[1].reason


def test_what_was_not_read_has_no_made_up_digest() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("../trick.csv", a_document())
    (receipt,) = received(held.getvalue(), "batch.zip")
    assert (receipt.outcome, receipt.sha256) == ("refused", "")
    (again,) = received(held.getvalue(), "batch.zip")
    assert (again.document, again.outcome) == (receipt.document, "known")


def test_an_empty_file_of_another_sender_is_not_known() -> None:
    first, second = Actor("user", 1, "One"), Actor("user", 2, "Two")
    receipts = [
        receive_bytes(who, name="empty.json", data=b"", via="api")[0] for who in (first, first, second)
    ]
    assert [one.outcome for one in receipts] == ["new", "known", "new"]
    assert receipts[0].document != receipts[2].document


def test_a_new_version_of_a_closed_referral_opens_it_again_and_its_child_is_found() -> None:
    received(a_document(a_row(reference="CLOSE-1")))
    referral = Referral.objects.get()
    Referral.objects.update(closed_at=referral.received_at, closed_reason="Nothing to do.")
    child = {"child_name": "Amara Okafor", "child_date_of_birth": "04/03/2018"}
    received(a_document(a_row(reference="CLOSE-1", **child)))
    referral.refresh_from_db()
    assert (referral.version, referral.closed_at) == (2, None)
    assert Child.objects.filter(referral=referral).exists()
    waiting = Duty.objects.filter(key="read-new-version", subject_id=referral.pk, discharged_at=None)
    assert waiting.exists()
    officer = a_user("referral_officer")
    with pytest.raises(Refused, match="what was done"):
        note_version_read(officer, referral=referral, what_was_done=" ")
    note_version_read(officer, referral=referral, what_was_done="It names a daughter: confirmed.")
    assert not waiting.exists()


def test_the_watched_folder_looks_into_folders_follows_no_link_and_goes_on_after_what_it_cannot_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sooner.intake.commands.watch as watch

    monkeypatch.setattr(watch, "QUIET_SECONDS", 0)
    outside, folder = tmp_path / "outside", tmp_path / "drop"
    (folder / "school" / "monday").mkdir(parents=True)
    outside.write_bytes(a_document(a_row(reference="OUTSIDE")))
    (folder / "a-link.csv").symlink_to(outside)
    os.mkfifo(folder / "b-pipe")
    (folder / "school" / "monday" / "referral.csv").write_bytes(a_document(a_row(reference="INSIDE")))
    assert receive_from_folder(folder) == 3
    run_pending()
    assert [one.number for one in Referral.objects.all()] == ["INSIDE"]
    reasons = set(Document.objects.filter(state="unreadable").values_list("name", "reason"))
    assert ("a-link.csv", "It is a link to another place, which is not followed.") in reasons
    assert ("b-pipe", "It is not an ordinary file.") in reasons
    assert receive_from_folder(folder) == 0
