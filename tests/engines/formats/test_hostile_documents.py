"""Broken, hostile and mis-encoded documents: each is read, or refused with a sentence."""

import codecs
import json
import random
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sooner.engines.formats import errors
from sooner.engines.formats.cybertip.model import CyberTip
from sooner.engines.formats.cybertip.xml import read_xml
from sooner.engines.formats.document import from_json, to_json
from sooner.engines.formats.reader import read_documents
from sooner.engines.formats.referral_csv import write_template
from tests.engines.formats import cybertips

JSON_REPORT = (
    b'{"reportId": 5, "reportedInformation": {"reportedPeople": {"reportedPersons": '
    b'[{"firstName": "Alex", "emails": {"emails": [{"value": "a@example.com"}]}}]}}}'
)
SAMPLES = {
    "xml": cybertips.xml(cybertips.a_report()),
    "file": cybertips.xml(cybertips.a_file()),
    "json": JSON_REPORT,
    "csv": write_template(),
}


def read_or_refuse(data: bytes) -> None:
    try:
        documents = read_documents(data)
    except errors.FormatError as error:
        refusal = str(error)
        documents = ()
    else:
        refusal = "."
    assert refusal.endswith(".")
    for document in documents:
        assert from_json(to_json(document)) == document


def school_in(data: bytes) -> tuple[str | None, tuple[str, ...]]:
    (tip,) = read_xml(data)
    assert isinstance(tip, CyberTip)
    return tip.report.victim[0].school_name, tip.warnings


def with_school(name: str, declaration: str = "") -> str:
    return f"{declaration}<report><victim><schoolName>{name}</schoolName></victim></report>"


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_document_cut_at_any_byte_is_read_or_refused(kind: str) -> None:
    data = SAMPLES[kind]
    for end in range(0, len(data), 1 if len(data) < 3000 else 3):
        read_or_refuse(data[:end])


@pytest.mark.parametrize("kind", ["xml", "file"])
def test_a_report_cut_short_says_at_which_line(kind: str) -> None:
    data = SAMPLES[kind]
    for end in range(60, len(data) - 8, 97):
        with pytest.raises(errors.Damaged) as refused:
            read_documents(data[:end])
        lines = data[:end].rstrip().count(b"\n") + 1
        assert isinstance(refused.value, errors.Truncated), (end, data[end - 40 : end], refused.value)
        assert refused.value.line == lines
        assert f"line {lines}" in str(refused.value)


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_document_with_random_bytes_changed_is_read_or_refused(kind: str) -> None:
    dice = random.Random(kind)
    for _ in range(400):
        data = bytearray(SAMPLES[kind])
        for _ in range(dice.randint(1, 12)):
            place = dice.randrange(len(data))
            data[place : place + dice.randint(0, 3)] = dice.randbytes(dice.randint(0, 3))
        read_or_refuse(bytes(data))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
