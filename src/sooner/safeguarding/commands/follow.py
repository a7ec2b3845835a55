"""Children follow their person's number when it becomes another."""

from collections.abc import Mapping

from sooner.safeguarding.models import Child, SafeguardingReferral


def follow(joined: Mapping[int, int]) -> None:
    """Give each child the number that its person's leads to. Where a referral has a child of that number already both stay:
    each was told about, and neither is taken away by software."""
    for child in Child.objects.filter(person__in=joined).order_by("pk"):
        target = joined[child.person_id]
        if not Child.objects.filter(referral=child.referral_id, person=target).exists():
            Child.objects.filter(pk=child.pk).update(person_id=target)
    for told in SafeguardingReferral.objects.filter(person__in=joined).only("pk", "person_id"):
        SafeguardingReferral.objects.filter(pk=told.pk).update(person_id=joined[told.person_id])
