"""READ-ME-FIRST of a bundle: how somebody who has nothing but the bundle checks all of it.

One text, as a page and as plain text. Tests type its commands.
"""

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import timezone

from practice_vetting.core.documents.content import EvidenceFile
from practice_vetting.core.models import Document
from practice_vetting.core.templatetags.paper import zoned

WIDTH = 78

PY_SUMS = (
    "python3 -c \"import hashlib; [print('OK' if hashlib.sha256(open(n,'rb').read()).hexdigest()==h else 'CHANGED', n) "
    "for h,n in (line.rstrip().split('  ',1) for line in open('SHA256SUMS',encoding='utf-8'))]\""
)
COUNT = "find . -type f | wc -l"
PY_COUNT = "python3 -c \"import os; print(sum(len(files) for _,_,files in os.walk('.')))\""
PY_CHAIN = (
    'python3 -c "import csv,hashlib; h=lambda t: hashlib.sha256(t.encode()).hexdigest(); '
    "r=list(csv.DictReader(open('ledger/chain.csv'))); p=['']+[e['digest'] for e in r]; "
    "bad=[n for n,e in enumerate(r,1) if not (e['seq'],e['previous'],e['digest'])=="
    "(str(n),p[n-1],h(' '.join([str(n),p[n-1],e['content']])))]; "
    "print(len(r), 'entries:', 'BROKEN at '+str(bad[0])+',' if bad else 'every link fits,', 'the last is', p[-1])\""
)
PY_ENTRIES = (
    'python3 -c "import csv,hashlib,json; h=lambda t: hashlib.sha256(t.encode()).hexdigest(); '
    "c={e['seq']:e['content'] for e in csv.DictReader(open('ledger/chain.csv'))}; "
    "r=list(map(json.loads,open('ledger/entries.jsonl',encoding='utf-8'))); "
    "print(sum(h(e['content'])==c.get(str(e['seq'])) for e in r), 'of', len(r), 'entries fit, their numbers are', "
    "h(','.join(str(e['seq']) for e in r)))\""
)
NSS = (
    "mkdir checked",
    "certutil -N -d sql:checked --empty-password",
    'certutil -A -d sql:checked -n practice -t "CT,C,C" -i certificates/root.pem',
    "pdfsig -nssdir sql:checked dossier.pdf",
)
FINGERPRINT = "openssl x509 -in certificates/seal.pem -noout -fingerprint -sha256"


@dataclass(frozen=True)
class Shown:
    """What the page says of this very bundle. `about` is what ledger_extract.listed says of the entries in full, and
    `files` how many files there are when it was unpacked.
    """

    number: str
    vendor: str
    practice: str
    zone: str
    made_at: datetime
    dossier: Document
    evidence: tuple[EvidenceFile, ...]
    about: dict[str, Any]
    files: int
    verify_at: str


@dataclass(frozen=True)
class Block:
    """A paragraph ("p"), a line to type ("run"), or a point of a list ("item")."""

    kind: str
    text: str


@dataclass(frozen=True)
class Section:
    title: str
    blocks: tuple[Block, ...]


def as_html(shown: Shown) -> str:
    """One page that stands alone: it asks for nothing and runs nothing."""
    return render_to_string("bundle/read_me.html", {"title": _title(shown), "sections": sections(shown)})


def as_text(shown: Shown) -> str:
    """The same as plain text."""
    title = _title(shown)
    lines = [title, "=" * min(len(title), WIDTH)]
    for section in sections(shown):
        lines += ["", "", section.title, "-" * len(section.title)]
        for before, block in zip((Block("", ""), *section.blocks), section.blocks, strict=False):
            together = before.kind == block.kind != "p"
            lines += [*([] if together else [""]), *_plain(block)]
    return "\n".join(lines) + "\n"


def _plain(block: Block) -> list[str]:
    if block.kind == "run":
        return [f"    {block.text}"]
    first, more = ("  * ", "    ") if block.kind == "item" else ("", "")
    return textwrap.wrap(
        block.text, WIDTH, initial_indent=first, subsequent_indent=more, break_long_words=False, break_on_hyphens=False
    )


def _title(shown: Shown) -> str:
    return f"How to check bundle {shown.number}"


def sections(shown: Shown) -> list[Section]:
    """Everything that the page says, in order."""
    parts = (_what_this_is, _what_is_inside, _files, _seal, _whose, _evidence, _ledger, _limits)
    return [part(shown) for part in parts]


def _what_this_is(shown: Shown) -> Section:
    with timezone.override(ZoneInfo(shown.zone)):
        made = zoned(shown.made_at)
    return Section(
        "What this is",
        _blocks(
            f"{shown.practice} asked for this bundle on {made}. It is about the vendor {shown.vendor}.",
            "With the steps below you can check all of it on your own computer. You need no account, and no software "
            "of the people who made it. Unpack the ZIP first, then open a command window (a terminal) in the folder "
            "that you unpacked.",
            "Where a line begins with python3 and you use Windows, type py instead of python3.",
        ),
    )


