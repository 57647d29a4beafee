#!/usr/bin/env bash
# Prunes a model on a Dataproc cluster whose image has Java 17.
set -euo pipefail

# EDIT: cluster, region, and where things are. Secondary workers may be spot; primary ones hold HDFS and the driver.
CLUSTER=coppice
REGION=europe-west4
JAR=gs://bucket/coppice.jar
MODEL=gs://bucket/models/llama-7b
TEXT=gs://bucket/text/c4
OUTPUT=gs://bucket/models/llama-7b-sparse

# EDIT: sizes, as 'coppice plan' says.
properties=(
  spark.executor.instances=8
  spark.executor.cores=4
  spark.executor.memory=8g
  spark.executor.memoryOverhead=24g
  spark.driver.memory=4g
  spark.dynamicAllocation.enabled=false
  spark.task.maxFailures=8
  spark.executorEnv.OPENBLAS_NUM_THREADS=1
  spark.yarn.appMasterEnv.OPENBLAS_NUM_THREADS=1
  spark.yarn.appMasterEnv.LC_ALL=C.UTF-8
  spark.driver.extraJavaOptions=--add-modules=jdk.incubator.vector
  spark.executor.extraJavaOptions=--add-modules=jdk.incubator.vector
)
joined=$(IFS=,; printf '%s' "${properties[*]}")

gcloud dataproc jobs submit spark --cluster "$CLUSTER" --region "$REGION" \
  --class io.coppice.job.Coppice --jars "$JAR" --properties "$joined" --max-failures-per-hour 3 -- \
  prune --model "$MODEL" --calibration "$TEXT" --output "$OUTPUT" --require-native
