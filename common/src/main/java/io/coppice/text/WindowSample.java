package io.coppice.text;

import io.coppice.failure.InvalidDataException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/**
 * Chooses calibration windows from any number of documents, in any order and in any number of parts
 * that are merged: the result depends on the documents and the seed alone.
 *
 * <p>A document's key is the SHA-256 of the seed and its text; documents are used in the order of
 * their keys, and equal documents count once. Without {@code pack}, a document of more than T
 * tokens (with those that the tokenizer adds) gives one window of T tokens, whose start is drawn
 * uniformly from [0, length − T), as is common for this method, or is 0 where beginnings are
 * wanted: the first N windows calibrate, the next M are held out. With {@code pack}, documents of
 * up to T tokens are taken whole and longer ones are cut into pieces of T tokens, which take turns:
 * one piece of every document, chosen by the seed, before a second one of any. They are joined into
 * a stream and cut into N windows; the M held-out windows begin with the next piece, so that no
 * document is on both sides while there are enough documents.
 *
 * <p>Only excerpts that may still be needed are kept, about 2 (N + M) T tokens at most, and a
 * document that comes too late in the order is not even tokenized.
 */
public final class WindowSample {
  private static final int KEY_BYTES = 32;

  private final WindowRequest request;
  private final TreeSet<Excerpt> excerpts = new TreeSet<>();
  private long tokens;
  private long documents;

  /** Whether the excerpts suffice; if so, none after the last of them is of use. */
  private boolean complete;

  public WindowSample(WindowRequest request) {
    this.request = request;
  }

  /** Offers one document. The encoder is called only if the document may be chosen. */
  public void add(String text, TextEncoder encoder) {
    if (text.isBlank()) {
      return;
    }
    documents++;
    byte[] key = key(text);
    if (complete && new Excerpt(0, key, new int[0]).compareTo(excerpts.last()) > 0) {
      return;
    }
    int[] ids = encoder.encode(text);
    if (request.pack()) {
      addPieces(key, ids);
    } else if (ids.length > request.sequenceLength()) {
      long choices = ids.length - request.sequenceLength();
      int start =
          request.cut() == WindowRequest.Cut.BEGINNING
              ? 0
              : (int) Long.remainderUnsigned(drawBits(key), choices);
      add(0, key, Arrays.copyOfRange(ids, start, start + request.sequenceLength()));
    }
    dropUnneeded();
  }

  /** Adds all that {@code other}, a sample for the same request of other documents, holds. */
  public void merge(WindowSample other) {
    documents += other.documents;
    for (Excerpt excerpt : other.excerpts) {
      add(excerpt.round(), excerpt.documentKey(), excerpt.tokens());
    }
    dropUnneeded();
  }

  /**
   * The windows.
   *
   * @param source the name of the text in the message when there is too little of it
   * @throws InvalidDataException if the documents do not suffice
   */
  public CalibrationWindows windows(String source) {
    List<Excerpt> ordered = new ArrayList<>(excerpts);
    int calibrationEnd = fill(ordered, 0, request.samples());
    int heldOut = request.heldOut();
    int heldOutEnd = heldOutEnd(ordered, calibrationEnd);
    while (calibrationEnd >= 0 && heldOutEnd < 0 && heldOut > request.heldOutAtLeast()) {
      heldOut--;
      heldOutEnd = fill(ordered, calibrationEnd, heldOut);
    }
    if (heldOutEnd < 0) {
      throw tooLittle(source);
    }
    return new CalibrationWindows(
        cut(ordered.subList(0, calibrationEnd), request.samples()),
        cut(ordered.subList(calibrationEnd, heldOutEnd), heldOut));
  }

