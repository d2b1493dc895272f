"""Amounts, as people and spreadsheets write them."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from handoff.imports.money import Money, read_currency, read_money


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("12000", "12000.00", ""),
        ("$22,700.00", "22700.00", "USD"),
        ("$342.09K", "342090.00", "USD"),
        ("1.234,56 €", "1234.56", "EUR"),
        ("1 234,56 €", "1234.56", "EUR"),
        ("CHF 1'234.50", "1234.50", "CHF"),
        ("R$ 1.000,00", "1000.00", "BRL"),
        ("£1.5m", "1500000.00", "GBP"),
        ("1.234", "1234.00", ""),
        ("1,234,567", "1234567.00", ""),
        ("1.234.567,8", "1234567.80", ""),
        ("342,09", "342.09", ""),
        ("0.125", "0.125", ""),
        ("-5", "-5.00", ""),
        ("(1,200.00)", "-1200.00", ""),
    ],
)
def test_the_spellings_of_an_amount(text, amount, currency):
    assert read_money(text) == Money(Decimal(amount), currency)


@pytest.mark.parametrize("text", ["a lot", "", "€", "1,2,3", "12,34.5", "1.2.3,4", "12 000 apples"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValidationError, match=f"“{text}” is not a valid amount: write one like 12000.00."):
        read_money(text)


def test_a_currency_has_three_letters():
    assert read_currency("eur") == "EUR"
    with pytest.raises(ValidationError, match="“euros” is not a valid currency: give its three letters, like EUR"):
        read_currency("euros")
