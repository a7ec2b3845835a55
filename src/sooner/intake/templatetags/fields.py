"""`{{ path|field_label }}`: a document's field in plain English."""

from django import template

from sooner.engines.formats.fields import label

register = template.Library()
register.filter("field_label", label)

INCIDENTS = {
    "Child Pornography (possession, manufacture, and distribution)": "Indecent images of children",
    "Child Sex Trafficking": "Trafficking of a child for sexual exploitation",
    "Child Sex Tourism": "Travel to sexually exploit children",
    "Child Sexual Molestation": "Sexual abuse of a child",
    "Misleading Domain Name": "Misleading domain name",
    "Misleading Words or Digital Images on the Internet": "Misleading words or pictures online",
    "Online Enticement of Children for Sexual Acts": "Online grooming of a child",
    "Unsolicited Obscene Material Sent to a Child": "Obscene material sent to a child",
}
"""The reporting schema's eight kinds of incident, in the words that are used here. The document keeps its own."""

WAYS = {
    "upload": "uploaded",
    "api": "sent to the API",
    "cli": "by an operator's command",
    "folder": "from a folder",
    "message": "by message from an authority's system",
}


@register.filter
def way_in(via: str) -> str:
    """`{{ document.via|way_in }}`: by which way a document came in."""
    return WAYS.get(via, via)


@register.filter
def incident_title(kind: str) -> str:
    """`{{ referral.incident_type|incident_title }}`: what kind of incident it is, in our words."""
    return INCIDENTS.get(kind, kind)
