from __future__ import annotations

import dataclasses
import html
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib.resources import files

import markupsafe
import pytest

from synthloom.errors import OptionError
from synthloom.finding import Finding
from synthloom.report import (
    MAXIMUM_BYTES,
    WORDS_OWED,
    ColumnNote,
    PersonalColumn,
    ReportContent,
    Step,
    Suppression,
    VerdictLine,
    render_card,
    render_markdown,
    render_report,
    report_json,
)
from synthloom.report.content import plain_json
from synthloom.report.html import CONTENT_SECURITY_POLICY

PAYLOADS = (
    '"><script>alert(1)</script>',
    "<img src=x onerror=alert(1)>",
    "</text></svg><svg onload=alert(1)>",
    "</title></style><iframe src=//evil.example>",
    "{{ 7*7 }}{% include 'x' %}",
    "'\" onmouseover='alert(1)",
    "]]><!--",
    "url(https://evil.example/x) javascript:alert(1)",
)
TAGS = {
    *("html", "head", "meta", "link", "title", "style", "body", "header", "main", "section", "nav", "article"),
    *("figure", "figcaption", "div", "span", "p", "ul", "li", "a", "h1", "h2", "h3", "h4", "strong", "i", "bdi"),
    *("dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "details", "summary"),
    *("svg", "desc", "path", "rect", "circle", "text"),
}
BANNED = ("anonymous", "anonymised", "anonymized", "compliant", "guaranteed", "safe to release")


class Page(HTMLParser):
    """What a browser would see: tags, attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.attributes, self.text, self._open = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data):
        self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split())


def pages(content):
    return render_report(content), render_card(content)


def assert_inert(page: str) -> None:
    seen = Page(page)
    assert set(seen.tags) <= TAGS
    assert "script" not in seen.tags
    for tag, name, value in seen.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in ("src", "srcset", "srcdoc", "action", "background", "formaction", "xlink:href")
        if name == "href":
            assert value == "data:," or value.startswith("#")
        if name == "style":
            assert re.fullmatch(r"--map: \d+px", value)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_html_in_any_text_is_inert(payload, make):
    content = hostile(payload, make)
    for page in pages(content):
        assert_inert(page)
        assert "49" not in Page(page).words.replace("0.49", "")
    assert payload in html.unescape(render_report(content))
    assert html.unescape(payload)[:10] in Page(render_report(content)).words


def hostile(payload: str, make) -> ReportContent:
    """A content with the same text in every place that takes one."""
    names = (payload, payload + "2", "c")
    findings = [
        make["shape"](payload, make["bars"]([payload, "b"])),
        make["shape"](payload + "2", make["histogram"]()),
        Finding(
            payload,
            "privacy",
            0.5,
            payload,
            (0.4, 0.6),
            0.5,
            note=payload,
            detail={payload: payload, "attacker": payload},
        ),
        Finding("pair_trend", "fidelity", 0.5, payload, detail=make["matrices"](names) | {"worst": [[payload] * 4]}),
        Finding("c2st_auc", "fidelity", 0.5, payload, detail={"importance": [[payload, 0.5]], "score": payload}),
        Finding("x", "fairness", None, payload, note=payload, detail={"t": [[payload, 1]], "n": {payload: payload}}),
    ]
    return ReportContent(
        title=payload,
        verdicts=(VerdictLine(payload, "poor", payload),),
        facts=((payload, payload),),
        card_facts=((payload, payload),),
        findings=tuple(findings),
        columns=(ColumnNote(payload, payload, payload, payload),),
        suppressed=(Suppression(payload, payload, 3),),
        personal=(PersonalColumn(payload, payload, 0.5, payload, payload),),
        warnings=(payload,),
        steps=(Step(payload, 1.0),),
        limits=(payload,),
        intended_use=(payload,),
        versions=((payload, payload),),
    )


def test_one_file_no_script_no_outside_host_and_a_policy(content):
    for page in pages(content):
        assert_inert(page)
        assert f'http-equiv="Content-Security-Policy" content="{markupsafe.escape(CONTENT_SECURITY_POLICY)}"' in page
        assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
        assert not re.search(r"https?:|//[a-z]|url\(|@import|javascript:|expression\(", page)


def test_the_policy_stands_before_all_else_that_could_load(content):
    for page in pages(content):
        assert page.index("Content-Security-Policy") < page.index("<style") < page.index("<body")


def test_no_claim_that_evidence_cannot_carry(content):
    for text in (*pages(content), render_markdown(content), report_json(content)):
        assert not [word for word in BANNED if word in text.lower()]


def test_words_owed_to_the_user(content):
    for page in pages(content):
        assert all(words in Page(page).words for words in WORDS_OWED)
    assert all(words in report_json(content) for words in WORDS_OWED)


def test_the_verdict_comes_first(content):
    for page in pages(content):
        words = Page(page).words
        places = [words.index(line.sentence) for line in content.verdicts]
        assert places == sorted(places)
        assert places[-1] < words.index("real holdout")


def test_every_finding_is_on_the_page(content):
    words = Page(render_report(content)).words
    assert "0.730" in words
    assert "95 % interval 0.720 to 0.750" in words
    assert "real holdout 0.500" in words
    assert "Attacker: knows every value of a row" in words
    assert "AUC 0.930 trained on real rows, 0.910 on synthetic rows" in words
    assert "no numeric column" in words
    for column in ("age", "job", "income", "mail"):
        assert column in words


def test_poor_figures_are_always_at_a_glance(content):
    poor = Finding("odd_attack", "privacy", 0.9, "m", (0.8, 1.0), 0.5, 0.5, "lower_is_better", (0.0, 1.0), "poor")
    page = render_report(dataclasses.replace(content, findings=(*content.findings, poor)))
    glance = page.split('id="glance"')[1].split("</section>")[0]
    assert "Odd attack" in glance
    assert glance.count("<article") == 6


def test_columns_without_a_picture_stand_in_the_table(content):
    gaps = Finding(
        "column_shape",
        "fidelity",
        0.98,
        "m",
        column="mail",
        detail={"kind": "gaps", "null_real": 0.1, "null_synthetic": 0.2},
    )
    copied = Finding("copied_values", "privacy", 0.001, "m", column="mail")
    words = Page(render_report(dataclasses.replace(content, findings=(*content.findings, gaps, copied)))).words
    assert "Missing: real 10 %, synthetic 20 %; Values copied: 0.001" in words


def test_columns_stand_in_order_of_likeness(content):
    page = render_report(content)
    cards = re.findall(r'<article class="card"><h3><bdi>(.*?)</bdi>', page)
    assert cards == ["income", "age", "job"]


def test_card_shows_no_real_value_no_marginal_no_category_and_no_reason(content, make):
    secret = "CANARY"
    findings = [
        dataclasses.replace(f, note=f"{secret} note", detail=f.detail | {secret: secret, "labels": [secret]})
        for f in content.findings
    ]
    findings.append(make["shape"]("job2", make["bars"]([secret, "other"])))
    findings.append(Finding("tail_quantiles", "fidelity", 0.1, f"{secret} in one column", column="age"))
    private = dataclasses.replace(
        content,
        findings=tuple(findings),
        facts=((secret, secret),),
        columns=tuple(dataclasses.replace(note, made=secret, notes=secret) for note in content.columns),
        suppressed=(Suppression("job", secret, 3),),
        personal=(PersonalColumn("mail", "email", 0.9, secret, "regenerated"),),
        warnings=(secret,),
        steps=(Step(secret, 1.0),),
    )
    card = render_card(private)
    assert secret in render_report(private)
    assert secret not in card
    for category in ("cook", "clerk", "nurse", "50K"):
        assert category not in html.unescape(card)
    assert 'class="syn"' not in card
    assert "matrix" not in card.split("</style>")[1]
    words = Page(card).words
    assert "3 rare or extreme values in 1 column hidden" in words
    assert "Training rows recognised" in words
    assert "knows every value of a row" in words


def test_card_quotes_only_budgeted_figures(content):
    card = Page(render_card(dataclasses.replace(content, card_figures=("c2st_auc",)))).words
    assert "Told from real rows" in card
    assert "Training rows recognised" not in card
    assert not any(line.sentence in card for line in content.verdicts)
    assert "too few rows share them" not in card
    none = Page(render_card(dataclasses.replace(content, card_figures=()))).words
    assert "0.7" not in none


@pytest.mark.parametrize("label", ["synthetic", "simulated", "mock", "augmented"])
def test_the_label_is_said(content, label):
    for page in pages(dataclasses.replace(content, label=label)):
        assert label in Page(page).words.lower()


def test_a_quick_look_is_called_one(content):
    assert "Quick look" not in render_report(content)
    assert "Quick look" in render_report(dataclasses.replace(content, quick=True))


def test_empty_content_makes_pages(content):
    empty = ReportContent(title="")
    for page in pages(empty):
        assert_inert(page)
    assert "No figure of the whole table was measured." in render_report(empty)
    unmeasured = ReportContent("t", findings=(Finding("tstr_gap", "utility", None, "m", note="there is no target"),))
    assert "there is no target" in Page(render_report(unmeasured)).words
    assert json.loads(report_json(empty))["findings"] == []
    assert render_markdown(empty)


def test_numbers_that_are_not_finite_are_said_not_to_be(make):
    nan, inf = float("nan"), float("inf")
    findings = (
        Finding("c2st_auc", "fidelity", nan, "m", (nan, inf), inf, nan, "lower_is_better", (-inf, inf)),
        Finding("near_copies", "privacy", inf, "m", (0.0, inf), 0.0, 0.0, range=(0.0, 1.0)),
        make["shape"]("a", make["histogram"](bins=2, real=[nan, 1.0], synthetic=[inf, 2.0], null_real=nan)),
        Finding("pair_trend", "fidelity", 0.5, "m", detail=make["matrices"](["a", "b"]) | {"real": [[nan, inf]] * 2}),
    )
    content = ReportContent("t", findings=findings, steps=(Step("fit", nan),), personal=(PersonalColumn("a", "email"),))
    for page in pages(content):
        body = page.split("</style>")[1]
        assert not re.search(r"\bnan\b|\binf\b|None", body)
    strict = json.loads(report_json(content), parse_constant=lambda name: pytest.fail(name))
    assert strict["findings"][0]["value"] is None


def test_500_columns_with_long_names_stay_below_three_megabytes(wide):
    page = render_report(wide)
    assert len(page.encode()) <= 3_000_000
    assert page.count('<article class="card">') >= 30
    assert "columns with pictures are left out here" in page
    assert "30 of 200 columns" in page
    assert_inert(page)
    assert len(render_card(wide).encode()) <= MAXIMUM_BYTES
    assert len(json.loads(report_json(wide))["findings"]) == 1001


def test_many_warnings_are_folded(content):
    page = render_report(dataclasses.replace(content, warnings=tuple(f"warning {n}" for n in range(9))))
    assert "<summary>3 more</summary>" in page
    assert page.count("<li>warning ") == 9


def test_a_smaller_limit_shows_less_and_says_so(wide):
    full, small = render_report(wide), render_report(wide, maximum_bytes=200_000)
    assert len(small.encode()) <= 200_000 < len(full.encode())
    assert small.count("<svg") < full.count("<svg")
    assert "left out here" in small
    with pytest.raises(OptionError, match=r"does not fit into 1,000 bytes.*Accepted: at least"):
        render_report(wide, maximum_bytes=1000)


def test_the_number_of_pictures_can_be_asked_for(content):
    page = render_report(content, pictures=1)
    assert page.count('<article class="card">') == 1
    assert "2 more columns with pictures are left out here" in Page(page).words


def test_same_content_same_bytes_in_another_process(content):
    state = report_json(content)
    script = (
        "import sys, hashlib; from synthloom.report import *\n"
        "c = read_report_json(sys.stdin.read())\n"
        "for f in (render_report, render_card, report_json, render_markdown):\n"
        "    sys.stdout.write(hashlib.sha256(f(c).encode()).hexdigest() + '\\n')\n"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-X", "utf8", "-c", script],
            input=state,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert render_report(content) == render_report(content)


def test_reporting_loads_no_table_library():
    script = (
        "import sys, synthloom.report as r; r.render_report(r.ReportContent('t'))\n"
        "sys.exit(sorted({'numpy', 'pandas', 'polars', 'pyarrow', 'sklearn', 'scipy'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_json_holds_the_same_findings(content):
    state = json.loads(report_json(content))
    assert state["format"] == "synthloom-report"
    assert [Finding.from_json(entry) for entry in state["findings"]] == list(content.findings)
    assert state["findings"] == [plain_json(finding.to_json()) for finding in content.findings]


STYLE = (files("synthloom.report") / "templates" / "style.css").read_text("utf-8")


def variables(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", block))


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_contrast_of_text_and_of_pictures(mode):
    light, dark = STYLE.split("@media (prefers-color-scheme: dark)", 1)
    colours = variables(light) if mode == "light" else variables(light) | variables(dark.split("}", 1)[0])
    for ground in ("paper", "card"):
        for ink in ("ink", "quiet", "link", "good", "fair", "poor", "unknown"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
        assert contrast(colours["real"], colours[ground]) >= 4.5
    for level in ("good", "fair", "poor", "unknown"):
        assert contrast(colours[level], colours[f"{level}-wash"]) >= 4.5, level
        assert contrast(colours["ink"], colours[f"{level}-wash"]) >= 4.5, level
        assert contrast(colours["card"], colours[level]) >= 4.5, level
    assert contrast(colours["real"], colours["syn"]) >= 3
    assert contrast(colours["syn"], colours["card"]) >= 2.5


def test_no_text_below_twelve_pixels():
    sizes = [float(size) * 16 for size in re.findall(r"(?:font-size: |font: [^;]*?)(\.?\d*\.?\d+)rem", STYLE)]
    pixels = [float(size) for size in re.findall(r"font: (\d+)px", STYLE)]
    assert len(sizes) > 10
    assert min(*sizes, *pixels) >= 12
