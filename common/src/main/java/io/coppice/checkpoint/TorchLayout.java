package io.coppice.checkpoint;

import io.coppice.checkpoint.PickleValue.Dictionary;
import io.coppice.checkpoint.PickleValue.View;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.Path;

/**
 * Checks that the tensors that a pickle describes are in its archive, and lays out the safetensors
 * file that would hold them: each of them once under each of its names, contiguous. So tied
 * tensors, which are views of one storage, become equal ones.
 */
final class TorchLayout {
  /** The most times that views of one storage may repeat its bytes. */
  private static final int MOST_REPETITIONS = 16;

  private final Path file;
  private final long fileLength;
  private final TorchArchive archive;
  private final List<TensorSpec> specs = new ArrayList<>();
  private final Map<String, StoredTensor> tensors = new HashMap<>();

  private TorchLayout(RangedInput in, TorchArchive archive) {
    file = in.path();
    fileLength = in.length();
    this.archive = archive;
  }

  /**
   * Reads the description of a file's tensors.
   *
   * @param shard the name of the safetensors file that would hold the same
   * @throws InvalidDataException if it is not a sound file of tensors by name
   */
  static TorchHeader read(RangedInput in, String shard) {
    TorchArchive archive = TorchArchive.read(in);
    PickleValue content = new PickleReader(in.path().toString(), archive.pickle()).read();
    TorchLayout layout = new TorchLayout(in, archive);
    layout.addAll(content);
    return layout.header(shard);
  }

  private TorchHeader header(String shard) {
    HeaderWriter writer = HeaderWriter.aligned(shard, specs, SafetensorsWriter.METADATA);
    long dataStart = writer.bytes().length;
    List<TensorEntry> entries = writer.entries();
    long end = entries.isEmpty() ? dataStart : entries.get(entries.size() - 1).end();
    return new TorchHeader(
        file.getName(),
        fileLength,
        new SafetensorsHeader(entries, SafetensorsWriter.METADATA, dataStart, end),
        tensors);
  }

  private void addAll(PickleValue content) {
    if (!(content instanceof Dictionary state)) {
      throw invalid("holds %s instead of tensors by name; %s", content.kind(), TorchArchive.REMEDY);
    }
    requireFlat(state);
    state
        .items()
        .forEach(
            (name, value) -> {
              if (!(value instanceof View view)) {
                throw invalid(
                    "holds %s under %s, where a tensor must be; %s",
                    value.kind(), Words.quote(name), TorchArchive.REMEDY);
              }
              add(name, view);
            });
    requireFewRepetitions();
  }

  private void requireFlat(Dictionary state) {
    for (Map.Entry<String, PickleValue> item : state.items().entrySet()) {
      if (item.getValue() instanceof Dictionary) {
        throw invalid(
            "has a dictionary of its own under %s, as training scripts save it, but must hold the"
                + " model's tensors by their names; save the model's state_dict() alone, or %s",
            Words.quote(item.getKey()), TorchArchive.REMEDY);
      }
    }
  }

  private void add(String name, View view) {
    DataType type = view.storage().type();
    TorchArchive.ByteRange piece =
        archive
            .storage(view.storage().key())
            .orElseThrow(() -> broken(name, "has its elements in a part that is missing"));
    int elementBytes = type.bits() / Byte.SIZE;
    // Compared by division: the product might overflow.
    if (piece.bytes() % elementBytes != 0
        || piece.bytes() / elementBytes != view.storage().elements()) {
      throw broken(
          name,
          "has its elements in a part of %d bytes, but %d elements of %s are announced"
              .formatted(piece.bytes(), view.storage().elements(), type));
    }
    if (name.equals(SafetensorsHeader.METADATA_KEY)) {
      throw broken(name, "has a name that safetensors files have another use for");
    }
    requireInside(name, view);
    StoredTensor stored =
        new StoredTensor(
            piece.begin() + view.offset() * elementBytes, view.shape(), view.strides());
    if (!stored.isContiguous() && stored.sliceSize() > StridedReader.MOST_BYTES / elementBytes) {
      throw broken(
          name,
          "has rows of %d elements that do not lie one after the other; %s"
              .formatted(stored.sliceSize(), TorchArchive.REMEDY));
    }
    specs.add(new TensorSpec(name, type, view.shape()));
    tensors.put(name, stored);
  }

  /**
   * No index may lead out of the storage, and no tensor may have more elements than the storage.
   */
  private void requireInside(String name, View view) {
    long elements = view.storage().elements();
    boolean inside;
    try {
      long size = 1;
      long last = view.offset();
      for (int i = 0; i < view.shape().size(); i++) {
        long dimension = view.shape().get(i);
        size = Math.multiplyExact(size, dimension);
        last =
            Math.addExact(
                last, Math.multiplyExact(Math.max(0, dimension - 1), view.strides().get(i)));
      }
      inside = size == 0 ? view.offset() <= elements : last < elements && size <= elements;
    } catch (ArithmeticException e) {
      inside = false;
    }
    if (!inside) {
      throw broken(
          name,
          "has the shape %s with strides %s from element %d on, which do not fit into the %d"
                  .formatted(view.shape(), view.strides(), view.offset(), elements)
              + " elements of its storage");
    }
  }

  private void requireFewRepetitions() {
    long bytes = 0;
    for (TensorSpec spec : specs) {
      // Each is at most as long as the file.
      bytes += spec.type().bytes(spec.shape());
      if (bytes / MOST_REPETITIONS > fileLength) {
        throw invalid(
            "describes tensors of more than %d times its own %d bytes, which overlap; %s",
            MOST_REPETITIONS, fileLength, TorchArchive.REMEDY);
      }
    }
  }

  private InvalidDataException broken(String name, String what) {
    return invalid("cannot be read: tensor %s %s", Words.quote(name), what);
  }

  private InvalidDataException invalid(String what, Object... arguments) {
    return new InvalidDataException(file + " " + what.formatted(arguments));
  }
}
