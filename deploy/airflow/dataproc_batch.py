"""Prunes a model every week as Dataproc batches, checks it, and only then publishes it."""

import sys
from pathlib import Path

from airflow.providers.google.cloud.operators.dataproc import DataprocCreateBatchOperator

sys.path.insert(0, str(Path(__file__).parent))
import settings  # noqa: E402
import weekly  # noqa: E402

# EDIT: project and region.
PROJECT = "project"
REGION = "europe-west4"
# EDIT: within what a batch may have, which is less than the shared setting.
SPARK = {**settings.SPARK, "spark.executor.memoryOverhead": "20g"}


def step(name, arguments):
    return DataprocCreateBatchOperator(
        task_id=name,
        project_id=PROJECT,
        region=REGION,
        # A retry is a batch of its own: one with the id of a failed batch would only find that one.
        batch_id=f"coppice-{name}-" + "{{ ds_nodash }}-{{ task_instance.try_number }}",
        batch={
            "spark_batch": {
                "main_class": settings.MAIN_CLASS,
                "jar_file_uris": [settings.JAR],
                "args": arguments,
            },
            "runtime_config": {"version": "1.2", "properties": SPARK},
            "environment_config": {"execution_config": {"ttl": "86400s"}},
        },
        timeout=86400.0,
        deferrable=True,
        polling_interval_seconds=60,
    )


dag = weekly.weekly("coppice_dataproc", step)
