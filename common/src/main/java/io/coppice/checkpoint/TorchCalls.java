package io.coppice.checkpoint;

import io.coppice.checkpoint.PickleValue.Dictionary;
import io.coppice.checkpoint.PickleValue.Global;
import io.coppice.checkpoint.PickleValue.Sequence;
import io.coppice.checkpoint.PickleValue.Text;
import io.coppice.checkpoint.PickleValue.TorchStorage;
import io.coppice.checkpoint.PickleValue.View;
import io.coppice.checkpoint.PickleValue.Whole;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;

/**
 * Interprets the calls that torch.save writes into a pickle as descriptions of tensors; gives
 * nothing for other calls.
 */
final class TorchCalls {
  private static final int MOST_DIMENSIONS = 64;

  private TorchCalls() {}

  /** The value that a function would return for some arguments. */
  static Optional<PickleValue> result(TorchGlobal function, List<PickleValue> arguments) {
    return switch (function) {
      case ORDERED_DICT ->
          arguments.isEmpty()
              ? Optional.of(new Dictionary(new LinkedHashMap<>()))
              : Optional.empty();
      case REBUILD_TENSOR -> tensor(arguments).map(PickleValue.class::cast);
      case REBUILD_PARAMETER ->
          arguments.size() == 3 && arguments.get(0) instanceof View view
              ? Optional.of(view)
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  /** The storage that a persistent id stands for: 'storage', its class, key, device, elements. */
  static Optional<PickleValue> storage(PickleValue id) {
    return id instanceof Sequence sequence
            && sequence.items().size() == 5
            && sequence.items().get(0) instanceof Text tag
            && tag.value().equals("storage")
            && sequence.items().get(1) instanceof Global type
            && sequence.items().get(2) instanceof Text key
            && sequence.items().get(4) instanceof Whole elements
            && elements.value() >= 0
        ? type.name().type().map(held -> new TorchStorage(held, key.value(), elements.value()))
        : Optional.empty();
  }

  /** Storage, offset, shape and strides, and then arguments that do not change the elements. */
  private static Optional<View> tensor(List<PickleValue> arguments) {
    if (arguments.size() < 6
        || arguments.size() > 7
        || !(arguments.get(0) instanceof TorchStorage storage)
        || !(arguments.get(1) instanceof Whole offset)) {
      return Optional.empty();
    }
    Optional<List<Long>> shape = numbers(arguments.get(2));
    Optional<List<Long>> strides = numbers(arguments.get(3));
    return shape.isPresent()
            && strides.isPresent()
            && shape.get().size() == strides.get().size()
            && offset.value() >= 0
        ? Optional.of(new View(storage, offset.value(), shape.get(), strides.get()))
        : Optional.empty();
  }

  private static Optional<List<Long>> numbers(PickleValue value) {
    if (!(value instanceof Sequence sequence) || sequence.items().size() > MOST_DIMENSIONS) {
      return Optional.empty();
    }
    List<Long> numbers = new ArrayList<>();
    for (PickleValue item : sequence.items()) {
      if (!(item instanceof Whole number) || number.value() < 0) {
        return Optional.empty();
      }
      numbers.add(number.value());
    }
    return Optional.of(List.copyOf(numbers));
  }
}
