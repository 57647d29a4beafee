package io.coppice.evaluate;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All tasks, by name. */
public final class Tasks {
  private static final Map<String, Task> ALL =
      Stream.of(
              new BoolQ(),
              new Rte(),
              new HellaSwag(),
              new WinoGrande(),
              new Arc("arc_easy"),
              new Arc("arc_challenge"),
              new OpenBookQa(),
              new Piqa(),
              new WikiText())
          .collect(Collectors.toMap(Task::name, Function.identity()));

  private Tasks() {}

  /** The names of all tasks, sorted. */
  public static List<String> names() {
    return ALL.keySet().stream().sorted().toList();
  }

  /** The task of a name; of any other name, one whose prompts are in its file. */
  public static Task named(String name) {
    return ALL.containsKey(name) ? ALL.get(name) : new PlainChoices(name);
  }
}
