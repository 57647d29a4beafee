package io.coppice.kernel;

/** The forward of every kernel as plain double loops straight from the formula. */
final class Naive {
  private Naive() {}

  static double[] rmsNorm(double[] x, double[] weight, double epsilon) {
    int width = weight.length;
    double[] y = new double[x.length];
    for (int row = 0; row < x.length / width; row++) {
      double squares = 0;
      for (int j = 0; j < width; j++) {
        squares += x[row * width + j] * x[row * width + j];
      }
      for (int j = 0; j < width; j++) {
        y[row * width + j] = weight[j] * x[row * width + j] / Math.sqrt(squares / width + epsilon);
      }
    }
    return y;
  }

  static double[] layerNorm(double[] x, double[] weight, double[] bias, double epsilon) {
    int width = weight.length;
    double[] y = new double[x.length];
    for (int row = 0; row < x.length / width; row++) {
      double sum = 0;
      for (int j = 0; j < width; j++) {
        sum += x[row * width + j];
      }
      double mean = sum / width;
      double squares = 0;
      for (int j = 0; j < width; j++) {
        squares += (x[row * width + j] - mean) * (x[row * width + j] - mean);
      }
      double deviation = Math.sqrt(squares / width + epsilon);
      for (int j = 0; j < width; j++) {
        y[row * width + j] = weight[j] * (x[row * width + j] - mean) / deviation + bias[j];
      }
    }
    return y;
  }

  static double[] relu(double[] x) {
    double[] y = new double[x.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = x[i] > 0 ? x[i] : 0;
    }
    return y;
  }

  static double[] swiGlu(double[] gate, double[] up) {
    double[] y = new double[gate.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
    }
    return y;
  }

  static double[] rotary(double[] x, int width, int headSize, int sequenceLength, double theta) {
    double[] y = new double[x.length];
    int half = headSize / 2;
    for (int i = 0; i < x.length; i++) {
      int position = i / width % sequenceLength;
      int inHead = i % width % headSize;
      double angle = position * Math.pow(theta, -2.0 * (inHead % half) / headSize);
      double partner = inHead < half ? -x[i + half] : x[i - half];
      y[i] = x[i] * Math.cos(angle) + partner * Math.sin(angle);
    }
    return y;
  }

  /** The shape of an attention. */
  record Heads(
      int sequences,
      int sequenceLength,
      int heads,
      int keyValueHeads,
      int headSize,
      int slidingWindow) {
    int rows() {
      return sequences * sequenceLength;
    }

    int queryWidth() {
      return heads * headSize;
    }

    int keyWidth() {
      return keyValueHeads * headSize;
    }
  }

  static double[] attention(double[] query, double[] key, double[] value, Heads shape) {
    double[] output = new double[query.length];
    for (int row = 0; row < shape.rows(); row++) {
      for (int head = 0; head < shape.heads(); head++) {
        attendOne(query, key, value, shape, row, head, output);
      }
    }
    return output;
  }

  private static void attendOne(
      double[] query,
      double[] key,
      double[] value,
      Heads shape,
      int row,
      int head,
      double[] output) {
    int d = shape.headSize();
    int keyHead = head / (shape.heads() / shape.keyValueHeads());
    int first = row - row % shape.sequenceLength();
    double sum = 0;
    for (int other = Math.max(first, row - shape.slidingWindow() + 1); other <= row; other++) {
      double score = 0;
      for (int i = 0; i < d; i++) {
        score +=
            query[row * shape.queryWidth() + head * d + i]
                * key[other * shape.keyWidth() + keyHead * d + i];
      }
      double weight = Math.exp(score / Math.sqrt(d));
      sum += weight;
      for (int i = 0; i < d; i++) {
        output[row * shape.queryWidth() + head * d + i] +=
            weight * value[other * shape.keyWidth() + keyHead * d + i];
      }
    }
    for (int i = 0; i < d; i++) {
      output[row * shape.queryWidth() + head * d + i] /= sum;
    }
  }

  static double crossEntropy(double[] logits, int[] targets) {
    int width = logits.length / targets.length;
    double loss = 0;
    for (int row = 0; row < targets.length; row++) {
      if (targets[row] >= 0) {
        double sum = 0;
        for (int j = 0; j < width; j++) {
          sum += Math.exp(logits[row * width + j]);
        }
        loss += Math.log(sum) - logits[row * width + targets[row]];
      }
    }
    return loss;
  }

  /** The token at which the cumulative probabilities of a row pass a point; the last if none. */
  static int label(double[] logits, int offset, int width, double point) {
    double[] p = softmax(logits, offset, width);
    double sum = 0;
    for (int token = 0; token < width - 1; token++) {
      sum += p[token];
      if (sum > point) {
        return token;
      }
    }
    return width - 1;
  }

  static double kullbackLeibler(double[] target, double[] logits, int rows) {
    int width = logits.length / rows;
    double sum = 0;
    for (int row = 0; row < rows; row++) {
      double[] p = softmax(target, row * width, width);
      double[] q = softmax(logits, row * width, width);
      for (int j = 0; j < width; j++) {
        sum += p[j] * Math.log(p[j] / q[j]);
      }
    }
    return sum;
  }

  private static double[] softmax(double[] logits, int offset, int width) {
    double[] exponentials = new double[width];
    double sum = 0;
    for (int j = 0; j < width; j++) {
      exponentials[j] = Math.exp(logits[offset + j]);
      sum += exponentials[j];
    }
    for (int j = 0; j < width; j++) {
      exponentials[j] /= sum;
    }
    return exponentials;
  }
}
