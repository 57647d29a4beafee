package io.coppice.checkpoint;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Reads tensors whose elements do not lie one after the other, such as transposed ones, by bands of
 * whole slices along the first dimension. A band takes at most {@link #MOST_BYTES}, and its
 * elements are visited in the order of the file, so that the file is read forwards, once per band.
 */
final class StridedReader {
  /** The longest band. */
  static final int MOST_BYTES = 16 << 20;

  private static final int WINDOW = 1 << 20;

  private final RangedInput in;
  private Optional<Band> last = Optional.empty();
  private byte[] window = new byte[0];
  private long windowStart;
  private int windowLength;

  StridedReader(RangedInput in) {
    this.in = in;
  }

  /** Consecutive slices of a tensor, as they would be in a contiguous tensor. */
  private record Band(StoredTensor tensor, long firstByte, byte[] bytes) {
    boolean holds(StoredTensor other, long offset) {
      return tensor.equals(other) && offset >= firstByte && offset < firstByte + bytes.length;
    }
  }

  /**
   * One loop over a band: the number of steps, and their length in the file and in the band, in
   * bytes.
   */
  private record Loop(long count, long step, long bandStep) {}

  /** Reads bytes from an offset within the tensor as if it were contiguous. */
  void read(StoredTensor tensor, int elementBytes, long offset, byte[] buffer, int length) {
    for (int done = 0; done < length; ) {
      Band band = band(tensor, elementBytes, offset + done);
      int from = (int) (offset + done - band.firstByte());
      int count = Math.min(length - done, band.bytes().length - from);
      System.arraycopy(band.bytes(), from, buffer, done, count);
      done += count;
    }
  }

  private Band band(StoredTensor tensor, int elementBytes, long offset) {
    Optional<Band> fitting = last.filter(band -> band.holds(tensor, offset));
    if (fitting.isPresent()) {
      return fitting.get();
    }
    last = Optional.empty();
    long sliceBytes = tensor.sliceSize() * elementBytes;
    long slices = MOST_BYTES / sliceBytes;
    long first = offset / sliceBytes / slices * slices;
    long count = Math.min(slices, tensor.shape().get(0) - first);
    Band band = new Band(tensor, first * sliceBytes, new byte[(int) (count * sliceBytes)]);
    gather(band, first, count, elementBytes);
    last = Optional.of(band);
    return band;
  }

  private void gather(Band band, long firstSlice, long slices, int elementBytes) {
    StoredTensor tensor = band.tensor();
    List<Loop> loops = new ArrayList<>();
    long bandStep = elementBytes;
    for (int i = tensor.shape().size() - 1; i >= 0; i--) {
      long count = i == 0 ? slices : tensor.shape().get(i);
      loops.add(new Loop(count, tensor.strides().get(i) * elementBytes, bandStep));
      bandStep *= count;
    }
    loops.sort(Comparator.comparingLong(Loop::step).reversed());
    long start = tensor.begin() + firstSlice * tensor.strides().get(0) * elementBytes;
    windowLength = 0;
    gather(loops, start, 0, elementBytes, band.bytes());
  }

  /** Runs the outermost of the loops, and within it the others. */
  private void gather(List<Loop> loops, long position, long place, int elementBytes, byte[] band) {
    if (loops.isEmpty()) {
      copy(position, place, elementBytes, band);
      return;
    }
    Loop loop = loops.get(0);
    List<Loop> inner = loops.subList(1, loops.size());
    for (long i = 0; i < loop.count(); i++) {
      long from = position + i * loop.step();
      long to = place + i * loop.bandStep();
      if (inner.isEmpty()) {
        copy(from, to, elementBytes, band);
      } else {
        gather(inner, from, to, elementBytes, band);
      }
    }
  }

  private void copy(long position, long place, int elementBytes, byte[] band) {
    if (position < windowStart || position + elementBytes > windowStart + windowLength) {
      if (window.length == 0) {
        window = new byte[WINDOW];
      }
      windowStart = position;
      windowLength = (int) Math.min(WINDOW, in.length() - position);
      in.read(position, window, windowLength);
    }
    int from = (int) (position - windowStart);
    for (int i = 0; i < elementBytes; i++) {
      band[(int) place + i] = window[from + i];
    }
  }
}
