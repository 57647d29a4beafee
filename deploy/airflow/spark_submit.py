"""Prunes a model every week on the cluster of a Spark connection, checks it, and only then publishes it."""

import sys
from pathlib import Path

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator

sys.path.insert(0, str(Path(__file__).parent))
import settings  # noqa: E402
import weekly  # noqa: E402


def step(name, arguments):
    return SparkSubmitOperator(
        task_id=name,
        conn_id="spark_default",
        application=settings.JAR,
        java_class=settings.MAIN_CLASS,
        name=f"coppice-{name}",
        conf=settings.SPARK,
        env_vars={"OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"},
        application_args=arguments,
    )


dag = weekly.weekly("coppice_spark_submit", step)
