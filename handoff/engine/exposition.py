"""The figures in the text format of Prometheus. Nothing is counted in a process: every scrape reads the database."""

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from handoff import __version__
from handoff.engine.figures import Figures
from handoff.engine.life import PROGRAMS

CONTENT_TYPE = CONTENT_TYPE_LATEST


def exposition(figures: Figures) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(figures))
    return generate_latest(registry)


class _Collector(Collector):
    """Gives the figures of one moment. What has no value, such as the age of nothing, is left out."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures

    def collect(self) -> Iterable[GaugeMetricFamily]:
        yield _labelled("build_info", "The version that answers.", "version", {__version__: 1.0})
        yield from self._life()
        yield from self._alarms()
        yield from self._outbox()
        yield _labelled(
            "leads_slipping_through",
            "Open leads that no one is notified about, by reason.",
            "reason",
            self.figures.leaks,
        )
        yield _labelled(
            "new_intent", "What known buyers asked for, recorded in the window.", "window", self.figures.new_intent
        )
        yield _labelled(
            "duplicates",
            "Captures of buyers who were there already, recorded in the window.",
            "window",
            self.figures.duplicates,
        )

    def _life(self) -> Iterable[GaugeMetricFamily]:
        up = {part.value: float(part not in self.figures.silent) for part in PROGRAMS}
        yield _labelled("up", "1 while the part of the engine shows life.", "part", up)
        yield _labelled("sign_of_life_age_seconds", "Since the last sign of life.", "of", self.figures.signs)

    def _alarms(self) -> Iterable[GaugeMetricFamily]:
        figures = self.figures
        late = GaugeMetricFamily(
            "handoff_alarm_lateness_seconds",
            "From due to fired, of the alarms of the window; quantile 1 is the worst.",
            labels=["window", "quantile"],
        )
        for window, lateness in figures.lateness.items():
            for quantile, value in (("0.5", lateness.p50), ("0.99", lateness.p99), ("1", lateness.worst)):
                if value is not None:
                    late.add_metric([window, quantile], value)
        yield late
        fired = {window: float(lateness.fired) for window, lateness in figures.lateness.items()}
        yield _labelled("alarms_fired", "Alarms of the window, superseded ones aside.", "window", fired)
        yield _gauge("alarms_overdue", "Alarms that are due and have not fired.", figures.overdue_alarms)
        yield _gauge("alarms_overdue_age_seconds", "Since the first of them was due.", figures.overdue_alarms_age)
        yield _gauge(
            "clocks_with_error", "Running clocks whose deadline cannot be computed.", figures.clocks_with_error
        )
        yield _gauge("pending_actions", "Alarms whose step action is still to be done.", figures.pending_actions)
        yield _gauge("pending_actions_age_seconds", "Since the first of them fired.", figures.pending_actions_age)

    def _outbox(self) -> Iterable[GaugeMetricFamily]:
        figures = self.figures
        yield _gauge("outbox_pending", "Messages to be sent, digests and quiet hours included.", figures.outbox_pending)
        yield _gauge("outbox_failing", "Messages to be sent that have failed before.", figures.outbox_failing)
        yield _gauge(
            "outbox_age_seconds", "Since the oldest that is due or has failed was written.", figures.outbox_age
        )
        yield _gauge("outbox_dead", "Messages that failed for good.", figures.outbox_dead)


def _gauge(name: str, words: str, value: float | None) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"handoff_{name}", words)
    if value is not None:
        family.add_metric([], value)
    return family


def _labelled(name: str, words: str, label: str, values: Mapping[str, float | None]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"handoff_{name}", words, labels=[label])
    for key, value in values.items():
        if value is not None:
            family.add_metric([key], value)
    return family
