"""What the DAGs of this folder have in common. EDIT: all values."""

MODEL = "s3a://bucket/models/llama-7b"
TEXT = "s3a://bucket/text/c4"
TEST_TEXT = "s3a://bucket/text/wikitext.jsonl"
# A name of its own for every run, the same for its retries: they go on where the try before stopped.
OUTPUT = "s3a://bucket/models/llama-7b-sparse-{{ ds_nodash }}"
# The sparse model may not be worse than this on TEST_TEXT; evaluate ends with exit code 4 then.
MAX_PERPLEXITY = "8.0"
JAR = "s3a://bucket/coppice.jar"
MAIN_CLASS = "io.coppice.job.Coppice"

# As `coppice plan` says for the model.
SPARK = {
    "spark.executor.instances": "8",
    "spark.executor.cores": "4",
    "spark.executor.memory": "8g",
    "spark.executor.memoryOverhead": "24g",
    "spark.driver.memory": "4g",
    "spark.task.maxFailures": "8",
    "spark.executorEnv.OPENBLAS_NUM_THREADS": "1",
    "spark.driver.extraJavaOptions": "--add-modules=jdk.incubator.vector",
    "spark.executor.extraJavaOptions": "--add-modules=jdk.incubator.vector",
}

PRUNE = ["prune", "--model", MODEL, "--calibration", TEXT, "--output", OUTPUT]
# A retry after a try that succeeded unnoticed has nothing to do.
PRUNE += ["--require-native", "--skip-finished"]
INSPECT = ["inspect", "--model", OUTPUT]
EVALUATE = ["evaluate", "--model", OUTPUT, "--text", TEST_TEXT, "--max-perplexity", MAX_PERPLEXITY]
STEPS = {"prune": PRUNE, "inspect": INSPECT, "evaluate": EVALUATE}


def submit_parameters():
    """The Spark settings as spark-submit takes them."""
    words = ["--class", MAIN_CLASS]
    for key, value in SPARK.items():
        words += ["--conf", f"{key}={value}"]
    return words
