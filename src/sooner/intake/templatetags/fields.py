"""`{{ path|field_label }}`: a document's field in plain English."""

from django import template

from sooner.engines.formats.fields import label

register = template.Library()
register.filter("field_label", label)
