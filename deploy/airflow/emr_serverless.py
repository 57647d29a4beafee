"""Prunes a model every week on EMR Serverless, checks it, and only then publishes it."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.providers.amazon.aws.operators.emr import EmrServerlessStartJobOperator

sys.path.insert(0, str(Path(__file__).parent))
import settings  # noqa: E402

# EDIT: application and role.
APPLICATION_ID = "application"
ROLE = "arn:aws:iam::000000000000:role/coppice"


def step(name, arguments):
    return EmrServerlessStartJobOperator(
        task_id=name,
        application_id=APPLICATION_ID,
        execution_role_arn=ROLE,
        job_driver={
            "sparkSubmit": {
                "entryPoint": settings.JAR,
                "entryPointArguments": arguments,
                "sparkSubmitParameters": " ".join(settings.submit_parameters()),
            }
        },
        configuration_overrides={},
        wait_for_completion=True,
        # 24 hours; the default gives up after 25 minutes.
        waiter_delay=60,
        waiter_max_attempts=1440,
    )


with DAG(
    dag_id="coppice_emr_serverless",
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
