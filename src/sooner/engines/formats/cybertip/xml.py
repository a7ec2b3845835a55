"""Reads CyberTipline XML: ``report`` documents, ``fileDetails`` documents, and ``reports`` that hold several.

One pass over the document, guided by the model's shapes. What the model has no place for is kept raw, with
its path, and every value is kept as it was written beside its typed form.
"""

from typing import Any, cast

from lxml import etree

from sooner.engines.formats import xml
from sooner.engines.formats.cybertip.model import CyberTip, FileDetails, FileReport, Node, Report
from sooner.engines.formats.cybertip.notes import Notes
from sooner.engines.formats.cybertip.shape import FILE, REPORT, Shape, Slot
from sooner.engines.formats.errors import UnknownRoot
from sooner.engines.formats.fields import Field, Unrecognised

SOURCE = "cybertip-xml"
_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"


def read_xml(data: bytes, *, max_bytes: int = xml.MAX_BYTES) -> list[CyberTip | FileReport]:
    """The reports and file documents in the XML. Raises FormatError and nothing else."""
    parsed = xml.parse(data, max_bytes=max_bytes)
    root = parsed.root
    namespace = _drop_namespace(root)
    if root.tag == "reports":
        found: list[CyberTip | FileReport] = []
        for child in root.iterchildren("report", "fileDetails"):
            found.append(_document(child, parsed.warnings, namespace))
        if found:
            return found
    return [_document(root, parsed.warnings, namespace)]


def _document(root: etree._Element, warnings: tuple[str, ...], namespace: str) -> CyberTip | FileReport:
    notes = Notes(warnings)
    if namespace:
        notes.written.append(Field(f"{root.tag}/@xmlns", namespace))
    if root.tag == "report":
        report = cast(Report, _node(REPORT, root, "report", notes))
        return CyberTip(source=SOURCE, report=report, **notes.collected())
    if root.tag == "fileDetails":
        file = cast(FileDetails, _node(FILE, root, "fileDetails", notes))
        return FileReport(source=SOURCE, file=file, **notes.collected())
    raise UnknownRoot("The XML document is not a CyberTipline report.", root=str(root.tag)[:100])


def _drop_namespace(root: etree._Element) -> str:
    """Reports come with and without a namespace: the names alone decide. Returns the root's namespace."""
    if root.tag[0] != "{":
        return ""
    namespace: str = root.tag[1:].partition("}")[0]
    for element in root.iter(f"{{{namespace}}}*"):
        element.tag = element.tag.rpartition("}")[2]
    return namespace


def _node(shape: Shape, element: etree._Element, path: str, notes: Notes) -> Node:
    values: dict[str, Any] = {}
    for name, value in _attributes(element):
        _attribute(shape, name, value, path, values, notes)
    own = element.text
    if shape.text is not None:
        _text(shape.text, _joined(element) if len(element) else own or "", path, values, notes)
    elif own is not None and not own.isspace():
        notes.unplaced(f"{path}/text()", own, "text")
    children = shape.children
    for child in element:
        tag = child.tag
        slot = children.get(tag)
        if slot is None:
            _unknown(child, path, notes)
        else:
            _child(slot, child, f"{path}/{tag}", values, notes)
        tail = child.tail
        if tail is not None and not tail.isspace() and shape.text is None:
            notes.unplaced(f"{path}/text()", tail, "text")
    return shape.make(**values)


def _child(slot: Slot, child: etree._Element, path: str, values: dict[str, Any], notes: Notes) -> None:
    if slot.many:
        earlier = values.get(slot.attribute, ())
        path = f"{path}[{len(earlier) + 1}]"
        value = _node(slot.shape, child, path, notes) if slot.shape else _leaf(slot, child, path, notes)
        if value is not None:
            values[slot.attribute] = (*earlier, value)
    elif slot.attribute in values:
        _repeated(child, path, notes)
    else:
        values[slot.attribute] = (
            _node(slot.shape, child, path, notes) if slot.shape else _leaf(slot, child, path, notes)
        )


def _leaf(slot: Slot, child: etree._Element, path: str, notes: Notes) -> Any:
    for name, value in _attributes(child):
        notes.unplaced(f"{path}/@{name}", value, "attribute")
    if len(child):
        for inner in child:
            _unknown(inner, path, notes)
        text = _joined(child)
    else:
        text = child.text or ""
    return notes.value(slot, text, path)


def _attribute(shape: Shape, name: str, text: str, path: str, values: dict[str, Any], notes: Notes) -> None:
    slot = shape.attributes.get(name)
    where = f"{path}/@{name}"
    if slot is not None:
        values[slot.attribute] = notes.value(slot, text, where)
    elif name.startswith(_INSTANCE):
        notes.written.append(Field(f"{path}/@xsi:{name[len(_INSTANCE) :]}", text))
    else:
        notes.unplaced(where, text, "attribute")


def _text(slot: Slot, text: str, path: str, values: dict[str, Any], notes: Notes) -> None:
    values[slot.attribute] = notes.value(slot, text, path)


def _attributes(element: etree._Element) -> list[tuple[str, str]]:
    return element.items()  # type: ignore[return-value]  # the stubs allow bytes, which Python 3 never gives


def _joined(element: etree._Element) -> str:
    """The element's own text around whatever stands inside it."""
    return (element.text or "") + "".join(child.tail or "" for child in element)


def _unknown(element: etree._Element, path: str, notes: Notes) -> None:
    if not isinstance(element.tag, str):
        notes.unplaced(f"{path}/comment()", element.text or "", "comment")
        return
    where = f"{path}/{element.tag}"
    notes.unrecognised.append(Unrecognised(where, _raw(element), "element"))
    _every_value(element, where, notes)


def _repeated(element: etree._Element, path: str, notes: Notes) -> None:
    notes.repeated(path, _raw(element))
    _every_value(element, path, notes)


def _raw(element: etree._Element) -> str:
    return etree.tostring(element, encoding="unicode", with_tail=False)


def _every_value(top: etree._Element, path: str, notes: Notes) -> None:
    """Each text and attribute beneath an element that no typed place exists for, without recursion."""
    paths = {top: path}
    for element in top.iter():
        if element is not top:
            above = element.getparent()
            parent = paths[above] if above is not None else path
            paths[element] = f"{parent}/{element.tag if isinstance(element.tag, str) else 'comment()'}"
        where = paths[element]
        notes.written.extend(Field(f"{where}/@{name}", value) for name, value in _attributes(element))
        text = element.text if not isinstance(element.tag, str) else _joined(element)
        if (text and not text.isspace()) or not len(element):
            notes.written.append(Field(where, text or ""))
