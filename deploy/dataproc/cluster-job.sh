#!/usr/bin/env bash
# Prunes a model on a Dataproc cluster whose image has Java 17.
set -euo pipefail
# shellcheck source=/dev/null
source "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

# EDIT: the cluster. Secondary workers may be spot; primary ones hold HDFS and the driver.
CLUSTER=coppice

properties=$(joined_properties \
  spark.yarn.appMasterEnv.OPENBLAS_NUM_THREADS=1 \
  spark.yarn.appMasterEnv.LC_ALL=C.UTF-8)

gcloud dataproc jobs submit spark --cluster "$CLUSTER" --region "$REGION" \
  --class io.coppice.job.Coppice --jars "$JAR" --properties "$properties" \
  --max-failures-per-hour 3 -- \
  prune --model "$MODEL" --calibration "$TEXT" --output "$OUTPUT" --require-native
