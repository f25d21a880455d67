"""The stage: merge small files of the dataset, as one new snapshot."""

from pathlib import Path

from tasks.publish.partition import Report
from tasks.publish.partition import compact as merge
from tasks.store.options import CompactOptions


def run(partition: str, data: Path, config: Path, run_id: str, options: CompactOptions) -> Report:
    """Merge the files of the days before `options.before` by month.

    Raises:
        ContractError: nothing is published, or rows broke the contract.
        EnvironmentFault: disk, folder or lock; the snapshot before stays current.
    """
    del partition, config  # the whole dataset, and every choice is in the options
    return merge(data, run_id, before=options.before, wait_s=options.lock_wait_s)
