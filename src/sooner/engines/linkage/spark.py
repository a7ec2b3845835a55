"""Splink on Apache Spark: the same model and the same pairs as on one machine, for runs of more than one machine.

Needs the `spark` extra and Java. A table that a run makes is written as Parquet and read again, so that no
step is computed twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

LOCAL_PARTITIONS = 2


class Spark:
    """A Spark session that Splink drives. `folder`: where every machine of the session can write; its owner empties it."""

    dialect = "spark"

    def __init__(self, session: Any, *, folder: str) -> None:
        self.session, self.folder = session, folder
        self._numbers = count()
        session.sparkContext.setCheckpointDir(f"{folder}/checkpoints")

    def api(self) -> Any:
        import splink

        # The model's conditions are Spark's own functions: the Scala ones that Splink brings are not needed.
        made: Any = splink.SparkAPI  # untyped
        return made(spark_session=self.session, register_udfs_automatically=False)

    def load(self, name: str, table: Any) -> None:
        """A table from Arrow data or from the path of Parquet files."""
        read = self.session.read.parquet if isinstance(table, str) else self.session.createDataFrame
        read(table).createOrReplaceTempView(name)

    def run(self, sql: str, *, name: str = "") -> None:
        """Run a statement, or keep a query's rows as the table `name`."""
        found = self.session.sql(sql)
        if name:
            path = f"{self.folder}/tables/{name}-{next(self._numbers)}"
            found.write.parquet(path)
            self.session.read.parquet(path).createOrReplaceTempView(name)

    def fetch(self, sql: str) -> pa.Table:
        found: pa.Table = self.session.sql(sql).toArrow()
        return found


@contextmanager
def local(*, cores: int = 2, memory: str = "1g") -> Iterator[Spark]:
    """Spark on this machine alone, heard only on its loopback; it ends, and its files go, with the block."""
    with (
        TemporaryDirectory() as folder,
        _session(f"local[{cores}]", folder, _local_settings(folder, memory)) as made,
    ):
        yield made


@contextmanager
def cluster(master: str, *, folder: str) -> Iterator[Spark]:
    """A cluster, by its master's address (`spark://…`, `yarn`, `k8s://…`); `folder`: where all its machines read and write. What
    the run writes there stays until somebody empties it. Other settings come from `spark-defaults.conf`."""
    with _session(master, folder, {"sql.session.timeZone": "UTC"}) as made:
        yield made


@contextmanager
def _session(master: str, folder: str, settings: dict[str, str]) -> Iterator[Spark]:
    from pyspark.sql import SparkSession

    builder: Any = SparkSession.builder
    for name, value in settings.items():
        builder = builder.config(f"spark.{name}", value)
    session = builder.master(master).appName("sooner-linkage").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield Spark(session, folder=folder)
    finally:
        session.stop()


def _local_settings(folder: str, memory: str) -> dict[str, str]:
    return {
        "driver.bindAddress": "127.0.0.1",
        "driver.host": "127.0.0.1",
        "driver.memory": memory,
        "local.dir": f"{folder}/local",
        "sql.shuffle.partitions": str(LOCAL_PARTITIONS),
        "sql.session.timeZone": "UTC",
        "sql.warehouse.dir": f"{folder}/warehouse",
        "ui.enabled": "false",
        "ui.showConsoleProgress": "false",
    }
