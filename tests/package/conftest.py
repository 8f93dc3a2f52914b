"""Hypothesis runs the same examples every time; the routine suite stays short."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "package",
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("package")
