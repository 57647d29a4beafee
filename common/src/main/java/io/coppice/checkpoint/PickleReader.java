package io.coppice.checkpoint;

import io.coppice.checkpoint.PickleValue.Dictionary;
import io.coppice.checkpoint.PickleValue.Global;
import io.coppice.checkpoint.PickleValue.Plain;
import io.coppice.checkpoint.PickleValue.Sequence;
import io.coppice.checkpoint.PickleValue.Text;
import io.coppice.checkpoint.PickleValue.Whole;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a pickle of protocol 2, as torch.save writes it, as data. It knows only the instructions
 * that describe tensors by name, interprets the globals of {@link TorchGlobal}, and refuses every
 * other one: no name is looked up, no class created, no function called.
 */
final class PickleReader {
  /** The longest pickle that is read: some 50,000 tensors. */
  static final int LONGEST = 16 << 20;

  private static final int PROTOCOL = 2;
  private static final int LONGEST_TEXT = 1 << 16;
  private static final int LONGEST_NAME = 200;
  private static final int MOST_VALUES = 1 << 20;
  private static final int MOST_ON_STACK = 1 << 17;
  private static final int DEEPEST = 1000;

  private final String file;
  private final ByteBuffer in;
  private final List<PickleValue> stack = new ArrayList<>();
  private final Deque<Integer> marks = new ArrayDeque<>();
  private final Map<Integer, PickleValue> memo = new HashMap<>();
  private int values;

