"""What an installation that others reach must not have: default secrets, debugging, hosts of any name.

Said all at once and in plain words, by `manage.py` and by the web server alike.
"""

import ipaddress
import logging
import os
from dataclasses import dataclass
from urllib.parse import urlsplit

log = logging.getLogger(__name__)

SHORTEST_KEY = 50  # characters, as Django's own check asks
SHORTEST_TOKEN = 20
_TOKEN = f"METRICS_TOKEN is shorter than {SHORTEST_TOKEN} characters, so it could be guessed."
_KNOWN = (
    "insecure",
    "change-me",
    "change_me",
    "changeme",
    "secret",
    "example",
    "placeholder",
    "default",
    "password",
    "only-for",
)
_NEW_KEY = (
    'Leave it out, and one is made and kept. Or make one: python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
)


_SHARE = "README.md lists each setting; docs/backup.md says how to move an installation to such a storage."


@dataclass(frozen=True)
class Fault:
    """Why the product does not start, or what it only warns of; and what to do."""

    id: str
    sentence: str
    hint: str
    serious: bool = True


@dataclass(frozen=True)
class Facts:
    """What decides: where the site answers, and what it was given."""

    site_url: str
    host: str  # the address that the web server binds, "" for this machine only
    debug: bool
    secret_key: str
    fallbacks: list[str]
    allowed_hosts: list[str]
    demo: bool = False
    metrics_token: str = ""
    not_shared: tuple[str, ...] = ()  # what machines that share their files would each make for themselves

    @property
    def others_reach_it(self) -> bool:
        return not (is_this_machine(self.host or "127.0.0.1") and is_this_machine(urlsplit(self.site_url).hostname))


def is_this_machine(host: str | None) -> bool:
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host).strip("[]")).is_loopback
    except ValueError:
        return False


def faults(facts: Facts) -> list[Fault]:
    """Everything that is wrong. Where only this machine reaches the site, that is what machines do not share."""
    found = [Fault("core.E008", sentence, _SHARE) for sentence in facts.not_shared]
    if 0 < len(facts.metrics_token) < SHORTEST_TOKEN:
        found.append(Fault("core.E009", _TOKEN, "Make one: openssl rand -base64 30. Or leave it out."))
    if not facts.others_reach_it:
        return found
    if facts.debug:
        found.append(
            Fault(
                "core.E003",
                "DEBUG=1 shows the inside of a fault to whoever causes one.",
                "Leave DEBUG out, or serve this machine only.",
            )
        )
    if facts.demo:
        found.append(
            Fault(
                "core.E004",
                "DEMO=1 asks nobody for a second factor.",
                "Leave DEMO and --demo out where others reach the site.",
            )
        )
    if weakness := weakness_of(facts.secret_key):
        found.append(Fault("core.E005", f"SECRET_KEY {weakness}, so sessions and links could be forged.", _NEW_KEY))
    for number, key in enumerate(facts.fallbacks, 1):
        if weakness := weakness_of(key):
            hint = "Take it out of SECRET_KEY_FALLBACKS. Who is signed in by it signs in again."
            found.append(Fault("core.E006", f"Number {number} of SECRET_KEY_FALLBACKS {weakness}.", hint))
    if wild := [host for host in facts.allowed_hosts if host.startswith((".", "*"))]:
        sentence = f"ALLOWED_HOSTS holds {', '.join(wild)}, which fits names that are not yours."
        found.append(Fault("core.E007", sentence, "Write each name in full, such as vetting.example.org."))
    if not facts.site_url.startswith("https://"):
        found.append(
            Fault(
                "core.W001",
                f"SITE_URL is {facts.site_url}: passwords and pages cross the network so that anybody on it can read.",
                "Put a server with TLS in front, and set SITE_URL to its https address.",
                serious=False,
            )
        )
    return found


def weakness_of(key: str) -> str:
    """What is wrong with a secret key, as the end of a sentence; "" for a good one."""
    if len(key) < SHORTEST_KEY:
        return f"has {len(key)} characters, and needs {SHORTEST_KEY}"
    if len(set(key)) < 10:
        return "repeats a few characters"
    if any(word in key.lower() for word in _KNOWN):
        return "looks like a placeholder out of an example"
    return ""


def facts_of(settings: object) -> Facts:
    def given(name: str) -> object:
        return getattr(settings, name)

    return Facts(
        site_url=str(given("SITE_URL")),
        host=os.environ.get("HOST", ""),
        debug=bool(given("DEBUG")),
        secret_key=str(given("SECRET_KEY")),
        fallbacks=[str(key) for key in given("SECRET_KEY_FALLBACKS")],  # type: ignore[attr-defined]
        allowed_hosts=[str(host) for host in given("ALLOWED_HOSTS")],  # type: ignore[attr-defined]
        demo=bool(given("DEMO")),
        metrics_token=str(given("METRICS_TOKEN")),
        not_shared=tuple(str(each) for each in given("NOT_SHARED")),  # type: ignore[attr-defined]
    )


def refuse_to_start(settings: object) -> None:
    """For what starts without `manage.py`. Raises SystemExit that names every fault; logs what is only a warning."""
    found = faults(facts_of(settings))
    for fault in found:
        if not fault.serious:
            log.warning("%s %s", fault.sentence, fault.hint)
    if serious := [f"- {fault.sentence} {fault.hint}" for fault in found if fault.serious]:
        raise SystemExit("\n".join(["Practice Vetting does not start:", *serious]))