  private byte[] key(String text) {
    MessageDigest digest = Sha256.digest();
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, request.seed()));
    return digest.digest(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Bits for draws within a document, other than those that decide the order of documents. */
  private static long drawBits(byte[] key) {
    return ByteBuffer.wrap(key).getLong(KEY_BYTES - Long.BYTES);
  }

  private void addPieces(byte[] key, int[] ids) {
    int length = request.sequenceLength();
    int pieces = Math.max(1, (int) (((long) ids.length + length - 1) / length));
    int[] order = new int[pieces];
    // java.util.Random, because its sequence is specified and the same everywhere.
    Random random = new Random(drawBits(key));
    for (int i = 0; i < pieces; i++) {
      int other = random.nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    for (int round = 0; round < pieces; round++) {
      int start = order[round] * length;
      add(round, key, Arrays.copyOfRange(ids, start, Math.min(ids.length, start + length)));
    }
  }

  private void add(int round, byte[] key, int[] excerptTokens) {
    if (excerpts.add(new Excerpt(round, key, excerptTokens))) {
      tokens += excerptTokens.length;
    }
  }

  /**
   * Excerpts are dropped only when there are twice too many, which makes the cost per document
   * constant.
   */
  private void dropUnneeded() {
    if (tokens >= 2L * request.windows() * request.sequenceLength()) {
      drop();
    }
  }

  private void drop() {
    List<Excerpt> ordered = new ArrayList<>(excerpts);
    int end = heldOutEnd(ordered, fill(ordered, 0, request.samples()));
    if (end >= 0) {
      complete = true;
      for (Excerpt late : ordered.subList(end, ordered.size())) {
        excerpts.remove(late);
        tokens -= late.tokens().length;
      }
    }
  }

  private int heldOutEnd(List<Excerpt> ordered, int calibrationEnd) {
    return calibrationEnd < 0 ? -1 : fill(ordered, calibrationEnd, request.heldOut());
  }

  /** The end of the shortest run of excerpts from {@code begin} that fills windows, or −1. */
  private int fill(List<Excerpt> ordered, int begin, int windows) {
    long missing = (long) windows * request.sequenceLength();
    int end = begin;
    while (missing > 0 && end < ordered.size()) {
      missing -= ordered.get(end++).tokens().length;
    }
    return missing > 0 ? -1 : end;
  }

  private int[][] cut(List<Excerpt> run, int windows) {
    int[][] result = new int[windows][request.sequenceLength()];
    Iterator<Excerpt> rest = run.iterator();
    int[] source = new int[0];
    int used = 0;
    for (int[] window : result) {
      int filled = 0;
      while (filled < window.length) {
        if (used == source.length) {
          source = rest.next().tokens();
          used = 0;
        }
        int count = Math.min(window.length - filled, source.length - used);
        System.arraycopy(source, used, window, filled, count);
        filled += count;
        used += count;
      }
    }
    return result;
  }

  private InvalidDataException tooLittle(String source) {
    if (documents == 0) {
      return new InvalidDataException(
          "There is no text in " + source + ": give documents that are not empty.");
    }
    if (request.cut() == WindowRequest.Cut.BEGINNING) {
      return new InvalidDataException(
          "%d beginnings of %d tokens are wanted, but of the %d documents of %s only %d different ones are longer than that: give more text, or lower --samples, --drop-perplexity or --prefix-tokens."
              .formatted(
                  request.samples(), request.sequenceLength(), documents, source, excerpts.size()));
    }
    String wanted =
        "%d windows of %d tokens are wanted (%d to calibrate, %d held out), but "
            .formatted(
                request.samples() + request.heldOutAtLeast(),
                request.sequenceLength(),
                request.samples(),
                request.heldOutAtLeast());
    if (request.pack()) {
      return new InvalidDataException(
          wanted
              + "the %d documents of %s fill fewer, with %d tokens: give more text, or lower --samples or --sequence-length."
                  .formatted(documents, source, tokens));
    }
    return new InvalidDataException(
        wanted
            + ("of the %d documents of %s only %d different ones are longer than that: give more text,"
                    + " lower --samples or --sequence-length, or join short documents with --pack.")
                .formatted(documents, source, excerpts.size()));
  }

  /** This sample as bytes, for {@link #read}. */
  public byte[] toBytes() {
    drop();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream output = new DataOutputStream(bytes)) {
      output.writeLong(documents);
      output.writeBoolean(complete);
      output.writeInt(excerpts.size());
      for (Excerpt excerpt : excerpts) {
        output.writeInt(excerpt.round());
        output.write(excerpt.documentKey());
        output.writeInt(excerpt.tokens().length);
        ByteBuffer ids = ByteBuffer.allocate(Integer.BYTES * excerpt.tokens().length);
        ids.asIntBuffer().put(excerpt.tokens());
        output.write(ids.array());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** The sample that {@link #toBytes} wrote, for the same request. */
  public static WindowSample read(WindowRequest request, byte[] bytes) {
    WindowSample sample = new WindowSample(request);
    try (DataInputStream input = new DataInputStream(new ByteArrayInputStream(bytes))) {
      sample.documents = input.readLong();
      sample.complete = input.readBoolean();
      int count = input.readInt();
      for (int i = 0; i < count; i++) {
        int round = input.readInt();
        byte[] key = input.readNBytes(KEY_BYTES);
        int[] ids = new int[input.readInt()];
        ByteBuffer.wrap(input.readNBytes(Integer.BYTES * ids.length)).asIntBuffer().get(ids);
        sample.add(round, key, ids);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return sample;
  }
}
