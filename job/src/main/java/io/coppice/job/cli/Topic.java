package io.coppice.job.cli;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The subjects of options, which are the headings of the help. */
enum Topic {
  CHECKPOINT("The checkpoint"),
  CALIBRATION("The text that calibrates"),
  WRITTEN("Text that the model writes"),
  MEASURED("What is measured"),
  RESULTS("Where results go"),
  WEIGHTS("Which weights go"),
  TRAINING("How the weights that stay are trained"),
  PLAN("The plan"),
  RUNNING("How it runs"),
  COMMON("What all commands have");

  private final String heading;

  Topic(String heading) {
    this.heading = heading;
  }

  String heading() {
    return heading;
  }

  /** The topic of an option, or of all options of a class that have none of their own. */
  @Retention(RetentionPolicy.RUNTIME)
  @Target({ElementType.TYPE, ElementType.FIELD})
  @interface Of {
    Topic value();
  }

  /**
   * The options of a command under their topics, both in the order in which they are declared. An
   * option without a topic goes with the one before it.
   */
  static Map<Topic, List<OptionSpec>> of(CommandSpec command) {
    Map<Topic, List<OptionSpec>> topics = new LinkedHashMap<>();
    Topic topic = COMMON;
    for (OptionSpec option : command.options()) {
      topic = declared(option).orElse(topic);
      topics.computeIfAbsent(topic, key -> new ArrayList<>()).add(option);
    }
    return topics;
  }

  private static Optional<Topic> declared(OptionSpec option) {
    if (!(option.userObject() instanceof Field field)) {
      return Optional.empty();
    }
    return Optional.ofNullable(field.getAnnotation(Of.class))
        .or(() -> Optional.ofNullable(field.getDeclaringClass().getAnnotation(Of.class)))
        .map(Of::value);
  }
}
