package io.coppice.job.run;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Numbers in JSON, which knows no NaN. */
final class JsonNumbers {
  private JsonNumbers() {}

  /** Puts the value, or null where it is NaN or infinite. */
  static void putIfNumber(ObjectNode node, String key, double value) {
    if (Double.isFinite(value)) {
      node.put(key, value);
    } else {
      node.putNull(key);
    }
  }
}
