#!/usr/bin/env bash
# Prunes a model on YARN. Started again with the same settings, it goes on where it stopped.
set -euo pipefail

# EDIT: where things are.
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
spark-submit --class io.coppice.job.Coppice --master yarn --deploy-mode cluster "${settings[@]}" \
  --conf spark.yarn.appMasterEnv.OPENBLAS_NUM_THREADS=1 \
  --conf spark.yarn.appMasterEnv.LC_ALL=C.UTF-8 \
  --conf spark.yarn.maxAppAttempts=2 \
  "$JAR" prune --model "$MODEL" --calibration "$TEXT" --output "$OUTPUT" --require-native
