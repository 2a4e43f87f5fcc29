"""How personal values look: e-mail, phone, postal and IP addresses, names, and mentions inside free text."""

from __future__ import annotations

import ipaddress
import itertools
import re

from synthloom.values.check_digits import is_iban, is_luhn
from synthloom.values.word_lists import fold, known_first_names, known_last_names


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EMAIL = re.compile(r"[^\s@,;<>\"']+@[^\s@,;<>\"']+\.[A-Za-zÀ-ÿ]{2,}")
_EMAIL_INSIDE = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)*\.[A-Za-z]{2,}")
_PHONE = re.compile(r"(?:\+|00)?[\d(][\d\s().\-/\u2010-\u2013]{5,22}\d(?:\s*(?:x|ext\.?|#)\s*\d{1,6})?", re.IGNORECASE)
_PHONE_INSIDE = re.compile(
    r"(?<![\w.])(?:\+\d{1,3}[\s.\-]?\(?\d{1,5}\)?(?:[\s.\-/]?\d{2,4}){2,4}|\(\d{2,5}\)[\s.\-]?\d{3,4}[\s.\-]?\d{3,4}"
    r"|\d{3}[.\-]\d{3}[.\-]\d{4}|0\d{1,4}[\s/\-]\d{3,4}[\s\-]?\d{2,5}(?:[\s\-]?\d{2,4})?)(?![\w])"
)
_IBAN_INSIDE = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_CARD_INSIDE = re.compile(r"\b[3-6]\d{3}[ \-]?\d{4}[ \-]?\d{4}[ \-]?\d{3,4}\b")
_DATE = re.compile(
    r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}|\d{1,2}:\d{2}(?::\d{2})?|\d{4}-\d{4}"
)
_DECIMAL = re.compile(r"[-+]?\d{1,3}(?:[., ]\d{3})*(?:[.,]\d+)?|[-+]?\d+(?:[.,]\d+)?")
_USERNAME = re.compile(r"[a-z]+(?:[._\-]?[a-z]+)?\d{0,6}")
_NAME_SHAPE = re.compile(r"[^\W\d_]+\.?(?:[ '’.\-]{1,2}[^\W\d_]+\.?)*\.?")
_PARTICLES = _words(
    "de da do dos das del della di la le van von der den ter ten te y e i zu zur zum af av el al bin ibn mc mac st san "
    "o d l du des vande vander jr sr ii iii iv phd md dds dvm"
)
_TITLES = _words(
    "mr mrs ms miss dr prof sir dame herr frau hr fr dipl ing univ mag m mme mlle sr sra srta don dona sig sigra sigr "
    "dott dottssa dhr mevr pan pani rev drs ir bsc msc ba ma mba hab inz lic dna dn rer nat bc bakk dri"
)
_NOT_NAMES = _words(
    "the of and in for to with inc llc ltd gmbh co corp corporation company group street road county city north "
    "south east west new old saint university school hospital centre center park lake hill island beach river "
    "bay airport state international regional municipal bank services"
)
_STREET = re.compile(
    r"(?:\b(?:street|st|avenue|ave|av|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|square|sq|terrace|ter|way|"
    r"parkway|pkwy|highway|hwy|circle|crescent|close|mews|gardens|grove|alley|suite|apt|flat|studio|unit|box|rue|chemin|"
    r"impasse|allee|quai|route|cours|calle|avenida|avda|plaza|paseo|via|vial|viale|piazza|corso|vicolo|strada|largo|borgo|"
    r"contrada|rotonda|rambla|glorieta|camino|carrer|ronda|pasaje|pasadizo|cuesta|canada|acceso|alameda|callejon|urbanizacion|"
    r"ul|ulica|al|aleja|pl|plac|os|osiedle|rua|travessa|praca|largo|estrada|vila|viela|rodovia|"
    r"ulice|namesti|gatan|vagen|incrocio|appartamento|piso|puerta|gate|gade|vej|vei|veien)\b"
    r"|(?:strasse|str\.|str\b|weg|platz|allee|gasse|ring|ufer|damm|steig|straat|laan|plein|pad|singel|dreef|hof|baan|steeg|"
    r"gracht|kade|gatan|vagen|grand|stigen|torget|backen|gata|katu|tie|gade|vej)\b)",
)
_SUFFIX_STREET_US = re.compile(
    r"\b(?:branch|bridge|brook|brooks|burg|bypass|camp|canyon|cape|causeway|cliff|cliffs|club|common|corner|corners|course|"
    r"courts|cove|coves|creek|crest|crossing|crossroad|curve|dale|dam|divide|drives|estate|estates|expressway|extension|"
    r"extensions|fall|falls|ferry|field|fields|flats|ford|fords|forest|forge|forges|fork|forks|fort|freeway|garden|gateway|"
    r"glen|glens|green|greens|groves|harbor|harbors|haven|heights|highway|hills?|hollow|inlet|islands?|isle|junctions?|"
    r"keys?|knolls?|lakes?|land|landing|light|lights|loaf|locks?|lodge|loop|mall|manors?|meadows?|mews|mills?|mission|"
    r"motorway|mount|mountains?|neck|orchard|oval|overpass|parks?|parkways|passage|path|pike|pines?|plains?|plazas?|"
    r"points?|ports?|prairie|radial|ramp|ranch|rapids?|rest|ridges?|river|roads|route|row|run|shoals?|shores?|skyway|"
    r"springs?|spurs?|squares|station|stravenue|stream|streets|summit|throughway|trace|track|trafficway|trail|tunnel|"
    r"turnpike|underpass|unions?|valleys?|via|viaduct|views?|villages?|ville|vista|walks?|wall|ways|wells?)\b"
)
_POSTCODE = re.compile(
    r"\b(?:\d{5}(?:-\d{4})?|\d{4} ?[A-Z]{2}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"
    r"|\d{2}-\d{3}|\d{4}-\d{3}|\d{3} \d{2}|[A-Z]{2} \d{5})\b"
)


