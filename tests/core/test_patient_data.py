"""What looks like patient data, and what every business paper holds. Every line is invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice_vetting.core.files.patient_data import (
    STOPPING,
    WORDS,
    Finding,
    as_data,
    counted,
    from_data,
    is_ssn,
    kinds_and_counts,
    look,
    look_through,
)

STOPS = [
    ("SSN 123-45-6789", "ssn", "***-**-6789"),
    ("his number (456-78-9012) was read out", "ssn", "***-**-9012"),
    ("ss# 123456789", "ssn", "***-**-6789"),
    ("Social Security Number: 123 45 6789", "ssn", "***-**-6789"),
    ("social security no. 123.45.6789", "ssn", "***-**-6789"),
    ("SSN: 123‑45‑6789", "ssn", "***-**-6789"),
    ("MRN: 0045123", "record_number", "*****23"),
    ("MRN 0045123", "record_number", "*****23"),
    ("Medical record no. A-99213", "record_number", "*****13"),
    ("Chart number: 77120", "record_number", "*****20"),
    ("Patient ID 12345678", "record_number", "*****78"),
    ("patient_id=55012", "record_number", "*****12"),
    ("Member ID: XYZ123456789", "member_number", "*****89"),
    ("Subscriber number W20011234", "member_number", "*****34"),
    ("Medicaid ID# 99887766A", "member_number", "*****6A"),
    ("Patient: Ann Example. Policy number: AB1234567", "member_number", "*****67"),
    ("1EG4-TE5-MK73", "medicare_number", "*****73"),
    ("Medicare number 1EG4TE5MK73", "medicare_number", "*****73"),
    ("DOB: 3/4/1985", "birth_date", "**/**/1985"),
    ("D.O.B. 03-04-85", "birth_date", "**/**/**"),
    ("Date of birth (mm/dd/yyyy): 03/04/1985", "birth_date", "**/**/1985"),
    ('"birthDate": "1985-03-04"', "birth_date", "**/**/1985"),
    ("date_of_birth: 1985-03-04", "birth_date", "**/**/1985"),
    ("Ann Example, born March 4, 1985", "birth_date", "**/**/1985"),
    ("Ann Example (born 4 Mar 1985)", "birth_date", "**/**/1985"),
    ("The client, a teacher born on 03/04/1985,", "birth_date", "**/**/1985"),
    ("Patient: Ann Example, seen 3/4/2025", "named_patient", "A*****"),
    ("Patient Name: Ann Q. Example Dx: F32", "named_patient", "A*****"),
    ("patient_name: Ann Example; code: F33.1", "named_patient", "A*****"),
    ("Patient's name: Ann Example, (415) 555-0132", "named_patient", "A*****"),
    ("Patient: Ann Example, ann@example.com", "named_patient", "A*****"),
]

PASSES = [
    "",
    "000-12-3456",
    "666-12-3456",
    "912-34-5678",
    "123-00-6789",
    "123-45-0000",
    "078-05-1120, as printed on a sample card",
    "Order 123-45-67890",
    "Ticket A123-45-6789",
    "Tax ID 12-3456789",
    "Zip 94110-1234",
    "call 800-555-0199 or fax (415) 555-0100",
    "Signed: Ann Example 03/04/2025",
    "By: Ann Example, Chief Executive, March 4, 2025",
    "This Agreement is effective as of 2025-03-04.",
    "privacy@notewell.example",
    "Policy number: AB1234567 Commercial general liability",
    "The company was born on January 5, 2015.",
    "Date of birth: ________",
    "DOB, MRN and SSN are removed before they leave the device.",
    "chart no 4 of the report",
    "Patient ID: 2024-01-02",
    "insurance number of employees 5000",
    "Patient Number of records 2024",
    "The patient number is replaced by a random token.",
    "Patient: the person who receives care on 3/4/2025",
    "Business Associate shall report within 10 days of 45 CFR 164.410.",
    "ICD-10 codes such as F32.1 are masked.",
    "SHA-256 3b1fa0c2 123456789 77f0",
    "Invoice 123 45 6789",
    "ISO 27001:2022 certificate IS 702345",
    "AWS account 123456789012",
]


@pytest.mark.parametrize(("line", "kind", "sample"), STOPS)
def test_what_only_a_patient_has_stops(line: str, kind: str, sample: str) -> None:
    found = [(each.kind, each.count, each.sample, each.stops) for each in look(line) if each.stops]
    assert found == [(kind, 1, sample, True)]


@pytest.mark.parametrize("line", PASSES)
def test_what_every_business_paper_holds_does_not(line: str) -> None:
    assert [each for each in look(line) if each.stops] == []


def test_weak_signs_are_told_and_stop_nothing() -> None:
    found = look("Fax 415-555-0100, help@notewell.example, code F32.1")
    assert [(each.kind, each.count, each.stops) for each in found] == [
        ("phone", 1, False),
        ("email", 1, False),
        ("diagnosis", 1, False),
    ]


def test_the_parts_of_a_file_add_up_and_the_first_place_is_named() -> None:
    parts = [("page 1", "nothing"), ("page 2", "DOB 3/4/1985"), ("page 5", "DOB 3/4/1986 and MRN 0045123")]
    assert look_through(parts) == [
        Finding("record_number", 1, "*****23", "page 5"),
        Finding("birth_date", 2, "**/**/1985", "page 2"),
    ]


def test_what_is_kept_holds_no_sample() -> None:
    found = look("SSN 123-45-6789 and 456-78-9012")
    assert kinds_and_counts(found) == [{"kind": "ssn", "count": 2}]
    assert from_data(as_data(found)) == found
    assert [counted("ssn", 1), counted("ssn", 2)] == ["1 social security number", "2 social security numbers"]


def test_every_kind_has_words() -> None:
    assert set(WORDS) > STOPPING


SSN = st.from_regex(r"[0-9]{9}", fullmatch=True).filter(is_ssn)


@given(before=st.text(alphabet=" \n,;:()", max_size=5), nine=SSN)
def test_every_possible_number_is_found_and_masked(before: str, nine: str) -> None:
    typed = f"{nine[:3]}-{nine[3:5]}-{nine[5:]}"
    found = [each for each in look(f"{before}{typed} is it") if each.kind == "ssn"]
    assert [(each.count, each.sample) for each in found] == [(1, f"***-**-{nine[5:]}")]


@given(st.text(max_size=300))
def test_any_text_is_read_and_no_finding_shows_a_long_number(text: str) -> None:
    for each in look(text):
        assert each.kind in WORDS
        assert sum(sign.isdigit() for sign in each.sample) <= 4


@given(day=st.dates(), name=st.sampled_from(["Ann Example", "Bo Sample"]))
def test_a_signature_with_its_date_never_stops(day: object, name: str) -> None:
    assert not any(each.stops for each in look(f"Name: {name}\nTitle: Owner\nDate: {day}"))


def test_a_long_text_takes_no_long_time() -> None:
    import time

    started = time.process_time()
    for evil in [
        "Patient " * 40_000,
        "1" * 200_000,
        "-" * 200_000,
        "DOB: " * 40_000,
        "a@" * 100_000,
        "Aa Aa " * 40_000,
    ]:
        look(evil)
    assert time.process_time() - started < 10


def test_letters_that_nobody_sees_hide_nothing():
    assert [found.kind for found in look("SSN 123\u200b-45\u00ad-6789")] == ["ssn"]
