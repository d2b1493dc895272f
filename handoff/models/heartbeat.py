"""Signs of life of the background processes."""

from django.db import models


class Heartbeat(models.Model):
    """When a periodic job last ran to its end; readiness looks at its age."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
