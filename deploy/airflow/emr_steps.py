"""Prunes a model every week as steps of an EMR cluster, checks it, and only then publishes it."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.providers.amazon.aws.operators.emr import EmrAddStepsOperator

sys.path.insert(0, str(Path(__file__).parent))
import settings  # noqa: E402

# EDIT: the cluster.
JOB_FLOW_ID = "j-XXXXXXXXXXXXX"


def step(name, arguments):
    return EmrAddStepsOperator(
        task_id=name,
        job_flow_id=JOB_FLOW_ID,
        steps=[
            {
                "Name": f"coppice {name}",
                "ActionOnFailure": "CONTINUE",
                "HadoopJarStep": {
                    "Jar": "command-runner.jar",
                    "Args": ["spark-submit", "--deploy-mode", "cluster"]
                    + settings.submit_parameters()
                    + [settings.JAR]
                    + arguments,
                },
            }
        ],
        wait_for_completion=True,
        # 24 hours; the default gives up after 30 minutes.
        waiter_delay=60,
        waiter_max_attempts=1440,
    )


with DAG(
    dag_id="coppice_emr",
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
