"""Prunes a model every week as steps of an EMR cluster, checks it, and only then publishes it."""

import sys
from pathlib import Path

from airflow.providers.amazon.aws.operators.emr import EmrAddStepsOperator

sys.path.insert(0, str(Path(__file__).parent))
import settings  # noqa: E402
import weekly  # noqa: E402

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


dag = weekly.weekly("coppice_emr", step)
