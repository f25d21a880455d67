"""Which library each engine needs, without importing it or Prefect."""

from importlib.util import find_spec
from typing import Final

from tasks.errors import EnvironmentFault
from tasks.settings import Work

EXTRAS: Final = {"dask": "prefect_dask", "ray": "prefect_ray"}
"""Engine -> the module that brings Prefect's task runner for it."""


def require(work: Work) -> None:
    """Return if the engine of the settings can be had.

    Raises:
        EnvironmentFault: its library is not installed; says which, and what else would do.
    """
    module = EXTRAS.get(work.engine)
    if module is None or find_spec(module):
        return
    name = module.replace("_", "-")
    raise EnvironmentFault(
        f"work.engine is {work.engine}, and {name} is not installed: install it beside cleancopy "
        f"(pip install {name}), or set work.engine: local in pipeline.yaml"
    )
