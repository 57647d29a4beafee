#!/usr/bin/env bash
# Prunes a model on YARN. Started again with the same settings, it goes on where it stopped.
set -euo pipefail

# EDIT: where things are.
MODEL=hdfs:///models/llama-7b
TEXT=hdfs:///text/c4
OUTPUT=hdfs:///models/llama-7b-sparse
JAR=coppice.jar

export OPENBLAS_NUM_THREADS=1 LC_ALL=C.UTF-8
# EDIT: sizes, as 'coppice plan' says for your model. memoryOverhead is where weights are trained.
# Executors may be lost (spot, preemption): their tasks are then tried anew.
spark-submit --class io.coppice.job.Coppice --master yarn --deploy-mode cluster \
  --num-executors 8 --executor-cores 4 --executor-memory 8g --driver-memory 4g \
  --conf spark.executor.memoryOverhead=24g \
  --conf spark.executorEnv.OPENBLAS_NUM_THREADS=1 \
  --conf spark.yarn.appMasterEnv.OPENBLAS_NUM_THREADS=1 \
  --conf spark.yarn.appMasterEnv.LC_ALL=C.UTF-8 \
  --conf spark.task.maxFailures=8 \
  --conf spark.yarn.maxAppAttempts=2 \
  --conf spark.driver.extraJavaOptions=--add-modules=jdk.incubator.vector \
  --conf spark.executor.extraJavaOptions=--add-modules=jdk.incubator.vector \
  "$JAR" prune --model "$MODEL" --calibration "$TEXT" --output "$OUTPUT" --require-native
