package io.coppice.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Writes a pickle of protocol 2 as Python does, instruction by instruction. */
public final class PickleWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final Map<String, Integer> known = new HashMap<>();
  private int memo;

  public PickleWriter() {
    raw(0x80, 2);
  }

  public byte[] finished() {
    return raw('.').out.toByteArray();
  }

  public PickleWriter raw(int... bytes) {
    for (int value : bytes) {
      out.write(value);
    }
    return this;
  }

  /** Keeps the value on top, as Python does with everything but small numbers. */
  public PickleWriter put() {
    int index = memo++;
    return index < 256 ? raw('q', index) : number('r', Integer.BYTES, index);
  }

  public PickleWriter text(String text) {
    if (recalled("X" + text)) {
      return this;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    number('X', Integer.BYTES, bytes.length);
    out.writeBytes(bytes);
    return put();
  }

  public PickleWriter global(String module, String name) {
    if (recalled("c" + module + " " + name)) {
      return this;
    }
    out.writeBytes(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
    return put();
  }

  public PickleWriter whole(long value) {
    if (value >= 0 && value < 1 << 8) {
      return raw('K', (int) value);
    }
    if (value >= 0 && value < 1 << 16) {
      return number('M', Short.BYTES, value);
    }
    if (value == (int) value) {
      return number('J', Integer.BYTES, value);
    }
    raw(0x8a);
    return number(Long.BYTES, Long.BYTES, value);
  }

  public PickleWriter tuple(long... numbers) {
    if (numbers.length == 0) {
      return raw(')');
    }
    if (numbers.length > 3) {
      raw('(');
    }
    for (long number : numbers) {
      whole(number);
    }
    return raw(numbers.length > 3 ? 't' : 0x84 + numbers.length).put();
  }

  public PickleWriter emptyOrderedDict() {
    return global("collections", "OrderedDict").raw(')', 'R').put();
  }

  /** The storage of tensors, by its persistent id. */
  public PickleWriter storage(String type, String key, long elements) {
    raw('(').text("storage").global("torch", type).text(key).text("cpu").whole(elements);
    return raw('t').put().raw('Q');
  }

  private PickleWriter number(int instruction, int bytes, long value) {
    out.write(instruction);
    byte[] little = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    out.write(little, 0, bytes);
    return this;
  }

  private boolean recalled(String what) {
    Integer index = known.get(what);
    if (index == null) {
      known.put(what, memo);
      return false;
    }
    if (index < 256) {
      raw('h', index);
    } else {
      number('j', Integer.BYTES, index);
    }
    return true;
  }
}
