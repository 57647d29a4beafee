"""Executes DAG files with stand-ins for Airflow and prints, as JSON, what each task would start.

The stand-ins accept exactly the arguments that the providers' operators have, and those of every
operator that the files use.
"""

import importlib.util
import json
import shlex
import sys
import types
from pathlib import Path

BASE = {"task_id"}
ARGUMENTS = {
    "SparkSubmitOperator": BASE
    | set(
        "application java_class application_args conf conn_id jars packages executor_cores"
        " executor_memory driver_memory num_executors total_executor_cores name properties_file"
        " deploy_mode yarn_queue env_vars keytab principal status_poll_interval verbose".split()
    ),
    "DataprocCreateBatchOperator": BASE
    | set(
        "project_id region batch batch_id request_id asynchronous deferrable"
        " polling_interval_seconds timeout gcp_conn_id".split()
    ),
    "EmrAddStepsOperator": BASE
    | set(
        "job_flow_id job_flow_name steps wait_for_completion waiter_delay waiter_max_attempts"
        " execution_role_arn deferrable".split()
    ),
    "EmrServerlessStartJobOperator": BASE
    | set(
        "application_id execution_role_arn job_driver configuration_overrides"
        " client_request_token wait_for_completion waiter_max_attempts waiter_delay deferrable"
        " cancel_on_kill".split()
    ),
    "EmptyOperator": BASE,
}
DAG_ARGUMENTS = set("dag_id schedule start_date catchup max_active_runs default_args".split())
MODULES = {
    "airflow.operators.empty": ["EmptyOperator"],
    "airflow.providers.apache.spark.operators.spark_submit": ["SparkSubmitOperator"],
    "airflow.providers.google.cloud.operators.dataproc": ["DataprocCreateBatchOperator"],
    "airflow.providers.amazon.aws.operators.emr": [
        "EmrAddStepsOperator",
        "EmrServerlessStartJobOperator",
    ],
}
DAY = 24 * 3600


class Dag:
    current = None

    def __init__(self, **arguments):
        assert set(arguments) <= DAG_ARGUMENTS, arguments
        assert arguments["schedule"] == "@weekly"
        assert arguments["max_active_runs"] == 1
        assert arguments["default_args"]["retries"] >= 1
        assert arguments["default_args"]["execution_timeout"].total_seconds() >= DAY
        self.tasks = []

    def __enter__(self):
        Dag.current = self
        return self

    def __exit__(self, *_):
        return False


def operator(name):
    class Operator:
        def __init__(self, **arguments):
            unknown = set(arguments) - ARGUMENTS[name]
            assert not unknown, f"{name} has no {unknown}"
            self.kind, self.arguments, self.after = name, arguments, []
            Dag.current.tasks.append(self)

        def __rshift__(self, other):
            other.after.append(self)
            return other

    return Operator


def started(task):
    """The main class, Spark's settings and Coppice's arguments of a task."""
    a = task.arguments
    if task.kind == "SparkSubmitOperator":
        return a["java_class"], a["conf"], a["application_args"]
    if task.kind == "DataprocCreateBatchOperator":
        assert 1440 * 60 <= a["timeout"]
        batch = a["batch"]["spark_batch"]
        return batch["main_class"], a["batch"]["runtime_config"]["properties"], batch["args"]
    assert a["wait_for_completion"] and DAY <= a["waiter_delay"] * a["waiter_max_attempts"]
    if task.kind == "EmrAddStepsOperator":
        words = a["steps"][0]["HadoopJarStep"]["Args"]
        jar = next(i for i, word in enumerate(words) if word.endswith("coppice.jar"))
        return *submit(words[1:jar]), words[jar + 1 :]
    spark = a["job_driver"]["sparkSubmit"]
    return *submit(shlex.split(spark["sparkSubmitParameters"])), spark["entryPointArguments"]


def submit(words):
    conf, main = {}, None
    for flag, value in zip(words, words[1:]):
        if flag == "--class":
            main = value
        if flag == "--conf":
            key, _, conf[key.strip()] = value.partition("=")
    return main, conf


def execute(file):
    spec = importlib.util.spec_from_file_location(file.stem, file)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    tasks = Dag.current.tasks
    for earlier, later in zip(tasks, tasks[1:]):
        assert later.after == [earlier], f"{file}: tasks are in a row"
    assert tasks[-1].arguments["task_id"] == "publish"
    return [
        dict(zip(("task", "main", "conf", "arguments"), (t.arguments["task_id"], *started(t))))
        for t in tasks[:-1]
    ]


def main():
    sys.dont_write_bytecode = True
    airflow = types.ModuleType("airflow")
    airflow.DAG = Dag
    sys.modules["airflow"] = airflow
    for name, operators in MODULES.items():
        module = types.ModuleType(name)
        for each in operators:
            setattr(module, each, operator(each))
        sys.modules[name] = module
    print(json.dumps({file: execute(Path(file)) for file in sys.argv[1:]}))


main()
