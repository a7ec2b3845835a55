"""Invented referrals and answers for the tests of messages: any facts, any text, all people made up."""

from datetime import UTC, date, datetime

from hypothesis import strategies as st

from sooner.engines.formats.social_care.model import (
    Acknowledgement,
    Adult,
    Child,
    Concern,
    Decision,
    Home,
    Sender,
    SocialCareReferral,
)

ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    [
        "",
        "  ",
        " Ana  Example ",
        "two\nlines",
        "Zo\u00eb\u00a0Example",
        "a\u2028b",
        "nul\x00l",
        "\u202eltr",
        "\x1f",
    ]
)
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=1, max_size=30
).filter(str.strip)
TEXTS = st.lists(ANY_TEXT, max_size=3).map(tuple)
DATES = st.none() | st.dates(date(1930, 1, 1), date(2026, 1, 1))
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
AGES = st.none() | st.integers(0, 110)
HOMES = st.builds(Home, lines=TEXTS, town=ANY_TEXT, postcode=ANY_TEXT)
CHILDREN = st.builds(
    Child,
    reference=ANY_TEXT,
    name=ANY_TEXT,
    date_of_birth=DATES,
    age=AGES,
    sex=st.sampled_from(["male", "F", ""]) | ANY_TEXT,
    ethnicity=ANY_TEXT,
    language=ANY_TEXT,
    disability=ANY_TEXT,
    nhs_number=st.sampled_from(["999 000 0018", ""]) | ANY_TEXT,
    upn=ANY_TEXT,
    home=st.none() | HOMES,
    school=ANY_TEXT,
    gp=ANY_TEXT,
    legal_status=ANY_TEXT,
    aliases=TEXTS,
    relationship=ANY_TEXT,
)
ADULTS = st.builds(
    Adult,
    name=ANY_TEXT,
    relationship=ANY_TEXT,
    date_of_birth=DATES,
    in_household=st.booleans(),
    is_suspect=st.booleans(),
    access=ANY_TEXT,
    age=AGES,
)
CONCERNS = st.builds(
    Concern,
    summary=ANY_TEXT,
    how_found=TEXTS,
    certainty=ANY_TEXT,
    need=st.just("N1") | ANY_TEXT,
    incident_at=st.none() | MOMENTS,
    harm=ANY_TEXT,
)
REFERRALS = st.builds(
    SocialCareReferral,
    reference=ANY_TEXT,
    idempotency_key=st.uuids().map(str),
    sent_at=MOMENTS,
    authority=st.just("E09000007") | ANY_TEXT,
    authority_name=ANY_TEXT,
    sender=st.builds(
        Sender, force=ANY_TEXT, unit=ANY_TEXT, officer=ANY_TEXT, contact=ANY_TEXT, role=ANY_TEXT
    ),
    handling=st.just("do-not-contact-household") | ANY_TEXT,
    handling_words=ANY_TEXT,
    concern=CONCERNS,
    child=st.none() | CHILDREN,
    adults=st.lists(ADULTS, max_size=3).map(tuple),
    children=st.lists(CHILDREN, max_size=2).map(tuple),
    urgent=st.booleans(),
    immediate_danger=st.booleans(),
    named_managers_only=st.booleans(),
    managers=TEXTS,
    designated_officer=st.booleans(),
    parents_told=st.booleans(),
    parents_told_why_not=ANY_TEXT,
    consent_given=st.booleans(),
    consent_why_not=ANY_TEXT,
    not_before=st.none() | MOMENTS,
    not_later_than=st.none() | MOMENTS,
    other_agencies=TEXTS,
    actions_taken=TEXTS,
)
REPLIES = st.builds(
    Acknowledgement, referral_key=st.uuids().map(str), at=MOMENTS, by=WORDS, reference=st.just("") | WORDS
) | st.builds(
    Decision,
    referral_key=st.uuids().map(str),
    at=MOMENTS,
    by=WORDS,
    decision=st.sampled_from(["strategy-discussion", "section-17", "no-further-action"]),
    text=st.just("") | WORDS,
    reason=WORDS,
)
SENT_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
REFERRAL = SocialCareReferral(
    reference="S-000067",
    idempotency_key="5c2f0e5e-0000-4000-8000-000000000001",
    sent_at=SENT_AT,
    authority="E09000007",
    authority_name="Example Borough",
    sender=Sender(
        force="Example Police",
        unit="Online desk",
        officer="Jo Sample",
        role="Detective Sergeant",
        contact="020 7946 0001",
    ),
    handling="do-not-contact-household",
    handling_words="Do not contact the household.",
    concern=Concern(
        summary="An adult may be a risk.",
        how_found=("Lives at the same address",),
        certainty="likely",
        harm="online",
        incident_at=SENT_AT,
    ),
    child=Child(
        reference="C-000001",
        name="Ana Example",
        aliases=("Annie",),
        date_of_birth=date(2016, 5, 4),
        sex="F",
        nhs_number="999 000 0018",
        upn="A000000000000",
        language="Polish",
        school="Example Primary",
        gp="Example Surgery",
        home=Home(lines=("1 Example Road",), town="London", postcode="ZZ1 1ZZ"),
    ),
    adults=(
        Adult(
            name="Sam Example",
            relationship="father",
            is_suspect=True,
            access="Lives with the child",
            date_of_birth=date(1980, 1, 1),
        ),
    ),
    children=(Child(reference="C-000002", name="Ben Example", relationship="brother"),),
    urgent=True,
    named_managers_only=True,
    managers=("Pat Manager",),
    parents_told_why_not="It would warn the suspect.",
    not_before=SENT_AT,
    not_later_than=datetime(2026, 3, 4, 9, 30, tzinfo=UTC),
    other_agencies=("A health visitor knows the family.",),
    actions_taken=("A warrant was applied for.",),
)
ACKNOWLEDGED = Acknowledgement(
    referral_key=REFERRAL.idempotency_key, at=SENT_AT, by="Kim Worker", reference="EB-1"
)
DECIDED = Decision(
    referral_key=REFERRAL.idempotency_key,
    at=SENT_AT,
    by="Kim Worker",
    decision="strategy-discussion",
    text="Hold a strategy discussion",
    reason="Significant harm is likely.",
)
