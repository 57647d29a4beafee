"""Prunes a model every week on the cluster of a Spark connection, checks it, and only then publishes it."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator

sys.path.insert(0, str(Path(__file__).parent))
import settings  # noqa: E402


def step(name, arguments):
    return SparkSubmitOperator(
        task_id=name,
        conn_id="spark_default",
        application=settings.JAR,
        java_class=settings.MAIN_CLASS,
        name=f"coppice-{name}",
        conf=settings.SPARK,
        env_vars={"OPENBLAS_NUM_THREADS": "1"},
        application_args=arguments,
    )


with DAG(
    dag_id="coppice_spark_submit",
    schedule="@weekly",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={
        "retries": 3,
        "retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(hours=24),
    },
) as dag:
    previous = None
    for name, arguments in settings.STEPS.items():
        task = step(name, arguments)
        if previous is not None:
            previous >> task
        previous = task
    # EDIT: what makes the checked model the one that is served.
    previous >> EmptyOperator(task_id="publish")
