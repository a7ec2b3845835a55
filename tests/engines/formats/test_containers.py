"""ZIPs, folders and lists from strangers: each member is handed over, fingerprinted or refused."""

import hashlib
import io
import json
import os
import stat
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sooner.engines.formats.containers import Attachment, Found, Limits, Member, Refused, members
from sooner.engines.formats.reader import read_documents

REPORT = b"<report><reportId>900100</reportId></report>"
PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20


def a_zip(*files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def found_in(data: bytes, **limits: int) -> list[Found]:
    return list(members(data, "sent.zip", limits=Limits(**limits)))


def test_a_single_document_is_its_own_only_member() -> None:
    digest = hashlib.sha256(REPORT).hexdigest()
    assert list(members(REPORT, "a.xml")) == [
        Member(name="a.xml", data=REPORT, size=len(REPORT), sha256=digest)
    ]


def test_a_zip_gives_documents_as_bytes_and_pictures_as_fingerprints_only() -> None:
    report, picture = found_in(a_zip(("r/report.xml", REPORT), ("r/1.jpg", PICTURE)))
    assert isinstance(report, Member)
    assert read_documents(report.data)[0].report_number == "900100"
    assert picture == Attachment(
        name="sent.zip/r/1.jpg",
        size=len(PICTURE),
        md5=hashlib.md5(PICTURE).hexdigest(),  # noqa: S324
        sha1=hashlib.sha1(PICTURE).hexdigest(),  # noqa: S324
        sha256=hashlib.sha256(PICTURE).hexdigest(),
    )


def test_a_picture_called_report_xml_is_still_a_picture() -> None:
    (found,) = found_in(a_zip(("report.xml", PICTURE)))
    assert isinstance(found, Attachment)


@pytest.mark.parametrize(
    "start", [b"<svg>", b"<?xml version='1.0'?><!-- c --><svg>", b"<!DOCTYPE html>", b"<HTML>"]
)
def test_a_page_or_drawing_that_can_hold_pictures_is_fingerprinted_and_goes_before_a_person(
    start: bytes,
) -> None:
    (found,) = found_in(a_zip(("a.xml", start + b"<image/>")))
    assert isinstance(found, Refused)
    assert found.sha256 == hashlib.sha256(start + b"<image/>").hexdigest()


def test_a_report_with_damage_within_is_kept_and_not_taken_for_a_picture() -> None:
    (found,) = found_in(a_zip(("a.xml", b"<report>" + bytes(4000))))
    assert isinstance(found, Member)


def test_a_report_called_picture_jpg_is_still_a_report() -> None:
    (found,) = found_in(a_zip(("1.jpg", REPORT)))
    assert isinstance(found, Member)


def test_a_zip_in_a_zip_is_opened_and_one_deeper_is_refused() -> None:
    deepest = a_zip(("deep.xml", REPORT))
    inner = a_zip(("inner.xml", REPORT), ("third.zip", deepest))
    report, refused = found_in(a_zip(("second.zip", inner)))
    assert isinstance(report, Member)
    assert report.name == "sent.zip/second.zip/inner.xml"
    assert isinstance(refused, Refused)
    assert refused.sha256 == hashlib.sha256(deepest).hexdigest()
    assert "ZIP within a ZIP" in refused.reason


def test_a_word_file_is_a_letter_before_a_person_and_not_a_zip_of_documents() -> None:
    word = a_zip(("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<d/>"))
    (found,) = found_in(a_zip(("letter.docx", word)))
    assert isinstance(found, Refused)
    assert found.sha256 == hashlib.sha256(word).hexdigest()


@pytest.mark.parametrize(
    "name", ["../up.xml", "/etc/x.xml", "a/../../x.xml", "C:\\x.xml", "..\\x.xml", "\\\\host\\x.xml"]
)
def test_a_name_that_leads_out_is_refused_with_its_name_shown(name: str) -> None:
    refused, kept = found_in(a_zip((name, REPORT), ("ok.xml", REPORT)))
    assert isinstance(refused, Refused)
    assert "path trick" in refused.reason
    assert refused.name == f"sent.zip/{name}"
    assert isinstance(kept, Member)


def test_a_link_in_a_zip_is_refused() -> None:
    link = zipfile.ZipInfo("link.xml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    (refused,) = found_in(a_zip((link, b"/etc/passwd")))
    assert isinstance(refused, Refused)
    assert "link" in refused.reason


def test_an_encrypted_member_is_refused_and_says_what_to_do() -> None:
    data = bytearray(a_zip(("secret.xml", REPORT)))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (refused,) = found_in(bytes(data))
    assert isinstance(refused, Refused)
    assert "password" in refused.reason


def test_members_of_the_same_name_are_both_handed_over_under_different_names() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = a_zip(("a.xml", REPORT), ("a.xml", b"<report/>"))
    first, second = found_in(data)
    assert isinstance(first, Member)
    assert isinstance(second, Member)
    assert (first.name, second.name) == ("sent.zip/a.xml", "sent.zip/a.xml (2)")
    assert (first.data, second.data) == (REPORT, b"<report/>")


def a_bomb() -> bytes:
    return a_zip(("bomb.xml", b"<report>" + b" " * 30_000_000 + b"</report>"), ("ok.xml", REPORT))


def test_a_bomb_is_refused_before_it_expands_and_the_rest_is_read() -> None:
    data = a_bomb()
    tracemalloc.start()
    refused, kept = found_in(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(refused, Refused)
    assert "ZIP bomb" in refused.reason
    assert isinstance(kept, Member)
    assert peak < 2_000_000


def test_a_bomb_that_lies_about_its_size_is_stopped_while_it_expands() -> None:
    data = bytearray(a_bomb())
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = (1000).to_bytes(4, "little")
    tracemalloc.start()
    refused, kept = found_in(bytes(data))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(refused, Refused)
    assert isinstance(kept, Member)
    assert peak < 8_000_000


def test_many_nested_bombs_together_stay_within_the_total() -> None:
    inner = a_zip(*[(f"{n}.bin", b"\xff\xd8\xff" + os.urandom(900_000)) for n in range(3)])
    found = found_in(a_zip(("1.zip", inner), ("2.zip", inner)), max_expanded=9_500_000)
    assert [type(one) for one in found].count(Attachment) == 4
    assert all("expands to more than" in one.reason for one in found if isinstance(one, Refused))
    assert any(isinstance(one, Refused) for one in found)


def test_a_document_over_the_limit_is_refused_with_its_fingerprint_and_never_held(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    with path.open("wb") as file:
        file.write(b"<report>")
        file.truncate(300 * 1024 * 1024)
    tracemalloc.start()
    (refused,) = members(path, limits=Limits(max_document=4_000_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(refused, Refused)
    assert refused.size == 300 * 1024 * 1024
    assert len(refused.sha256) == 64
    assert peak < 12_000_000


def test_members_over_the_number_are_each_named() -> None:
    found = found_in(a_zip(*[(f"{n}.xml", REPORT) for n in range(5)]), max_members=3)
    assert [type(one) for one in found] == [Member] * 3 + [Refused] * 2
    assert [one.name for one in found][3:] == ["sent.zip/3.xml", "sent.zip/4.xml"]


def test_a_method_that_could_ask_for_gigabytes_of_memory_is_refused() -> None:
    (refused,) = found_in(a_zip(("a.xml", REPORT), method=zipfile.ZIP_LZMA))
    assert isinstance(refused, Refused)
    assert "ordinary ZIP" in refused.reason


def test_a_json_list_gives_its_items_byte_for_byte() -> None:
    data = b'\xef\xbb\xbf[ {"reportId":  1} ,\n{"reportId": 2}]'
    assert [one.data for one in members(data, "a.json") if isinstance(one, Member)] == [
        b'{"reportId":  1}',
        b'{"reportId": 2}',
    ]


def test_a_json_list_cut_short_is_handed_over_whole() -> None:
    data = b'[{"reportId": 1}, {"repo'
    (found,) = members(data, "a.json")
    assert isinstance(found, Member)
    assert found.data == data


def test_a_folder_gives_its_files_in_order_and_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a.xml").write_bytes(REPORT)
    (tmp_path / "b" / "c.zip").write_bytes(a_zip(("d.xml", REPORT)))
    (tmp_path / "b" / "e.jpg").write_bytes(PICTURE)
    (tmp_path / "link.xml").symlink_to(tmp_path / "a.xml")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    found = {one.name: type(one) for one in members(tmp_path)}
    assert found == {
        "a.xml": Member,
        "b/c.zip/d.xml": Member,
        "b/e.jpg": Attachment,
        "link.xml": Refused,
        "loop": Refused,
        "pipe": Refused,
    }


def test_an_open_file_is_read_like_a_path() -> None:
    (found,) = members(io.BytesIO(a_zip(("a.xml", REPORT))), "up.zip")
    assert isinstance(found, Member)


ARCHIVE = a_zip(
    ("a.xml", REPORT),
    ("b.json", json.dumps([{"reportId": n} for n in range(3)]).encode()),
    ("c.zip", a_zip(("d.xml", REPORT))),
    ("e.jpg", PICTURE),
)


def test_a_zip_cut_at_any_byte_is_refused_or_read_and_never_silent() -> None:
    for end in range(4, len(ARCHIVE), 3):
        assert found_in(ARCHIVE[:end])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(ARCHIVE) - 1), st.integers(0, 255)), min_size=1, max_size=10))
def test_a_zip_with_changed_bytes_never_raises_and_is_never_silent(changes: list[tuple[int, int]]) -> None:
    data = bytearray(ARCHIVE)
    for place, byte in changes:
        data[place] = byte
    assert found_in(bytes(data), max_document=1_000_000, max_expanded=10_000_000)
