#!/usr/bin/env bash
# Prunes a model as a serverless Dataproc batch; runtime 1.2 has Spark 3.5, Java 17 and Scala 2.12.
set -euo pipefail
# shellcheck source=/dev/null
source "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

# EDIT: within what a batch may have, which is less than the shared setting.
properties=$(joined_properties \
  spark.executor.memoryOverhead=20g \
  spark.dataproc.driverEnv.LC_ALL=C.UTF-8)

gcloud dataproc batches submit spark --region "$REGION" --version 1.2 --ttl 24h \
  --class io.coppice.job.Coppice --jars "$JAR" --properties "$properties" -- \
  prune --model "$MODEL" --calibration "$TEXT" --output "$OUTPUT" --require-native
