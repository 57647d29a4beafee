"""Prunes a model every week on EMR Serverless, checks it, and only then publishes it."""

import sys
from pathlib import Path

from airflow.providers.amazon.aws.operators.emr import EmrServerlessStartJobOperator

sys.path.insert(0, str(Path(__file__).parent))
import settings  # noqa: E402
import weekly  # noqa: E402

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


dag = weekly.weekly("coppice_emr_serverless", step)