@example(b"\0\0\0<\0\0\0a")
@example(b'[[[[{"reportId": "\\ud800"}]]]]')
@example(b"<" * 300)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_or_refuse(data)


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "reportId",
                        "reportedInformation",
                        "reportedPeople",
                        "reportedPersons",
                        "emails",
                        "value",
                        "screenName",
                        "sourceInformation",
                        "sourceCaptures",
                        "captureType",
                        "uploadedFiles",
                        "ncmecTags",
                        "additionalInformations",
                        "incidentSummary",
                        "incidentDateTime",
                        "verificationHash",
                        "x",
                    ]
                ),
                inner,
            )
        ),
        max_leaves=30,
    )
)
def test_json_of_any_shape_under_known_names_is_read_or_refused(value: object) -> None:
    read_or_refuse(json.dumps({"reportId": 1, "reportedInformation": value}).encode())


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE report [<!ENTITY a "aaaaaaaaaa">'
    '<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><report><additionalInfo>&c;</additionalInfo></report>'
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        '<!DOCTYPE report SYSTEM "http://127.0.0.1:9/x.dtd"><report/>',
        '<!DOCTYPE report [<!ENTITY x SYSTEM "file:///etc/passwd">]><report><victim>&x;</victim></report>',
        '<!-- c --><?pi x?>\n<!DOCTYPE report [<!ENTITY % p SYSTEM "http://127.0.0.1:9/">%p;]><report/>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-8-sig", "utf-32"])
def test_a_document_type_is_refused_in_any_encoding_before_it_can_do_anything(
    text: str, encoding: str
) -> None:
    with pytest.raises(errors.Dangerous, match="document type"):
        read_documents(text.encode(encoding))


def test_an_entity_without_a_document_type_is_damage_not_text() -> None:
    with pytest.raises(errors.Damaged):
        read_documents(b"<report><victim>&x;</victim></report>")


def test_text_that_looks_like_a_document_type_within_a_message_is_only_text() -> None:
    data = b"<report><additionalInfo><![CDATA[<!DOCTYPE html> &x;]]></additionalInfo></report>"
    (document,) = read_documents(data)
    assert document.summary == "<!DOCTYPE html> &x;"


@pytest.mark.parametrize("depth", [300, 1500, 100_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    with pytest.raises(errors.FormatError):
        read_documents(b"<report>" + b"<a>" * depth + b"</a>" * depth + b"</report>")
    with pytest.raises(errors.FormatError):
        read_documents(b'{"reportId": 1, "x": ' + b"[" * depth * 10 + b"]" * depth * 10 + b"}")


def test_a_text_over_ten_megabytes_is_read_whole() -> None:
    long = b"word " * 2_400_000 + b"end"
    (document,) = read_documents(b"<report><additionalInfo>" + long + b"</additionalInfo></report>")
    assert len(document.summary) == len(long)


def test_a_document_over_the_limit_is_refused_without_a_copy_of_it() -> None:
    data = b"<report>" + b" " * 5_000_000 + b"</report>"
    tracemalloc.start()
    with pytest.raises(errors.TooLarge):
        read_documents(data, max_bytes=1_000_000)
    assert tracemalloc.get_traced_memory()[1] < 100_000
    tracemalloc.stop()


@pytest.mark.parametrize("data", [b"", b"  \r\n\t ", b"\0\0\0\0", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_document_says_so(data: bytes) -> None:
    with pytest.raises(errors.FormatError):
        read_documents(data)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xd8\xff\xe0 picture", errors.NotAReferral),
        (b"PK\x03\x04 archive", errors.NotAReferral),
        (b"Dear officer, I want to report something.", errors.NotAReferral),
        (b"<!doctype html><html><body>Hello</body></html>", errors.NotAReferral),
        (b"<!DOCTYPE HTML PUBLIC 'x'><html/>", errors.NotAReferral),
        (b'{"invoice": 1}', errors.NotAReferral),
        (b"[]", errors.NotAReferral),
        (b"name,price\nx,1\n", errors.NotAReferral),
        ("<?xml version='1.0'?><report/>".encode("cp500"), errors.WrongEncoding),
    ],
)
def test_what_is_not_a_referral_is_told_apart(data: bytes, kind: type[errors.FormatError]) -> None:
    with pytest.raises(kind):
        read_documents(data)


def test_a_refusal_never_quotes_the_document() -> None:
    for data in (
        b"<secretword><b></secretword>",
        b'{"secretword": 1}',
        b"<secretword/>",
        b'{"reportId": secretword',
    ):
        with pytest.raises(errors.FormatError) as refused:
            read_documents(data)
        assert "secretword" not in str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("declared", ["", "utf-8", "UTF-16", "iso-8859-1"])
def test_a_unicode_document_is_read_whatever_it_says_it_is(encoding: str, declared: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    name, _ = school_in(with_school("École Zoë – Łódź", declaration).encode(encoding))
    assert name == "École Zoë – Łódź"


def test_a_utf_16_document_with_its_mark_needs_no_warning() -> None:
    text = with_school("École", '<?xml version="1.0" encoding="UTF-16"?>')
    assert school_in(codecs.BOM_UTF16_LE + text.encode("utf-16-le")) == ("École", ())


@pytest.mark.parametrize(
    "declared", ["", "utf-8", "us-ascii", "no-such-encoding", "zip", "unicode_escape", "utf-16"]
)
def test_latin_letters_said_to_be_something_else_are_read_with_a_warning(declared: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    name, warnings = school_in(with_school("Café “Zoë”", declaration).encode("cp1252"))
    assert name == "Café “Zoë”"
    assert len(warnings) == 1
    assert "Windows-1252" in warnings[0]


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "iso-8859-2", "koi8-r"])
def test_an_encoding_rightly_declared_is_used_without_a_warning(encoding: str) -> None:
    letter = {"iso-8859-2": "Łódź", "koi8-r": "Школа"}.get(encoding, "Café")
    text = with_school(letter, f'<?xml version="1.0" encoding="{encoding}"?>')
    assert school_in(text.encode(encoding)) == (letter, ())


def test_utf_8_said_to_be_latin_1_is_read_as_utf_8_with_a_warning() -> None:
    name, warnings = school_in(with_school("Zoë", '<?xml version="1.0" encoding="iso-8859-1"?>').encode())
    assert name == "Zoë"
    assert "UTF-8" in warnings[0]


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=1, max_size=40))
def test_no_byte_of_a_name_is_lost_whatever_its_encoding(raw: bytes) -> None:
    raw = bytes(byte for byte in raw if byte not in b"<>&\r\n\t " and byte >= 32)
    name, _ = school_in(b"<report><victim><schoolName>x" + raw + b"x</schoolName></victim></report>")
    assert name is not None
    assert len(name) >= 2 + sum(byte < 128 for byte in raw)
    assert "\ufffd" not in name or b"\xef\xbf" in raw


@pytest.mark.parametrize("control", ["\x00", "\x01", "\x1f", "&#0;", "&#x1F;"])
def test_control_characters_are_shown_as_symbols_with_a_warning(control: str) -> None:
    name, warnings = school_in(with_school(f"a{control}b").encode())
    assert name is not None
    assert name[0] + name[-1] == "ab"
    assert "\u2400" <= name[1] <= "\u241f"
    assert "control characters" in warnings[0]


def test_a_repeated_json_key_hides_nothing() -> None:
    (document,) = read_documents(b'{"reportId": 1, "reportId": 2, "reportedInformation": {}}')
    assert document.report_number == "1"
    assert [(one.path, one.raw) for one in document.unrecognised] == [("report/reportId (repeated 2)", "2")]


def test_broken_characters_in_json_become_symbols_that_every_store_takes() -> None:
    (document,) = read_documents(b'{"reportId": 1, "x": "a\\u0000b\\ud800c"}')
    assert [field.value for field in document.fields] == ["1", "a\u2400b\ufffdc"]
    assert any("control" in warning for warning in document.warnings)
