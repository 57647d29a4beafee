#!/usr/bin/env bash
# Prunes a model on a standalone Spark cluster. Workers do not limit memory outside the heap: leave room for it.
set -euo pipefail

# EDIT: the master, and paths that all workers see.
MASTER=spark://master:7077
MODEL=hdfs:///models/llama-7b
TEXT=hdfs:///text/c4
OUTPUT=hdfs:///models/llama-7b-sparse
JAR=coppice.jar

export OPENBLAS_NUM_THREADS=1 LC_ALL=C.UTF-8
# EDIT: sizes, as 'coppice plan' says. Give a worker's machine executor memory and off-heap memory for each executor.
spark-submit --class io.coppice.job.Coppice --master "$MASTER" --deploy-mode client \
  --total-executor-cores 32 --executor-cores 4 --executor-memory 8g --driver-memory 4g \
  --conf spark.executor.memoryOverhead=24g \
  --conf spark.executorEnv.OPENBLAS_NUM_THREADS=1 \
  --conf spark.task.maxFailures=8 \
  --conf spark.driver.extraJavaOptions=--add-modules=jdk.incubator.vector \
  --conf spark.executor.extraJavaOptions=--add-modules=jdk.incubator.vector \
  "$JAR" prune --model "$MODEL" --calibration "$TEXT" --output "$OUTPUT" --require-native
