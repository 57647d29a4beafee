package io.coppice.checkpoint;

import java.util.Arrays;
import java.util.Optional;

/** The globals that a file of tensors may name. They are compared as text and never looked up. */
enum TorchGlobal {
  ORDERED_DICT("collections", "OrderedDict"),
  REBUILD_TENSOR("torch._utils", "_rebuild_tensor_v2"),
  REBUILD_PARAMETER("torch._utils", "_rebuild_parameter"),
  BOOL_STORAGE("BoolStorage", DataType.BOOL),
  BYTE_STORAGE("ByteStorage", DataType.U8),
  CHAR_STORAGE("CharStorage", DataType.I8),
  SHORT_STORAGE("ShortStorage", DataType.I16),
  HALF_STORAGE("HalfStorage", DataType.F16),
  BFLOAT16_STORAGE("BFloat16Storage", DataType.BF16),
  INT_STORAGE("IntStorage", DataType.I32),
  FLOAT_STORAGE("FloatStorage", DataType.F32),
  COMPLEX_FLOAT_STORAGE("ComplexFloatStorage", DataType.C64),
  DOUBLE_STORAGE("DoubleStorage", DataType.F64),
  LONG_STORAGE("LongStorage", DataType.I64);

  private final String module;
  private final String name;
  private final Optional<DataType> type;

  TorchGlobal(String module, String name) {
    this.module = module;
    this.name = name;
    type = Optional.empty();
  }

  TorchGlobal(String storage, DataType type) {
    module = "torch";
    name = storage;
    this.type = Optional.of(type);
  }

  /** The global of that name, if it is allowed. */
  static Optional<TorchGlobal> of(String module, String name) {
    return Arrays.stream(values())
        .filter(global -> global.module.equals(module) && global.name.equals(name))
        .findFirst();
  }

  /** The type of a storage's elements; empty for a global that is not a storage. */
  Optional<DataType> type() {
    return type;
  }
}
