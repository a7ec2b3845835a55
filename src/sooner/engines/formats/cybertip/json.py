"""Reads the JSON in which NCMEC hands reports to law enforcement, and its variants, into the XML's model.

The download names things its own way (``reportedPersons``, ``emails`` within ``emails``, ``sourceCaptures``);
the tables below say where each goes. Everything else is kept raw with its path, and every value is kept as
written.
"""

import json
from typing import Any, cast

from sooner.engines.formats import json as parsing
from sooner.engines.formats.cybertip import model
from sooner.engines.formats.cybertip.model import CyberTip, Node, Report
from sooner.engines.formats.cybertip.notes import Notes
from sooner.engines.formats.cybertip.shape import Shape, Slot, shape_of
from sooner.engines.formats.errors import NotAReferral
from sooner.engines.formats.fields import Field, Unrecognised

SOURCE = "cybertip-json"

_USER = {
    "espUserId": "esp_identifier",
    "espUserIdentifier": "esp_identifier",
    "displayNames": "display_name",
    "profileUrls": "profile_url",
    "ipAddress": "ip_capture_event",
    "ipAddresses": "ip_capture_event",
    "devices": "device_id",
    "associatedAccounts": "associated_account",
    "additionalInformations": "additional_info",
    "additionalInformation": "additional_info",
    "priorReports": "prior_ct_reports",
    "emails": "person.email",
    "phones": "person.phone",
    "addresses": "person.address",
    "aliases": "person.alias",
    "languages": "person.language",
    "races": "person.race",
    "disabilities": "person.disability",
    "school": "school_name",
    "schools": "school_name",
}
_PEOPLE = {
    "emails": "email",
    "phones": "phone",
    "addresses": "address",
    "additionalInformations": "additional_info",
}
_TARGETS: dict[type[Node], dict[str, str]] = {
    Report: {
        "reportNumber": "report_id",
        "cyberTipReportId": "report_id",
        "receivedDate": "date_received",
        "lastUpdatedDate": "last_updated",
        "version": "report_version",
        "ncmecPriority": "priority",
        "reportingEsp": "reporter",
        "incidentDetails": "internet_details",
        "reportedPeople": "person_or_user_reported",
        "reportedPersons": "person_or_user_reported",
        "suspects": "person_or_user_reported",
        "intendedRecipients": "intended_recipient",
        "victims": "victim",
        "childVictims": "victim",
        "uploadedFiles": "file_details",
        "additionalInformations": "additional_info",
        "additionalInformation": "additional_info",
    },
    model.PersonOrUserReported: _USER,
    model.IntendedRecipient: _USER,
    model.Victim: _USER,
    model.AssociatedAccount: {**_PEOPLE, "espUserId": "esp_identifier", "displayNames": "display_name"},
    model.Person: {**_PEOPLE, "aliases": "alias"},
    model.ContactPerson: _PEOPLE,
    model.Reporter: {
        "name": "esp_name",
        "emails": "reporting_person.email",
        "phones": "reporting_person.phone",
        "addresses": "reporting_person.address",
        "firstName": "reporting_person.first_name",
        "lastName": "reporting_person.last_name",
    },
    model.Phone: {"value": "value", "number": "value", "phoneNumber": "value"},
    model.Email: {"value": "value", "emailAddress": "value"},
    model.OriginalFileHash: {"value": "value"},
    model.Address: {
        "street": "address",
        "street1": "address",
        "postalCode": "zip_code",
        "postcode": "zip_code",
    },
    model.IpCaptureEvent: {"value": "ip_address"},
    model.DeviceId: {"value": "id_value", "captureType": "id_type"},
    model.InternetDetails: {
        "webpageIncident": "web_page_incident",
        "webPageIncidents": "web_page_incident",
        "emailIncidents": "email_incident",
        "chatIncident": "chat_im_incident",
        "cellphoneIncident": "cell_phone_incident",
        "gamingIncident": "online_gaming_incident",
        "peerToPeerIncident": "peer2peer_incident",
        "p2pIncident": "peer2peer_incident",
    },
    model.WebPageIncident: {
        "urls": "url",
        "value": "url",
        "text": "content",
        "additionalInformations": "additional_info",
    },
    model.EmailIncident: {
        "emails": "email_address",
        "emailAddresses": "email_address",
        "contents": "content",
        "additionalInformations": "additional_info",
    },
    model.ChatImIncident: {"contents": "content", "additionalInformations": "additional_info"},
    model.FileDetails: {
        "filename": "file_name",
        "originalFilename": "original_file_name",
        "verificationHash": "original_file_hash",
        "hashes": "original_file_hash",
        "viewedByEsp": "file_viewed_by_esp",
        "espMetadata": "details",
        "ncmecTags": "tags",
        "additionalInformations": "additional_info",
    },
    model.Details: {"metadatas": "name_value_pair"},
}
# The field that a plain string stands for, where the model has a part.
_PLAIN: dict[type[Node], str] = {
    model.Phone: "value",
    model.Email: "value",
    model.OriginalFileHash: "value",
    model.Address: "address",
    model.IpCaptureEvent: "ip_address",
    model.DeviceId: "id_value",
    model.WebPageIncident: "url",
}
_ENVELOPES = frozenset({"reportedInformation", "report", "cyberTip", "cyberTipReport"})
_SIGNS = frozenset(
    {
        "reportId",
        "reportNumber",
        "reportedInformation",
        "incidentSummary",
        "reportedPeople",
        "reportedPersons",
        "cyberTip",
    }
)

