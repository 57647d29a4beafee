"""The shape that all DAGs of this folder have: prune, check, publish, every week."""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.empty import EmptyOperator

import settings


def weekly(dag_id, step):
    """A DAG of the steps in a row; step makes the task of a name and Coppice's arguments."""
    with DAG(
        dag_id=dag_id,
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
    return dag
