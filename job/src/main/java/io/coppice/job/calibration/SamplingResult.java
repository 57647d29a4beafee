package io.coppice.job.calibration;

import io.coppice.text.WindowRequest;
import io.coppice.text.WindowSample;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * What reading a part of the text came to, as bytes: those need no registration with Kryo, and
 * Spark may keep, send and merge them as it likes.
 */
sealed interface SamplingResult {
  /** The part's sample. */
  record Sampled(WindowSample sample) implements SamplingResult {}

  /** The first problem in the part. */
  record Failed(TextProblem problem) implements SamplingResult {}

  /** For {@link #read}. */
  default byte[] toBytes() {
    if (this instanceof Sampled sampled) {
      byte[] sample = sampled.sample().toBytes();
      byte[] bytes = new byte[sample.length + 1];
      System.arraycopy(sample, 0, bytes, 1, sample.length);
      return bytes;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream output = new DataOutputStream(bytes)) {
      output.writeBoolean(true);
      ((Failed) this).problem().write(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static SamplingResult read(WindowRequest request, byte[] bytes) {
    try (DataInputStream input = new DataInputStream(new ByteArrayInputStream(bytes))) {
      return input.readBoolean()
          ? new Failed(TextProblem.read(input))
          : new Sampled(WindowSample.read(request, input.readAllBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Both parts as one: of problems the first in the order of files and places. */
  static SamplingResult merge(SamplingResult one, SamplingResult other) {
    if (one instanceof Failed first && other instanceof Failed second) {
      return TextProblem.BY_PLACE.compare(first.problem(), second.problem()) <= 0 ? one : other;
    }
    if (one instanceof Sampled first && other instanceof Sampled second) {
      first.sample().merge(second.sample());
      return first;
    }
    return one instanceof Failed ? one : other;
  }
}
