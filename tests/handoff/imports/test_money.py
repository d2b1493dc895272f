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
        ("1,00,000", "100000.00", ""),
        ("₹12,34,567.50", "1234567.50", "INR"),
        ("Rs. 1,00,000", "100000.00", "INR"),
        ("Rs.500/-", "500.00", "INR"),
        ("5 lakh", "500000.00", ""),
        ("2 crore", "20000000.00", ""),
        ("¥1,000", "1000.00", "JPY"),
        ("1000 yen", "1000.00", "JPY"),
        ("CN¥ 500", "500.00", "CNY"),
        ("12 000 kr", "12000.00", ""),
        ("kr 12.000,00", "12000.00", ""),
        ("1 234,56 zł", "1234.56", "PLN"),
        ("100 zl", "100.00", "PLN"),
        ("2 million", "2000000.00", ""),
        ("1.5 Million EUR", "1500000.00", "EUR"),
        ("€ 2,5 Mio.", "2500000.00", "EUR"),
        ("10 Mrd. €", "10000000000.00", "EUR"),
        ("1.5E+06", "1500000.00", ""),
        ("1,5E+06", "1500000.00", ""),
        ("500,-", "500.00", ""),
        ("€ 500.-", "500.00", "EUR"),
        ("500,--", "500.00", ""),
        ("1'234'567.50", "1234567.50", ""),
        ("NZ$ 5", "5.00", "NZD"),
        ("12 euros", "12.00", "EUR"),
    ],
)
def test_the_spellings_of_an_amount(text, amount, currency):
    assert read_money(text) == Money(Decimal(amount), currency)


@pytest.mark.parametrize(
    "text",
    [
        *("a lot", "", "€", "1,2,3", "12,34.5", "1.2.3,4", "12 000 apples"),
        *("1,234 567", "1.234 567", "1 234'567", "1,00,00", "1,234.567,89", "5 %", "1 2", "12 MEUR"),
    ],
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValidationError, match=f"“{text}” is not a valid amount: write one like 12000.00."):
        read_money(text)


def test_a_currency_has_three_letters():
    assert read_currency("eur") == "EUR"
    with pytest.raises(ValidationError, match="“euros” is not a valid currency: give its three letters, like EUR"):
        read_currency("euros")