def is_email(text: str) -> bool:
    """Whether the whole text is one e-mail address."""
    return _EMAIL.fullmatch(text.strip()) is not None


def is_phone(text: str, *, digits_only: bool = False) -> bool:
    """Whether the text is written as a phone number; bare digits count only if ``digits_only``."""
    text = text.strip()
    if not _PHONE.fullmatch(text) or _DATE.fullmatch(text):
        return False
    count = sum(c.isdigit() for c in text)
    if not 7 <= count <= 17:
        return False
    if text.isdigit():
        return digits_only
    return not _DECIMAL.fullmatch(text) or (text.startswith(("+", "0")) and count >= 9)


def is_telling_phone(text: str) -> bool:
    """A phone number by its look alone: international, in brackets, grouped, or with a trunk zero."""
    text = text.strip()
    if not is_phone(text) or sum(c.isdigit() for c in text) < 9:
        return False
    return text.startswith(("+", "(", "0")) or len(re.findall(r"\d+", text)) >= 3


def is_ip(text: str) -> bool:
    """Whether the text is an IP address of version 4 or 6, perhaps with a network length."""
    text = text.strip()
    if text.count(".") != 3 and text.count(":") < 2:
        return False
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return True


def name_words(text: str) -> list[str]:
    """The words of a name, folded, without titles and particles."""
    words = [w for w in re.split(r"[\s,.\-'’]+", fold(text)) if w]
    return [w for w in words if w not in _TITLES and w not in _PARTICLES]


def has_name_shape(text: str) -> bool:
    """Letters, spaces, hyphens, apostrophes and dots only, at most six words, none of a thing's name."""
    text = text.strip()
    if not 2 <= len(text) <= 60 or not _NAME_SHAPE.fullmatch(text.replace(",", "")):
        return False
    words = name_words(text)
    return len(words) <= 6 and not any(w in _NOT_NAMES for w in words)


def is_first_name(text: str) -> bool:
    """One or two known first names."""
    words = name_words(text)
    return has_name_shape(text) and 1 <= len(words) <= 3 and all(w in known_first_names() for w in words)


