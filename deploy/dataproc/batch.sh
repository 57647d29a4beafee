#!/usr/bin/env bash
# Prunes a model as a serverless Dataproc batch; runtime 1.2 has Spark 3.5, Java 17 and Scala 2.12.
set -euo pipefail

# EDIT: region, and where things are.
REGION=europe-west4
JAR=gs://bucket/coppice.jar
MODEL=gs://bucket/models/llama-7b
TEXT=gs://bucket/text/c4
OUTPUT=gs://bucket/models/llama-7b-sparse

# EDIT: sizes, as 'coppice plan' says, within what a batch may have.
properties=(
  spark.executor.instances=8
  spark.executor.cores=4
  spark.executor.memory=8g
  spark.executor.memoryOverhead=20g
  spark.driver.memory=4g
  spark.dynamicAllocation.enabled=false
  spark.task.maxFailures=8
  spark.executorEnv.OPENBLAS_NUM_THREADS=1
  spark.dataproc.driverEnv.LC_ALL=C.UTF-8
  spark.driver.extraJavaOptions=--add-modules=jdk.incubator.vector
  spark.executor.extraJavaOptions=--add-modules=jdk.incubator.vector
)
joined=$(IFS=,; printf '%s' "${properties[*]}")

gcloud dataproc batches submit spark --region "$REGION" --version 1.2 --ttl 24h \
  --class io.coppice.job.Coppice --jars "$JAR" --properties "$joined" -- \
  prune --model "$MODEL" --calibration "$TEXT" --output "$OUTPUT" --require-native
