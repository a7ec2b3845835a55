"""Makes CyberTipline documents with the independent producer: one typical report, and random valid ones."""

import types
import typing
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from hypothesis import strategies as st

from tests.engines.formats.producer import part

report, files, common, enums = part("report"), part("files"), part("common"), part("enums")

WORDS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"),
    min_size=1,
    max_size=8,
)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
_LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    str: WORDS,
    int: st.integers(0, 150),
    float: st.floats(-180, 180),
    bool: st.booleans(),
    datetime: MOMENTS,
    date: st.dates(date(1900, 1, 1), date(2030, 1, 1)),
}
_SPECIAL = {
    "country_calling_code": st.sampled_from(["+44", "+1", "+353"]),
    "extension": st.sampled_from(["1", "2210"]),
    "port": st.integers(1, 65535),
}


def documents(model: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Random valid instances of one of the producer's models, any field there or not."""
    return st.deferred(lambda: st.builds(_built(model), **_arguments(model)))


def _built(model: Any) -> Any:
    def build(**values: Any) -> Any:
        if model is files.FileDetails and values.get("file_relevance") == "Supplemental Reported":
            values = {**values, "industry_classification": None, "file_annotations": None}
        return model(**{name: value for name, value in values.items() if value is not None})

    return build


def _arguments(model: Any) -> dict[str, st.SearchStrategy[Any]]:
    hints = typing.get_type_hints(model)
    return {
        name: _SPECIAL[name] if name in _SPECIAL else _of(hints[name], required=info.is_required(), name=name)
        for name, info in model.model_fields.items()
    }


def _of(hint: Any, *, required: bool, name: str) -> st.SearchStrategy[Any]:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        inner = [kind for kind in typing.get_args(hint) if kind is not type(None)]
        if inner[0].__name__ == "_Empty":
            return st.sampled_from([True, None])
        return st.none() | _of(inner[0], required=True, name=name)
    if typing.get_origin(hint) is list:
        least = 1 if name == "name_value_pair" else 0
        return st.lists(_of(typing.get_args(hint)[0], required=True, name=name), min_size=least, max_size=2)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    return _LEAVES[hint] if hint in _LEAVES else documents(hint)


def a_report(**changes: Any) -> Any:
    """A typical report of a messaging service: about 8 kB of XML, one suspect, one victim with a guardian."""
    seen = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    values: dict[str, Any] = {
        "incident_summary": report.IncidentSummary(
            incident_type="Online Enticement of Children for Sexual Acts",
            platform="Example Chat",
            escalate_to_high_priority="The reported person says that a child lives in the home.",
            report_annotations=report.ReportAnnotations(sextortion=True, csam_solicitation=True),
            incident_date_time=seen,
            incident_date_time_description="Time of the last message",
        ),
        "internet_details": [
            report.InternetDetails(
                chat_im_incident=report.ChatImIncident(
                    chat_client="Example Chat", additional_info="Invented text. " * 20
                )
            )
        ],
        "reporter": report.Reporter(
            reporting_person=common.Person(
                first_name="Trust", last_name="Team", email=[common.Email(value="safety@example.com")]
            ),
            contact_person=common.ContactPerson(
                email=[common.Email(value="law@example.com", type="Business")]
            ),
            terms_of_service="Invented terms. " * 10,
            legal_url="https://example.com/legal",
        ),
        "person_or_user_reported": a_suspect(seen),
        "intended_recipient": [
            report.IntendedRecipient(esp_identifier="r-1", screen_name="recipient_example")
        ],
        "victim": [a_victim(seen)],
        "additional_info": "Invented summary of what was reported. " * 20,
    }
    return report.Report(**(values | changes))


def a_suspect(seen: datetime) -> Any:
    return report.PersonOrUserReported(
        person=common.Person(
            first_name="Alex",
            last_name="Example",
            phone=[
                common.Phone(value="07700 900123", type="Mobile", verified=True, country_calling_code="+44")
            ],
            email=[common.Email(value="alex@example.com", verified=True, verification_date=seen)],
            address=[
                common.Address(
                    type="Home", address="1 Example Street", city="London", zip_code="E1 6AN", country="GB"
                )
            ],
            age=34,
            date_of_birth=date(1991, 5, 6),
        ),
        esp_identifier="u-100200",
        esp_service="Example Chat",
        screen_name="alex_example",
        display_name=["Alex", "Al Example"],
        profile_url=["https://example.com/alex"],
        ip_capture_event=[
            common.IpCaptureEvent(
                ip_address=f"192.0.2.{n}",
                event_name="Login",
                date_time=seen,
                possible_proxy=False,
                port=40000 + n,
            )
            for n in range(1, 16)
        ],
        device_id=[
            common.DeviceId(id_type="IMEI", id_value="000000000000000", event_name="Login", date_time=seen)
        ],
        prior_ct_reports=[123456],
        estimated_location=common.EstimatedLocation(
            city="London", country_code="GB", verified=False, timestamp=seen
        ),
        associated_account=[
            report.AssociatedAccount(
                account_type="Linked", platform="Example Mail", email=[common.Email(value="a@example.org")]
            )
        ],
        additional_info="Invented account notes. " * 10,
    )


def a_victim(seen: datetime) -> Any:
    return report.Victim(
        person=common.Person(
            first_name="Sam",
            last_name="Sample",
            age=12,
            age_assertion_discrepancy=True,
            address=[common.Address(address="2 Sample Road", city="London", zip_code="N1 9GU", country="GB")],
        ),
        school_name="Example Primary School",
        screen_name="sam_sample",
        ip_capture_event=[
            common.IpCaptureEvent(ip_address="198.51.100.7", event_name="Login", date_time=seen)
        ],
        associated_account=[
            report.AssociatedAccount(
                account_type="Parent/Guardian",
                first_name="Robin",
                last_name="Sample",
                phone=[common.Phone(value="020 7946 0001")],
            )
        ],
    )


def a_file(**changes: Any) -> Any:
    values: dict[str, Any] = {
        "report_id": 900100,
        "file_id": "f-1",
        "original_file_name": "example.jpg",
        "file_viewed_by_esp": True,
        "publicly_available": False,
        "file_relevance": "Reported",
        "file_annotations": files.FileAnnotations(possible_self_production=True, infant=True),
        "industry_classification": "B2",
        "original_file_hash": [
            files.OriginalFileHash(value="d41d8cd98f00b204e9800998ecf8427e", hash_type="MD5")
        ],
        "ip_capture_event": common.IpCaptureEvent(ip_address="192.0.2.9", event_name="Upload"),
        "details": [
            files.Details(
                name_value_pair=[files.NameValuePair(type="EXIF", name="Model", value="Example Camera")]
            )
        ],
        "additional_info": ["Invented note."],
    }
    return files.FileDetails(**(values | changes))


def xml(document: Any) -> bytes:
    """The document as the producer writes it for sending."""
    written: bytes = document.to_xml(
        encoding="UTF-8", xml_declaration=True, exclude_none=True, pretty_print=True
    )
    return written
