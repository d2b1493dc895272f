"""Rights that end by themselves, so that whoever holds one and dies or freezes stops nobody for long."""

from django.db import models


class Lease(models.Model):
    """The right to do something alone, until a moment by the database's clock."""

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.UUIDField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class RateLimit(models.Model):
    """A receiver that asked to be left alone until a moment (Retry-After): no worker calls it before."""

    receiver = models.CharField(max_length=40, primary_key=True, help_text="A medium, or the digest of a web address.")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.receiver