  /**
   * @param file its name, for messages
   */
  PickleReader(String file, byte[] pickle) {
    this.file = file;
    in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Reads to the end.
   *
   * @throws InvalidDataException if the pickle is broken, or holds anything but tensors, texts,
   *     numbers, lists and dictionaries
   */
  PickleValue read() {
    try {
      if (unsigned() != 0x80 || unsigned() != PROTOCOL) {
        throw broken("is not a pickle of protocol 2, which torch.save writes");
      }
      for (int instruction = unsigned(); instruction != '.'; instruction = unsigned()) {
        execute(instruction);
      }
    } catch (BufferUnderflowException e) {
      throw new InvalidDataException(file + " is broken: its data.pkl ends too early", e);
    }
    if (stack.size() != 1 || !marks.isEmpty()) {
      throw broken("does not end with one value");
    }
    return pop();
  }

  private void execute(int instruction) {
    switch (instruction) {
      case '(' -> mark();
      case 'N', 0x88, 0x89 -> push(Plain.INSTANCE);
      case 'G' -> {
        in.getDouble();
        push(Plain.INSTANCE);
      }
      case 'J' -> push(new Whole(in.getInt()));
      case 'K' -> push(new Whole(unsigned()));
      case 'M' -> push(new Whole(Short.toUnsignedInt(in.getShort())));
      case 0x8a -> push(new Whole(longNumber()));
      case 'X' -> push(new Text(text()));
      case 'c' -> push(new Global(global()));
      case ')', ']' -> push(new Sequence(new ArrayList<>(0)));
      case '}' -> push(new Dictionary(new LinkedHashMap<>()));
      case 't' -> push(new Sequence(popToMark()));
      case 0x85 -> push(new Sequence(pop(1)));
      case 0x86 -> push(new Sequence(pop(2)));
      case 0x87 -> push(new Sequence(pop(3)));
      case 'a' -> append(pop(1));
      case 'e' -> append(popToMark());
      case 's' -> set(pop(2));
      case 'u' -> set(popToMark());
      case 'q' -> memorise(unsigned());
      case 'r' -> memorise(in.getInt());
      case 'h' -> recall(unsigned());
      case 'j' -> recall(in.getInt());
      case 'Q' ->
          push(TorchCalls.storage(pop()).orElseThrow(() -> broken("has a strange storage")));
      case 'R' -> call();
      case 'b' -> ignoreState();
      default ->
          throw new InvalidDataException(
              ("%s has the pickle instruction 0x%02x, which describing tensors does not need, and"
                      + " nothing of it was run; %s")
                  .formatted(file, instruction, TorchArchive.REMEDY));
    }
  }

  private void call() {
    PickleValue arguments = pop();
    PickleValue function = pop();
    Optional<PickleValue> result =
        function instanceof Global global && arguments instanceof Sequence sequence
            ? TorchCalls.result(global.name(), sequence.items())
            : Optional.empty();
    push(result.orElseThrow(() -> broken("has a tensor that is not described as torch.save does")));
  }

  /** An ordered dictionary may have attributes, such as the versions of modules in a state dict. */
  private void ignoreState() {
    PickleValue state = pop();
    if (!(state instanceof Dictionary) || !(top() instanceof Dictionary)) {
      throw broken("sets the state of something that is not a dictionary");
    }
  }

  private void append(List<PickleValue> items) {
    if (!(top() instanceof Sequence list)) {
      throw broken("appends to something that is not a list");
    }
    list.items().addAll(items);
  }

  private void set(List<PickleValue> items) {
    if (!(top() instanceof Dictionary dictionary) || items.size() % 2 != 0) {
      throw broken("puts something into a value that is not a dictionary");
    }
    for (int i = 0; i < items.size(); i += 2) {
      if (!(items.get(i) instanceof Text key)) {
        throw broken("has a dictionary whose keys are not names");
      }
      if (dictionary.items().put(key.value(), items.get(i + 1)) != null) {
        throw broken("has " + Words.quote(key.value()) + " twice");
      }
    }
  }

  private void mark() {
    if (marks.size() == DEEPEST) {
      throw broken("is nested too deeply");
    }
    marks.push(stack.size());
  }

  private void push(PickleValue value) {
    if (++values > MOST_VALUES || stack.size() == MOST_ON_STACK) {
      throw broken("has more values than any model");
    }
    stack.add(value);
  }

  private PickleValue pop() {
    requireAboveMark(1);
    return stack.remove(stack.size() - 1);
  }

  private List<PickleValue> pop(int count) {
    requireAboveMark(count);
    List<PickleValue> top = stack.subList(stack.size() - count, stack.size());
    List<PickleValue> popped = new ArrayList<>(top);
    top.clear();
    return popped;
  }

  private List<PickleValue> popToMark() {
    if (marks.isEmpty()) {
      throw broken("has an instruction without its beginning");
    }
    int mark = marks.pop();
    return pop(stack.size() - mark);
  }

  private PickleValue top() {
    requireAboveMark(1);
    return stack.get(stack.size() - 1);
  }

  private void requireAboveMark(int count) {
    int mark = marks.isEmpty() ? 0 : marks.peek();
    if (stack.size() - mark < count) {
      throw broken("has an instruction without its operands");
    }
  }

  private void memorise(int index) {
    memo.put(index, top());
    if (memo.size() > MOST_VALUES) {
      throw broken("has more values than any model");
    }
  }

  private void recall(int index) {
    PickleValue value = memo.get(index);
    if (value == null) {
      throw broken("refers to a value that it does not have");
    }
    push(value);
  }

  private int unsigned() {
    return Byte.toUnsignedInt(in.get());
  }

  private long longNumber() {
    int length = unsigned();
    if (length > Long.BYTES) {
      throw broken("has a number of more than 64 bits");
    }
    long number = 0;
    for (int i = 0; i < length; i++) {
      number |= (long) unsigned() << Byte.SIZE * i;
    }
    int unused = Long.SIZE - Byte.SIZE * length;
    return length == 0 ? 0 : number << unused >> unused;
  }

  private String text() {
    int length = in.getInt();
    if (length < 0 || length > LONGEST_TEXT) {
      throw broken("has a text of more than " + LONGEST_TEXT + " bytes");
    }
    return utf8(length);
  }

  private TorchGlobal global() {
    String module = line();
    String name = line();
    return TorchGlobal.of(module, name)
        .orElseThrow(
            () ->
                new InvalidDataException(
                    ("%s asks for %s, which holding tensors does not need, and nothing of it was"
                            + " run; %s")
                        .formatted(file, Words.quote(module + "." + name), TorchArchive.REMEDY)));
  }

  private String line() {
    int start = in.position();
    while (in.get() != '\n') {
      if (in.position() - start > LONGEST_NAME) {
        throw broken("has a name of more than " + LONGEST_NAME + " bytes");
      }
    }
    int length = in.position() - start - 1;
    in.position(start);
    String line = utf8(length);
    in.get();
    return line;
  }

  private String utf8(int length) {
    if (length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    ByteBuffer bytes = in.slice(in.position(), length);
    in.position(in.position() + length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new InvalidDataException(file + " is broken: its data.pkl has a text not in UTF-8", e);
    }
  }

  private InvalidDataException broken(String what) {
    return new InvalidDataException(file + " is broken: its data.pkl " + what);
  }
}
