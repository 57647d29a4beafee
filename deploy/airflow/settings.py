"""What the DAGs of this folder have in common. EDIT: all values."""

from pathlib import Path

MODEL = "s3a://bucket/models/llama-7b"
TEXT = "s3a://bucket/text/c4"
TEST_TEXT = "s3a://bucket/text/wikitext.jsonl"
# A name of its own for every run, the same for its retries: they go on where the try before stopped.
OUTPUT = "s3a://bucket/models/llama-7b-sparse-{{ ds_nodash }}"
# The sparse model may not be worse than this on TEST_TEXT; evaluate ends with exit code 4 then.
MAX_PERPLEXITY = "8.0"
JAR = "s3a://bucket/coppice.jar"
MAIN_CLASS = "io.coppice.job.Coppice"

# Sizes and other settings of Spark; the file goes along with this folder.
SPARK_PROPERTIES = Path(__file__).resolve().parent.parent / "spark.properties"
SPARK = dict(
    line.split("=", 1)
    for line in SPARK_PROPERTIES.read_text().splitlines()
    if line.startswith("spark")
)

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
