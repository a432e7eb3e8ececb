"""The probe ``metrics``: the value of a series in Prometheus' text format, against bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Meta, Struct, field
from msgspec.structs import replace

from pytest_platform.module.forms import Text
from pytest_platform.probes import http
from pytest_platform.probes.kind import ProbeKind, Target
from pytest_platform.probes.matchers import Bounds, Matchers, Unseen, out_of_bounds, shown
from pytest_platform.probes.network.names import Port, Service, Timeout, Url, UrlPath
from pytest_platform.verdict import Finding

CODE = "probe.metrics"

_MOST = 10
"""Series that are told of one probe."""

_FORMAT = "text/plain;version=0.0.4"


class Metrics(Bounds, frozen=True, kw_only=True):
    """Ask for metrics; every series of the name and labels must be within the bounds.

    No such series at all fails.
    """

    series: Annotated[
        Text, Meta(description="The name of the series.", examples=["minio_cluster_health_status"])
    ]
    labels: Annotated[
        dict[Text, str],
        Meta(
            description="Labels that the series has; it may have more.",
            examples=[{"drive": "/data"}],
        ),
    ] = field(default_factory=dict)
    service: Service = None
    port: Annotated[
        Port | None, Meta(description="The container's port; default: 80.", examples=[9100])
    ] = None
    path: Annotated[UrlPath, Meta(description="Where the metrics are.", examples=["/metrics"])] = (
        "/metrics"
    )
    url: Annotated[
        Url | None,
        Meta(
            description=(
                "A whole address in place of service, port and path, as the module's host sees it."
            ),
            examples=["http://192.0.2.10:9100/metrics"],
        ),
    ] = None
    timeout: Timeout = "10s"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.request()

    def request(self) -> http.Http:
        """Return the request for the metrics.

        Raises:
            ValueError: a whole address and parts of one are given.
        """
        path = "/" if self.url is not None and self.path == "/metrics" else self.path
        return http.Http(
            service=self.service,
            port=self.port,
            path=path,
            url=self.url,
            request_headers={"Accept": _FORMAT},
            body=Matchers(matches=r"\S"),
            timeout=self.timeout,
        )

    def services(self) -> list[str]:
        """Name the services that have to be seen, beside the module's own."""
        return [self.service] if self.service else []


class Sample(Struct, frozen=True):
    """One line of the answer."""

    name: str
    labels: Mapping[str, str]
    value: float

    def __str__(self) -> str:
        inside = ",".join(f'{name}="{value}"' for name, value in self.labels.items())
        return f"{self.name}{{{inside}}}" if inside else self.name


def observe(spec: Metrics, target: Target) -> http.HttpObserved:
    """Ask once, as the probe http does."""
    return http.observe(spec.request(), target)


def judge(spec: Metrics, seen: http.HttpObserved) -> list[Finding]:
    """Compare the answer first, then the series in it.

    Raises:
        Unseen: the answer is too long to be read whole, and what was read is well.
    """
    request = replace(spec.request(), body=None)
    if found := http.judge(request, seen):
        return found
    answer = seen.answer
    text = answer.body.rpartition("\n")[0] if answer.cut else answer.body
    try:
        samples = [one for one in _samples(text) if _meant(spec, one)]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        message = f"what came is not in Prometheus' text format: {error or 'a line has no end'}"
        return [Finding(CODE, message, "Prometheus' text format", shown(text))]
    findings = [finding for one in samples for finding in _judge(spec, one)][:_MOST]
    if answer.cut and not findings:
        message = f"there are more metrics than are read, so not all of {spec.series} were seen"
        raise Unseen(message)
    return findings if samples else [_missing(spec)]


def _samples(text: str) -> Iterator[Sample]:
    from prometheus_client.parser import text_string_to_metric_families

    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield Sample(sample.name, sample.labels, float(sample.value))


def _meant(spec: Metrics, sample: Sample) -> bool:
    return sample.name == spec.series and spec.labels.items() <= sample.labels.items()


def _judge(spec: Metrics, sample: Sample) -> list[Finding]:
    found = out_of_bounds(spec, sample.value, code=CODE, what=str(sample))
    actual = f"{sample.value:.17g}"
    return [Finding(one.code, f"{one.message}: {actual}", one.expected, actual) for one in found]


def _missing(spec: Metrics) -> Finding:
    wanted = str(Sample(spec.series, spec.labels, 0))
    return Finding(CODE, f"there is no series {wanted}", wanted, "no such series")


KIND = ProbeKind(Metrics, observe, judge, Metrics.services)