Place = tuple[Slot | None, Slot]


def read_json(data: bytes, *, max_bytes: int = parsing.MAX_BYTES) -> list[CyberTip]:
    """The reports in the JSON: one, a list, or a list under ``reports``. Raises only FormatError."""
    parsed = parsing.parse(data, max_bytes=max_bytes)
    found = parsed.value
    if isinstance(found, dict) and isinstance(found.get("reports"), list) and len(found) == 1:
        found = found["reports"]
    items = found if isinstance(found, list) else [found]
    if not items or not all(is_report(item) for item in items):
        raise NotAReferral(
            "The JSON document is not a CyberTipline report: it has neither a report number nor people."
        )
    return [_report(item, parsed.warnings) for item in items]


def is_report(value: Any) -> bool:
    """True when the JSON value has the keys of a report."""
    if not isinstance(value, dict):
        return False
    inner = value.get("report")
    return not _SIGNS.isdisjoint(value) or (isinstance(inner, dict) and is_report(inner))


def _report(value: dict[str, Any], warnings: tuple[str, ...]) -> CyberTip:
    reader = _Reader(Notes(warnings))
    try:
        report = cast(Report, reader.node(shape_of(Report), value, "report"))
    except RecursionError:  # the parser's own bound is higher than a reader's
        raise NotAReferral("The document is nested too deeply to be a referral, and was not read.") from None
    return CyberTip(source=SOURCE, report=report, **reader.notes.collected())


def _places(node: type[Node]) -> dict[str, Place]:
    """Each JSON key of a kind of node: the part that holds the slot, if an inner one does, and the slot."""
    shape = shape_of(node)
    slots = _slots(shape)
    places: dict[str, Place] = {name: (None, slot) for name, slot in shape.children.items()}
    places |= {name: (None, slot) for name, slot in shape.attributes.items()}
    person = slots.get("person")
    if person is not None and person.shape is not None:
        places = {key: (person, slot) for key, slot in person.shape.children.items()} | places
    for key, target in _TARGETS.get(node, {}).items():
        holder, _, name = target.rpartition(".")
        owner = slots.get(holder) if holder else None
        inner = _slots(owner.shape) if owner is not None and owner.shape else slots
        if name in inner:
            places[key] = (owner, inner[name])
    return places


def _slots(shape: Shape) -> dict[str, Slot]:
    own = [*shape.children.values(), *shape.attributes.values()]
    return {slot.attribute: slot for slot in (own if shape.text is None else [*own, shape.text])}


_PLACES: dict[type[Node], dict[str, Place]] = {}


def _places_of(node: type[Node]) -> dict[str, Place]:
    if node not in _PLACES:
        _PLACES[node] = _places(node)
    return _PLACES[node]


