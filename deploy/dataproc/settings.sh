# shellcheck shell=bash disable=SC2034
# What both scripts of this folder share; they read it.

# EDIT: region, and where things are.
REGION=europe-west4
JAR=gs://bucket/coppice.jar
MODEL=gs://bucket/models/llama-7b
TEXT=gs://bucket/text/c4
OUTPUT=gs://bucket/models/llama-7b-sparse

# Prints the shared Spark settings as gcloud's --properties has them. Settings that are given are
# added, or take the place of the shared one of the same name.
joined_properties() {
  local shared
  shared="$(dirname "${BASH_SOURCE[0]}")/../spark.properties"
  { grep '^spark' "$shared" && printf '%s\n' "$@"; } | awk -F= '
    !($1 in setting) { names[++count] = $1 }
    { setting[$1] = $0 }
    END { for (i = 1; i <= count; i++) printf "%s%s", (i > 1 ? "," : ""), setting[names[i]] }'
}
