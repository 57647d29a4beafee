#!/usr/bin/env bash
# Prunes a model on a standalone Spark cluster. Workers do not limit memory outside the heap: give a
# worker's machine executor memory and memory overhead for each executor.
set -euo pipefail

# EDIT: the master, the cores of all executors together, and paths that all workers see.
MASTER=spark://master:7077
CORES=32
MODEL=hdfs:///models/llama-7b
TEXT=hdfs:///text/c4
OUTPUT=hdfs:///models/llama-7b-sparse
JAR=coppice.jar

# Each by --conf: with --properties-file, the cluster's own spark-defaults.conf would not be read.
settings=()
while read -r setting; do
  settings+=(--conf "$setting")
done < <(grep '^spark' "$(dirname "${BASH_SOURCE[0]}")/../spark.properties")

export OPENBLAS_NUM_THREADS=1 LC_ALL=C.UTF-8
spark-submit --class io.coppice.job.Coppice --master "$MASTER" --deploy-mode client \
  "${settings[@]}" --total-executor-cores "$CORES" \
  "$JAR" prune --model "$MODEL" --calibration "$TEXT" --output "$OUTPUT" --require-native