class _Reader:
    """Walks one report's JSON value; ``notes`` holds what it kept."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes

    def node(self, shape: Shape, value: Any, path: str) -> Node:
        """A part of the model from a JSON object or, where a plain string stands for it, from that."""
        values: dict[str, Any] = {}
        if isinstance(value, dict):
            self._object(shape, value, path, values)
        else:
            self._plain(shape, value, path, values)
        return _made(shape, values)

    def _object(self, shape: Shape, value: dict[str, Any], path: str, values: dict[str, Any]) -> None:
        places = _places_of(shape.make)
        for key, item in value.items():
            where = f"{path}/{key}"
            if item is None:
                continue
            if key == "sourceInformation" or key == "sourceCaptures":
                self._captures(shape, item, where, values)
            elif key in _ENVELOPES and isinstance(item, dict):
                self._object(shape, item, where, values)
            elif key in places:
                self._placed(shape, key, item, where, values)
            else:
                self._unknown(item, where)

    def _placed(self, shape: Shape, key: str, item: Any, path: str, values: dict[str, Any]) -> None:
        holder, slot = _places_of(shape.make)[key]
        if key in ("ncmecTags", "tags") and slot.attribute == "tags":
            values["tags"] = (*values.get("tags", ()), *self._tags(item, path))
        elif isinstance(item, dict) and slot.many and self._wraps(shape, slot, item):
            self._object(shape, item, path, values)
        else:
            target = values if holder is None else values.setdefault(holder.attribute, {})
            if isinstance(target, dict):
                self._into(slot, item, path, target)
            else:
                self._unknown(item, path)

    def _wraps(self, shape: Shape, slot: Slot, item: dict[str, Any]) -> bool:
        """``emails`` within ``emails``, ``reportedPersons`` within ``reportedPeople``."""
        places = _places_of(shape.make)
        return any(
            key in places and places[key][1] is slot and isinstance(item[key], list | dict) for key in item
        )

    def _into(self, slot: Slot, item: Any, path: str, values: dict[str, Any]) -> None:
        numbered = isinstance(item, list)
        for number, one in enumerate(item if numbered else [item], 1):
            where = f"{path}[{number}]" if numbered else path
            if one is None:
                continue
            if slot.many or slot.attribute not in values:
                self._one(slot, one, where, values)
            elif slot.free and slot.shape is None:
                more = self._leaf(slot, one, where)
                values[slot.attribute] = f"{values[slot.attribute]}\n\n{more}"
            else:
                self.notes.repeated(where, _raw(one))
                self._every_value(one, where)

    def _one(self, slot: Slot, item: Any, path: str, values: dict[str, Any]) -> None:
        made = self.node(slot.shape, item, path) if slot.shape is not None else self._leaf(slot, item, path)
        if made is None:
            return
        values[slot.attribute] = (*values.get(slot.attribute, ()), made) if slot.many else made

    def _leaf(self, slot: Slot, item: Any, path: str) -> Any:
        if isinstance(item, dict) and not isinstance(item.get("value"), dict | list | None):
            for key, other in item.items():
                if key != "value" and other is not None:
                    self._unknown(other, f"{path}/{key}")
            return self.notes.value(slot, _text(item["value"]), f"{path}/value")
        if isinstance(item, dict | list):
            self._unknown(item, path)
            return None
        return self.notes.value(slot, _text(item), path)

    def _plain(self, shape: Shape, value: Any, path: str, values: dict[str, Any]) -> None:
        name = _PLAIN.get(shape.make)
        if name is None or isinstance(value, list):
            self._unknown(value, path)
        else:
            self._into(_slots(shape)[name], value, path, values)

    def _captures(self, shape: Shape, item: Any, path: str, values: dict[str, Any]) -> None:
        """IP addresses, profile addresses and devices come in one list, told apart by their type."""
        if isinstance(item, dict):
            self._object(shape, item, path, values)
        elif isinstance(item, list):
            for number, one in enumerate(item, 1):
                self._capture(_slots(shape), one, f"{path}[{number}]", values)
        else:
            self._unknown(item, path)

    def _capture(self, slots: dict[str, Slot], item: Any, path: str, values: dict[str, Any]) -> None:
        kind = str(item.get("captureType") or "") if isinstance(item, dict) else ""
        name = "ip_capture_event" if "IP" in kind.split() or kind.upper().startswith("IP") else "device_id"
        if kind.lower() == "profile url" and "profile_url" in slots:
            values["profile_url"] = (*values.get("profile_url", ()), str(item.get("value") or ""))
            self._every_value(item, path)
        elif name in slots and isinstance(item, dict):
            kept = {key: value for key, value in item.items() if key != "captureType" or name == "device_id"}
            self._into(slots[name], kept, path, values)
            if name == "ip_capture_event":
                self.notes.written.append(Field(f"{path}/captureType", kind))
        else:
            self._unknown(item, path)

    def _tags(self, item: Any, path: str) -> list[str]:
        """The ``value`` of each tag, however its groups nest."""
        if isinstance(item, list):
            return [tag for n, one in enumerate(item, 1) for tag in self._tags(one, f"{path}[{n}]")]
        if isinstance(item, dict):
            return [tag for key, one in item.items() for tag in self._tags_at(key, one, f"{path}/{key}")]
        if item is None:
            return []
        self.notes.written.append(Field(path, _text(item)))
        return [_text(item)]

    def _tags_at(self, key: str, item: Any, path: str) -> list[str]:
        if key == "value" or isinstance(item, dict | list):
            return self._tags(item, path)
        if item is not None:
            self._unknown(item, path)
        return []

    def _unknown(self, item: Any, path: str) -> None:
        if item in (None, [], {}):
            return
        self.notes.unrecognised.append(Unrecognised(path, _raw(item), "element"))
        self._every_value(item, path)

    def _every_value(self, item: Any, path: str) -> None:
        waiting = [(path, item)]
        while waiting:
            where, one = waiting.pop()
            if isinstance(one, dict):
                waiting.extend((f"{where}/{key}", value) for key, value in reversed(one.items()))
            elif isinstance(one, list):
                waiting.extend((f"{where}[{len(one) - n}]", value) for n, value in enumerate(reversed(one)))
            elif one is not None:
                self.notes.written.append(Field(where, _text(one)))


def _made(shape: Shape, values: dict[str, Any]) -> Node:
    """The part; what was collected for an inner part (the person behind an account) is made first."""
    for slot in shape.children.values():
        inner = values.get(slot.attribute)
        if slot.shape is not None and isinstance(inner, dict):
            values[slot.attribute] = _made(slot.shape, inner)
    return shape.make(**values)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _raw(value)


def _raw(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
