package io.coppice.job.cli;

import io.coppice.evaluate.Protocol;
import io.coppice.prune.PruningMethod;
import io.coppice.reconstruct.Selection;
import io.coppice.tensor.CpuKernels;
import io.coppice.text.Join;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** Reads options that take one of several words. */
final class Choices {
  private static final List<Class<? extends Enum<?>>> TYPES =
      List.of(
          ActivationSettings.ActivationPlace.class,
          ActivationSettings.TypeChoice.class,
          Allocation.Options.AllocationName.class,
          CpuKernels.class,
          EngineSettings.PrecisionChoice.class,
          Join.class,
          LastBlock.Kind.class,
          Level.class,
          Masks.Kind.class,
          Metric.Kind.class,
          OutputSettings.Form.class,
          Protocol.class,
          PruningMethod.class,
          ReconstructionSettings.Options.LevelName.class,
          ScheduleSettings.Options.ScheduleName.class,
          ScheduleSettings.TrainingInputs.class,
          Selection.class);

  private Choices() {}

  /** Teaches a command the words of all choices, in upper or lower case. */
  static void register(CommandLine command) {
    TYPES.forEach(type -> register(command, type));
  }

  private static <E extends Enum<?>> void register(CommandLine command, Class<E> type) {
    command.registerConverter(type, value -> choose(type.getEnumConstants(), value));
  }

  private static <E extends Enum<?>> E choose(E[] choices, String value) {
    String word = value.toLowerCase(Locale.ROOT);
    return Stream.of(choices)
        .filter(choice -> choice.toString().equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "expected one of [%s] but was '%s'"
                        .formatted(
                            Stream.of(choices)
                                .map(Object::toString)
                                .collect(Collectors.joining(", ")),
                            value)));
  }
}
