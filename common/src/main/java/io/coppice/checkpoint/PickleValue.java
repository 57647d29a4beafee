package io.coppice.checkpoint;

import java.util.List;
import java.util.Map;

/**
 * A value in the pickle of a PyTorch file of tensors. It is data throughout: a global is a name,
 * and a tensor says where its elements are.
 */
sealed interface PickleValue {

  /** The kind of value, in the words of a message. */
  String kind();

  /** None, a truth value or a fraction: no tensor depends on it. */
  enum Plain implements PickleValue {
    INSTANCE;

    @Override
    public String kind() {
      return "a value that is not a tensor";
    }
  }

  /** A whole number. */
  record Whole(long value) implements PickleValue {
    @Override
    public String kind() {
      return "a number";
    }
  }

  record Text(String value) implements PickleValue {
    @Override
    public String kind() {
      return "a text";
    }
  }

  /** One of the allowed names. */
  record Global(TorchGlobal name) implements PickleValue {
    @Override
    public String kind() {
      return "a class or function";
    }
  }

  /** A tuple or list. */
  record Sequence(List<PickleValue> items) implements PickleValue {
    @Override
    public String kind() {
      return "a list";
    }
  }

  /** A dictionary, ordered or not, in the order of the file. */
  record Dictionary(Map<String, PickleValue> items) implements PickleValue {
    @Override
    public String kind() {
      return "a dictionary";
    }
  }

  /**
   * A piece of memory that tensors are views of.
   *
   * @param key names its entry in the archive
   * @param elements the number of elements that it holds
   */
  record TorchStorage(DataType type, String key, long elements) implements PickleValue {
    @Override
    public String kind() {
      return "a storage";
    }
  }

  /**
   * A tensor; its numbers are as the file says, unchecked.
   *
   * @param offset of the first element, in elements
   * @param strides between neighbours along each dimension, in elements
   */
  record View(TorchStorage storage, long offset, List<Long> shape, List<Long> strides)
      implements PickleValue {
    @Override
    public String kind() {
      return "a tensor";
    }
  }
}
