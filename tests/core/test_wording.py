"""The filters that put values into words on pages."""

from practice_vetting.core.templatetags.wording import unbroken


def test_a_label_stays_on_one_line_and_nothing_else_is_markup():
    assert unbroken("Ask for E-08 & <b>") == 'Ask for <span class="nowrap">E-08</span> &amp; &lt;b&gt;'
    assert unbroken("SOC-2 report") == "SOC-2 report"