def is_last_name(text: str) -> bool:
    """One to three known last names, particles aside."""
    words = name_words(text)
    return has_name_shape(text) and 1 <= len(words) <= 3 and all(w in known_last_names() for w in words)


def is_full_name(text: str) -> bool:
    """A known first name and a known last name, or one of them with an initial, in either order."""
    words = name_words(text)
    if not has_name_shape(text) or not 2 <= len(words) <= 6:
        return False
    firsts, lasts = known_first_names(), known_last_names()
    ends = (words[0], words[-1])
    if ends[0] in firsts and (ends[1] in lasts or (ends[1] in firsts and len(words) == 2)):
        return True
    if ends[1] in firsts and ends[0] in lasts:
        return True
    return (len(ends[0]) == 1 and ends[1] in lasts) or (len(ends[1]) == 1 and (ends[0] in firsts or ends[0] in lasts))


def is_half_known_name(text: str) -> bool:
    """Two words or more, one end of which is a known first or last name (written ``Last, First``: both ends)."""
    words = name_words(text)
    if len(words) < 2:
        return False
    if "," in text and words[0] in known_last_names() and words[-1] in known_first_names():
        return True
    return words[0] in known_first_names() or words[-1] in known_last_names()


def is_username_of_name(text: str) -> bool:
    """A user name in small letters made of known names: ``jsmith``, ``anna.bell``, ``annabell``, ``carla42``."""
    text = text.strip()
    if not _USERNAME.fullmatch(text):
        return False
    firsts, lasts = known_first_names(), known_last_names()
    words = [w for w in re.split(r"[._\-]|\d+", text) if w]
    if len(words) == 2:
        return any(w in firsts or w in lasts for w in words)
    word = words[0] if words else ""
    if (len(word) >= 4 and word[1:] in lasts) or (word[:-1] in lasts and len(word) >= 5):
        return True
    halves = ((word[:i], word[i:]) for i in range(3, len(word) - 2))
    if any((a in firsts and b in lasts) or (a in lasts and b in firsts) for a, b in halves):
        return True
    return word in firsts and any(c.isdigit() for c in text)


def is_street(text: str) -> bool:
    """A street with a house number, perhaps with post code and city."""
    text = text.strip()
    if not 6 <= len(text) <= 200 or not any(c.isdigit() for c in text) or sum(c.isalpha() for c in text) < 4:
        return False
    folded = fold(text)
    if _STREET.search(folded):
        return True
    number_first = re.match(r"\s*\d{1,5}[a-z]?\s+\S", folded) is not None
    return (number_first and _SUFFIX_STREET_US.search(folded) is not None) or (
        "\n" in text and _POSTCODE.search(text) is not None
    )


def has_postcode(text: str) -> bool:
    """Whether something in the text is written as a post code."""
    return _POSTCODE.search(text) is not None


def mentions(text: str) -> str | None:
    """What of a person a longer text mentions: ``email``, ``iban``, ``card``, ``phone`` or ``name``, or nothing."""
    if _EMAIL_INSIDE.search(text):
        return "email"
    for found in _IBAN_INSIDE.finditer(text):
        if is_iban(found[0]):
            return "iban"
    for found in _CARD_INSIDE.finditer(text):
        if is_luhn(re.sub(r"\D", "", found[0])):
            return "card"
    if _PHONE_INSIDE.search(text):
        return "phone"
    return "name" if _mentions_name(text) else None


def _mentions_name(text: str) -> bool:
    """A capitalised known first name followed by a capitalised known last name, or a title and a last name."""
    firsts, lasts = known_first_names(), known_last_names()
    words = re.findall(r"[^\W\d_][\w'’\-]*\.?|[^\w\s]", text)
    for here, following in itertools.pairwise(words):
        if not (here[0].isupper() and following[0].isupper()) or (following.isupper() and len(following) > 3):
            continue
        second = fold(following.rstrip("."))
        if second in lasts and len(second) > 2 and (fold(here) in firsts or fold(here.rstrip(".")) in _SALUTATIONS):
            return True
    return False


_SALUTATIONS = _words("mr mrs ms herr frau mme mlle monsieur madame senor senora signor signora mevrouw")