def _what_is_inside(shown: Shown) -> Section:
    inside = [each for each in shown.evidence if each.path]
    missing = [each for each in shown.evidence if not each.path]
    pages = f"{shown.dossier.file.pages} pages" if shown.dossier.file.pages != 1 else "1 page"
    points = [
        f"dossier.pdf: the sealed dossier, number {shown.dossier.number}, {pages}. Attached to it are snapshot.json "
        "(what it shows, as data), proof.json (what proves it, as data)"
        f"{_SIGNED if shown.dossier.signers else ''}.",
        f"evidence: {_counted(len(inside), 'file')} that the vendor or the practice put on record.",
        f"ledger/entries.jsonl: {_counted(shown.about['entries'], 'entry', 'entries')} about this vendor, in full.",
        f"ledger/chain.csv: numbers and hashes of all {shown.dossier.ledger_seq} entries of the practice, without "
        "what they say. So you can recompute the chain, and other vendors stay private.",
        "certificates: the certificate that sealed the dossier, and the one that vouches for it. Both are public.",
        "SHA256SUMS: the hash of every file, this page included.",
    ]
    told = [Block("item", point) for point in points]
    if missing:
        told += [Block("p", "These files are on record, but not in this bundle:")]
        told += [Block("item", f"{each.label} {each.title}: {each.missing}. SHA-256 {each.sha256}") for each in missing]
    elif inside:
        told += [Block("p", "No evidence file is missing.")]
    return Section("What is inside", tuple(told))


_SIGNED = ", and signed-snapshot.json (the very content that was signed over; proof.json has its SHA-256)"


def _files(shown: Shown) -> Section:
    return Section(
        "1. Are the files whole?",
        (
            Block("p", "Linux:"),
            Block("run", "sha256sum -c SHA256SUMS"),
            Block("p", "macOS:"),
            Block("run", "shasum -a 256 -c SHA256SUMS"),
            Block("p", "Any system with Python:"),
            Block("run", PY_SUMS),
            Block("p", "Windows, file by file. Open SHA256SUMS with Notepad and compare:"),
            Block("run", "certutil -hashfile dossier.pdf SHA256"),
            Block("p", "Every line must say OK. On Windows both hashes must be the same."),
            Block(
                "p", "Then count the files, before you take any other step. Linux and macOS, or any system with Python:"
            ),
            Block("run", COUNT),
            Block("run", PY_COUNT),
            Block(
                "p",
                f"It must say {shown.files}. If there are more, somebody put in a file that is not of this bundle: the "
                "list does not name it. (.DS_Store, Thumbs.db and desktop.ini may come from your own computer.)",
            ),
            Block("p", f"The hash of dossier.pdf is {shown.dossier.sha256}"),
            _proves(
                "no file was damaged, swapped or added since the list was written. It does not show who wrote the list."
            ),
        ),
    )


def _seal(shown: Shown) -> Section:
    return Section(
        "2. Was the dossier changed since it was sealed?",
        (
            Block("p", "The short way, with pdfsig (Linux: package poppler-utils; macOS: brew install poppler):"),
            Block("run", "pdfsig dossier.pdf"),
            *(_rule_stamped(shown) if shown.dossier.time_source else _RULE),
            Block(
                "p",
                "It also says that the issuer is not trusted or not known. That is right: your computer does not know "
                "this installation’s certificate yet.",
            ),
            Block("p", "The full way tells pdfsig which certificate to trust (package libnss3-tools or nss-tools):"),
            *(Block("run", line) for line in NSS),
            Block(
                "p",
                "Now it says “Certificate is Trusted” as well. Where a certificate came without those above it, it "
                "says that the issuer is unknown: then only the comparison with the certificate in this folder counts.",
            ),
            Block(
                "p",
                "Or with Adobe Acrobat Reader: open dossier.pdf, then the Signatures panel. Choose Certificate "
                "Details, mark the topmost certificate in the list on the left, open the Trust tab, and choose Add to "
                "Trusted Certificates. Mark “Use this certificate as a trusted root” and “Certified documents”. Then "
                "choose Validate All. It must say that the document was not changed since it was certified.",
            ),
            _proves(
                "what was sealed is in the file as it was, if you trust the certificate (step 3). That nothing was "
                "added since, only the SHA-256 shows."
                if shown.dossier.time_source
                else "not one byte of the dossier changed since it was sealed, and none was added, if you trust the "
                "certificate. Step 3 is about that."
            ),
        ),
    )


_RULE = (
    Block("p", "Look for three things. All three must be so:"),
    Block("item", "There is exactly one signature: “Signature #1”, and no “Signature #2”."),
    Block("item", "It says “Signature is Valid.”"),
    Block("item", "It says “Total document signed”."),
    Block(
        "p",
        "If it says “Not total document signed”, or if there is a second signature, something was added after the "
        "seal, and “Signature is Valid” does not speak of that. Then do not rely on the file.",
    ),
)


