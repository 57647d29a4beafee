package io.coppice.job.calibration;

import io.coppice.job.text.ReadTotals;
import io.coppice.job.text.TextProblem;
import io.coppice.text.WindowRequest;
import io.coppice.text.WindowSample;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * The result of reading some parts of the text. Sent as bytes, which need no registration with
 * Kryo, and which Spark may keep, send and merge as it likes.
 */
sealed interface SamplingResult {
  /** The sample drawn from the parts, and the totals of the text that was read. */
  record Sampled(WindowSample sample, ReadTotals totals) implements SamplingResult {}

  /** The first problem in the parts. */
  record Failed(TextProblem problem) implements SamplingResult {}

  /** The result as bytes, for {@link #read}. */
  default byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream output = new DataOutputStream(bytes)) {
      output.writeBoolean(this instanceof Failed);
      if (this instanceof Sampled sampled) {
        sampled.totals().write(output);
        output.write(sampled.sample().toBytes());
      } else {
        ((Failed) this).problem().write(output);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static SamplingResult read(WindowRequest request, byte[] bytes) {
    try (DataInputStream input = new DataInputStream(new ByteArrayInputStream(bytes))) {
      if (input.readBoolean()) {
        return new Failed(TextProblem.read(input));
      }
      ReadTotals totals = ReadTotals.read(input);
      return new Sampled(WindowSample.read(request, input.readAllBytes()), totals);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Merges two results; of two problems the first in the order of files and places stays. */
  static SamplingResult merge(SamplingResult one, SamplingResult other) {
    if (one instanceof Failed first && other instanceof Failed second) {
      return new Failed(first.problem().orEarlier(second.problem()));
    }
    if (one instanceof Sampled first && other instanceof Sampled second) {
      first.sample().merge(second.sample());
      return new Sampled(first.sample(), first.totals().plus(second.totals()));
    }
    return one instanceof Failed ? one : other;
  }
}