def _rule_stamped(shown: Shown) -> tuple[Block, ...]:
    return _blocks(
        "Look for “Signature is Valid”. This dossier carries time stamps, and they were added after its seal. So "
        "pdfsig can list a second signature, say “Not total document signed” beside the seal, and say that a time "
        "stamp was not verified. All of that is right here.",
        "But anybody can add words and a time stamp of their own, and pdfsig looks the same then. It cannot show that "
        "nothing was added to this dossier. What decides is its SHA-256: it must be the one in step 1, and the page "
        "of step 3 must know the file. Or ask the practice which SHA-256 it has on record for document "
        f"{shown.dossier.number}.",
    )


def _whose(shown: Shown) -> Section:
    return Section(
        "3. Is it this installation’s seal?",
        (
            Block("p", "The certificate must have this fingerprint (SHA-256):"),
            Block("run", _pairs(shown.dossier.certificate_sha256)),
            Block("p", "This line prints it from the file in this bundle:"),
            Block("run", FINGERPRINT),
            Block(
                "p",
                "Who makes a false bundle makes a false certificate and a false page like this one. So ask the "
                "practice itself for the fingerprint, at a telephone number that you know from elsewhere. Or open this "
                "address in a browser and choose dossier.pdf; the page tells whether it is on record there, "
                "and what was changed or added:",
            ),
            Block("run", shown.verify_at),
            _proves("the dossier came from the installation of Practice Vetting that the practice uses."),
        ),
    )


def _evidence(shown: Shown) -> Section:
    inside = [each for each in shown.evidence if each.path]
    listed = [Block("item", f"{each.name.rpartition('/')[2]}: {each.sha256}") for each in inside]
    return Section(
        "4. Are these the files that the dossier speaks of?",
        (
            Block(
                "p",
                "The dossier lists them under “Evidence on file”, each with its SHA-256. These must be the same as in "
                "SHA256SUMS. You find them as data in proof.json too, which the PDF reader shows as an attachment "
                "(paper clip). This line takes it out:",
            ),
            Block("run", "pdfdetach -savefile proof.json dossier.pdf"),
            *(listed or [Block("p", "This bundle holds no evidence file.")]),
            _proves(
                "each file is, byte for byte, the one that was on record when the dossier was sealed. It does not show "
                "that what the file says is true."
            ),
        ),
    )


def _ledger(shown: Shown) -> Section:
    count = shown.about["entries"]
    return Section(
        "5. Was the history changed?",
        (
            Block(
                "p",
                "The practice’s ledger is a list to which entries are only added. Each entry holds the hash of the one "
                "before it. The dossier prints the hash of the last entry on its page “Certificate of this document”, "
                "under “Ledger of the practice”:",
            ),
            Block("run", f"{shown.dossier.ledger_seq} entries, {shown.dossier.ledger_digest}"),
            Block("p", "This line recomputes every link, from the first entry to the last:"),
            Block("run", PY_CHAIN),
            Block("p", "It must say “every link fits”, the same count, and end with that same hash."),
            Block("p", "This line hashes what every entry about the vendor says, and looks for it in the chain:"),
            Block("run", PY_ENTRIES),
            Block("p", "It must say:"),
            Block("run", f"{count} of {count} entries fit, their numbers are {shown.about['sha256']}"),
            Block(
                "p",
                "The last hash is that of the list of their numbers. The dossier prints it beside the ledger’s, and "
                "it stands in proof.json under “about”: so you see when an entry about the vendor was left out here.",
            ),
            Block(
                "p",
                "In each line of entries.jsonl, “content” is the very text that is hashed (UTF-8). It is a list: "
                "practice, time (UTC), person’s id and name, what was done, kind, id and name of the record, hash of "
                "the record, details, and rows of history written with it. In chain.csv, “content” is the SHA-256 of "
                "that text, and “digest” is the SHA-256 of number, previous digest and content, with a space between.",
            ),
            _proves(
                "these entries were in the ledger, with these words and in this order, when the dossier was sealed, "
                "and none was changed, taken out or put between since. It does not show that an entry is true, that "
                "everything that happened was entered, or that the entries that are here as hashes alone are about "
                "other vendors: for that you have the word of the installation that made the dossier."
            ),
        ),
    )


def _limits(shown: Shown) -> Section:
    source = shown.dossier.time_source
    clock = (
        f"The time of the seal is that of a time stamp by {source}: this is the name in its certificate. The dossier "
        "prints the address at which it was asked for."
        if source
        else "The times are those of the server’s own clock; nobody outside vouches for them."
    )
    return Section(
        "What no check can show",
        _blocks(
            "These checks show that nothing was changed. They do not show that what people or vendors wrote is true, "
            "or that a vendor keeps what it signed. This is no legal advice, and nobody is certified by it.",
            clock,
        ),
    )


def _proves(text: str) -> Block:
    return Block("p", f"What this shows: {text}")


def _blocks(*paragraphs: str) -> tuple[Block, ...]:
    return tuple(Block("p", each) for each in paragraphs)


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _pairs(digits: str) -> str:
    """As openssl prints it: AB:CD:..."""
    return ":".join(_of_two(digits.upper()))


def _of_two(digits: str) -> Iterable[str]:
    return (digits[place : place + 2] for place in range(0, len(digits), 2))
